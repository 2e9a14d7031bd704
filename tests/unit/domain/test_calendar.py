"""Days are the program's (design §4): midnight edges, clock changes, and a midnight that does not exist."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.calendar import (
    NEVER,
    add_months,
    clamped,
    day_start,
    from_utc_text,
    local_day,
    month_end,
    next_day,
    utc_text,
)
from tests.builders import NEW_YORK, SANTIAGO, SHANGHAI

HAVANA = ZoneInfo("America/Havana")


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        ("2026-03-15T15:59:59.999999+00:00", SHANGHAI, "2026-03-15"),
        ("2026-03-15T16:00:00+00:00", SHANGHAI, "2026-03-16"),
        ("2026-12-31T15:59:59+00:00", SHANGHAI, "2026-12-31"),
        ("2026-12-31T16:00:00+00:00", SHANGHAI, "2027-01-01"),
        ("2026-03-08T04:59:59+00:00", NEW_YORK, "2026-03-07"),
        ("2026-03-08T05:00:00+00:00", NEW_YORK, "2026-03-08"),
        ("2026-03-09T03:59:59+00:00", NEW_YORK, "2026-03-08"),
        ("2026-03-09T04:00:00+00:00", NEW_YORK, "2026-03-09"),
        ("2026-03-15T20:00:00-05:00", SHANGHAI, "2026-03-16"),
    ],
)
def test_a_moment_falls_on_a_local_day(moment: str, zone: ZoneInfo, day: str) -> None:
    assert local_day(datetime.fromisoformat(moment), zone) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "zone", "start", "hours"),
    [
        ("2026-03-15", SHANGHAI, "2026-03-14T16:00:00+00:00", 24),
        ("2026-03-08", NEW_YORK, "2026-03-08T05:00:00+00:00", 23),  # clocks go forward
        ("2026-11-01", NEW_YORK, "2026-11-01T04:00:00+00:00", 25),  # and back
        ("2026-09-06", SANTIAGO, "2026-09-06T04:00:00+00:00", 23),  # 00:00 does not exist, the day starts at 01:00
        ("2026-11-01", HAVANA, "2026-11-01T04:00:00+00:00", 25),  # 00:00 comes twice, the day starts at the first
    ],
)
def test_a_day_starts_at_its_first_moment(day: str, zone: ZoneInfo, start: str, hours: int) -> None:
    first = day_start(date.fromisoformat(day), zone)
    assert first == datetime.fromisoformat(start)
    assert first.tzinfo is UTC
    assert day_start(next_day(date.fromisoformat(day)), zone) - first == timedelta(hours=hours)


@given(
    st.dates(date(2000, 1, 1), date(2100, 12, 31)),
    st.sampled_from([SHANGHAI, NEW_YORK, SANTIAGO, HAVANA, ZoneInfo("Africa/Cairo"), ZoneInfo("Asia/Kathmandu")]),
)
def test_a_day_and_its_start_belong_together(day: date, zone: ZoneInfo) -> None:
    start = day_start(day, zone)
    assert local_day(start, zone) == day
    assert local_day(start - timedelta(microseconds=1), zone) < day


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-03-31", 1, "2026-04-30"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2026-12-01", 12, "2027-12-01"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-05-31", 0, "2026-05-31"),
    ],
)
def test_months_are_added_without_leaving_the_month(day: str, months: int, expected: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(expected)


def test_month_ends() -> None:
    ends = [month_end(date(2028, month, 1)).day for month in range(1, 13)]
    assert ends == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert clamped(2100, 2, 29) == date(2100, 2, 28)  # a century is no leap year


def test_the_day_after() -> None:
    assert next_day(date(2026, 12, 31)) == date(2027, 1, 1)
    assert next_day(NEVER) == NEVER


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_moments_have_one_spelling_that_sorts(moment: datetime) -> None:
    text = utc_text(moment)
    assert from_utc_text(text) == moment
    assert utc_text(moment.astimezone(NEW_YORK)) == text
    assert utc_text(moment + timedelta(microseconds=1)) > text
