"""Confirming: pending points become available before their days have passed (R-EARN-10).

A rule's ``pending_days`` is the longest its points wait; a confirmation (the parcel was accepted, the return window was
waived) ends the waiting of one earning.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots


@dataclass(frozen=True, slots=True)
class Confirmation:
    """``earning`` is the reference of the event. An earning is confirmed once, so it needs no reference of its own."""

    member: str
    earning: str


def confirm(
    account: Account, confirmation: Confirmation, original: Entry, earlier: Sequence[Entry], context: Context
) -> Decision:
    """``earlier`` are the reversals of ``original``. Where nothing of it waits any more the entry moves nothing: what
    the caller wants is so already. Confirmed points repay a debt first, like all that become available."""
    settled = account.settled(context.now, context.program.zone)
    waiting = _still_waiting(settled, original, earlier)
    lots = settled.lots
    for name, points in waiting.items():
        lots = lot.added(lots, {lot.lot_of_pending(name): points})
    after = replace(settled, lots=lots, pending=lot.subtracted(settled.pending, waiting)).repaid(context.today)
    return book(
        account,
        after,
        name=EntryName(Kind.CONFIRM, confirmation.earning),
        context=context,
        details={"confirmed": lot.total(waiting)},
    )


def _still_waiting(account: Account, original: Entry, earlier: Sequence[Entry]) -> Lots:
    """The part of the earning's pending points that is neither matured nor taken back. Several earnings share a bucket,
    so it is counted from its own entries and only bounded by the bucket."""
    waiting: dict[str, int] = {}
    for name, points in original.moves.pending.items():
        taken = sum(-entry.moves.pending.get(name, 0) for entry in earlier)
        if left := min(points - taken, account.pending.get(name, 0)):
            waiting[name] = left
    return {name: points for name, points in waiting.items() if points > 0}
