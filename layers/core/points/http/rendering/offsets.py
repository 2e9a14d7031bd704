"""Orders that points pay part of. What a replay repeats is rendered from the stored entry alone."""

from points.domain.evaluation.offsetting import Quote
from points.domain.ledger.entries import Entry
from points.domain.money import Currency
from points.domain.movements.part_payments import offset_of
from points.http.edge.answering import Json


def quote_body(quote: Quote, currency: Currency) -> Json:
    return {
        "points": quote.points,
        "discount": currency.text(quote.discount),
        "limited_by": None if quote.limited_by is None else quote.limited_by.value,
    }


def offset_body(entry: Entry, currency: Currency) -> Json | None:
    """Of a hold or a capture; None where it is for no order."""
    offset = offset_of(entry)
    if offset is None:
        return None
    return {
        "order_amount": currency.text(offset.order),
        "points": offset.points,
        "discount": currency.text(offset.discount),
    }


def refund_body(entry: Entry, currency: Currency) -> Json:
    captured = entry.name.reverses
    if captured is None:
        raise TypeError(f"{entry.name} is no refund")
    return {
        "reference": entry.reference,
        "hold": captured.reference,
        "amount": currency.text(_integer(entry, "amount_minor")),
        "points": _integer(entry, "nominal"),
        "money": currency.text(_integer(entry, "money_minor")),
        "last": bool(entry.details.get("last")),
    }


def _integer(entry: Entry, name: str) -> int:
    value = entry.details[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
