"""Windows of program-local time: where they begin and end, and how their counters are called."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.program.windows import CounterKey, Window, counter_key, parsed, window_end, window_start

MOMENT = datetime(2026, 11, 21, 9, 30)  # noqa: DTZ001 - local to the program; a Saturday

days = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1))


@pytest.mark.parametrize(
    ("window", "key"),
    [
        (Window.HOUR, "rule/cH2026112109"),
        (Window.DAY, "rule/cD20261121"),
        (Window.WEEK, "rule/cW20261116"),
        (Window.MONTH, "rule/cM20261101"),
        (Window.YEAR, "rule/cY20260101"),
        (Window.LIFETIME, "rule/cL"),
    ],
)
def test_keys_are_read_for_ever(window: Window, key: str) -> None:
    # They are stored on accounts: another spelling would lose every count there is.
    assert counter_key("rule", "c", window, MOMENT, week_starts_on=0) == key


@pytest.mark.parametrize(
    ("starts_on", "starts"),
    [(0, "2026-11-16"), (1, "2026-11-17"), (5, "2026-11-21"), (6, "2026-11-15")],
)
def test_a_week_starts_on_the_programs_day(starts_on: int, starts: str) -> None:
    assert window_start(MOMENT.date(), Window.WEEK, week_starts_on=starts_on) == date.fromisoformat(starts)


@pytest.mark.parametrize(
    ("window", "day", "start", "end"),
    [
        (Window.DAY, "2028-02-29", "2028-02-29", "2028-03-01"),
        (Window.MONTH, "2028-02-29", "2028-02-01", "2028-03-01"),
        (Window.MONTH, "2026-12-31", "2026-12-01", "2027-01-01"),
        (Window.YEAR, "2028-12-31", "2028-01-01", "2029-01-01"),
        (Window.WEEK, "2027-01-01", "2026-12-28", "2027-01-04"),
    ],
)
def test_where_windows_begin_and_end(window: Window, day: str, start: str, end: str) -> None:
    begin = window_start(date.fromisoformat(day), window, week_starts_on=0)
    assert (begin, window_end(begin, window)) == (date.fromisoformat(start), date.fromisoformat(end))


@given(day=days, starts_on=st.integers(0, 6), window=st.sampled_from(Window))
def test_windows_of_one_kind_follow_each_other_without_gap_or_overlap(
    day: date, starts_on: int, window: Window
) -> None:
    if window is Window.LIFETIME:
        return
    start = window_start(day, window, week_starts_on=starts_on)
    end = window_end(start, window)
    assert start <= day < end
    assert window_start(start, window, week_starts_on=starts_on) == start
    assert window_start(end - timedelta(days=1), window, week_starts_on=starts_on) == start
    assert window_start(end, window, week_starts_on=starts_on) == end


@given(day=days, starts_on=st.integers(0, 6), window=st.sampled_from(Window), hour=st.integers(0, 23))
def test_keys_are_read_back(day: date, starts_on: int, window: Window, hour: int) -> None:
    moment = datetime(day.year, day.month, day.day, hour)  # noqa: DTZ001 - local to the program
    key = parsed(counter_key("rule", "c", window, moment, week_starts_on=starts_on))
    end = None if window is Window.LIFETIME else window_end(window_start(day, window, week_starts_on=starts_on), window)
    assert (key.owner, key.what, key.window_end) == ("rule", "c", end)


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("photo/n", CounterKey("photo", "n", "", "")),
        ("visit/rS20260301", CounterKey("visit", "r", "S", "20260301")),
        ("~referral/nL", CounterKey("~referral", "n", "L", "")),
    ],
)
def test_what_has_no_window_has_no_end_of_its_own(key: str, parts: CounterKey) -> None:
    assert parsed(key) == parts
    assert parts.window_end is None
