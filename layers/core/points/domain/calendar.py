"""Days and moments. Days are local to the program's time zone; moments are aware datetimes in UTC."""

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

NEVER = date.max
"""The expiry date of points that never expire: sorts after every real date."""

MOVING = date(9998, 12, 31)
"""Stands for the expiry date of points that a member's activity keeps alive: the date itself is the account's, one for
all of them, and moves with each activity."""


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The program-local day a moment falls on."""
    return moment.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a program-local day, in UTC (23 to 25 hours apart where clocks change)."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def next_day(day: date) -> date:
    """The day after; NEVER stays NEVER."""
    return day if day == NEVER else day + timedelta(days=1)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it is shorter (31 January + 1 = 28 or 29 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return clamped(year, month + 1, day.day)


def clamped(year: int, month: int, day: int) -> date:
    """That date, or the month's last day where the month is shorter."""
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def month_end(day: date) -> date:
    """The last day of the month of ``day``."""
    return clamped(day.year, day.month, 31)


def compact(day: date) -> str:
    """``20261121``: a day as part of a counter's key."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}"


def from_compact(text: str) -> date:
    """The inverse of :func:`compact`."""
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def utc_text(moment: datetime) -> str:
    """RFC 3339 in UTC with microseconds and ``Z``: one spelling per moment, sortable as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_utc_text(text: str) -> datetime:
    """The inverse of :func:`utc_text`."""
    return datetime.fromisoformat(text)
