"""Windows of program-local time, and the counters that count in them.

A counter's key is ``{owner}/{what}{window}{start}``: who counts, what is counted, and the window by its letter and its
first day (``20261121``, with the hour behind it for an hour; a lifetime has none). ``check_in/cD20261121`` counts the
occurrences of 21 November 2026 under the rule ``check_in``.

An event counts in the windows of the day it *occurred* on, whenever it arrives. So a counter is kept until no event
can occur in its window any more (:mod:`points.domain.evaluation.retention`). The order of arrival decides who gets the
last points under a cap, and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from points.domain.calendar import add_months, compact, from_compact

type Counters = Mapping[str, int]


class Window(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    LIFETIME = "lifetime"


_LETTERS: Final = {
    Window.HOUR: "H",
    Window.DAY: "D",
    Window.WEEK: "W",
    Window.MONTH: "M",
    Window.YEAR: "Y",
    Window.LIFETIME: "L",
}
_WINDOWS: Final = {letter: window for window, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class CounterKey:
    """A key in its parts. ``letter`` is that of the window, "S" for the run of a streak, "" where there is no window at
    all; ``start`` is what follows it."""

    owner: str
    what: str
    letter: str
    start: str

    @property
    def window_end(self) -> date | None:
        """The first day after its window; None for what has no end of its own (a lifetime, a run)."""
        window = _WINDOWS.get(self.letter)
        return None if window is None or not self.start else window_end(from_compact(self.start), window)


@lru_cache(maxsize=8192)
def parsed(key: str) -> CounterKey:
    """The inverse of :func:`counter_key`. An account has the same few keys on each of its movements."""
    owner, _, rest = key.rpartition("/")
    return CounterKey(owner, rest[:1], rest[1:2], rest[2:])


def letter(window: Window) -> str:
    return _LETTERS[window]


def counter_key(owner: str, what: str, window: Window, moment: datetime, *, week_starts_on: int) -> str:
    """``moment`` is local to the program; ``what`` is one letter; ``week_starts_on`` is 0 for Monday … 6 for Sunday."""
    return f"{owner}/{what}{window_name(window, moment, week_starts_on=week_starts_on)}"


def window_name(window: Window, moment: datetime, *, week_starts_on: int) -> str:
    """The part of a key that says which window: the same for all that count in it."""
    if window is Window.LIFETIME:
        return _LETTERS[window]
    start = compact(window_start(moment.date(), window, week_starts_on=week_starts_on))
    hour = f"{moment.hour:02d}" if window is Window.HOUR else ""
    return f"{_LETTERS[window]}{start}{hour}"


def window_start(day: date, window: Window, *, week_starts_on: int) -> date:
    """The first day of the window that ``day`` lies in."""
    match window:
        case Window.WEEK:
            return day - timedelta(days=(day.weekday() - week_starts_on) % 7)
        case Window.MONTH:
            return day.replace(day=1)
        case Window.YEAR:
            return day.replace(month=1, day=1)
        case _:
            return day


def window_end(start: date, window: Window) -> date:
    """The first day after a window that begins on ``start``."""
    match window:
        case Window.WEEK:
            return start + timedelta(days=7)
        case Window.MONTH:
            return add_months(start, 1)
        case Window.YEAR:
            return add_months(start, 12)
        case _:
            return start + timedelta(days=1)
