"""R-EARN: what an event is worth rule by rule, and why each other rule does not pay."""

from typing import Any

import pytest

from points.domain.evaluation.evaluation import Evaluation, Unpaid, Why
from points.domain.ledger.entries import Line
from points.domain.limits import MAX_QUANTITY
from points.domain.money import Rounding
from points.domain.program.conditions import AllOf, Operator
from points.domain.program.dates import Dates
from points.domain.program.program import Program
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences
from tests.builders import Walk, asks, evaluated, local, paying, program, small


def why(evaluation: Evaluation) -> dict[str, str]:
    return {unpaid.rule: unpaid.why.value for unpaid in evaluation.unpaid}


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
    assert evaluated(small(paying(PerAmount(1, 100, rounding))), amount=amount).points == points


@pytest.mark.parametrize(
    ("value", "amount", "points"),
    [
        (PerAmount(3, 700, Rounding.DOWN), "6.99", 2),  # 3 points per 7.00, not 3 × whole sevens
        (PerAmount(3, 700, Rounding.DOWN), "7.00", 3),
        (PerAmount(1, 1, Rounding.DOWN), "1000000000.00", 100_000_000_000),
        (PerAmount(1, 100, Rounding.DOWN, minimum_minor=5000), "49.99", 0),
        (PerAmount(1, 100, Rounding.DOWN, minimum_minor=5000), "50.00", 50),
    ],
)
def test_r_earn_1_rates_and_minimum(value: PerAmount, amount: str, points: int) -> None:
    assert evaluated(small(paying(value)), amount=amount).points == points


def test_r_earn_9_an_event_that_pays_nothing_says_why() -> None:
    minimum = PerAmount(1, 100, Rounding.DOWN, minimum_minor=5000)
    cases: list[tuple[Program, dict[str, Any], Why]] = [
        (small(paying(minimum)), {"amount": "1.00"}, Why.BELOW_MINIMUM),
        (small(paying(PerAmount(1, 100, Rounding.DOWN))), {"amount": "0.99"}, Why.ROUNDED_TO_ZERO),
        (small(paying(PerOccurrences(50, 3))), {"quantity": 2}, Why.MORE_NEEDED),
    ]
    for rules, event, reason in cases:
        evaluation = evaluated(rules, **event)
        assert (evaluation.lines, evaluation.unpaid) == ((), (Unpaid("b", reason),))


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
    # A counter at nothing is not kept.
    assert walk.account.counters == ({"photo/n": left} if left else {})


def test_r_earn_2_fixed_points_for_each_occurrence() -> None:
    walk = Walk()
    assert walk.earn("check_in").points == 5
    assert walk.earn("check_in", quantity=3).points == 15
    assert walk.entries[0].lines == (Line("check_in", 5),)


def test_r_earn_3_every_rule_of_the_behaviour_is_asked_and_none_of_another() -> None:
    rules = small(
        paying(Fixed(5)),
        paying(Fixed(7), name="app", when=asks("attribute.channel", Operator.EQUALS, "app")),
        paying(Fixed(9), "other"),
    )
    web = evaluated(rules, attributes={"channel": "web"})
    assert (web.lines, why(web)) == ((Line("b", 5),), {"app": "condition_not_met"})
    app = evaluated(rules, attributes={"channel": "app"})
    assert (app.lines, app.unpaid) == ((Line("b", 5), Line("app", 7)), ())


def test_r_earn_3_conditions_know_event_member_and_local_time() -> None:
    # NOW is noon on a Sunday, 15 March, in Shanghai
    known: dict[str, Any] = {
        "amount": 1280,
        "quantity": 2,
        "weekday": 7,
        "hour": 12,
        "day_of_month": 15,
        "month": 3,
        "birthday": False,
        "real_name_verified": False,
        "attribute.channel": "app",
    }
    tests = tuple(asks(field, Operator.EQUALS, value) for field, value in known.items())
    event: dict[str, Any] = {
        "amount": "12.80",
        "quantity": 2,
        "attributes": {"channel": "app", "list": [1], "nothing": None},
    }
    rules = small(paying(Fixed(1), when=AllOf(tests)))
    assert evaluated(rules, **event).points == 2
    # What is not one value is as good as absent.
    for name in ("attribute.list", "attribute.nothing", "tier", "segment", "member.vip"):
        rules = small(paying(Fixed(1), when=asks(name, Operator.ABSENT)))
        assert evaluated(rules, **event).points == 2


def test_hours_and_weekdays_are_local_ones() -> None:
    # 23:30 on Saturday in Shanghai is still afternoon in Greenwich.
    rules = small(paying(Fixed(1), when=asks("hour", Operator.AT_LEAST, 23)))
    assert evaluated(rules, on="2026-03-14 23:30").points == 1
    assert evaluated(rules, on="2026-03-15 00:00").points == 0


@pytest.mark.parametrize(
    ("on", "paid"),
    [("2026-03-09 23:59", 0), ("2026-03-10 00:00", 5), ("2026-03-12 23:59", 5), ("2026-03-13 00:00", 0)],
)
def test_r_earn_3_effective_dates_are_local_days_both_included(on: str, paid: int) -> None:
    first, last = local("2026-03-10").date(), local("2026-03-12").date()
    rules = small(paying(Fixed(5), dates=Dates(first, last)))
    evaluation = evaluated(rules, on=on)
    assert evaluation.points == paid
    assert why(evaluation) == ({} if paid else {"b": "not_in_dates"})


def test_what_a_rule_that_is_not_met_would_have_counted_is_not_counted() -> None:
    rules = small(paying(PerOccurrences(50, 3), when=asks("hour", Operator.LESS_THAN, 6)))
    assert evaluated(rules, quantity=2).counters == {}


def test_the_same_input_gives_the_same_answer_and_leaves_it_alone() -> None:
    counters = {"photo/n": 2}
    first = evaluated(program(), counters, behaviour="photo", quantity=2)
    assert counters == {"photo/n": 2}
    assert evaluated(program(), counters, behaviour="photo", quantity=2) == first
    assert (first.points, first.counters) == (50, {"photo/n": 1})
