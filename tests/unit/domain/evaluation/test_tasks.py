"""R-EARN-5: tasks count and pay once per window: newbie, daily, weekly, event tasks."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.domain.evaluation.evaluation import Unpaid, Why
from points.domain.program.conditions import Operator
from points.domain.program.dates import Dates
from points.domain.program.expiry import AfterDays
from points.domain.program.program import Program
from points.domain.program.tasks import Counted, Task
from points.domain.program.windows import Window
from tests.builders import Walk, asks, evaluated, small

NOTES = Task("three_notes", frozenset({"note"}), Counted.EVENTS, target=3, window=Window.WEEK, points=30)
"""Publish 3 notes this week."""


def only(task: Task) -> Program:
    return small(tasks=(task,), backdating_days=14)


def test_a_newbie_task_pays_once_ever() -> None:
    walk = Walk(only(replace(NOTES, target=1, window=Window.LIFETIME)))
    assert walk.pay("note") == 30
    for day in ("2026-03-16", "2027-03-16", "2036-03-16"):
        assert walk.until(day).pay("note") == 0
        assert walk.entries[-1].lines == ()
    assert walk.account.counters == {"three_notes/tL": 4, "three_notes/bL": 30}


def test_a_daily_task_pays_once_a_day() -> None:
    walk = Walk(only(replace(NOTES, target=2, window=Window.DAY)))
    assert [walk.pay("note") for _ in range(4)] == [0, 30, 0, 0]
    # Progress does not go over midnight.
    walk.until("2026-03-16 23:59")
    assert walk.pay("note") == 0
    walk.until("2026-03-17 00:00")
    assert [walk.pay("note"), walk.pay("note")] == [0, 30]


def test_a_weekly_task_pays_once_a_week() -> None:
    # GIVEN a week from Monday the 9th to Sunday the 15th
    walk = Walk(only(NOTES)).until("2026-03-09 00:00")
    paid = [walk.until(f"2026-03-{day:02}").pay("note") for day in (9, 12, 15, 15, 16, 17, 18, 22)]
    assert paid == [0, 0, 30, 0, 0, 0, 30, 0]


@pytest.mark.parametrize(
    ("counted", "events", "paid"),
    [
        (Counted.EVENTS, [{"quantity": 50}, {}, {}], [0, 0, 30]),
        (Counted.QUANTITY, [{"quantity": 2}, {"quantity": 5}, {"quantity": 9}], [0, 30, 0]),
        (Counted.AMOUNT, [{"amount": "0.02"}, {}, {"amount": "0.01"}, {"amount": "9.00"}], [0, 0, 30, 0]),
    ],
)
def test_tasks_count_events_quantities_or_amounts(
    counted: Counted, events: list[dict[str, str]], paid: list[int]
) -> None:
    walk = Walk(only(replace(NOTES, counted=counted)))
    assert [walk.pay("note", **event) for event in events] == paid


def test_a_task_may_count_several_behaviours() -> None:
    walk = Walk(only(replace(NOTES, behaviours=frozenset({"note", "video"}))))
    assert [walk.pay("note"), walk.pay("video"), walk.pay("note")] == [0, 0, 30]


def test_an_event_task_has_dates_and_conditions() -> None:
    # Spend 500 元 in the app during the campaign.
    task = Task(
        "spend",
        frozenset({"purchase"}),
        Counted.AMOUNT,
        target=50_000,
        window=Window.LIFETIME,
        points=1_000,
        when=asks("attribute.channel", Operator.EQUALS, "app"),
        dates=Dates(date(2026, 3, 10), date(2026, 3, 20)),
        expiry=AfterDays(30),
    )
    app: dict[str, Any] = {"attributes": {"channel": "app"}}
    walk = Walk(only(task)).until("2026-03-09 23:59")
    assert walk.pay("purchase", amount="900.00", **app) == 0
    assert walk.entries[-1].lines == ()
    walk.until("2026-03-10 00:00")
    assert walk.pay("purchase", amount="900.00") == 0  # not in the app
    assert walk.pay("purchase", amount="300.00", **app) == 0
    assert walk.until("2026-03-20 23:59").pay("purchase", amount="200.00", **app) == 1_000
    assert walk.account.lots == {"2026-04-19/2026-03": 1_000}


def test_why_a_task_does_not_pay() -> None:
    walk = Walk(only(replace(NOTES, target=2, window=Window.LIFETIME)))
    assert walk.earn("note").details["unpaid"] == {"three_notes": "more_needed"}
    assert "unpaid" not in walk.earn("note").details
    assert "unpaid" not in walk.earn("note").details  # paid before: nothing to say for ever after
    reasons = evaluated(walk.rules, walk.account.counters, behaviour="note").unpaid
    assert reasons == (Unpaid("three_notes", Why.ALREADY_PAID),)


def test_what_is_reported_late_counts_in_the_week_it_happened_in() -> None:
    # GIVEN two notes last week and two this week
    walk = Walk(only(NOTES)).until("2026-03-15")
    assert [walk.pay("note"), walk.pay("note")] == [0, 0]
    walk.until("2026-03-17")
    assert [walk.pay("note"), walk.pay("note")] == [0, 0]
    # WHEN a third of last week arrives THEN last week's task is met, and paid once
    assert walk.pay("note", on="2026-03-12") == 30
    assert walk.pay("note", on="2026-03-13") == 0
    # AND this week's is still open
    assert walk.pay("note") == 30


def test_the_order_of_arrival_makes_no_difference_to_what_is_paid() -> None:
    days = ["2026-03-10", "2026-03-11", "2026-03-15 23:59", "2026-03-16 00:00", "2026-03-17"]
    for order in (days, days[::-1], days[3:] + days[:3]):
        walk = Walk(only(NOTES)).until("2026-03-18")
        assert sum(walk.pay("note", on=day) for day in order) == 30
        assert walk.account.counters == {
            "three_notes/tW20260309": 3,
            "three_notes/bW20260309": 30,
            "three_notes/tW20260316": 2,
        }
