"""Can a condition ever hold? Asked of the very conditions that decide, so the two cannot disagree.

A condition holds in one of several *ways*: one for each combination of the alternatives that its ``any`` offer. In a
way every test must pass. Tests of different fields do not disturb one another, except those of the calendar; so a way
is possible when each field has a value that passes its tests. Enough values are tried to stand for all: those the tests
mention with their neighbours, the ends of the field's range, a text nobody mentions, and, for what may be unknown,
nothing at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice, product
from typing import Final

from points.domain.limits import MAX_AMOUNT_MINOR, MAX_POINTS, MAX_QUANTITY
from points.domain.program.conditions import AllOf, AnyOf, Condition, Facts, Scalar, Test, holds
from points.domain.program.dates import Dates

MAX_WAYS: Final = 64
"""A condition with more is not called impossible, whatever it says: nobody reads it, and looking takes time."""

MAX_TRIALS: Final = 20_000
"""Tests times values they mention, over all ways: every value is tried on every test. Beyond it, the same."""

_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "hour": (0, 23),
    "weekday": (1, 7),
    "day_of_month": (1, 31),
    "month": (1, 12),
    "quantity": (1, MAX_QUANTITY),
    "amount": (0, MAX_AMOUNT_MINOR),
}
_FLAGS: Final = frozenset({"real_name_verified", "birthday"})
_CALENDAR: Final = ("month", "day_of_month", "weekday")

DAYS_OF_A_YEAR: Final = 366
_LONGEST: Final = dict(enumerate((31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), start=1))
"""Days of each month, in a leap year."""


@dataclass(frozen=True, slots=True)
class Universe:
    """What can be the case: ``levels`` is how many tiers and segments there are, ``dates`` when the condition is
    asked."""

    levels: Mapping[str, int]
    dates: Dates


def can_hold(condition: Condition, universe: Universe) -> bool:
    """False only where it never can; True also where nobody has looked (``MAX_WAYS``, ``MAX_TRIALS``)."""
    ways = list(islice(_ways(condition), MAX_WAYS + 1))
    if len(ways) > MAX_WAYS or sum(map(_trials, ways)) > MAX_TRIALS:
        return True
    return any(_possible(way, universe) for way in ways)


def _trials(tests: Sequence[Test]) -> int:
    return len(tests) * sum(len(test.values) for test in tests)


def _ways(condition: Condition) -> Iterator[tuple[Test, ...]]:
    match condition:
        case Test():
            yield (condition,)
        case AnyOf(conditions):
            for inner in conditions:
                yield from _ways(inner)
        case AllOf(conditions):
            # Each is cut off where there are too many anyway: the product of long lists would take all memory.
            alternatives = [list(islice(_ways(inner), MAX_WAYS + 1)) for inner in conditions]
            for combination in product(*alternatives):
                yield tuple(test for way in combination for test in way)


def _possible(tests: Sequence[Test], universe: Universe) -> bool:
    fields: dict[str, list[Test]] = {}
    for test in tests:
        fields.setdefault(test.field, []).append(test)
    calendar: dict[str, list[Test]] = {field: fields.pop(field) for field in _CALENDAR if field in fields}
    return all(any(_passing(each, of_field, universe)) for each, of_field in fields.items()) and (
        not calendar or _on_some_day(calendar, universe)
    )


def _passing(field: str, tests: Sequence[Test], universe: Universe) -> Iterator[bool]:
    return (all(holds(test, facts) for test in tests) for facts in _facts(field, tests, universe))


def _on_some_day(tests: Mapping[str, Sequence[Test]], universe: Universe) -> bool:
    months, days, weekdays = (
        {value for value in _values(field) if all(holds(test, {field: value}) for test in tests.get(field, ()))}
        for field in _CALENDAR
    )
    first, last = universe.dates.first, universe.dates.last
    if first is None or last is None or (last - first).days >= DAYS_OF_A_YEAR:
        # Every day of the calendar comes, and falls on any day of the week in some year.
        return bool(weekdays and days) and any(min(days) <= _LONGEST[month] for month in months)
    return any(
        month in months and day in days and weekday in weekdays for month, day, weekday in _days_between(first, last)
    )


def _values(field: str) -> range:
    low, high = _RANGES[field]
    return range(low, high + 1)


@lru_cache(maxsize=64)
def _days_between(first: date, last: date) -> tuple[tuple[int, int, int], ...]:
    days = (first + timedelta(days=after) for after in range((last - first).days + 1))
    return tuple((day.month, day.day, day.isoweekday()) for day in days)


def _facts(field: str, tests: Sequence[Test], universe: Universe) -> Iterator[Facts]:
    """What may be known of the field, as far as the tests can tell the difference."""
    if field == "amount" or "." in field:
        yield {}
    if field in _FLAGS:
        yield from ({field: value} for value in (True, False))
        return
    mentioned = [value for test in tests for value in test.values]
    low, high = _range(field, universe)
    numbers = {value for value in mentioned if type(value) is int}
    around = {low, high} | {near for value in numbers for near in (value - 1, value, value + 1)}
    yield from ({field: value} for value in sorted(around) if low <= value <= high)
    if "." in field:
        # An attribute may be of any type.
        others: list[Scalar] = [True, False, *(value for value in mentioned if isinstance(value, str))]
        yield from ({field: value} for value in (*others, _unmentioned(mentioned)))


def _range(field: str, universe: Universe) -> tuple[int, int]:
    if field in universe.levels:
        return 0, universe.levels[field] - 1
    return _RANGES.get(field, (-MAX_POINTS, MAX_POINTS))


def _unmentioned(values: Sequence[Scalar]) -> str:
    """As many texts as there are values and one more: one of them is not among the values."""
    return next(text for text in map(str, range(len(values) + 1)) if text not in values)
