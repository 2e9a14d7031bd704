"""Whole numbers, days and months in as few characters as stay text: base 36, counted from the year 2020.

They are parts of names that an account repeats for every lot and counter, where each character counts.
"""

from datetime import date, timedelta
from typing import Final

EPOCH: Final = date(2020, 1, 1)
"""Three digits of days reach the year 2147, two of months 2127. What lies outside takes more, or a minus sign."""

DAY: Final = timedelta(days=1)
NUMBER: Final = "-?[0-9a-z]+"
"""The pattern of one number."""

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def base36(value: int) -> str:
    """The inverse of ``int(text, 36)``. Raises TypeError for what is not an integer, ``True`` included."""
    if type(value) is not int:
        raise TypeError(f"only integers are stored as numbers, not {value!r}")
    rest, digits = abs(value), ""
    while rest >= len(_DIGITS):
        rest, digit = divmod(rest, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return f"{'-' if value < 0 else ''}{_DIGITS[rest]}{digits}"


def days_from_epoch(day: date) -> int:
    return (day - EPOCH).days


def day_at(days: int) -> date:
    """Raises OverflowError beyond what a date can be."""
    return EPOCH + days * DAY


def months_from_epoch(year: int, month: int) -> int:
    return (year - EPOCH.year) * 12 + month - 1


def month_at(months: int) -> tuple[int, int]:
    """(year, month)."""
    years, months = divmod(months, 12)
    return EPOCH.year + years, months + 1


def stored_day(day: date) -> str:
    """Three characters for what ISO 8601 takes ten."""
    return base36(days_from_epoch(day))


def day_of(text: str) -> date:
    """The inverse of :func:`stored_day`. Raises ValueError, and OverflowError beyond what a date can be."""
    return day_at(int(text, 36))
