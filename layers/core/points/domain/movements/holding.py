"""Holds: points set aside at checkout, then captured (also in part), released, or let go when time runs out.

A hold's state is derived: open while the account carries it, otherwise what its capture or release entry says;
with neither, its time ran out and the next movement let it go.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

from points.domain.calendar import utc_text
from points.domain.canonical import Plain
from points.domain.errors import (
    AlreadyCaptured,
    AlreadyReleased,
    HeldForOrder,
    HoldExpired,
    InsufficientPoints,
    InvalidRequest,
    NotFound,
)
from points.domain.evaluation.risk import guarded_redemption
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Activity, Hold, is_bound
from points.domain.ledger.booking import Context, Decision, book, refuse_if_frozen
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.orders import order_hold
from points.domain.limits import MAX_HOLD_SECONDS, MAX_POINTS
from points.domain.movements.part_payments import captured_details, held_details, offered, used_for_order
from points.domain.movements.redeeming import spend


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """``expires_in`` in seconds; None takes the program's. ``order_amount`` (decimal string): the points are to pay
    part of that order, and are as many as may if none are named."""

    reference: str
    member: str
    points: int | None = None
    expires_in: int | None = None
    order_amount: str | None = None


def hold(account: Account, request: HoldRequest, context: Context) -> Decision:
    """Raises InvalidRequest, MemberFrozen, OffsetRefused, RiskRefused, InsufficientPoints and LimitReached (too many
    open holds)."""
    if is_bound(request.reference):
        raise InvalidRequest.at("/reference", "is the name of a hold that something hangs on")
    if request.points is not None:
        check_points(request.points)
    elif request.order_amount is None:
        raise InvalidRequest.at("/points", "must be there, or an order_amount")
    seconds = context.program.hold_seconds if request.expires_in is None else request.expires_in
    if not 1 <= seconds <= MAX_HOLD_SECONDS:
        raise InvalidRequest.at("/expires_in", f"must be from 1 to {MAX_HOLD_SECONDS} seconds")
    refuse_if_frozen(account, Activity.REDEEMING)
    expires_at = context.now + timedelta(seconds=seconds)
    amount = request.order_amount
    offset = None if amount is None else offered(account, amount, request.points, context)
    points = request.points if offset is None else offset.points
    assert points is not None  # noqa: S101 - named, or quoted
    guarded, noted = guarded_redemption(account, context)
    after, drawn = spend(guarded, points, context)
    made = Hold(expires_at, drawn, offset_on=None if offset is None else context.today)
    said = {} if offset is None else held_details(offset, context)
    return book(
        account,
        replace(after, holds={**after.holds, request.reference: made}),
        name=EntryName(Kind.HOLD, request.reference),
        context=context,
        details={"points": points, "expires_at": utc_text(expires_at), **said, **noted},
    )


def capture(
    account: Account, reference: str, points: int | None, context: Context, *, ended: Entry | None, held: Entry | None
) -> Decision:
    """Spend a hold, or ``points`` of it: the soonest-expiring part is spent, the rest goes back to its lots.

    ``ended`` is the capture or release entry of the hold, ``held`` the entry that made it, where they exist. Of a hold
    that is open, ``held`` is asked for only where it is for an order. Raises NotFound, HeldForOrder, AlreadyCaptured,
    AlreadyReleased, HoldExpired, InsufficientPoints (more than is held) and MemberFrozen.
    """
    found = _open_hold(account, reference, ended=ended, held=held)
    if found.expires_at <= context.now:
        raise HoldExpired("the hold's time has run out", expired_at=utc_text(found.expires_at))
    refuse_if_frozen(account, Activity.REDEEMING)
    wanted = found.points if points is None else check_points(points)
    if wanted > found.points:
        raise InsufficientPoints(f"{found.points} points are held", available=found.points, required=wanted)
    spent = lot.draw(found.lots, wanted, lot.by_date(found.lots, account.active_until))
    after = _ended(account, reference, context, back=lot.subtracted(found.lots, spent))
    said = dict[str, Plain]()
    if found.offset_on is not None:
        if held is None:
            raise AssertionError(f"nobody has looked what order {reference} is for")
        said = captured_details(held, wanted, found.offset_on, context)
        after = replace(after, counters=used_for_order(account, wanted, found.offset_on, context))
    return book(
        account,
        after,
        name=EntryName(Kind.CAPTURE, reference),
        context=context,
        details={"points": wanted, "released": found.points - wanted, "spent": spent, **said},
    )


def release(account: Account, reference: str, context: Context, *, ended: Entry | None, held: Entry | None) -> Decision:
    """Give a hold's points back to the lots they came from, also after its time has run out.

    Raises NotFound, HeldForOrder, AlreadyCaptured, AlreadyReleased and HoldExpired (another movement let it go
    already).
    """
    found = _open_hold(account, reference, ended=ended, held=held)
    return book(
        account,
        _ended(account, reference, context, back=found.lots),
        name=EntryName(Kind.RELEASE, reference),
        context=context,
        details={"points": found.points, **({"timed_out": True} if found.expires_at <= context.now else {})},
    )


def check_points(points: int) -> int:
    if not 1 <= points <= MAX_POINTS:
        raise InvalidRequest.at("/points", f"must be from 1 to {MAX_POINTS}")
    return points


def _open_hold(account: Account, reference: str, *, ended: Entry | None, held: Entry | None) -> Hold:
    if reference in account.holds and not is_bound(reference):
        return account.holds[reference]
    if ended is not None and ended.kind is Kind.CAPTURE:
        raise AlreadyCaptured("the hold has been captured", hold=reference)
    if ended is not None:
        raise AlreadyReleased("the hold has been released", hold=reference)
    if held is None and order_hold(reference) in account.holds:
        message = f"the points of the order {reference} go with it: it is paid, or cancelled"
        raise HeldForOrder(message, order=reference)
    if held is None:
        raise NotFound(f"there is no hold {reference}", resource="hold")
    raise HoldExpired("the hold's time has run out", expired_at=str(held.details["expires_at"]))


def _ended(account: Account, reference: str, context: Context, *, back: lot.Lots) -> Account:
    """``account`` settled and without the hold, ``back`` in its lots, debt repaid from what can be spent."""
    settled = account.settled(context.now, context.program.zone)
    if reference not in settled.holds:  # overdue: time has let it go
        return settled
    holds = {name: hold for name, hold in settled.holds.items() if name != reference}
    return replace(settled, holds=holds).given(back, context.today)
