"""Counters come back as they were, from one text each, and from no other."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.adapters.dynamodb.stored_counters import counters, stored_counters
from points.domain.calendar import compact
from points.domain.program.windows import Window, window_start

DAYS = st.dates(date(2000, 1, 1), date(2200, 1, 1))
OWNERS = st.from_regex(r"~?[a-z][a-z0-9_-]{0,12}", fullmatch=True)
LETTERS = st.sampled_from("cptvmn")


def _key(owner: str, what: str, window: Window, day: date, hour: int) -> str:
    start = compact(window_start(day, window, week_starts_on=hour % 7))
    return f"{owner}/{what}{window.value[0].upper()}{start}{f'{hour:02d}' if window is Window.HOUR else ''}"


WINDOWS = st.sampled_from([window for window in Window if window is not Window.LIFETIME])
KEYS = (
    st.builds(_key, OWNERS, LETTERS, WINDOWS, DAYS, st.integers(0, 23))
    # Close together, so that they are series.
    | st.builds(
        lambda what, window, days: _key("a", what, window, date(2026, 11, 1) + timedelta(days), days % 24),
        LETTERS,
        WINDOWS,
        st.integers(0, 40),
    )
    | st.builds(lambda owner, what: f"{owner}/{what}L", OWNERS, LETTERS)
    | OWNERS.map(lambda owner: f"{owner}/n")
)
COUNTS = st.integers(-1, 10**13)
RUNS = st.builds(
    lambda owner, first, days: (f"{owner}/rS{compact(first)}", int(compact(first + timedelta(days)))),
    OWNERS,
    DAYS,
    st.integers(0, 400),
)
COUNTERS = st.builds(
    lambda counts, runs: {**counts, **dict(runs)},
    st.dictionaries(KEYS, COUNTS, max_size=12),
    st.lists(RUNS, max_size=3),
)


@given(COUNTERS)
def test_they_come_back(given: dict[str, int]) -> None:
    if given:
        text = stored_counters(given)
        assert counters(text) == given
        assert stored_counters(dict(reversed(given.items()))) == text


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"photo/n": 2, "newbie/tL": -1}, "newbie/tL=-1;photo/n=2"),
        ({"a/cD20261121": 1, "a/cD20261122": 35, "a/cD20261124": 36}, "a/cD1xw=1,z,,10"),
        ({"a/cD20261101": 1, "a/cD20261108": 1}, "a/cD1xc=1/cD1xj=1"),
        ({"a/cM20261201": 1, "a/cM20270101": 0, "a/pM20261201": 5}, "a/cM2b=1,0/pM2b=5"),
        # Weeks one after the other, and one that begins on another day.
        ({"a/cW20261116": 1, "a/cW20261123": 2, "a/cW20261124": 3}, "a/cW1xr=1,2/cW1xz=3"),
        ({"a/vH2026112123": 4, "a/vH2026112200": 5}, "a/vH1alz=4,5"),
        ({"a/cY20250101": 1, "a/cY20260101": 2}, "a/cY5=1,2"),
        # 21 days in a row.
        ({"a/rS20261101": 20261121}, "a/rS1xc=k"),
    ],
)
def test_what_belongs_together_stands_together(given: dict[str, int], stored: str) -> None:
    assert stored_counters(given) == stored
    assert counters(stored) == given


@pytest.mark.parametrize(
    "key",
    [
        "photo", "a/", "/n", "a/nn", "a/cD2026112", "a/cH20261121", "a/cD2026112100", "a;b/n", "a/b/n", "a=/n",
        "a/cD20261131", "a/cM20261102", "a/cY20260201", "a/cX20261121",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - some are no keys, some no days
        stored_counters({key: 1})


@pytest.mark.parametrize("count", [1.0, True, "1", None])
def test_only_integers_are_counts(count: object) -> None:
    with pytest.raises(TypeError):
        stored_counters({"a/n": count})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "text",
    ["", "a", "a/n", "a/n=", "a/n=1;", ";a/n=1", "a/n=1_0", "a/n= 1", "a/n=A", "a/cD=1", "a/n=1//n=2", "a/cD1xw=,1"],
)
def test_what_nothing_here_wrote_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="not stored counters"):
        counters(text)
