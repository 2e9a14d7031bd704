"""Points plus cash: an order that waits for money, its payment, and its end where no payment comes (R-RED-1).

The redemption takes what there is to take off the shelf and sets the points aside, as a hold that belongs to the order:
time alone does not let it go. Exactly one of three movements ends it. The payment spends the points and places the
order. A cancellation, or the sweep once its time has run out, gives all of it back.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from points.domain.calendar import utc_text
from points.domain.canonical import Plain
from points.domain.errors import InvalidRequest, OrderNotMovable, PaymentTooLate
from points.domain.evaluation.pricing import with_redemption
from points.domain.ledger.account import Account, Activity, Hold
from points.domain.ledger.booking import Context, Decision, MoveOrder, book, refuse_if_frozen
from points.domain.ledger.entitlements import given_by
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.lots import Lots
from points.domain.ledger.orders import (
    TRANSITIONS,
    Order,
    OrderState,
    moved_order,
    order_hold,
    order_of,
    transition_name,
)
from points.domain.ledger.timers import next_due
from points.domain.ledger.usage import Usage
from points.domain.limits import MAX_AMOUNT_MINOR, MAX_HOLD_SECONDS
from points.domain.movements.entitling import Entitled, entitle_badge, entitle_months
from points.domain.movements.granting import Bill, taken_back
from points.domain.program.rewards import Reward

MAX_PAYMENT = 64
"""Characters of what a caller calls a payment."""


def bill_of(reward: Reward, quantity: int, expires_in: int | None, context: Context) -> Bill | None:
    """None for what costs points alone. ``expires_in`` seconds, those of the program's holds unless given. Raises
    InvalidRequest."""
    if reward.cash is None:
        if expires_in is not None:
            raise InvalidRequest.at("/expires_in", "goes with a reward that costs money besides")
        return None
    cash = reward.cash * quantity
    if cash > MAX_AMOUNT_MINOR:
        raise InvalidRequest.at("/quantity", "costs more money than any amount this ledger accepts")
    seconds = context.program.hold_seconds if expires_in is None else expires_in
    if not 1 <= seconds <= MAX_HOLD_SECONDS:
        raise InvalidRequest.at("/expires_in", f"must be from 1 to {MAX_HOLD_SECONDS} seconds")
    return Bill(cash, context.now + timedelta(seconds=seconds))


def set_aside(account: Account, reference: str, lots: Lots, bill: Bill) -> Account:
    """What has been drawn from ``account`` for the order, held for it."""
    return replace(account, holds={**account.holds, order_hold(reference): Hold(bill.until, lots)})


def pay(account: Account, entries: Sequence[Entry], context: Context, *, payment: str | None) -> Decision:
    """``entries`` are those of the order; ``payment`` is what the caller calls it. Whatever has become of the reward
    since, the order costs and gives what it said. Raises OrderNotMovable, PaymentTooLate, MemberFrozen and
    NeedsEntitlement."""
    order, redeemed = order_of(entries), entries[0]
    hold = _waiting(account, order, entries, context)
    refuse_if_frozen(account, Activity.REDEEMING)
    entitled = _issued(account, order, redeemed, context)
    state = OrderState.FULFILLED if entitled is not None else OrderState.PLACED
    details: dict[str, Plain] = {"points": hold.points, "spent": hold.lots}
    if payment is not None:
        details["payment"] = payment
    if state is not OrderState.PLACED:
        details["state"] = state.value
    if entitled is not None and entitled.given is not None:
        details["entitled"] = entitled.given.plain()
    return book(
        account,
        without_hold(account, order, context),
        name=transition_name(Kind.PAY, order.reference),
        context=context,
        details=details,
        effects=(
            MoveOrder(order, moved_order(order, state, context.now)),
            *(() if entitled is None else entitled.effects),
        ),
    )


def time_out(account: Account, entries: Sequence[Entry], context: Context, *, usage: Usage | None) -> Decision:
    """The end of an order that nobody has paid in time, as the sweep books it: its cancellation, and the timer set to
    exactly the next moment. ``usage`` is what the member had of the reward, where that was counted. Raises
    NeedsEntitlement."""
    decision = give_up(account, order_of(entries), entries[0], context, usage=usage, reason=None, timed_out=True)
    after = decision.account
    return replace(decision, account=replace(after, due_at=next_due(after, context.program)))


def give_up(
    account: Account,
    order: Order,
    redeemed: Entry,
    context: Context,
    *,
    usage: Usage | None,
    reason: str | None,
    timed_out: bool = False,
) -> Decision:
    """An order that has not been paid, cancelled: its points are as if they had never been held."""
    hold = account.holds[order_hold(order.reference)]
    back = taken_back(account, redeemed, context, usage=usage)
    freed = without_hold(back.account, order, context).given(hold.lots, context.today)
    freed = replace(freed, counters=with_redemption(freed.counters, -1))
    cancelled = moved_order(order, TRANSITIONS[Kind.REVERSAL].to, context.now)
    return book(
        account,
        freed,
        name=transition_name(Kind.REVERSAL, order.reference),
        context=context,
        reason=reason,
        details={**back.details, **({"timed_out": True} if timed_out else {})},
        effects=(MoveOrder(order, cancelled), *back.effects),
    )


def overdue_order(account: Account, now: datetime) -> str | None:
    """The reference of an order whose time for payment has run out, the earliest first; None where there is none."""
    prefix = order_hold("")
    overdue = [
        (hold.expires_at, name.removeprefix(prefix))
        for name, hold in account.holds.items()
        if name.startswith(prefix) and hold.expires_at <= now
    ]
    return min(overdue)[1] if overdue else None


def without_hold(account: Account, order: Order, context: Context) -> Account:
    """``account`` settled and without what it holds for the order."""
    settled = account.settled(context.now, context.program.zone)
    name = order_hold(order.reference)
    return replace(settled, holds={other: hold for other, hold in settled.holds.items() if other != name})


def _waiting(account: Account, order: Order, entries: Sequence[Entry], context: Context) -> Hold:
    """What is held for an order that can still be paid. Its time is over whether or not the sweep has been here."""
    hold = account.holds.get(order_hold(order.reference))
    until = order.pay_until
    timed_out = any(entry.details.get("timed_out") for entry in entries)
    waits = order.state is OrderState.AWAITING_PAYMENT
    if until is not None and (timed_out or (waits and until <= context.now)):
        raise PaymentTooLate("the time for paying has run out", expired_at=utc_text(until))
    if not waits or hold is None:
        raise OrderNotMovable(f"an order that is {order.state} waits for no payment", state=order.state.value)
    return hold


def _issued(account: Account, order: Order, redeemed: Entry, context: Context) -> Entitled | None:
    """What the member becomes by the payment, as the redemption said; None for what is not issued at once."""
    months = redeemed.details.get("months")
    if isinstance(months, int):
        return entitle_months(account, order.reward, months, order.reference, context)
    given = given_by(redeemed)
    return entitle_badge(account, order.reward, order.reference, context) if given is not None else None
