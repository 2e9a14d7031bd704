"""R-EARN-5: how far a member has come, readable at any moment."""

from dataclasses import replace
from datetime import date

import pytest

from points.domain.evaluation.progress import StreakProgress, TaskProgress, streak_progress, task_progress
from points.domain.program.dates import Dates
from points.domain.program.rules import Fixed, Streak
from points.domain.program.tasks import Counted, Task
from points.domain.program.windows import Window
from tests.builders import Walk, paying, small

TASK = Task("notes", frozenset({"note"}), Counted.EVENTS, target=2, window=Window.WEEK, points=30)


def progress(walk: Walk) -> TaskProgress:
    (found,) = task_progress(walk.account, walk.rules, walk.now.astimezone(walk.rules.zone))
    return found


def streak(walk: Walk) -> StreakProgress:
    (found,) = streak_progress(walk.account, walk.rules, walk.context.today)
    return found


class TestTasks:
    def test_from_nothing_to_paid_to_the_next_week(self) -> None:
        walk = Walk(small(tasks=(TASK,)))  # Sunday
        sunday = date(2026, 3, 15)
        assert progress(walk) == TaskProgress(TASK, 0, False, sunday)
        walk.earn("note")
        assert progress(walk) == TaskProgress(TASK, 1, False, sunday)
        for _ in range(2):
            walk.earn("note")
            assert progress(walk) == TaskProgress(TASK, 2, True, sunday)
        assert progress(walk.until("2026-03-16 00:00")) == TaskProgress(TASK, 0, False, date(2026, 3, 22))

    @pytest.mark.parametrize(
        ("window", "dates", "ends_on"),
        [
            (Window.HOUR, Dates(), date(2026, 3, 15)),
            (Window.DAY, Dates(), date(2026, 3, 15)),
            (Window.MONTH, Dates(), date(2026, 3, 31)),
            (Window.MONTH, Dates(None, date(2026, 3, 20)), date(2026, 3, 20)),
            (Window.MONTH, Dates(None, date(2026, 4, 20)), date(2026, 3, 31)),
            (Window.YEAR, Dates(), date(2026, 12, 31)),
            (Window.LIFETIME, Dates(), None),
            (Window.LIFETIME, Dates(None, date(2027, 1, 1)), date(2027, 1, 1)),
        ],
    )
    def test_until_when(self, window: Window, dates: Dates, ends_on: date | None) -> None:
        walk = Walk(small(tasks=(replace(TASK, window=window, dates=dates),)))
        assert progress(walk).ends_on == ends_on

    @pytest.mark.parametrize(("day", "shown"), [("2026-03-14", False), ("2026-03-15", True), ("2026-03-16", False)])
    def test_only_tasks_that_can_be_met_now(self, day: str, shown: bool) -> None:
        walk = Walk(small(tasks=(replace(TASK, dates=Dates(date(2026, 3, 15), date(2026, 3, 15))),))).until(day)
        assert bool(task_progress(walk.account, walk.rules, walk.now.astimezone(walk.rules.zone))) is shown


class TestStreaks:
    RULES = small(paying(Streak((1, 2, 3))), paying(Fixed(1), "other"))

    def test_a_streak_waits_for_today_and_is_lost_tomorrow(self) -> None:
        walk = Walk(self.RULES)
        assert streak(walk) == StreakProgress("b", 0, False, 1)
        walk.earn("b")
        assert streak(walk) == StreakProgress("b", 1, True, 2)
        walk.until("2026-03-16 23:59")
        assert streak(walk) == StreakProgress("b", 1, False, 2)
        walk.earn("b")
        assert streak(walk) == StreakProgress("b", 2, True, 3)
        assert streak(walk.until("2026-03-18 00:00")) == StreakProgress("b", 0, False, 1)

    def test_it_promises_what_is_paid(self) -> None:
        walk = Walk(small(paying(Streak((1, 2, 3), starts_anew=True))))
        for _ in range(8):
            promised = streak(walk).next_points
            assert walk.pay() == promised
            walk.wait(days=1)

    def test_a_late_report_counts(self) -> None:
        walk = Walk(self.RULES)
        walk.pay(on="2026-03-13")
        walk.earn("b")
        assert streak(walk).days == 1
        walk.pay(on="2026-03-14")
        assert streak(walk) == StreakProgress("b", 3, True, 3)
