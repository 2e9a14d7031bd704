"""R-RED-1: what a member had of limited things, by window, whatever the limits are or become."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.ledger.usage import Usage, Used
from points.domain.program.limiting import MemberLimit
from points.domain.program.windows import Window, window_end, window_start

MONDAY = date(2026, 11, 23)
NOTHING = Usage("demo", "m-1", Used.REWARD, "mug")
WINDOWS = [Window.DAY, Window.WEEK, Window.MONTH, Window.YEAR, Window.LIFETIME]


def _had(counts: Counter[date], window: Window, today: date, week_starts_on: int) -> int:
    """The same, from all that ever happened."""
    if window is Window.LIFETIME:
        return counts.total()
    start = window_start(today, window, week_starts_on=week_starts_on)
    return sum(count for day, count in counts.items() if start <= day < window_end(start, window))


@given(
    steps=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 5), st.booleans()), max_size=30),
    week_starts_on=st.integers(0, 6),
)
def test_every_window_counts_what_was_had_in_it(steps: list[tuple[int, int, bool]], week_starts_on: int) -> None:
    """GIVEN what was had and given back on days that go on, THEN each window says what all of it together says."""
    usage, counts, today = NOTHING, Counter[date](), date(2026, 12, 1)
    latest: list[tuple[date, int]] = []
    for days, count, gives_back in steps:
        today += timedelta(days=days)
        if gives_back and latest:
            on, had = latest.pop()
            usage, counts[on] = usage.counted(-had, on), counts[on] - had
        else:
            usage = usage.counted(count, today)
            counts[today] += count
            latest.append((today, count))
        for window in WINDOWS:
            found = usage.used(window, today, week_starts_on=week_starts_on)
            assert found == _had(counts, window, today, week_starts_on), window


def test_ten_years_take_no_more_room_than_a_week() -> None:
    usage, today = NOTHING, MONDAY
    for _ in range(3_650):
        usage, today = usage.counted(1, today), today + timedelta(days=1)
    assert len(usage.days) == 7
    assert usage.lifetime == 3_650


@pytest.mark.parametrize(
    ("limits", "count", "broken"),
    [
        ((), 100, None),
        ((MemberLimit(Window.DAY, 3),), 2, None),
        ((MemberLimit(Window.DAY, 3),), 3, Window.DAY),
        ((MemberLimit(Window.LIFETIME, 9), MemberLimit(Window.WEEK, 2)), 2, Window.WEEK),
        ((MemberLimit(Window.MONTH, 2), MemberLimit(Window.YEAR, 2)), 2, Window.MONTH),
    ],
)
def test_the_first_limit_that_is_broken_is_named(
    limits: tuple[MemberLimit, ...], count: int, broken: Window | None
) -> None:
    exceeded = NOTHING.counted(1, MONDAY).exceeded(limits, count, MONDAY, week_starts_on=0)
    assert (None if exceeded is None else exceeded.window) == broken


def test_a_week_that_begins_on_another_day_forgets_nothing() -> None:
    sunday = MONDAY - timedelta(days=1)
    usage = NOTHING.counted(1, sunday).counted(1, MONDAY)
    assert usage.used(Window.WEEK, MONDAY, week_starts_on=0) == 1
    assert usage.used(Window.WEEK, MONDAY, week_starts_on=6) == 2
