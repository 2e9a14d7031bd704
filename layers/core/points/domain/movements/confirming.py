"""Confirming: pending points become available before their days have passed (R-EARN-10).

A rule's ``pending_days`` is the longest its points wait; a confirmation (the parcel was accepted, the return window was
waived) ends the waiting of one earning. What a risk rule made wait is another matter: that waits until its date, or
until an operator has looked at it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from points.domain.errors import HeldForRisk
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots
from points.domain.program.program import Program
from points.domain.program.risk import RiskAction


@dataclass(frozen=True, slots=True)
class Confirmation:
    """``earning`` is the reference of the event. An earning is confirmed once, so it needs no reference of its own."""

    member: str
    earning: str


def confirm(
    account: Account,
    confirmation: Confirmation,
    original: Entry,
    earlier: Sequence[Entry],
    context: Context,
    *,
    decided: Program,
    by_operator: bool = False,
) -> Decision:
    """``earlier`` are the reversals of ``original``, ``decided`` the program it was booked under. Where nothing of it
    waits any more the entry moves nothing: what the caller wants is so already. Confirmed points repay a debt first,
    like all that become available. Raises HeldForRisk."""
    settled = account.settled(context.now, context.program.zone)
    waiting = still_waiting(settled, original, earlier, context.today)
    if waiting and not by_operator and (rules := _risk_rules(original, decided)):
        until = max(map(lot.first_date, waiting)).isoformat()
        raise HeldForRisk(f"waits until {until}, or until an operator confirms it", rules=",".join(rules), until=until)
    confirmed: Lots = {}
    for name, points in waiting.items():
        confirmed = lot.added(confirmed, {lot.lot_of_pending(name): points})
    after = replace(settled, pending=lot.subtracted(settled.pending, waiting)).given(confirmed, context.today)
    return book(
        account,
        after,
        name=EntryName(Kind.CONFIRM, confirmation.earning),
        context=context,
        details={"confirmed": lot.total(waiting)},
    )


def _risk_rules(original: Entry, decided: Program) -> list[str]:
    """The risk rules that made the earning wait."""
    triggered = original.details.get("risk")
    pending = {rule.name for rule in decided.risk if rule.action is RiskAction.PEND}
    return sorted(pending.intersection(map(str, triggered if isinstance(triggered, list | tuple) else ())))


def still_waiting(account: Account, original: Entry, earlier: Sequence[Entry], today: date) -> Lots:
    """The part of the earning's pending points that is neither matured nor taken back. Several earnings share a bucket,
    so it is counted from its own entries and only bounded by the bucket; and a bucket may have been joined with a later
    one of the same day, where its points are looked for then."""
    waiting: dict[str, int] = {}
    for name, points in original.moves.pending.items():
        if points <= 0 or lot.first_date(name) <= today:
            continue
        joined = _joined_with(name, account, original)
        left = points + sum(entry.moves.pending.get(place, 0) for entry in earlier for place in (name, *joined))
        for place in (name, *joined):
            if (found := min(left, account.pending.get(place, 0) - waiting.get(place, 0))) > 0:
                waiting[place] = waiting.get(place, 0) + found
                left -= found
    return waiting


def _joined_with(name: str, account: Account, original: Entry) -> list[str]:
    """The buckets that points of this one may be in by now; those that the earning is in by itself count for that."""
    return sorted(
        other
        for other in account.pending.keys() - original.moves.pending.keys()
        if other > name and lot.first_date(other) == lot.first_date(name)
    )
