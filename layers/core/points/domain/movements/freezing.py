"""Freezing and unfreezing a member, visible in the history with reason and operator (R-RISK-1)."""

from dataclasses import dataclass, field, replace

from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.entries import EntryName, Kind


@dataclass(frozen=True, slots=True)
class Freeze:
    """``activities`` is what to stop or let go on; both unless said otherwise."""

    reference: str
    member: str
    reason: str
    activities: frozenset[Activity] = field(default_factory=lambda: frozenset(Activity))


def freeze(account: Account, request: Freeze, context: Context) -> Decision:
    return _booked(account, account.frozen | request.activities, Kind.FREEZE, request, context)


def unfreeze(account: Account, request: Freeze, context: Context) -> Decision:
    return _booked(account, account.frozen - request.activities, Kind.UNFREEZE, request, context)


def _booked(account: Account, frozen: frozenset[Activity], kind: Kind, request: Freeze, context: Context) -> Decision:
    return book(
        account,
        replace(account, frozen=frozen),
        name=EntryName(kind, request.reference),
        context=context,
        reason=request.reason,
        details={"frozen": sorted(frozen)},
    )
