"""Offers, orders and holds."""

from points.application.redemption.list_rewards import Offer
from points.application.redemption.read_order import OrderHistory
from points.domain.calendar import utc_text
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.orders import Order, OrderState
from points.domain.program.program import Program
from points.http.edge.answering import Json
from points.http.rendering.titles import reward_title, text_in


def order_body(order: Order, program: Program, language: str) -> Json:
    return {
        "reference": order.reference,
        "member": order.member,
        "reward": order.reward,
        "title": reward_title(order.reward, program, language),
        "quantity": order.quantity,
        "points": order.points,
        "state": order.state.value,
        "placed_at": utc_text(order.placed_at),
        "updated_at": utc_text(order.updated_at),
        "cash": cash_body(order.cash, program) if order.cash else None,
        "pay_until": _pay_until(order),
    }


def _pay_until(order: Order) -> str | None:
    if order.state is not OrderState.AWAITING_PAYMENT or order.pay_until is None:
        return None
    return utc_text(order.pay_until)


def order_history_body(found: OrderHistory, program: Program, language: str) -> Json:
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
    return {**order_body(found.order, program, language), "history": steps}


def offer_body(offer: Offer, program: Program, language: str) -> Json:
    reward = offer.reward
    return {
        "reward": reward.name,
        "title": text_in(language, reward.title, program),
        "description": text_in(language, reward.description, program),
        "pictures": list(reward.pictures),
        "kind": reward.kind.value,
        "loop": reward.loop.value,
        "price": offer.price.points,
        "discount": offer.price.discount,
        "cash": None if reward.cash is None else cash_body(reward.cash, program),
        "months": reward.months,
        "from": None if reward.dates.first is None else reward.dates.first.isoformat(),
        "to": None if reward.dates.last is None else reward.dates.last.isoformat(),
        "limits": [{"per": limit.window.value, "maximum": limit.maximum} for limit in reward.limits],
        "stock_left": offer.stock_left,
        "left_today": offer.left_today,
        "eligible": not offer.refused,
        "reasons": [{"code": refusal.code, **refusal.numbers} for refusal in offer.refused],
        "missing": offer.missing,
    }


def cash_body(amount_minor: int, program: Program) -> Json:
    return {"amount": program.currency.text(amount_minor), "currency": program.currency.code}


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
