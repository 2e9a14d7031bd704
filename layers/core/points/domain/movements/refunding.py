"""Refunds of an order that points paid in part: points and money go back in the proportion in which they were paid.

By what remains, as every partial reversal (decision 0004): what has come back of the order by now stands for so many
points and so much of the discount, both rounded down, and a refund is the difference to what came back before it. What
is not discount is money. So each refund's money and its part of the discount are its amount to the cent, and in
whatever parts an order comes back, it ends at exactly the captured points and exactly what was paid in money.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from points.domain.canonical import Plain
from points.domain.errors import AlreadyReversed, InvalidRequest
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.movements.part_payments import Offset, held_on, offset_of, used_for_order
from points.domain.movements.redeeming import restored
from points.domain.movements.reversing import lots_to_return, nominal_reversed


@dataclass(frozen=True, slots=True)
class OrderRefund:
    """``amount`` (decimal string) is the price of what is returned, of the order that the hold was captured for."""

    reference: str
    member: str
    hold: str
    amount: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Shares:
    """Of an amount of an order in minor units: the points and the money that stand for it."""

    points: int
    money: int


def refund(
    account: Account, request: OrderRefund, captured: Entry, earlier: Sequence[Entry], context: Context
) -> Decision:
    """``earlier`` are the reversals of ``captured`` booked so far. The points go to the lots they came from, and back
    to the day on which they were held for as long as that day's cap is asked for. Raises InvalidRequest (the hold was
    for no order) and AlreadyReversed."""
    offset = offset_of(captured)
    if offset is None:
        raise InvalidRequest("the hold was for no order: its capture is reversed by points")
    currency = context.program.currency
    amount = currency.minor_units(request.amount, path="/amount")
    if amount == 0:
        raise InvalidRequest.at("/amount", "must be more than zero")
    before = sum(_minor(entry, "amount_minor") for entry in earlier)
    if amount > offset.order - before:
        left = currency.text(offset.order - before)
        raise AlreadyReversed(
            f"{left} of the order is left to refund", remaining_amount=left, required_amount=request.amount
        )
    came_back = shares(offset, before + amount)
    points = came_back.points - nominal_reversed(earlier)
    details: dict[str, Plain] = {
        "nominal": points,
        "amount_minor": amount,
        "money_minor": came_back.money - sum(_minor(entry, "money_minor") for entry in earlier),
    }
    if before + amount == offset.order:
        details["last"] = True
    counters = used_for_order(account, -points, held_on(captured), context)
    after = restored(account, lots_to_return(captured, earlier, points), context)
    return book(
        account,
        replace(after, counters=counters),
        name=EntryName(Kind.REVERSAL, request.reference, reverses=captured.name),
        context=context,
        reason=request.reason,
        details=details,
    )


def shares(offset: Offset, amount: int) -> Shares:
    """What ``amount`` of the order stands for."""
    discount = offset.discount * amount // offset.order
    return Shares(offset.points * amount // offset.order, amount - discount)


def _minor(entry: Entry, name: str) -> int:
    value = entry.details.get(name, 0)
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
