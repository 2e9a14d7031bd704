"""Streaks: consecutive program-local days, kept as runs (R-EARN-4).

A run is one counter, ``{rule}/rS{first day}`` → last day, both as ``YYYYMMDD``: a member who comes every day has one,
however long it gets. An event that arrives late fills its day in and joins the runs beside it: what was paid for later
days stays as it was, the day itself is paid by its place in the run as it stands now, and the days after build on the
joined run. A run is dropped once no day that may still occur can touch it.
"""

from collections.abc import Iterator
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


def runs_of(counters: Counters, rule: str) -> Iterator[Run]:
    prefix = _prefix(rule)
    for key, last in counters.items():
        if key.startswith(prefix):
            yield Run(from_compact(key[len(prefix) :]), from_compact(str(last)))


def run_through(counters: Counters, rule: str, day: date) -> Run | None:
    """The run that has ``day`` in it."""
    return next((run for run in runs_of(counters, rule) if run.first <= day <= run.last), None)


def with_day(counters: Counters, rule: str, day: date) -> tuple[Counters, Run]:
    """The counters with a new ``day``, and the run it is in now. ``day`` must not be in a run yet."""
    beside = [run for run in runs_of(counters, rule) if run.last == day - _DAY or run.first == day + _DAY]
    joined = Run(min([day, *(run.first for run in beside)]), max([day, *(run.last for run in beside)]))
    gone = {_prefix(rule) + compact(run.first) for run in beside}
    others = {key: count for key, count in counters.items() if key not in gone}
    return {**others, _prefix(rule) + compact(joined.first): int(compact(joined.last))}, joined


def without_old_runs(counters: Counters, needed_from: date) -> Counters:
    """Without runs that ended before the day before ``needed_from``: nothing can continue them any more."""
    old = {key for key, last in counters.items() if "/rS" in key and from_compact(str(last)) < needed_from - _DAY}
    return {key: count for key, count in counters.items() if key not in old} if old else counters


def _prefix(rule: str) -> str:
    return f"{rule}/rS"
