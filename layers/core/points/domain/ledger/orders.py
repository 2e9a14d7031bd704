"""Orders: what a member got for points (R-RED-2). An order is what its entries say; nothing else is kept of it.

The redemption is the order as it was placed. Entries without points, named by its reference, move it on, and the one
reversal that a redemption can have cancels it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, TypedDict

from points.domain.calendar import from_utc_text
from points.domain.ledger.account import bound_hold
from points.domain.ledger.entries import Entry, EntryName, Kind


class OrderState(StrEnum):
    """``awaiting_payment``: the member has not paid yet what a reward costs beside points."""

    AWAITING_PAYMENT = "awaiting_payment"
    PLACED = "placed"
    FULFILLED = "fulfilled"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


CANCELLATION: Final = "cancel"
"""The reference of the one reversal an order can have: cancelling twice is the same cancellation."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What an entry of one kind does to an order that is in one of the states ``of``."""

    of: frozenset[OrderState]
    to: OrderState


TRANSITIONS: Final[Mapping[Kind, Transition]] = {
    Kind.PAY: Transition(frozenset({OrderState.AWAITING_PAYMENT}), OrderState.PLACED),
    Kind.FULFIL: Transition(frozenset({OrderState.PLACED}), OrderState.FULFILLED),
    Kind.SHIP: Transition(frozenset({OrderState.PLACED, OrderState.FULFILLED}), OrderState.SHIPPED),
    Kind.DELIVER: Transition(frozenset({OrderState.FULFILLED, OrderState.SHIPPED}), OrderState.DELIVERED),
    Kind.REVERSAL: Transition(
        frozenset({OrderState.AWAITING_PAYMENT, OrderState.PLACED, OrderState.FULFILLED, OrderState.SHIPPED}),
        OrderState.CANCELLED,
    ),
}
"""All there are. None leads out of delivered or cancelled. What is issued at once is fulfilled as soon as it is paid:
the entry says so."""


@dataclass(frozen=True, slots=True)
class Order:
    """``reference`` is that of the redemption; ``points`` is the whole price. ``cash`` is what is to be paid besides,
    in minor units, ``pay_until`` until when: nothing and None where it costs points alone."""

    program: str
    member: str
    reference: str
    reward: str
    quantity: int
    points: int
    state: OrderState
    placed_at: datetime
    updated_at: datetime
    cash: int = 0
    pay_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of an order: the state it led to, who did it, and what was said of it. ``reason`` is None, too, where
    it has been erased."""

    state: OrderState
    at: datetime
    actor: str
    reason: str | None
    tracking: str | None


def order_names(reference: str) -> tuple[EntryName, ...]:
    """Every entry that an order can have, the redemption first."""
    redeemed = EntryName(Kind.REDEEM, reference)
    return (redeemed, *(transition_name(kind, reference) for kind in TRANSITIONS))


def transition_name(kind: Kind, reference: str) -> EntryName:
    """An order goes through each transition once: its reference is the transition's own."""
    if kind is Kind.REVERSAL:
        return EntryName(kind, CANCELLATION, reverses=EntryName(Kind.REDEEM, reference))
    return EntryName(kind, reference)


def order_of_name(name: EntryName) -> str | None:
    """The reference of the order that an entry of that name places or moves; None where it has to do with none."""
    if name.reverses is not None:
        return name.reverses.reference if name.reverses.kind is Kind.REDEEM else None
    return name.reference if name.kind is Kind.REDEEM or name.kind in TRANSITIONS else None


def placed_order(redeemed: Entry) -> Order:
    """The order exactly as the redemption placed it, whatever became of it since. Raises KeyError, TypeError and
    ValueError for an entry that is no redemption."""
    details = redeemed.details
    reward, quantity, price = details["reward"], details["quantity"], details["price"]
    if not (isinstance(reward, str) and isinstance(quantity, int) and isinstance(price, int)):
        raise TypeError(f"{redeemed.name} is not a redemption")
    return Order(
        program=redeemed.program,
        member=redeemed.member,
        reference=redeemed.reference,
        reward=reward,
        quantity=quantity,
        points=price,
        state=state_after(redeemed),
        placed_at=redeemed.at,
        updated_at=redeemed.at,
        **_to_be_paid(redeemed),
    )


def was_bought(redeemed: Entry) -> bool:
    """Whether the member asked for it: neither what expiring points bought by themselves, nor the prize of a draw, nor
    what an auction brought."""
    return not redeemed.details.keys() & {"exchanged", "drawn", "won"}


class _ToBePaid(TypedDict, total=False):
    cash: int
    pay_until: datetime


def _to_be_paid(redeemed: Entry) -> _ToBePaid:
    cash, until = redeemed.details.get("cash_minor"), redeemed.details.get("pay_until")
    if cash is None:
        return {}
    if not isinstance(cash, int):
        raise TypeError(f"{redeemed.name} costs {cash!r}")
    return {"cash": cash, "pay_until": from_utc_text(str(until))}


def order_hold(reference: str) -> str:
    """What the hold is called that an order waits for money with."""
    return bound_hold("order", reference)


def payment_of(entries: Iterable[Entry]) -> Entry | None:
    """Of an order's own entries, the one by which it was paid."""
    return next((entry for entry in entries if entry.kind is Kind.PAY), None)


def order_of(entries: Iterable[Entry]) -> Order:
    """The order after all of ``entries``, which are its own. Whether they may follow each other was decided when they
    were booked. Raises what :func:`placed_order` raises."""
    placed, *moved = _in_order(entries)
    order = placed_order(placed)
    for entry in moved:
        order = moved_order(order, state_after(entry), entry.at)
    return order


def moved_order(order: Order, state: OrderState, at: datetime) -> Order:
    return replace(order, state=state, updated_at=at)


def history_of(entries: Iterable[Entry]) -> Sequence[Step]:
    """What became of an order, the redemption first."""
    return [_step(entry) for entry in _in_order(entries)]


def _step(entry: Entry) -> Step:
    tracking = entry.details.get("tracking")
    return Step(
        state=state_after(entry),
        at=entry.at,
        actor=entry.actor,
        reason=entry.reason,
        tracking=tracking if isinstance(tracking, str) else None,
    )


def state_after(entry: Entry) -> OrderState:
    """Right after one of its entries. A redemption, and a payment, say so themselves where the order is not simply
    placed. Raises ValueError for what is no state."""
    if entry.kind in (Kind.REDEEM, Kind.PAY):
        return OrderState(str(entry.details.get("state", OrderState.PLACED)))
    return TRANSITIONS[entry.kind].to


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.seq)
