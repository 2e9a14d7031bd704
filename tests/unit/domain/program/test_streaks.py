"""R-EARN-4: consecutive program-local days pay more and more, in whatever order they are reported."""

from datetime import date, timedelta
from itertools import pairwise, permutations
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.calendar import compact
from points.domain.program.program import Program
from points.domain.program.rules import Streak
from points.domain.program.streaks import Run, run_through, runs_of, with_day, without_day
from points.domain.program.windows import Counters
from tests.builders import NEW_YORK, SANTIAGO, SHANGHAI, Walk, local, paying, small

LADDER = (5, 5, 6, 6, 8, 8, 15)


def ladder(*steps: int, starts_anew: bool = False, zone: ZoneInfo = SHANGHAI, backdating_days: int = 7) -> Program:
    return small(paying(Streak(steps or LADDER, starts_anew)), zone=zone, backdating_days=backdating_days)


def daily(walk: Walk, first: str, days: int) -> list[int]:
    start = date.fromisoformat(first)
    return [walk.until((start + timedelta(days=day)).isoformat()).pay() for day in range(days)]


@pytest.mark.parametrize(("starts_anew", "after"), [(False, [15, 15]), (True, [5, 5])])
def test_the_ladder_pays_more_and_more_and_then_stays_or_starts_anew(starts_anew: bool, after: list[int]) -> None:
    assert daily(Walk(ladder(starts_anew=starts_anew)), "2026-03-01", 9) == [*LADDER, *after]


def test_a_missed_day_is_the_first_step_again() -> None:
    walk = Walk(ladder())
    assert daily(walk, "2026-03-01", 3) == [5, 5, 6]
    assert daily(walk, "2026-03-05", 3) == [5, 5, 6]


def test_a_day_counts_once() -> None:
    walk = Walk(ladder())
    assert [walk.pay(), walk.pay(quantity=3), walk.pay()] == [5, 0, 0]
    assert walk.entries[-1].details["unpaid"] == {"b": "already_counted"}
    assert walk.wait(days=1).pay() == 5


def test_a_member_who_comes_every_day_has_one_counter() -> None:
    walk = Walk(ladder(1, 2))
    daily(walk, "2026-03-01", 400)
    assert walk.account.counters == {"b/rS20260301": 20270404}


def test_a_late_report_fills_its_day_in_and_joins_the_runs_beside_it() -> None:
    # GIVEN days 1, 2 and 4, 5: two runs
    walk = Walk(ladder())
    assert daily(walk, "2026-03-01", 2) == [5, 5]
    assert daily(walk, "2026-03-04", 2) == [5, 5]
    # WHEN day 3 arrives late THEN it is paid what it adds: five days in a row are worth 30, and 20 have been paid
    assert walk.pay(on="2026-03-03 08:00") == 10
    assert walk.account.counters == {"b/rS20260301": 20260305}
    # AND the days after build on the joined run
    assert walk.until("2026-03-06").pay() == 8
    # AND none of the days pays again
    assert [walk.pay(on=f"2026-03-{day:02} 20:00") for day in range(1, 6)] == [0] * 5


@pytest.mark.parametrize("starts_anew", [False, True])
def test_whatever_the_order_it_comes_to_the_same(starts_anew: bool) -> None:
    days = [f"2026-03-{day:02} 09:00" for day in (10, 11, 12, 13, 14)]
    for order in permutations(days):
        walk = Walk(ladder(1, 2, 4, starts_anew=starts_anew)).until("2026-03-14")
        assert sum(walk.pay(on=day) for day in order) == (10 if starts_anew else 15)
        assert walk.account.counters == {"b/rS20260310": 20260314}


def test_a_ladder_reported_backwards_pays_as_much() -> None:
    in_order, backwards = Walk(ladder(1, 20, 100)), Walk(ladder(1, 20, 100))
    assert sum(daily(in_order, "2026-03-12", 3)) == 121
    backwards.until("2026-03-14")
    assert sum(backwards.pay(on=f"2026-03-{day} 09:00") for day in (14, 13, 12)) == 121


def test_where_a_ladder_falls_nothing_is_taken_back() -> None:
    walk = Walk(ladder(10, 1, 1)).until("2026-03-14")
    assert [walk.pay(on=f"2026-03-{day} 09:00") for day in (12, 14)] == [10, 10]
    # Three in a row are worth 12, and 20 have been paid.
    assert walk.pay(on="2026-03-13 09:00") == 0
    assert walk.account.counters == {"b/rS20260312": 20260314}
    assert walk.entries[-1].details["counted"] == {"b": 0}


@given(
    steps=st.lists(st.integers(1, 50), min_size=1, max_size=5).map(sorted),
    order=st.permutations(range(8)),
)
def test_days_that_rise_come_to_the_same_in_any_order(steps: list[int], order: list[int]) -> None:
    streak = Streak(tuple(steps))
    counters: Counters = {}
    paid = 0
    for day in order:
        counters, run, joined = with_day(counters, "b", date(2026, 2, 10) + timedelta(days=day))
        added = streak.total(run.days) - sum(streak.total(part.days) for part in joined)
        assert added > 0
        paid += added
    assert paid == streak.total(8) == sum(streak.points(place) for place in range(1, 9))


