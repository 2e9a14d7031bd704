"""A member's history: newest first, filtered, page by page, no entry missing or twice."""

from datetime import timedelta

import pytest

from points.application.administration.adjust_points import adjust_points
from points.application.earning.earn_points import earn_points
from points.application.members.enrol_member import enrol_member
from points.application.members.list_entries import EntryFilter, list_entries
from points.application.reading import entries_newest_first
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.entries import Kind
from points.domain.ledger.members import Profile
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from tests.builders import NOW, SetClock, program, services

RULES = program()
COUNT = 30


@pytest.fixture(scope="module")
def wired() -> Services:
    """30 entries, one a minute: every third is an adjustment, the others are earnings."""
    clock = SetClock()
    wired = services(clock=clock)
    enrol_member(wired, RULES, "m-1", Profile())
    enrol_member(wired, RULES, "m-2", Profile())
    for number in range(1, COUNT + 1):
        clock.moment = NOW + timedelta(minutes=number)
        if number % 3 == 0:
            adjust_points(wired, RULES, Adjustment(f"a-{number}", "m-1", 1, "why"), actor="t")
        else:
            earn_points(wired, RULES, Event(f"e-{number}", "m-1", "check_in"), actor="t")
    return wired


def pages(wired: Services, entry_filter: EntryFilter, limit: int) -> list[list[int]]:
    """The sequence numbers of every page until there is no next one."""
    found: list[list[int]] = []
    before_seq: int | None = None
    while True:
        page = list_entries(wired, RULES, "m-1", entry_filter, before_seq=before_seq, limit=limit)
        assert len(page.items) <= limit
        found.append([entry.seq for entry in page.items])
        if page.next_key is None:
            return found
        assert before_seq is None or int(page.next_key) < before_seq
        before_seq = int(page.next_key)


MINUTE = timedelta(minutes=1)
FILTERS = [
    (EntryFilter(), range(1, 31)),
    (EntryFilter(kind=Kind.ADJUST), range(3, 31, 3)),
    (EntryFilter(kind=Kind.REDEEM), range(0)),
    (EntryFilter(from_=NOW + 10 * MINUTE), range(10, 31)),  # inclusive
    (EntryFilter(to=NOW + 10 * MINUTE), range(1, 10)),  # exclusive
    (EntryFilter(from_=NOW + 10 * MINUTE, to=NOW + 20 * MINUTE), range(10, 20)),
    (EntryFilter(kind=Kind.ADJUST, from_=NOW + 10 * MINUTE, to=NOW + 20 * MINUTE), range(12, 20, 3)),
    (EntryFilter(from_=NOW + 20 * MINUTE, to=NOW + 10 * MINUTE), range(0)),
    (EntryFilter(from_=NOW + 99 * MINUTE), range(0)),
    (EntryFilter(to=NOW), range(0)),
]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 29, 30, 31, 100])
@pytest.mark.parametrize(("entry_filter", "expected"), FILTERS)
def test_every_entry_once_whatever_the_page(
    wired: Services, entry_filter: EntryFilter, expected: range, limit: int
) -> None:
    found = [seq for page in pages(wired, entry_filter, limit) for seq in page]
    assert found == sorted(expected, reverse=True)


def test_a_page_is_full_where_nothing_is_filtered(wired: Services) -> None:
    assert [len(page) for page in pages(wired, EntryFilter(), 10)] == [10, 10, 10]


def test_a_filter_that_finds_little_answers_early_with_a_cursor(wired: Services) -> None:
    page = list_entries(wired, RULES, "m-1", EntryFilter(to=NOW + MINUTE * 2), before_seq=None, limit=1)
    assert not page.items
    assert page.next_key is not None


def test_nobodys_history(wired: Services) -> None:
    assert list_entries(wired, RULES, "m-2", EntryFilter(), before_seq=None, limit=10).items == []
    with pytest.raises(NotFound):
        list_entries(wired, RULES, "m-3", EntryFilter(), before_seq=None, limit=10)


def test_all_of_it_only_as_far_as_asked(wired: Services) -> None:
    assert [entry.seq for entry in entries_newest_first(wired, RULES, "m-1")] == list(range(COUNT, 0, -1))
    assert next(entries_newest_first(wired, RULES, "m-1")).seq == COUNT
    assert list(entries_newest_first(wired, RULES, "m-2")) == []
