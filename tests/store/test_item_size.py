"""Sizes by DynamoDB's documented rules, and the bars of design §11: five units for an earning and for a redemption."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from benchmarks.fullest import LONGEST, MOMENT, ORDINARY, Sizes, fullest
from points.adapters.dynamodb.item_size import (
    KILOBYTE,
    history_write_units,
    item_size,
    transaction_write_units,
)
from points.adapters.dynamodb.models import AccountItem, EntryItem
from points.domain.calendar import add_months, compact
from points.domain.ledger.account import Account, Referral, Tier
from points.domain.ledger.booking import Decision
from points.domain.ledger.lots import spending_order
from points.domain.ledger.members import MemberFacts
from points.domain.limits import MAX_COUNTER_BYTES, MAX_HELD_LOTS, MAX_LOTS, MAX_OPEN_HOLDS, MAX_PENDING_LOTS
from points.domain.movements.earning import Event, earn
from points.domain.movements.holding import HoldRequest, capture, hold
from points.domain.movements.redeeming import Redemption, redeem
from tests.store.support import NOW, PROGRAM, context

MEMBER = "m" * 24
REFERENCE = "0b7c2a54-6d8e-4d6a-9a53-3f3c1f1e7b9d"
TEN_CHARACTERS = replace(PROGRAM, name="program-10")
LIVE_LOTS = 24


def account(seq: int, points: int = 104_167) -> Account:
    """24 live lots of six digits, a running counter and a timer."""
    lots = {
        f"{2027 + number // 12}-{number % 12 + 1:02d}-28/{2025 + number // 12}-{number % 12 + 1:02d}": points
        for number in range(LIVE_LOTS)
    }
    return Account("program-10", MEMBER, seq=seq, head="ab" * 32, lots=lots, counters={"photo/n": 2}, due_at=NOW)


RULES = (
    "check_in", "share-article", "write-review", "upload-photo", "purchase", "invite-friend", "watch-video", "quiz",
    "survey", "birthday-visit",
)  # fmt: skip


def counted(*, days: int = 1, months: int = 0) -> dict[str, int]:
    """The counters of 10 caps and 3 tasks. Six caps and a task are daily and have been used on each of the last
    ``days``, as long as events may be backdated; ``months`` are those a tier looks back upon."""
    counters = {f"{rule}/pM20261101": 1_250 for rule in RULES[6:]}
    counters |= {"weekly-shopper/tW20261116": -1, "newbie-profile/tL": -1}
    for day in range(days):
        start = compact(NOW.date() - timedelta(day))
        counters |= {f"{rule}/cD{start}": 3 for rule in RULES[:6]} | {f"daily-three/tD{start}": 2}
    for month in range(months):
        counters[f"~earned/mM{compact(add_months(NOW.date().replace(day=1), -month))}"] = 12_345
    return counters


def settled_in(**counters: int) -> Account:
    """Somebody with a tier, a referrer, and a profile that rules ask about."""
    return replace(
        account(9_999),
        counters=counted(**counters),
        tier=Tier("V2", date(2026, 3, 1), date(2027, 2, 1)),
        referral=Referral("r" * 24, paid=True),
        facts=MemberFacts((2, 29), True, {"city": "shanghai"}),
    )


def reminded(account: Account) -> Account:
    day = NOW.date()
    return replace(account, active_on=day, active_until=day, remind_at=NOW.replace(microsecond=0))


def in_context() -> Any:
    return replace(context(program=TEN_CHARACTERS), actor="a" * 26)


def items(decision: Decision) -> list[dict[str, dict[str, Any]]]:
    return [EntryItem.of(decision.entry).item(), AccountItem.of(decision.account).item()]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "积分"}, 6), ({"S": ""}, 0), ({"N": "0"}, 1), ({"N": "1"}, 2), ({"N": "12"}, 2), ({"N": "123"}, 3),
        ({"N": "1000000"}, 2), ({"N": "-12"}, 3), ({"B": b"x" * 32}, 32), ({"BOOL": True}, 1), ({"NULL": True}, 1),
        ({"L": []}, 3), ({"L": [{"N": "1"}, {"S": "ab"}]}, 3 + 3 + 3), ({"M": {"ab": {"N": "12"}}}, 3 + 1 + 2 + 2),
    ],
)  # fmt: skip
def test_values(value: dict[str, Any], size: int) -> None:
    assert item_size({"name": value}) == len("name") + size


def test_an_account_with_24_live_lots_stays_under_a_kilobyte() -> None:
    assert item_size(AccountItem.of(account(9_999)).item()) < KILOBYTE


@pytest.mark.parametrize(
    ("grown", "size"),
    [
        (account(9_999), 422),
        (replace(account(9_999), counters=counted()), 668),
        (settled_in(), 735),
        (settled_in(days=8), 833),
        (settled_in(days=8, months=25), 946),
        (reminded(settled_in(days=8, months=25)), 1_008),
    ],
    ids=[
        "no counters",
        "10 caps and 3 tasks",
        "tier, referral, facts",
        "8 days of each",
        "25 months of a tier",
        "kept alive and reminded",
    ],
)
def test_an_account_that_has_it_all_stays_under_a_kilobyte(grown: Account, size: int) -> None:
    """The figures are exact, so that nobody makes every account longer without noticing."""
    assert item_size(AccountItem.of(grown).item()) == size < KILOBYTE


@pytest.mark.parametrize(
    ("sizes", "size"), [(ORDINARY, 6_125), (LONGEST, 10_217)], ids=["ordinary names", "the longest names"]
)
def test_an_account_at_all_its_limits_at_once(sizes: Sizes, size: int) -> None:
    """6,125 bytes with references of 36 characters, names of 16 and lots of 12,345 points: holds 2,106, counters 1,969,
    pending lots 1,021, other lots 528, facts 281, everything else 220. 10,217 bytes where every name is as long as it
    may be, every fact 64 characters of four bytes each and every lot 2.9 billion points: holds 3,040, facts 2,465,
    counters 2,185, pending lots 1,421, other lots 720, everything else 386. What a movement costs there is in
    `make bench`."""
    account = fullest(sizes).account
    held = [len(hold.lots) for hold in account.holds.values()]
    assert (len(account.pending), len(held)) == (MAX_PENDING_LOTS, MAX_OPEN_HOLDS)
    live = spending_order(account.lots, MOMENT.date())
    # Beside those of the holds, as many that have expired and wait for the sweep as may still be spent.
    assert (sum(held), len(live), len(account.lots)) == (MAX_HELD_LOTS, MAX_LOTS - sum(held), 2 * len(live))
    stored = AccountItem.of(account).item()
    # What is counted takes nearly as much as a program may make it take.
    assert 0.8 * MAX_COUNTER_BYTES < item_size({"c": stored["c"]}) <= MAX_COUNTER_BYTES
    assert item_size(stored) == size


@pytest.mark.parametrize("seq", [0, 9_999])
def test_an_earning_costs_five_units(seq: int) -> None:
    event = Event(REFERENCE, MEMBER, "purchase", "1288.00", occurred_at=NOW)
    written = items(earn(account(seq), event, in_context()))
    assert transaction_write_units(written) + history_write_units(written) == 5


@pytest.mark.parametrize("seq", [0, 9_999])
@pytest.mark.parametrize("points", [104_167, 10**10])
def test_a_redemption_across_24_lots_costs_five_units(seq: int, points: int) -> None:
    # One point less than there is: every lot is touched and the last one stays.
    price = LIVE_LOTS * points - 1
    program = replace(TEN_CHARACTERS, rewards={"coupon": replace(PROGRAM.rewards["coupon"], price=price)})
    decision = redeem(
        account(seq, points), Redemption(REFERENCE, MEMBER, "coupon"), replace(in_context(), program=program)
    )
    assert len(decision.entry.moves.lots) == LIVE_LOTS
    written = items(decision)
    assert all(item_size(item) < KILOBYTE for item in written)
    assert transaction_write_units(written) + history_write_units(written) == 5


def test_a_hold_of_all_lots_and_its_capture_stay_under_a_kilobyte() -> None:
    held = hold(account(9_999), HoldRequest(REFERENCE, MEMBER, LIVE_LOTS * 104_167), in_context())
    captured = capture(held.account, REFERENCE, None, in_context(), ended=None, held=None)
    assert all(item_size(item) < KILOBYTE for item in [*items(held), *items(captured)])
