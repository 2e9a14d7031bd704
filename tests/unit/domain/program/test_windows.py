"""Windows of program-local time: where they begin and end, how their counters are called, and when they are dropped."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.program.windows import Window, counter_key, pruned, window_end, window_start

MOMENT = datetime(2026, 11, 21, 9, 30)  # noqa: DTZ001 - local to the program; a Saturday
LONG_AGO = date(1, 1, 1)

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


@given(
    occurred=days,
    needed_from=days,
    window=st.sampled_from(Window),
    starts_on=st.integers(0, 6),
    hour=st.integers(0, 23),
)
def test_pruning_keeps_exactly_the_windows_an_event_may_still_occur_in(
    occurred: date, needed_from: date, window: Window, starts_on: int, hour: int
) -> None:
    moment = datetime(occurred.year, occurred.month, occurred.day, hour)  # noqa: DTZ001 - local to the program
    key = counter_key("rule", "c", window, moment, week_starts_on=starts_on)
    start = window_start(occurred, window, week_starts_on=starts_on)
    last = None if window is Window.LIFETIME else window_end(start, window) - timedelta(days=1)
    kept = pruned({key: 1}, needed_from=needed_from, months_needed_from=LONG_AGO)
    assert (key in kept) == (last is None or last >= needed_from)


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("check/cD20261113", False),
        ("check/cD20261114", True),
        ("check/cH2026111323", False),
        ("check/cH2026111400", True),
        ("check/tW20261102", False),
        ("check/tW20261109", True),  # its Sunday is the 15th
        ("check/pM20261001", False),
        ("check/pM20261101", True),
        ("check/cY20250101", False),
        ("check/cY20260101", True),
        ("check/cL", True),
        ("check/n", True),
        ("check/rS20251101", True),  # a run of days: streaks drop their own
        ("~earned/mM20251001", False),
        ("~earned/mM20251101", True),
        ("~earned/mL", True),
        ("~referral/nL", True),
    ],
)
def test_what_is_dropped_a_week_back_from_21_november(key: str, kept: bool) -> None:
    needed_from, months = date(2026, 11, 14), date(2025, 11, 1)
    assert (key in pruned({key: 1}, needed_from=needed_from, months_needed_from=months)) is kept


def test_where_nothing_is_over_nothing_is_copied() -> None:
    counters = {"a/cD20261121": 1}
    assert pruned(counters, needed_from=date(2026, 11, 21), months_needed_from=LONG_AGO) is counters
