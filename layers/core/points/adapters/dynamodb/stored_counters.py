"""An account's counters as one short text.

As a native map each counter would spell its owner and its date again, and with backdating a daily cap alone has a
counter for each of the last days. So what belongs together stands together::

    check_in/cD1xw=1,1,,2/pM2a=8c;photo/n=2;~earned/mM28=1o4,2s

Owners are separated by ``;`` and an owner's series by ``/``. A series is what is counted, the letter of its window,
the number of its first window, and the counts of that window and the ones right after it: ``cD1xw=1,1,,2`` counts
days, none on the third. A run of a streak (``S``) is kept by its length rather than by its last day. All numbers are
in base 36. There is one text for each set of counters, so anything else was not written here.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Final, NamedTuple

from points.adapters.dynamodb.compact import (
    EPOCH,
    NUMBER,
    base36,
    day_at,
    days_from_epoch,
    month_at,
    months_from_epoch,
)
from points.domain.calendar import compact, from_compact

_LONGEST_GAP: Final = 5
"""Windows without a count within a series: beyond, beginning a new series is shorter."""

_KEY: Final = re.compile(r"([^/;=,]+)/([a-z])(?:(L)|([DWMYS])(\d{8})|(H)(\d{10}))?", re.ASCII)
_SERIES: Final = f"/[a-z](?:L|[HDWMYS]{NUMBER})?={NUMBER}(?:,(?:{NUMBER})?)*"
_TEXT: Final = re.compile(f"[^/;=,]+(?:{_SERIES})+(?:;[^/;=,]+(?:{_SERIES})+)*", re.ASCII)


class _Place(NamedTuple):
    """Where a counter belongs. ``number`` is its window's, 0 where there is no window to tell from others."""

    owner: str
    what: str
    letter: str
    number: int


def stored_counters(counters: Mapping[str, int]) -> str:
    """Raises ValueError for a key that is no counter's, and TypeError for a count that is no integer."""
    places = sorted((_place(key), count) for key, count in counters.items())
    owners = groupby(places, key=lambda each: each[0].owner)
    return ";".join(owner + "".join(_series(dict(counts))) for owner, counts in owners)


def counters(text: str) -> dict[str, int]:
    """The inverse of :func:`stored_counters`. Raises ValueError for what is none of its texts at first sight."""
    if _TEXT.fullmatch(text) is None:
        raise ValueError(f"not stored counters: {text!r}")
    found: dict[str, int] = {}
    for group in text.split(";"):
        owner, *all_series = group.split("/")
        for series in all_series:
            head, _, counts = series.partition("=")
            what, letter, number = head[0], head[1:2], int(head[2:] or "0", 36)
            for step, count in enumerate(counts.split(",")):
                if count:
                    place = _Place(owner, what, letter, number + step * _step(letter))
                    found[_key(place)] = _given(place, int(count, 36))
    return found


def _series(counts: Mapping[_Place, int]) -> Iterator[str]:
    """The series of one owner, each with the ``/`` before it. ``counts`` is sorted."""
    before: _Place | None = None
    for place, count in counts.items():
        gap = _gap(before, place)
        if gap is None:
            window = base36(place.number) if place.letter not in ("", "L") else ""
            yield f"/{place.what}{place.letter}{window}="
        else:
            yield "," * gap
        yield base36(_kept(place, count))
        before = place


def _gap(before: _Place | None, place: _Place) -> int | None:
    """How many windows ``place`` comes after ``before``; None where it begins a series."""
    if before is None or before[:3] != place[:3]:
        return None
    gap, off = divmod(place.number - before.number, _step(place.letter))
    return None if off or gap > _LONGEST_GAP else gap


def _step(letter: str) -> int:
    """From one window to the next, in what ``number`` counts. Weeks go by their first day, whichever that is."""
    return 7 if letter == "W" else 1


def _kept(place: _Place, count: int) -> int:
    """A run's last day as its distance from the first; other counts as they are."""
    if place.letter != "S":
        return count
    kept = days_from_epoch(from_compact(str(count))) - place.number
    if _given(place, kept) != count:
        raise ValueError(f"not the last day of a run: {count!r}")
    return kept


def _given(place: _Place, kept: int) -> int:
    return kept if place.letter != "S" else int(compact(day_at(place.number + kept)))


@lru_cache(maxsize=4096)
def _place(key: str) -> _Place:
    match = _KEY.fullmatch(key)
    if match is None:
        raise ValueError(f"not the key of a counter: {key!r}")
    letter, start = match[3] or match[4] or match[6] or "", match[5] or match[7] or ""
    place = _Place(match[1], match[2], letter, _number(letter, start) if start else 0)
    if _key(place) != key:
        raise ValueError(f"not the first day of its window: {key!r}")
    return place


def _number(letter: str, start: str) -> int:
    day = from_compact(start)
    match letter:
        case "Y":
            return day.year - EPOCH.year
        case "M":
            return months_from_epoch(day.year, day.month)
        case "H":
            return days_from_epoch(day) * 24 + int(start[8:])
        case _:
            return days_from_epoch(day)


@lru_cache(maxsize=4096)
def _key(place: _Place) -> str:
    return f"{place.owner}/{place.what}{place.letter}{_start(place.letter, place.number)}"


def _start(letter: str, number: int) -> str:
    match letter:
        case "" | "L":
            return ""
        case "Y":
            return compact(date(EPOCH.year + number, 1, 1))
        case "M":
            return compact(date(*month_at(number), 1))
        case "H":
            days, hour = divmod(number, 24)
            return f"{compact(day_at(days))}{hour:02d}"
        case _:
            return compact(day_at(number))
