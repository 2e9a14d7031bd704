"""R-EARN: what an event pays, when it happened, what waits, and debt that is repaid first."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from points.domain.account import Activity
from points.domain.earning import CLOCK_TOLERANCE, Event, Unpaid, evaluate
from points.domain.entries import Line
from points.domain.errors import (
    InvalidRequest,
    LimitReached,
    MemberFrozen,
    OccurredInFuture,
    OccurredTooEarly,
    UnknownBehaviour,
)
from points.domain.limits import MAX_PENDING_LOTS, MAX_QUANTITY
from points.domain.money import Rounding
from points.domain.program import Behaviour, Fixed, PerAmount, PerOccurrences, Program
from tests.builders import LOT, NEW_YORK, NOW, Walk, account, local, program


def paying(value: Fixed | PerOccurrences | PerAmount, **behaviour: Any) -> Program:
    return program(behaviours={"b": Behaviour("b", core=True, value=value, **behaviour)})


def worth(rules: Program, **event: Any) -> int:
    event = {"behaviour": "b"} | event
    return evaluate(Event("e", "m-1", **event), counters={}, program=rules).points


@pytest.mark.parametrize(
    ("rounding", "amount", "points"),
    [
        (Rounding.DOWN, "12.99", 12),
        (Rounding.DOWN, "0.99", 0),
        (Rounding.UP, "12.01", 13),
        (Rounding.UP, "12.00", 12),
        (Rounding.HALF_UP, "12.49", 12),
        (Rounding.HALF_UP, "12.50", 13),
        (Rounding.HALF_EVEN, "12.50", 12),
        (Rounding.HALF_EVEN, "13.50", 14),
        (Rounding.DOWN, "0", 0),
        (Rounding.UP, "0.00", 0),
    ],
)
def test_r_earn_1_amount_times_rate_rounded_as_named(rounding: Rounding, amount: str, points: int) -> None:
    assert worth(paying(PerAmount(1, 100, rounding)), amount=amount) == points


@pytest.mark.parametrize(
    ("rule", "amount", "points"),
    [
        (PerAmount(3, 700, Rounding.DOWN), "6.99", 2),  # 3 points per 7.00, not 3 × whole sevens
        (PerAmount(3, 700, Rounding.DOWN), "7.00", 3),
        (PerAmount(1, 1, Rounding.DOWN), "1000000000.00", 100_000_000_000),
        (PerAmount(1, 100, Rounding.DOWN, minimum_minor=5000), "49.99", 0),
        (PerAmount(1, 100, Rounding.DOWN, minimum_minor=5000), "50.00", 50),
    ],
)
def test_r_earn_1_rates_and_minimum(rule: PerAmount, amount: str, points: int) -> None:
    assert worth(paying(rule), amount=amount) == points


def test_r_earn_9_an_event_that_pays_nothing_says_why() -> None:
    minimum = PerAmount(1, 100, Rounding.DOWN, minimum_minor=5000)
    cases: list[tuple[Program, dict[str, Any], str]] = [
        (paying(minimum), {"amount": "1.00"}, "below_minimum"),
        (paying(PerAmount(1, 100, Rounding.DOWN)), {"amount": "0.99"}, "rounded_to_zero"),
        (paying(PerOccurrences(50, 3)), {"quantity": 2}, "more_needed"),
    ]
    for rules, event, why in cases:
        evaluation = evaluate(Event("e", "m-1", "b", **event), counters={}, program=rules)
        assert (evaluation.lines, evaluation.unpaid) == ((), (Unpaid("b", why),))


@pytest.mark.parametrize(
    ("quantities", "paid", "left"),
    [
        ([1, 1, 1], [0, 0, 50], 0),
        ([2, 2, 2], [0, 50, 50], 0),
        ([7], [100], 1),
        ([3, 1, 2, 4], [50, 0, 50, 50], 1),
        ([MAX_QUANTITY, 2], [50 * 3333, 50], 0),
    ],
)
def test_r_earn_2_occurrences_carry_over(quantities: list[int], paid: list[int], left: int) -> None:
    walk = Walk()
    assert [walk.earn("photo", quantity=quantity).points for quantity in quantities] == paid
    assert walk.account.counters == {"photo": left}


def test_r_earn_2_fixed_points_for_each_occurrence() -> None:
    walk = Walk()
    assert walk.earn("check_in").points == 5
    assert walk.earn("check_in", quantity=3).points == 15
    assert walk.entries[0].lines == (Line("check_in", 5),)


def test_r_earn_12_an_event_that_pays_nothing_is_booked_too() -> None:
    # Its counter counts and its reference is used up: reported again it must stay worth nothing.
    walk = Walk()
    entry = walk.earn("photo")
    assert (entry.points, entry.lines, entry.moves.points) == (0, (), 0)
    assert entry.details["unpaid"] == {"photo": "more_needed"}
    assert (walk.account.seq, walk.account.counters) == (1, {"photo": 1})


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({"behaviour": "purchase"}, "/amount"),
        ({"behaviour": "purchase", "amount": "1e3"}, "/amount"),
        ({"behaviour": "purchase", "amount": "1.00", "quantity": 1}, "/quantity"),
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
        worth(paying(PerAmount(10**6, 1, Rounding.DOWN)), amount="1000000.00")


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
