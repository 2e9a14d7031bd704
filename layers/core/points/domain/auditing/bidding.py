"""How an auction stands, told again from the entries of everybody who bid: one bid after the other, each more than the
one before it and released by the next, and one end."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.calendar import from_utc_text
from points.domain.ledger.auctions import AuctionState, Standing, before_any_bid, won_order
from points.domain.ledger.entries import Entry, Kind
from points.domain.movements.auctioning import BY_OPERATOR
from points.domain.program.program import Program

type AuctionName = tuple[str, str]
"""(program, auction)"""

_OF_AUCTIONS: Final = frozenset({Kind.BID, Kind.OUTBID, Kind.WIN, Kind.AUCTION_CANCELLED})
_ENDS: Final = frozenset({Kind.WIN, Kind.AUCTION_CANCELLED})


def of_auctions(entries: Iterable[Entry]) -> Iterator[tuple[AuctionName, Entry]]:
    """The entries of one account that have to do with an auction."""
    for entry in entries:
        if entry.kind in _OF_AUCTIONS:
            yield (entry.program, str(entry.details.get("auction"))), entry
        elif entry.kind is Kind.REDEEM and "won" in entry.details:
            yield (entry.program, str(entry.details["won"])), entry


def auction_findings(
    name: AuctionName, standing: Standing | None, entries: Sequence[Entry], versions: Callable[[int], Program]
) -> Iterator[Finding]:
    """``entries`` are those of all accounts. What was said of an auction that ended before any bid is nowhere else."""
    program, auction = name
    try:
        problems = list(_problems(auction, standing, entries, versions))
    except CANNOT_FOLLOW as error:
        problems = [f"{type(error).__name__}: {error}"]
    for problem in problems:
        yield Finding(program, "", f"auction {auction}", "auction_wrong", problem)


def _problems(
    auction: str, standing: Standing | None, entries: Sequence[Entry], versions: Callable[[int], Program]
) -> Iterator[str]:
    bids = sorted((entry for entry in entries if entry.kind is Kind.BID), key=lambda entry: _number(entry, "bid"))
    if not bids:
        if entries or standing is None or standing != _ended_without_a_bid(standing):
            yield f"is {standing}, and nobody has bid"
        return
    yield from _sequence(bids, entries)
    expected = _told(auction, bids, entries, versions)
    found = None if standing is None else replace(standing, reason=None)
    if found != expected:
        yield f"is {found}, the entries say {expected}"
    yield from _payment(auction, expected, entries)


def _ended_without_a_bid(standing: Standing) -> Standing:
    return Standing(
        standing.program,
        standing.auction,
        standing.reward,
        standing.closes_at,
        state=AuctionState.CANCELLED,
        ended_at=standing.ended_at,
        ended_by=standing.ended_by,
        why=BY_OPERATOR,
        reason=standing.reason,
    )


def _sequence(bids: Sequence[Entry], entries: Sequence[Entry]) -> Iterator[str]:
    """Bids are counted without a gap, each is more, and each gave back what was held for the one before it."""
    released = {
        (entry.member, _number(entry, "bid"), _number(entry, "points"), _number(entry, "overtaken_by"))
        for entry in entries
        if entry.kind is Kind.OUTBID
    }
    if [_number(bid, "bid") for bid in bids] != list(range(1, len(bids) + 1)):
        yield f"has {len(bids)} bids that are not numbered one after the other"
    expected = set[tuple[str, int, int, int]]()
    for earlier, later in pairwise(bids):
        if _number(later, "points") <= _number(earlier, "points"):
            yield f"bid {_number(later, 'bid')} is no more than the one before it"
        if later.member != earlier.member:
            numbers = _number(earlier, "bid"), _number(earlier, "points"), _number(later, "points")
            expected.add((earlier.member, *numbers))
    if released != expected:
        yield f"released {sorted(released)}, the bids say {sorted(expected)}"


def _told(
    auction: str, bids: Sequence[Entry], entries: Sequence[Entry], versions: Callable[[int], Program]
) -> Standing:
    first, last = bids[0], bids[-1]
    told = before_any_bid(versions(first.program_version).auctions[auction], first.program)
    for bid in bids:
        closes_at = from_utc_text(str(bid.details.get("expires_at")))
        told = replace(told, closes_at=closes_at, extended=told.extended + (closes_at != told.closes_at))
    told = replace(told, leader=last.member, amount=_number(last, "points"), bids=len(bids))
    ends = [entry for entry in entries if entry.kind in _ENDS and entry.member == last.member]
    if not ends:
        return told
    end = ends[0]
    if end.kind is Kind.WIN:
        return told.settled(end.at, end.actor)
    return told.cancelled(end.at, end.actor, why=str(end.details.get("why")))


def _payment(auction: str, told: Standing, entries: Sequence[Entry]) -> Iterator[str]:
    """Exactly the winner has paid, and exactly what they bid. An auction ends once."""
    ends = [entry for entry in entries if entry.kind in _ENDS]
    if len(ends) > 1 or any(entry.member != told.leader for entry in ends):
        yield f"has ended for {sorted(entry.member for entry in ends)}"
    paid = [
        (entry.member, entry.reference, entry.details.get("price")) for entry in entries if entry.kind is Kind.REDEEM
    ]
    owed = [(told.leader, won_order(auction), told.amount)] if told.state is AuctionState.SETTLED else []
    if paid != owed:
        yield f"was paid for by {paid}, and should be by {owed}"


def _number(entry: Entry, name: str) -> int:
    value = entry.details.get(name)
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
