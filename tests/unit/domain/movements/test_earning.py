"""R-EARN: events become movements: when it happened, what waits, and debt that is repaid first."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from points.domain.errors import (
    InvalidRequest,
    LimitReached,
    MemberFrozen,
    OccurredInFuture,
    OccurredTooEarly,
    UnknownBehaviour,
)
from points.domain.ledger.account import Activity
from points.domain.limits import MAX_PENDING_LOTS, MAX_QUANTITY
from points.domain.money import Rounding
from points.domain.movements.earning import CLOCK_TOLERANCE, MAX_NOTED
from points.domain.program.attributes import AttributeType, EventAttribute
from points.domain.program.caps import Cap
from points.domain.program.expiry import AfterDays
from points.domain.program.rules import Fixed, PerAmount
from points.domain.program.windows import Window
from tests.builders import LOT, NEW_YORK, NOW, Walk, account, local, paying, program, small


def test_r_earn_12_an_event_that_pays_nothing_is_booked_too() -> None:
    # Its counter counts and its reference is used up: reported again it must stay worth nothing.
    walk = Walk()
    entry = walk.earn("photo")
    assert (entry.points, entry.lines, entry.moves.points) == (0, (), 0)
    assert entry.details["unpaid"] == {"photo": "more_needed"}
    assert (walk.account.seq, walk.account.counters) == (1, {"photo/n": 1})


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({"behaviour": "purchase"}, "/amount"),
        ({"behaviour": "purchase", "amount": "1e3"}, "/amount"),
        ({"behaviour": "purchase", "amount": "1.00", "quantity": 0}, "/quantity"),
        ({"behaviour": "check_in", "quantity": 0}, "/quantity"),
        ({"behaviour": "check_in", "quantity": -1}, "/quantity"),
        ({"behaviour": "check_in", "quantity": MAX_QUANTITY + 1}, "/quantity"),
        ({"behaviour": "check_in", "amount": "-1"}, "/amount"),
    ],
)
def test_events_a_behaviour_cannot_use(event: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        Walk().earn(**event)
    assert refused.value.faults[0].path == path


def test_unknown_behaviour() -> None:
    with pytest.raises(UnknownBehaviour):
        Walk().earn("flying")


def test_more_points_than_an_account_can_hold() -> None:
    with pytest.raises(LimitReached):
        Walk(small(paying(PerAmount(10**6, 1, Rounding.DOWN)))).earn("b", "1000000.00")


def test_an_amount_may_come_with_any_event_and_must_come_with_what_is_paid_by_it() -> None:
    # GIVEN a behaviour that one rule pays by amount and another by occurrence
    rules = small(paying(PerAmount(1, 100, Rounding.DOWN)), paying(Fixed(3), name="each"), paying(Fixed(5), "other"))
    walk = Walk(rules)
    assert walk.earn("b", "10.00", quantity=2).points == 16
    assert walk.earn("other", "10.00").details["amount_minor"] == 1000
    with pytest.raises(InvalidRequest):
        walk.earn("b", quantity=2)


def test_occurred_at_decides_the_day() -> None:
    # GIVEN new year's first minutes in the program's zone
    walk = Walk().until("2027-01-01 00:01")
    # WHEN something is reported that happened the evening before
    walk.earn("check_in", occurred_at=local("2026-12-31 23:58"))
    walk.earn("review")
    # THEN each is in the lot of its own year
    assert walk.account.lots == {"2027-12-31/2026-12": 5, "2028-12-31/2027-01": 20}


def test_backdating_has_a_limit_to_the_moment() -> None:
    walk = Walk(program(backdating_days=30))
    walk.earn("check_in", occurred_at=NOW - timedelta(days=30))
    with pytest.raises(OccurredTooEarly) as refused:
        walk.earn("check_in", occurred_at=NOW - timedelta(days=30, microseconds=1))
    assert refused.value.numbers["earliest"] == "2026-02-13T04:00:00.000000Z"


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(1, 1, 1, tzinfo=NEW_YORK),
        datetime(1970, 1, 1, tzinfo=UTC),
    ],
)
def test_absurd_moments_are_refused_and_nothing_worse(moment: datetime) -> None:
    with pytest.raises(OccurredTooEarly):
        Walk().earn("check_in", occurred_at=moment)


@pytest.mark.parametrize(
    "moment", [datetime(9999, 12, 31, 23, 59, tzinfo=timezone(-timedelta(hours=12))), NOW + CLOCK_TOLERANCE * 1.01]
)
def test_the_future_is_refused(moment: datetime) -> None:
    with pytest.raises(OccurredInFuture):
        Walk().earn("check_in", occurred_at=moment)


def test_a_callers_clock_may_run_a_little_ahead() -> None:
    # GIVEN a caller for whom it is tomorrow already
    walk = Walk().until("2026-12-31 23:58")
    walk.earn("check_in", occurred_at=local("2027-01-01 00:01"))
    # THEN the points are of tomorrow's year, and can be spent at once like all that do not wait
    assert walk.account.lots == {"2028-12-31/2027-01": 5}
    assert (walk.available, walk.balance.pending) == (5, 0)


def test_r_earn_10_pending_points_become_available_after_their_days() -> None:
    walk = Walk()
    walk.earn("order", "100.00")
    assert walk.account.pending == {f"2026-03-22>{LOT}": 100}
    assert walk.until("2026-03-21 23:59").balance.pending == 100
    assert walk.until("2026-03-22 00:00").available == 100


def test_r_earn_10_days_count_from_when_it_happened() -> None:
    walk = Walk()
    walk.earn("order", "100.00", occurred_at=local("2026-03-10"))
    walk.earn("order", "10.00", occurred_at=local("2026-03-08"))
    assert walk.account.pending == {"2026-03-17>2027-12-31/2026-03": 100}
    assert walk.available == 10  # its days have passed already


def test_pending_lots_do_not_pile_up() -> None:
    # GIVEN a member who earns pending points every day and never spends any
    walk = Walk()
    for _ in range(MAX_PENDING_LOTS + 20):
        walk.wait(days=1).earn("order", "1.00")
    # THEN what matured is not pending any more
    assert len(walk.account.pending) == 7
    assert walk.available == MAX_PENDING_LOTS + 13


def test_r_earn_11_new_points_repay_debt_first() -> None:
    walk = Walk(account=account(owed=30))
    walk.earn("review")
    assert (walk.available, walk.balance.owed) == (0, 10)
    entry = walk.earn("review")
    assert (entry.points, walk.available, walk.balance.owed) == (20, 10, 0)


def test_r_earn_11_what_matured_repays_before_what_is_new() -> None:
    # GIVEN debt, and points that matured this morning and expire tonight
    walk = Walk(account=account(pending={"2026-03-15>2026-03-15/2026-03": 10}, owed=10))
    # WHEN more is earned
    walk.earn("check_in", quantity=2)
    # THEN the debt took the old ones, as the balance has said since the morning
    assert walk.account.lots == {LOT: 10}


def test_pending_points_repay_nothing_yet() -> None:
    walk = Walk(account=account(owed=30))
    walk.earn("order", "100.00")
    assert (walk.balance.pending, walk.balance.owed) == (100, 30)
    assert walk.until("2026-03-22").available == 70


def test_r_risk_1_a_frozen_member_earns_nothing() -> None:
    walk = Walk()
    walk.freeze(Activity.EARNING)
    with pytest.raises(MemberFrozen):
        walk.earn("check_in")
    walk.freeze(Activity.REDEEMING)
    walk.unfreeze(Activity.EARNING)
    walk.earn("check_in")
    assert walk.available == 5


def test_an_entry_can_be_rendered_for_ever() -> None:
    walk = Walk()
    happened = local("2026-03-14")
    entry = walk.earn("purchase", "12.80", occurred_at=happened, attributes={"shop": "x"})
    assert entry.details == {
        "behaviour": "purchase",
        "amount_minor": 1280,
        "occurred_at": "2026-03-14T04:00:00.000000Z",
    }
    assert entry.balance.available == 12


def test_r_earn_10_each_rule_of_an_event_has_its_own_waiting_time_and_expiry() -> None:
    rules = small(
        paying(Fixed(10)),
        paying(Fixed(20), name="waits", pending_days=3),
        paying(Fixed(30), name="short", expiry=AfterDays(5)),
    )
    walk = Walk(rules)
    entry = walk.earn("b")
    assert [(line.rule, line.points) for line in entry.lines] == [("b", 10), ("waits", 20), ("short", 30)]
    assert walk.account.lots == {LOT: 10, "2026-03-20/2026-03": 30}
    assert walk.account.pending == {f"2026-03-18>{LOT}": 20}
    # WHEN all of it is refunded THEN all of it goes, wherever it lies
    walk.reverse(entry)
    assert (walk.account.lots, walk.account.pending) == ({}, {})


def test_entries_keep_the_attributes_that_rules_ask_for_and_no_others() -> None:
    declared = (EventAttribute("channel", AttributeType.CODE), EventAttribute("absent", AttributeType.FLAG))
    rules = program(event_attributes={attribute.name: attribute for attribute in declared})
    entry = Walk(rules).earn("review", attributes={"channel": "app", "text": "a review"})
    assert entry.details["attributes"] == {"channel": "app"}


def test_an_entry_notes_some_reasons_and_stays_small() -> None:
    # GIVEN more rules that have reached their caps than an entry keeps reasons for
    capped = [paying(Fixed(1), name=f"r{number}", caps=(Cap(Window.DAY, points=1),)) for number in range(MAX_NOTED + 5)]
    walk = Walk(small(*capped))
    walk.earn("b")
    unpaid = walk.earn("b").details["unpaid"]
    assert isinstance(unpaid, dict)
    assert list(unpaid) == [f"r{number}" for number in range(MAX_NOTED)]
