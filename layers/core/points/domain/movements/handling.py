"""Handling an order: fulfilling, shipping and delivering it (R-RED-2). No points move; who did it and why is an entry
like any other."""

from points.domain.canonical import Plain
from points.domain.errors import OrderNotMovable
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, MoveOrder, book
from points.domain.ledger.entries import Kind
from points.domain.ledger.orders import TRANSITIONS, Order, moved_order, transition_name

MAX_TRACKING = 64
"""Characters of what a carrier calls a parcel."""


def handle(
    account: Account, order: Order, kind: Kind, context: Context, *, tracking: str | None, reason: str | None
) -> Decision:
    """``kind`` is fulfil, ship or deliver. A frozen member's orders can be handled: what stops them is the operator's
    to decide. Raises OrderNotMovable."""
    transition = TRANSITIONS[kind]
    if order.state not in transition.of:
        raise OrderNotMovable(f"an order that is {order.state} cannot be {transition.to}", state=order.state.value)
    details: dict[str, Plain] = {} if tracking is None else {"tracking": tracking}
    return book(
        account,
        account,
        name=transition_name(kind, order.reference),
        context=context,
        reason=reason,
        details=details,
        effects=[MoveOrder(order, moved_order(order, transition.to, context.now))],
    )
