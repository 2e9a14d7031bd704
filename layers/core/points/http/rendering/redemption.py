"""Offers, orders and holds."""

from points.application.redemption.list_rewards import Offer
from points.application.redemption.read_order import OrderHistory
from points.domain.calendar import utc_text
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.orders import Order
from points.http.edge.answering import Json


def order_body(order: Order) -> Json:
    return {
        "reference": order.reference,
        "member": order.member,
        "reward": order.reward,
        "quantity": order.quantity,
        "points": order.points,
        "state": order.state.value,
        "placed_at": utc_text(order.placed_at),
        "updated_at": utc_text(order.updated_at),
    }


def order_history_body(found: OrderHistory) -> Json:
    steps = [
        {
            "state": step.state.value,
            "at": utc_text(step.at),
            "actor": step.actor,
            "reason": step.reason,
            "tracking": step.tracking,
        }
        for step in found.steps
    ]
    return {**order_body(found.order), "history": steps}


def offer_body(offer: Offer) -> Json:
    return {
        "reward": offer.reward.name,
        "price": offer.reward.price,
        "stock_left": offer.stock_left,
        "refused": offer.refused,
    }


def hold_body(entry: Entry) -> Json:
    """A hold as the entry that made or ended it left it. ``points`` is all of it; it is either still held, or it is
    ``captured`` and ``released`` in some proportion."""
    points = _points(entry, "points")
    match entry.kind:
        case Kind.CAPTURE:
            state, captured, released = "captured", points, _points(entry, "released")
            points = captured + released
        case Kind.RELEASE:
            state, captured, released = "released", 0, points
        case _:
            state, captured, released = "held", 0, 0
    return {
        "reference": entry.reference,
        "state": state,
        "points": points,
        "captured": captured,
        "released": released,
        "expires_at": entry.details.get("expires_at"),
    }


def _points(entry: Entry, name: str) -> int:
    value = entry.details[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
