"""Who was brought by whom, and what was paid for it, stands on two accounts: on both, or on neither."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from points.domain.auditing.findings import Finding
from points.domain.ledger.entries import Entry, EntryName, Kind

_LINK: Final = "the link"


@dataclass(frozen=True, slots=True, order=True)
class Tie:
    """That ``member`` has an entry about ``other``: the link between them, or one of that name."""

    program: str
    member: str
    other: str
    entry: str


def said(entries: Iterable[Entry]) -> Iterator[Tie]:
    """What the entries of one account say that others rely on."""
    for entry in entries:
        match entry.kind, entry.details.get("referrer"):
            case Kind.REFERRED | Kind.REFERRAL, referrer:
                other = entry.reference if entry.kind is Kind.REFERRAL else str(referrer)
                yield Tie(entry.program, entry.member, other, _LINK)
            case Kind.EARN, str(referrer):
                yield Tie(entry.program, entry.member, referrer, str(entry.name))
            case Kind.REVERSAL, _:
                # Whom it concerned is known to the entry it reverses.
                yield Tie(entry.program, entry.member, "", str(entry.name))
            case _:
                pass


def relied_on(entries: Iterable[Entry]) -> Iterator[Tie]:
    """What the entries of one account take for granted about others."""
    for entry in entries:
        reverses = entry.name.reverses
        match entry.kind:
            case Kind.REFERRED:
                yield Tie(entry.program, str(entry.details.get("referrer")), entry.member, _LINK)
            case Kind.REFERRAL:
                yield Tie(entry.program, entry.reference, entry.member, _LINK)
            case Kind.REFERRAL_REWARD:
                newcomer, _, event = entry.reference.partition("/")
                yield Tie(entry.program, newcomer, entry.member, str(EntryName(Kind.EARN, event)))
            case Kind.REVERSAL if reverses is not None and reverses.kind is Kind.REFERRAL_REWARD:
                newcomer, _, event = reverses.reference.partition("/")
                refund = EntryName(Kind.REVERSAL, entry.reference, reverses=EntryName(Kind.EARN, event))
                yield Tie(entry.program, newcomer, "", str(refund))
            case _:
                pass


def tie_finding(tie: Tie) -> Finding:
    whom = f" with {tie.other}" if tie.other else ""
    return Finding(tie.program, tie.member, "", "other_side_missing", f"another account knows of {tie.entry}{whom}")
