"""A notice is named by what it is about, and by nothing else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.ledger.timers import About, Dormant, Expiring
from points.domain.reminding.notices import MAX_COUNT, about_named, name_of

COUNTS = st.integers(0, MAX_COUNT)
ABOUTS: st.SearchStrategy[About] = st.builds(Expiring, st.dates(), COUNTS) | st.builds(Dormant, st.dates(), COUNTS)


@given(ABOUTS, ABOUTS)
def test_a_name_is_read_back_and_no_two_share_one(about: About, other: About) -> None:
    assert about_named(name_of(about)) == about
    assert (name_of(about) == name_of(other)) == (about == other)


def test_names_sort_by_date_then_by_count() -> None:
    assert name_of(Expiring(date(2026, 12, 31), 7)) == "expiring#2026-12-31#007"
    assert name_of(Dormant(date(2026, 11, 25), 1)) == "dormant#2026-11-25#001"


@pytest.mark.parametrize("count", [-1, MAX_COUNT + 1])
def test_a_count_that_does_not_fit_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        name_of(Expiring(date(2026, 12, 31), count))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "expiring",
        "expiring#2026-12-31#7",
        "expiring#2026-12-31#0007",
        "expiring#2026-13-31#007",
        "expiring#2026-12-31#007\n",
        "expiring#2026-12-31#００７",
        "EXPIRING#2026-12-31#007",
        "sleeping#2026-12-31#007",
        "NOTICE#expiring#2026-12-31#007",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - a date that does not exist says so in Python's words
        about_named(name)
