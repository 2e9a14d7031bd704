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
from points.domain.program.streaks import Run, run_through, runs_of, with_day, without_old_runs
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
    # WHEN day 3 arrives late THEN it is paid by its place, and what was paid for later days stays
    assert walk.pay(on="2026-03-03 08:00") == 6
    assert walk.account.counters == {"b/rS20260301": 20260305}
    # AND the days after build on the joined run
    assert walk.until("2026-03-06").pay() == 8
    # AND none of the days pays again
    assert [walk.pay(on=f"2026-03-{day:02} 20:00") for day in range(1, 6)] == [0] * 5


def test_whatever_the_order_the_run_is_as_long() -> None:
    days = [f"2026-03-{day:02} 09:00" for day in (10, 11, 12, 13)]
    for order in permutations(days):
        walk = Walk(ladder(1, 1, 1, 1, 9))
        for day in order:
            assert walk.pay(on=day) == 1
        assert walk.account.counters == {"b/rS20260310": 20260313}
        assert walk.until("2026-03-14").pay() == 9


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
        counters, run = with_day(self.COUNTERS, "b", day)
        assert run == joined == run_through(counters, "b", day)
        assert counters["bb/rS20260301"] == 20260331

    @pytest.mark.parametrize(("needed_from", "kept"), [("2026-03-06", 2), ("2026-03-07", 1), ("2026-03-12", 0)])
    def test_a_run_is_kept_while_a_day_may_still_touch_it(self, needed_from: str, kept: int) -> None:
        counters = without_old_runs(self.COUNTERS, date.fromisoformat(needed_from))
        assert len(list(runs_of(counters, "b"))) == kept
        assert counters["b/n"] == 1


@given(days=st.lists(st.integers(0, 40), unique=True))
def test_runs_are_the_consecutive_days(days: list[int]) -> None:
    counters: Counters = {}
    for day in days:
        counters, run = with_day(counters, "b", date(2026, 2, 10) + timedelta(days=day))
        assert run.first <= run.last
    covered = {run.first + timedelta(days=n) for run in runs_of(counters, "b") for n in range(run.place(run.last))}
    assert covered == {date(2026, 2, 10) + timedelta(days=day) for day in days}
    # Two runs never touch: they would be one.
    edges = sorted((run.first, run.last) for run in runs_of(counters, "b"))
    assert all(later[0] - earlier[1] > timedelta(days=1) for earlier, later in pairwise(edges))
    assert {f"b/rS{compact(first)}" for first, _ in edges} == set(counters)
