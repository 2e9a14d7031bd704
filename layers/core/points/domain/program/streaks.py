"""Streaks: consecutive program-local days, kept as runs (R-EARN-4).

A run is one counter, ``{rule}/rS{first day}`` → last day, both as ``YYYYMMDD``: a member who comes every day has one,
however long it gets. An event that arrives late fills its day in and joins the runs beside it; it is paid what the
joined run is worth beyond what the runs were worth apart. So days come to the same whatever order they are reported in.
A run is kept while a day that may still occur can touch it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from points.domain.calendar import compact, from_compact
from points.domain.program.windows import Counters

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Run:
    first: date
    last: date

    def place(self, day: date) -> int:
        """1 for the first day of the run."""
        return (day - self.first).days + 1

    @property
    def days(self) -> int:
        return self.place(self.last)


def runs_of(counters: Counters, rule: str) -> Iterator[Run]:
    prefix = _prefix(rule)
    for key, last in counters.items():
        if key.startswith(prefix):
            yield Run(from_compact(key[len(prefix) :]), from_compact(str(last)))


def run_through(counters: Counters, rule: str, day: date) -> Run | None:
    """The run that has ``day`` in it."""
    return next((run for run in runs_of(counters, rule) if run.first <= day <= run.last), None)


def with_day(counters: Counters, rule: str, day: date) -> tuple[Counters, Run, Sequence[Run]]:
    """The counters with a new ``day``, the run it is in now, and the runs (two at most) that have become part of that.
    ``day`` must not be in a run yet."""
    beside = [run for run in runs_of(counters, rule) if run.last == day - _DAY or run.first == day + _DAY]
    joined = Run(min([day, *(run.first for run in beside)]), max([day, *(run.last for run in beside)]))
    return _exchanged(counters, rule, beside, [joined]), joined, beside


def without_day(counters: Counters, rule: str, day: date) -> tuple[Counters, Run | None, Sequence[Run]]:
    """The counters as if nothing had happened on ``day``, the run it was in (None: in none), and what would be left of
    that: what comes before the day, and what comes after."""
    run = run_through(counters, rule, day)
    if run is None:
        return counters, None, []
    left = [Run(run.first, day - _DAY)] * (run.first < day) + [Run(day + _DAY, run.last)] * (day < run.last)
    return _exchanged(counters, rule, [run], left), run, left


def _exchanged(counters: Counters, rule: str, old: Iterable[Run], new: Iterable[Run]) -> Counters:
    gone = {_prefix(rule) + compact(run.first) for run in old}
    kept = {key: count for key, count in counters.items() if key not in gone}
    return kept | {_prefix(rule) + compact(run.first): int(compact(run.last)) for run in new}


def _prefix(rule: str) -> str:
    return f"{rule}/rS"
