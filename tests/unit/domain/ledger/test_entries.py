"""Entries: names that cannot collide, moves that add up, and a chain in which every change shows."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from points.domain.ledger.account import Balance
from points.domain.ledger.entries import Entry, EntryName, Kind, Line, Moves
from tests.builders import LOT, NOW, Walk


def an_entry() -> Entry:
    walk = Walk()
    walk.earn("review")
    return walk.earn("purchase", "12.80")


CHANGES: dict[str, Any] = {
    "program": "other",
    "member": "m-2",
    "name": EntryName(Kind.EARN, "other"),
    "seq": 3,
    "at": NOW + timedelta(microseconds=1),
    "points": 13,
    "moves": Moves(lots={LOT: 13}),
    "balance": Balance(available=33),
    "program_version": 2,
    "actor": "somebody",
    "fingerprint": "0" * 64,
    "lines": (Line("purchase", 13),),
    "reason_digest": "0" * 64,
    "details": {"behaviour": "purchase", "amount_minor": 1281},
    "previous_digest": "0" * 64,
}


def test_every_field_is_tried() -> None:
    # The text of a reason can be erased: the entry stands for its digest.
    assert CHANGES.keys() == {field.name for field in fields(Entry)} - {"digest", "reason"}


@pytest.mark.parametrize("field", CHANGES)
def test_changing_any_field_changes_the_digest(field: str) -> None:
    entry = an_entry()
    assert entry.computed_digest() == entry.digest
    assert replace(entry, **{field: CHANGES[field]}).computed_digest() != entry.digest


@pytest.mark.parametrize(
    "moves",
    [
        Moves(lots={LOT: 12, "2028-12-31/2026-03": 1}),
        Moves(pending={f"2026-03-16>{LOT}": 12}),
        Moves(held={LOT: 12}),
        Moves(lots={LOT: 13}, owed=1),
    ],
)
def test_points_cannot_be_moved_elsewhere_unseen(moves: Moves) -> None:
    entry = an_entry()
    assert replace(entry, moves=moves).computed_digest() != entry.digest


@pytest.mark.parametrize("details", [{"rate": 1.5}, {"unpaid": {"a": 0.1}}])
def test_a_float_cannot_be_booked(details: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="float"):
        replace(an_entry(), details=details).computed_digest()


def test_each_entry_follows_the_one_before_it() -> None:
    walk = Walk()
    for _ in range(5):
        walk.earn("check_in")
    assert [entry.seq for entry in walk.entries] == [1, 2, 3, 4, 5]
    digests = ["", *(entry.digest for entry in walk.entries)]
    assert [entry.previous_digest for entry in walk.entries] == digests[:-1]
    assert (walk.account.seq, walk.account.head) == (5, digests[-1])


def test_names() -> None:
    earned = EntryName(Kind.EARN, "e-1")
    refund = EntryName(Kind.REVERSAL, "e-1", reverses=earned)
    assert str(earned) == "earn#e-1"
    assert str(refund) == "earn#e-1#REVERSAL#e-1"
    assert str(EntryName(Kind.REDEEM, "e-1")) != str(earned)


def test_moves_count_everything_once() -> None:
    moves = Moves(lots={"a": 5, "b": -3}, pending={f"2026-03-16>{LOT}": 7}, held={"b": 3}, owed=2)
    assert moves.points == 5 - 3 + 7 + 3 - 2


def test_points_that_only_change_place_are_not_gone() -> None:
    moves = Moves(lots={LOT: 7, "b": -3}, pending={f"2026-03-16>{LOT}": -7}, held={"b": 2})
    assert moves.by_lot() == {"b": -1}
    assert moves.gone() == {"b": 1}
