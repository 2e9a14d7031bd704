"""Points that pay part of an order: what a hold of theirs says of it, and what its capture makes of that (R-RED-4).

The entry of the hold keeps the order's amount and the ratio of that moment, so whatever a program becomes, the points
are worth what they were when the member agreed to it.
"""

from dataclasses import dataclass
from datetime import date

from points.domain.canonical import Plain
from points.domain.errors import OffsetRefused
from points.domain.evaluation.offsetting import counted_for_order, quote
from points.domain.evaluation.retention import current_counters
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.entries import Entry
from points.domain.program.offsets import worth
from points.domain.program.windows import Counters

_ORDER = "order_minor"
_DISCOUNT = "discount_minor"
_RATIO = "ratio"
_HELD_ON = "held_on"


@dataclass(frozen=True, slots=True)
class Offset:
    """``points`` pay ``discount`` of ``order``, both in minor units."""

    order: int
    points: int
    discount: int


def offset_of(entry: Entry) -> Offset | None:
    """What a hold or a capture says of the order it pays part of; None where it is for none."""
    if _ORDER not in entry.details:
        return None
    return Offset(_integer(entry, _ORDER), _integer(entry, "points"), _integer(entry, _DISCOUNT))


def offered(account: Account, order_amount: str, points: int | None, context: Context) -> Offset:
    """What a hold takes of the member for an order: ``points`` if they may be used all of them, else the most that may
    be. Raises InvalidRequest, MemberFrozen and OffsetRefused."""
    currency = context.program.currency
    order = currency.minor_units(order_amount, path="/order_amount")
    found = quote(account, order, points, context)
    if not found.points or (points is not None and found.points < points):
        asked = {} if points is None else {"required": points}
        raise OffsetRefused(
            f"{found.points} points may pay for this order, because of {found.limited_by}",
            limited_by=str(found.limited_by),
            usable=found.points,
            discount=currency.text(found.discount),
            **asked,
        )
    return Offset(order, found.points, found.discount)


def held_details(offset: Offset, context: Context) -> dict[str, Plain]:
    return {_ORDER: offset.order, _DISCOUNT: offset.discount, _RATIO: context.program.ratio}


def captured_details(held: Entry, points: int, held_on: date, context: Context) -> dict[str, Plain]:
    """Of ``points`` out of the hold: a part is worth what it is by the ratio of then, rounded down."""
    discount = worth(points, _integer(held, _RATIO), context.program.currency)
    return {_ORDER: _integer(held, _ORDER), _DISCOUNT: discount, _HELD_ON: held_on.isoformat()}


def held_on(captured: Entry) -> date:
    return date.fromisoformat(str(captured.details[_HELD_ON]))


def used_for_order(account: Account, points: int, held_on: date, context: Context) -> Counters:
    """The account's counters after so many points of that day's holds were captured, or (below nothing) given back."""
    return counted_for_order(current_counters(account, context), points, held_on=held_on, today=context.today)


def _integer(entry: Entry, name: str) -> int:
    value = entry.details.get(name)
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
