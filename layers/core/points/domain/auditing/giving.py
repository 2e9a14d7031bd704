"""What one member gave another stands on two accounts: on both, with the same points, or on neither."""

from collections.abc import Iterable, Iterator

from points.domain.auditing.inviting import Tie
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.movements.transferring import RETURN, received_name, return_name


def gifts_said(entries: Iterable[Entry]) -> Iterator[Tie]:
    """What the entries of one account say that the other side relies on: how many points changed hands."""
    for entry in entries:
        match _role(entry):
            case Kind.TRANSFER_OUT:
                yield _tie(entry, entry.member, _other(entry, "to"), entry.name, abs(entry.points) - _fee(entry))
            case Kind.TRANSFER_IN:
                yield _tie(entry, entry.member, _giver(entry), entry.name, abs(entry.points))
            case _:
                pass


def gifts_relied_on(entries: Iterable[Entry]) -> Iterator[Tie]:
    """What the entries of one account take for granted about the other side."""
    for entry in entries:
        match _role(entry):
            case Kind.TRANSFER_OUT:
                receiver = _other(entry, "to")
                reference = (entry.name.reverses or entry.name).reference
                name = _as_booked(entry, received_name(entry.member, reference))
                yield _tie(entry, receiver, entry.member, name, abs(entry.points) - _fee(entry))
            case Kind.TRANSFER_IN:
                giver, _, reference = (entry.name.reverses or entry.name).reference.partition("/")
                out = return_name(reference) if entry.name.reverses else EntryName(Kind.TRANSFER_OUT, reference)
                yield _tie(entry, giver, entry.member, out, abs(entry.points))
            case _:
                pass


def _role(entry: Entry) -> Kind:
    """Which side of a transfer it is, or of its way back."""
    return entry.kind if entry.name.reverses is None else entry.name.reverses.kind


def _tie(entry: Entry, member: str, other: str, name: EntryName, points: int) -> Tie:
    return Tie(entry.program, member, other, f"{name} of {points} points")


def _as_booked(entry: Entry, name: EntryName) -> EntryName:
    return name if entry.name.reverses is None else EntryName(Kind.REVERSAL, RETURN, reverses=name)


def _giver(entry: Entry) -> str:
    return (entry.name.reverses or entry.name).reference.partition("/")[0]


def _other(entry: Entry, name: str) -> str:
    return str(entry.details.get(name))


def _fee(entry: Entry) -> int:
    fee = entry.details.get("fee", 0)
    return fee if isinstance(fee, int) else 0