@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK, SANTIAGO])
@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01", "2026-09-06", "2026-02-28", "2028-02-28", "2026-12-31"])
def test_days_are_local_to_the_second(zone: ZoneInfo, day: str) -> None:
    """Days of 23, 24 and 25 hours (New York on 8 March and 1 November, Santiago without a midnight on 6 September)."""
    first = date.fromisoformat(day)
    next_day = first + timedelta(days=1)
    walk = Walk(ladder(1, 2, 3, zone=zone))
    # Its first and last moment are the same day …
    walk.now = local(f"{first} 00:00:00" if day != "2026-09-06" else f"{first} 01:00:00", zone)
    assert walk.pay() == 1
    walk.now = local(f"{first} 23:59:59", zone)
    assert walk.pay() == 0
    # … and a second later it is the next one.
    walk.now = local(f"{next_day} 00:00:00", zone)
    assert walk.pay() == 2
    walk.now = local(f"{next_day} 23:59:59", zone)
    assert walk.pay() == 0
    walk.now = local(f"{next_day + timedelta(days=1)} 00:00:00", zone)
    assert walk.pay() == 3


@pytest.mark.parametrize(
    ("now", "occurred"),
    [
        ("2026-03-15 12:00", "2026-03-13 12:00"),
        # Clocks went forward on 8 March: two days before this, to the minute, it was the 6th.
        ("2026-03-09 00:30", "2026-03-06 23:30"),
    ],
)
def test_the_earliest_day_that_may_arrive_still_finds_its_neighbour(now: str, occurred: str) -> None:
    # GIVEN a run up to the day before
    walk = Walk(ladder(1, 2, 3, 4, zone=NEW_YORK, backdating_days=2))
    day = local(occurred, NEW_YORK).astimezone(NEW_YORK).date()
    daily(walk, (day - timedelta(days=2)).isoformat(), 2)
    # WHEN an event drops what is old, and the earliest day that may arrive does
    walk.until(now).earn("b")
    # THEN it continues that run
    assert walk.earn("b", occurred_at=local(occurred, NEW_YORK)).points == 3


class TestRuns:
    COUNTERS: Final[Counters] = {
        "b/rS20260301": 20260305,
        "b/rS20260310": 20260310,
        "bb/rS20260301": 20260331,
        "b/n": 1,
    }

    def test_a_rule_has_its_own(self) -> None:
        runs = [Run(date(2026, 3, 1), date(2026, 3, 5)), Run(date(2026, 3, 10), date(2026, 3, 10))]
        assert list(runs_of(self.COUNTERS, "b")) == runs

    @pytest.mark.parametrize(("day", "found"), [(1, True), (5, True), (6, False), (9, False), (10, True)])
    def test_the_run_through_a_day(self, day: int, found: bool) -> None:
        assert (run_through(self.COUNTERS, "b", date(2026, 3, day)) is not None) is found

    @pytest.mark.parametrize(
        ("day", "joined"),
        [
            (date(2026, 3, 6), Run(date(2026, 3, 1), date(2026, 3, 6))),
            (date(2026, 2, 28), Run(date(2026, 2, 28), date(2026, 3, 5))),
            (date(2026, 3, 7), Run(date(2026, 3, 7), date(2026, 3, 7))),
            (date(2026, 3, 9), Run(date(2026, 3, 9), date(2026, 3, 10))),
        ],
    )
    def test_a_new_day_joins_what_is_beside_it(self, day: date, joined: Run) -> None:
        counters, run, _ = with_day(self.COUNTERS, "b", day)
        assert run == joined == run_through(counters, "b", day)
        assert counters["bb/rS20260301"] == 20260331


@pytest.mark.parametrize(
    ("day", "counters", "left"),
    [
        (1, {"b/rS20260302": 20260305}, [4]),
        (3, {"b/rS20260301": 20260302, "b/rS20260304": 20260305}, [2, 2]),
        (5, {"b/rS20260301": 20260304}, [4]),
    ],
)
def test_a_day_can_be_taken_out_again(day: int, counters: Counters, left: list[int]) -> None:
    run = {"b/rS20260301": 20260305}
    found, before, parts = without_day(run, "b", date(2026, 3, day))
    assert (found, [part.days for part in parts]) == (counters, left)
    assert before == Run(date(2026, 3, 1), date(2026, 3, 5))


def test_a_day_that_is_in_no_run_leaves_everything_as_it_is() -> None:
    run = {"b/rS20260301": 20260305}
    assert without_day(run, "b", date(2026, 3, 7)) == (run, None, [])


def test_the_only_day_leaves_nothing() -> None:
    assert without_day({"b/rS20260301": 20260301, "c/n": 1}, "b", date(2026, 3, 1))[0] == {"c/n": 1}


@given(days=st.lists(st.integers(0, 40), unique=True))
def test_runs_are_the_consecutive_days(days: list[int]) -> None:
    counters: Counters = {}
    for day in days:
        counters, run, _ = with_day(counters, "b", date(2026, 2, 10) + timedelta(days=day))
        assert run.first <= run.last
    covered = {run.first + timedelta(days=n) for run in runs_of(counters, "b") for n in range(run.place(run.last))}
    assert covered == {date(2026, 2, 10) + timedelta(days=day) for day in days}
    # Two runs never touch: they would be one.
    edges = sorted((run.first, run.last) for run in runs_of(counters, "b"))
    assert all(later[0] - earlier[1] > timedelta(days=1) for earlier, later in pairwise(edges))
    assert {f"b/rS{compact(first)}" for first, _ in edges} == set(counters)
