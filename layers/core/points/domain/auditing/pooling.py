"""What a member and their pool handed each other stands on two accounts: on both, with the same points, or neither."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from points.domain.auditing.inviting import Tie
from points.domain.ledger.account import pool_account
from points.domain.ledger.entries import Entry, EntryName, Kind

_SIDES: Final[Mapping[Kind, Kind]] = {
    Kind.POOL_JOIN: Kind.POOL_JOINED,
    Kind.POOL_LEAVE: Kind.POOL_LEFT,
    Kind.POOL_GIVE: Kind.POOL_IN,
    Kind.POOL_DRAW: Kind.POOL_OUT,
}
"""The member's kinds, and what stands beside them on the pool's account."""

_OF_POOL: Final[Mapping[Kind, Kind]] = {of_pool: of_member for of_member, of_pool in _SIDES.items()}
_OF_POINTS: Final = frozenset({Kind.POOL_GIVE, Kind.POOL_DRAW})


def pooling_said(entries: Iterable[Entry]) -> Iterator[Tie]:
    """What the entries of one account say that the other side relies on."""
    for entry in entries:
        if entry.kind in _SIDES:
            yield _tie(entry, entry.member, _pool_in(entry), entry.name, entry.kind)
        elif entry.kind in _OF_POOL:
            yield _tie(entry, entry.member, _member_in(entry), entry.name, _OF_POOL[entry.kind])


def pooling_relied_on(entries: Iterable[Entry]) -> Iterator[Tie]:
    """What the entries of one account take for granted about the other side."""
    for entry in entries:
        if entry.kind in _SIDES:
            beside = EntryName(_SIDES[entry.kind], f"{entry.member}/{entry.reference}")
            yield _tie(entry, _pool_in(entry), entry.member, beside, entry.kind)
        elif entry.kind in _OF_POOL:
            member, _, reference = entry.reference.partition("/")
            yield _tie(entry, member, entry.member, EntryName(_OF_POOL[entry.kind], reference), _OF_POOL[entry.kind])


def _tie(entry: Entry, member: str, other: str, name: EntryName, kind: Kind) -> Tie:
    what = f"{name} of {abs(entry.points)} points" if kind in _OF_POINTS else str(name)
    return Tie(entry.program, member, other, what)


def _pool_in(entry: Entry) -> str:
    """The pool's account, as a member's entry names it."""
    return pool_account(str(entry.details.get("pool")))


def _member_in(entry: Entry) -> str:
    return entry.reference.partition("/")[0]
