"""What time alone does to an account, and when: balances are derived, swept or not (design §3)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.calendar import NEVER, day_start
from points.domain.ledger.account import Account, Balance, Hold
from tests.builders import LOT, NEW_YORK, NOW, SHANGHAI, account, local

SOON = "2026-04-01/2026-03"


def test_an_empty_account_has_nothing() -> None:
    assert account().balance(NOW, SHANGHAI) == Balance()
    assert account().expiring(NOW, SHANGHAI) == []
    assert account().next_due(SHANGHAI) is None


def test_pending_points_mature_at_local_midnight() -> None:
    waiting = account(pending={f"2026-03-16>{LOT}": 10})
    assert waiting.balance(local("2026-03-15 23:59"), SHANGHAI) == Balance(pending=10)
    assert waiting.balance(local("2026-03-16 00:00"), SHANGHAI) == Balance(available=10)
    assert waiting.settled(local("2026-03-16 00:00"), SHANGHAI).lots == {LOT: 10}


def test_pending_points_join_the_lot_they_belong_to() -> None:
    waiting = account(lots={LOT: 1}, pending={f"2026-03-16>{LOT}": 10, f"2026-03-17>{LOT}": 100})
    settled = waiting.settled(local("2026-03-17"), SHANGHAI)
    assert (settled.lots, settled.pending) == ({LOT: 111}, {})


def test_an_overdue_hold_binds_nothing() -> None:
    ends = NOW + timedelta(minutes=15)
    bound = account(lots={LOT: 1}, holds={"h": Hold(ends, {LOT: 10})})
    assert bound.balance(ends - timedelta(microseconds=1), SHANGHAI) == Balance(available=1, held=10)
    assert bound.balance(ends, SHANGHAI) == Balance(available=11)


def test_lots_that_expired_while_held_come_back_dead() -> None:
    bound = account(holds={"h": Hold(local("2026-04-02"), {SOON: 10})})
    assert bound.balance(local("2026-04-03"), SHANGHAI) == Balance()


def test_r_earn_11_debt_is_repaid_by_what_matures() -> None:
    owing = account(pending={f"2026-03-16>{LOT}": 10}, owed=4)
    assert owing.balance(local("2026-03-15"), SHANGHAI) == Balance(pending=10, owed=4)
    assert owing.balance(local("2026-03-16"), SHANGHAI) == Balance(available=6)


def test_debt_is_not_repaid_by_the_dead() -> None:
    owing = account(lots={"2026-03-14/2026-03": 10}, owed=4)
    assert owing.repaid(local("2026-03-15").date()) == owing


def test_debt_was_repaid_when_it_could_be_whoever_looked_or_not() -> None:
    # GIVEN points that matured, could repay the debt, and expired, while nobody looked
    owing = account(pending={f"2026-03-16>{SOON}": 10}, owed=10)
    assert owing.balance(local("2026-03-20"), SHANGHAI).owed == 0
    # THEN the debt does not come back
    assert owing.balance(local("2026-04-10"), SHANGHAI) == Balance()


ACCOUNTS = st.builds(
    account,
    pending=st.dictionaries(
        st.builds(
            "2026-03-{:02}>2026-{:02}-{:02}/2026-03".format,
            st.integers(16, 31),
            st.integers(4, 5),
            st.integers(1, 20),
        ),
        st.integers(1, 50),
        max_size=5,
    ),
    holds=st.dictionaries(
        st.sampled_from("abc"),
        st.builds(
            Hold,
            st.integers(1, 60).map(lambda days: NOW + timedelta(days=days)),
            st.dictionaries(st.sampled_from([LOT, SOON, "2026-03-20/2026-03"]), st.integers(1, 50), min_size=1),
        ),
    ),
    owed=st.integers(0, 100),
)


@given(ACCOUNTS, st.lists(st.integers(0, 90), min_size=1, max_size=4))
def test_looking_on_the_way_changes_nothing(start: Account, days: list[int]) -> None:
    looked = start
    for day in sorted(days):
        looked = looked.settled(NOW + timedelta(days=day), SHANGHAI)
    assert looked == start.settled(NOW + timedelta(days=max(days)), SHANGHAI)


@given(ACCOUNTS, st.integers(0, 90))
def test_settling_moves_points_and_makes_none(start: Account, day: int) -> None:
    def worth(account: Account) -> int:
        held = sum(hold.points for hold in account.holds.values())
        return sum(account.lots.values()) + sum(account.pending.values()) + held - account.owed

    now = NOW + timedelta(days=day)
    settled = start.settled(now, SHANGHAI)
    assert worth(settled) == worth(start)
    assert settled.settled(now, SHANGHAI) is settled
    balance = settled.balance(now, SHANGHAI)
    assert min(balance.available, balance.pending, balance.held, balance.owed) >= 0
    assert not (balance.available and balance.owed)


@given(ACCOUNTS)
def test_nothing_changes_before_it_is_due(start: Account) -> None:
    due = start.next_due(SHANGHAI)
    if due is None:
        assert start.settled(datetime.max.replace(tzinfo=UTC) - timedelta(days=2), SHANGHAI) == start
    else:
        assert start.settled(due - timedelta(microseconds=1), SHANGHAI) == start
        assert start.settled(due, SHANGHAI) != start


@pytest.mark.parametrize(
    ("state", "due"),
    [
        (account(lots={LOT: 1}), "2028-01-01 00:00"),
        (account(lots={LOT: 1, SOON: 1}), "2026-04-02 00:00"),
        (account(lots={f"{NEVER}/2026-03": 1}), None),
        (account(lots={f"{NEVER}/2026-03": 1}, pending={f"2026-03-20>{LOT}": 1}), "2026-03-20 00:00"),
        (account(lots={SOON: 1}, holds={"h": Hold(local("2026-03-15 12:15"), {LOT: 1})}), "2026-03-15 12:15"),
    ],
)
def test_the_next_moment_at_which_time_changes_something(state: Account, due: str | None) -> None:
    assert state.next_due(SHANGHAI) == (None if due is None else local(due))


def test_due_moments_follow_the_clocks() -> None:
    lots = account(lots={"2026-03-07/2025-03": 1})
    assert lots.next_due(NEW_YORK) == day_start(local("2026-03-08").date(), NEW_YORK)
