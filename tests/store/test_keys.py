"""Keys are read back as what they were built from, and a range of keys holds what it should and nothing else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.adapters.dynamodb import keys
from points.application.ports import TIMER_SHARDS
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.program.succession import Kept

REFERENCES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:~-", min_size=1, max_size=64)
NAMES = st.builds(EntryName, st.sampled_from(Kind), REFERENCES)
REVERSALS = st.builds(EntryName, st.just(Kind.REVERSAL), REFERENCES, NAMES)


@given(NAMES | REVERSALS)
def test_an_entry_is_named_by_its_key(name: EntryName) -> None:
    assert keys.entry_name(keys.entry_sk(name)) == name


@given(NAMES, REFERENCES)
def test_reversals_lie_in_the_range_of_what_they_reverse(name: EntryName, reference: str) -> None:
    first, last = keys.entry_range(name)
    assert first <= keys.entry_sk(name) <= last
    assert first <= keys.entry_sk(EntryName(Kind.REVERSAL, reference, name)) <= last


@given(NAMES, NAMES)
def test_no_other_entry_lies_in_that_range(name: EntryName, other: EntryName) -> None:
    first, last = keys.entry_range(name)
    assert (first <= keys.entry_sk(other) <= last) == (name == other)


@given(NAMES, REFERENCES, REFERENCES)
def test_a_longer_reference_is_another_entry(name: EntryName, more: str, reversal: str) -> None:
    first, last = keys.entry_range(name)
    longer = EntryName(name.kind, name.reference + more)
    assert not first <= keys.entry_sk(longer) <= last
    assert not first <= keys.entry_sk(EntryName(Kind.REVERSAL, reversal, longer)) <= last


@given(REFERENCES, REFERENCES)
def test_partitions_are_read_back(program: str, member: str) -> None:
    assert keys.member_of(keys.member_pk(program, member)) == (program, member)
    for kind in Kept:
        assert keys.departure_of(keys.departure_sk(kind, member)) == (kind, member)


@pytest.mark.parametrize("member", ["", "a#b", "a$"])
def test_what_would_make_keys_ambiguous_is_refused(member: str) -> None:
    with pytest.raises(ValueError, match="part of a key"):
        keys.member_pk("demo", member)
    with pytest.raises(ValueError, match="part of a key"):
        keys.entry_sk(EntryName(Kind.REVERSAL, "r", EntryName(Kind.EARN, member)))


def test_tier_changes_sort_as_text() -> None:
    in_order = [1, 2, 9, 10, 11, 100, keys.LAST_SEQ]
    assert [keys.tier_seq(sk) for sk in sorted(map(keys.tier_sk, in_order[::-1]))] == in_order


def test_versions_sort_as_text_and_before_the_pointers() -> None:
    in_order = [keys.version_sk(version) for version in (1, 2, 9, 10, 11, 100, keys.LAST_VERSION)]
    assert [*in_order, keys.DRAFT, keys.LIVE] == sorted([*in_order, keys.DRAFT, keys.LIVE])


def test_due_shards_are_stable_and_all_used() -> None:
    shards = {keys.timer_shard_of("demo", f"member-{number}") for number in range(1_000)}
    assert shards == {f"demo#{shard}" for shard in range(TIMER_SHARDS)}
    # Written down: another hash would leave every running timer in a partition nobody asks.
    assert keys.timer_shard_of("demo", "member-1") == "demo#18"


def test_a_notice_is_named_by_its_key() -> None:
    for about, sk in (
        (Expiring(date(2026, 12, 31), 7), "NOTICE#expiring#2026-12-31#007"),
        (Dormant(date(2026, 11, 25), 1), "NOTICE#dormant#2026-11-25#001"),
    ):
        assert keys.notice_sk(about) == sk
        assert keys.notice_of(sk) == about
