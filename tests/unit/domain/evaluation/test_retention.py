"""Which counters an account keeps, and for how long: none that history alone would pile up, none too few."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.evaluation.retention import current_counters, roomy
from points.domain.limits import MAX_COUNTERS
from points.domain.program.caps import Cap
from points.domain.program.dates import Dates
from points.domain.program.program import Program
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed, PerOccurrences, Streak
from points.domain.program.succession import KEPT_DAYS, inheritance
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Counters, Window, counter_key, window_end, window_start
from tests.builders import SHANGHAI, Walk, account, context, local, paying, small

TODAY = "2026-11-21"
TASK = Task("task", frozenset({"b"}), Counted.EVENTS, 3, Window.DAY, 5)
YEARLY = Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100)), months=12, calendar_year=True)


def rules(**changes: Any) -> Program:
    """A rule of every kind, a task and a risk rule; a week back."""
    return small(
        paying(Fixed(1), "other", name="check", caps=(Cap(Window.DAY, 3, 9),)),
        paying(PerOccurrences(5, 3), "other", name="photo"),
        paying(Streak((1, 2)), "other", name="visit"),
        **{
            "tasks": (TASK,),
            "tiers": YEARLY,
            "risk": (RiskRule("hasty", Velocity.EVENTS, Window.HOUR, 9, RiskAction.FREEZE),),
            "backdating_days": 7,
            "refund_days": 30,
            **changes,
        },
    )


def kept(counters: Counters, program: Program | None = None, on: str = TODAY) -> set[str]:
    return set(current_counters(account(counters=counters), context(local(on), program or rules())))


@pytest.mark.parametrize(
    ("key", "is_kept"),
    [
        ("check/cD20261113", False),
        ("check/cD20261114", True),
        ("check/cH2026111323", False),
        ("check/cH2026111400", True),
        ("hasty/vW20261102", False),
        ("hasty/vW20261109", True),  # its Sunday is the 15th
        ("check/pM20261001", False),
        ("check/pM20261101", True),
        ("check/cY20250101", False),
        ("check/cY20260101", True),
        ("check/cL", True),
        ("photo/n", True),
        # The year that is reviewed, the one that is counted, and the month before.
        ("~earned/mM20240901", False),
        ("~earned/mM20241001", True),
        ("~earned/mL", True),
        ("~referral/nL", True),
    ],
)
def test_windows_are_kept_while_an_event_may_occur_in_them(key: str, is_kept: bool) -> None:
    assert kept({key: 1}) == ({key} if is_kept else set())


@given(
    occurred=st.dates(date(2026, 8, 1), date(2026, 11, 21)),
    window=st.sampled_from(Window),
    starts_on=st.integers(0, 6),
    backdating_days=st.integers(0, 60),
)
def test_exactly_the_windows_an_event_may_still_occur_in(
    occurred: date, window: Window, starts_on: int, backdating_days: int
) -> None:
    moment = local(occurred.isoformat()).astimezone(SHANGHAI)
    key = counter_key("check", "c", window, moment, week_starts_on=starts_on)
    start = window_start(occurred, window, week_starts_on=starts_on)
    last = None if window is Window.LIFETIME else window_end(start, window) - timedelta(days=1)
    earliest = date.fromisoformat(TODAY) - timedelta(days=backdating_days)
    assert bool(kept({key: 1}, rules(backdating_days=backdating_days))) == (last is None or last >= earliest)


@pytest.mark.parametrize(("last", "is_kept"), [("20261112", False), ("20261113", True), ("20261121", True)])
def test_a_run_is_kept_while_a_day_may_still_touch_it(last: str, is_kept: bool) -> None:
    # The earliest day that may arrive is the 14th, and it continues a run up to the 13th.
    assert bool(kept({"visit/rS20261101": int(last)})) is is_kept


class TestWhoIsGone:
    COUNTERS: ClassVar[Counters] = {
        "gone/tL": 3,
        "gone/bL": 5,
        "gone/cD20261121": 1,
        "gone/n": 2,
        "gone/rS20261120": 20261121,
    }

    def test_counters_of_nobody_go(self) -> None:
        assert kept(self.COUNTERS) == set()

    def test_not_before_a_roll_back_could_bring_them_back(self) -> None:
        left_on = date.fromisoformat(TODAY) - timedelta(days=KEPT_DAYS)
        assert kept(self.COUNTERS, rules(retired={"gone": left_on})) == set(self.COUNTERS)
        # (A day more, for clocks that differ.)
        assert kept(self.COUNTERS, rules(retired={"gone": left_on - timedelta(days=2)})) == set()

    def test_what_is_over_counts_nothing_any_more(self) -> None:
        # GIVEN a rule and a task whose last day is the 13th: no event of it can arrive a week and a day later
        over = Dates(None, date(2026, 11, 13))
        dated = paying(Fixed(1), name="check", dates=over)
        program = rules(rules=(dated,), tasks=(replace(TASK, dates=over),), refund_days=0)
        counters = {"check/cL": 1, "check/pY20260101": 7, "task/tL": 3, "task/bL": 5}
        assert kept(counters, program) == set()
        assert kept(counters, program, on="2026-11-20") == set(counters)


class TestTasksThatPaid:
    def test_they_are_watched_until_no_refund_is_looked_at(self) -> None:
        paid = {"task/tD20261101": 3, "task/bD20261101": 5}
        assert kept(paid) == set(paid)
        assert kept(paid, on="2026-12-01") == set(paid)
        assert kept(paid, on="2026-12-02") == set()

    def test_those_that_did_not_pay_are_not(self) -> None:
        assert kept({"task/tD20261101": 2}) == set()


def test_r_earn_5_two_dated_tasks_a_week_for_ten_years_lock_nobody_out() -> None:
    """Each is met by the member, each is over after a week, and each has a name of its own."""
    walk = Walk(rules(tasks=(TASK,), risk=()))
    walk.rules = replace(walk.rules, tasks=())
    start = date(2026, 1, 5)
    most = 0
    for week in range(520):
        monday = start + timedelta(weeks=week)
        dates = Dates(monday, monday + timedelta(days=6))
        names = [f"task-{week}-{number}" for number in (1, 2)]
        new = [replace(TASK, name=name, target=1, window=Window.LIFETIME, dates=dates) for name in names]
        walk.until(monday.isoformat())
        # Those of the last four weeks stay in the program until somebody tidies up.
        after = replace(walk.rules, tasks=(*new, *walk.rules.tasks)[:8])
        walk.rules = replace(after, retired=inheritance(walk.rules, after, walk.now).retired)
        assert walk.pay() == 10
        most = max(most, len(walk.account.counters))
    assert most < 80


class TestRoom:
    def test_what_the_live_version_counts_by_stays_and_the_rest_makes_room(self) -> None:
        old = {f"gone-{number}/cL": 1 for number in range(MAX_COUNTERS)}
        live = {"check/cD20261121": 1, "visit/rS20261101": 20261121, "~earned/mL": 5}
        assert roomy({**old, **live}, rules()) == live
        # A window that the rule has a cap for no more makes room, too.
        assert roomy({**old, **live, "check/cW20261116": 1}, rules()) == live

    def test_nothing_goes_where_there_is_room(self) -> None:
        counters = {f"gone-{number}/cL": 1 for number in range(MAX_COUNTERS)}
        assert roomy(counters, rules()) is counters


def test_where_nothing_is_over_nothing_is_copied() -> None:
    counters = {"check/cD20261121": 1}
    assert current_counters(account(counters=counters), context(local(TODAY), rules())) is counters
