"""How far a member has come: tasks and streaks, as they stand on a day (R-EARN-5)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from points.domain.evaluation.evaluation import PAID, PROGRESS
from points.domain.ledger.account import Account
from points.domain.program.program import Program
from points.domain.program.rules import Streak
from points.domain.program.streaks import run_through
from points.domain.program.tasks import Task
from points.domain.program.windows import Window, counter_key, window_end, window_start


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """``progress`` of ``target`` in the current window (minor units for amounts). ``ends_on`` is the last day it can be
    met; None for never."""

    task: Task
    progress: int
    paid: bool
    ends_on: date | None


@dataclass(frozen=True, slots=True)
class StreakProgress:
    """``days`` in a row up to today, or up to yesterday while today can still continue it. ``next_points`` is what
    the next day pays."""

    rule: str
    days: int
    counted_today: bool
    next_points: int


def task_progress(account: Account, program: Program, at: datetime) -> list[TaskProgress]:
    """Tasks that can be met at the moment, or have been; ``at`` is local to the program."""
    return [_task(account, program, task, at) for task in program.tasks if task.dates.include(at.date())]


def streak_progress(account: Account, program: Program, day: date) -> list[StreakProgress]:
    return [_streak(account, rule.name, rule.value, day) for rule in program.rules if isinstance(rule.value, Streak)]


def _task(account: Account, program: Program, task: Task, at: datetime) -> TaskProgress:
    progress_key, paid_key = (
        counter_key(task.name, what, task.window, at, week_starts_on=program.week_starts_on)
        for what in (PROGRESS, PAID)
    )
    paid = paid_key in account.counters
    # More than the target has no meaning; and who was paid has met it, whatever the target has become since.
    progress = task.target if paid else min(task.target, account.counters.get(progress_key, 0))
    return TaskProgress(task, progress, paid, _ends_on(task, program, at.date()))


def _ends_on(task: Task, program: Program, day: date) -> date | None:
    if task.window is Window.LIFETIME:
        return task.dates.last
    start = window_start(day, task.window, week_starts_on=program.week_starts_on)
    last = window_end(start, task.window) - timedelta(days=1)
    return last if task.dates.last is None else min(last, task.dates.last)


def _streak(account: Account, rule: str, value: Streak, day: date) -> StreakProgress:
    today = run_through(account.counters, rule, day)
    run = today or run_through(account.counters, rule, day - timedelta(days=1))
    days = 0 if run is None else run.place(min(run.last, day))
    return StreakProgress(rule, days, today is not None, value.points(days + 1))
