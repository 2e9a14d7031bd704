"""Lots as one short text, on accounts and on entries.

As a native map each lot would spell its dates again, and under a policy by days there is a lot for each of them. So
lots that follow one another by a day stand together::

    295/2a=1o4;296/2a+=5            lots: last day / month earned; + where days of grace were given
    1xw>295/2a=5k,5k,,c             pending: first day > the same; the days after it, none on the third
    1xw>~295/2a=5k,5k               pending under a policy by days: the last day moves along

Days and months are counted from 2020, all numbers are in base 36. There is one text for each set of lots, so anything
else was not written here.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple

from points.adapters.dynamodb.compact import (
    NUMBER,
    base36,
    day_at,
    days_from_epoch,
    month_at,
    months_from_epoch,
)

_LONGEST_GAP: Final = 6
"""Days without a lot within a series: beyond, beginning a new series is shorter."""

_NAME: Final = re.compile(r"(?:(\d{4}-\d\d-\d\d)>)?(\d{4}-\d\d-\d\d)/(\d{4})-(0[1-9]|1[012])(\+?)", re.ASCII)
_HEAD: Final = re.compile(f"(?:({NUMBER})>(~?))?({NUMBER})/({NUMBER})(\\+?)", re.ASCII)


class _Lot(NamedTuple):
    """A bucket in numbers. ``available`` is None for what does not wait."""

    month: int
    grace: bool
    expires: int
    available: int | None

    def after(self, days: int, *, along: bool) -> "_Lot":
        """The lot ``days`` further on: by its last day where nothing waits, else by its first, with the last day
        moving ``along`` or not."""
        if self.available is None:
            return self._replace(expires=self.expires + days)
        expires = self.expires + days if along else self.expires
        return self._replace(expires=expires, available=self.available + days)


def stored_lots(lots: Mapping[str, int]) -> str:
    """Buckets to points (±). Raises ValueError for what is no bucket, TypeError for what is no integer."""
    numbered = {_lot(name): points for name, points in lots.items()}
    # Of the two ways in which pending lots follow one another, the one that needs fewer series.
    ways = [list(_series(numbered, along=along)) for along in (False, True)]
    shorter = min(ways, key=len)
    return ";".join(f"{_head(first, along=shorter is ways[1])}={counts}" for first, counts in shorter)


def lots(text: str) -> dict[str, int]:
    """The inverse of :func:`stored_lots`. Raises ValueError for what is none of its texts at first sight."""
    found: dict[str, int] = {}
    for series in text.split(";") if text else ():
        head, _, counts = series.partition("=")
        for step, count in enumerate(counts.split(",")):
            if count or not step:
                found[_name_at(head, step)] = int(count, 36)
    return found


def _series(numbered: Mapping[_Lot, int], *, along: bool) -> Iterator[tuple[_Lot, str]]:
    """The first lot of each series, and the counts from it on."""
    first: _Lot | None = None
    before: _Lot | None = None
    text = ""
    for each in sorted(numbered, key=lambda each: _order(each, along=along)):
        gap = None if before is None else _gap(before, each, along=along)
        if gap is None:
            if first is not None:
                yield first, text
            first, text = each, base36(numbered[each])
        else:
            text += "," * gap + base36(numbered[each])
        before = each
    if first is not None:
        yield first, text


def _order(each: _Lot, *, along: bool) -> tuple[int, ...]:
    """Lots of one series side by side, in the order of their days."""
    if each.available is None:
        return (0, each.month, each.grace, 0, each.expires)
    distance = each.expires - each.available if along else each.expires
    return (1, each.month, each.grace, distance, each.available)


def _gap(before: _Lot, each: _Lot, *, along: bool) -> int | None:
    """How many days ``each`` comes after ``before`` in the same series; None where it begins another."""
    if (before.available is None) != (each.available is None):
        return None
    days = each.expires - before.expires
    if before.available is not None and each.available is not None:
        days = each.available - before.available
    in_series = 0 < days <= _LONGEST_GAP and before.after(days, along=along) == each
    return days if in_series else None


def _head(first: _Lot, *, along: bool) -> str:
    wait = "" if first.available is None else f"{base36(first.available)}>{'~' if along else ''}"
    return f"{wait}{base36(first.expires)}/{base36(first.month)}{'+' if first.grace else ''}"


@lru_cache(maxsize=8192)
def _lot(name: str) -> _Lot:
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"not a bucket: {name!r}")
    available_on, expires_on, year, month, grace = match.groups()
    return _Lot(
        month=months_from_epoch(int(year), int(month)),
        grace=bool(grace),
        expires=days_from_epoch(date.fromisoformat(expires_on)),
        available=days_from_epoch(date.fromisoformat(available_on)) if available_on else None,
    )


@lru_cache(maxsize=8192)
def _name_at(head: str, step: int) -> str:
    """The bucket ``step`` days after that of the head."""
    match = _HEAD.fullmatch(head)
    if match is None:
        raise ValueError(f"not stored lots: {head!r}")
    available, along, expires, month, grace = match.groups()
    first = _Lot(int(month, 36), bool(grace), int(expires, 36), int(available, 36) if available else None)
    each = first.after(step, along=bool(along))
    year, month_of_year = month_at(each.month)
    waiting = "" if each.available is None else f"{day_at(each.available)}>"
    return f"{waiting}{day_at(each.expires)}/{year:04d}-{month_of_year:02d}{grace}"
