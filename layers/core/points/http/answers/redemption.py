"""Offers, orders and holds."""

from typing import Literal

from points.domain.ledger.orders import OrderState
from points.http.answers.common import Answer, MomentText, Points
from points.http.answers.movements import MovementAnswer
from points.http.answers.offsets import Offset


class Offer(Answer):
    """`refused` is the code a redemption would get now, null if none. `stock_left` null: unlimited."""

    reward: str
    price: Points
    stock_left: int | None
    refused: Literal["not_available_yet", "out_of_stock", "member_frozen", "not_eligible", "insufficient_points"] | None


class RewardsAnswer(Answer):
    items: list[Offer]
    next_cursor: str | None


class Order(Answer):
    reference: str
    member: str
    reward: str
    quantity: int
    points: Points
    state: OrderState
    placed_at: MomentText
    updated_at: MomentText


class OrderStep(Answer):
    """One thing that was done with an order. `reason` is null, too, where it has been erased."""

    state: OrderState
    at: MomentText
    actor: str
    reason: str | None
    tracking: str | None


class OrderHistory(Order):
    """`history` begins with the redemption."""

    history: list[OrderStep]


class OrdersAnswer(Answer):
    items: list[Order]
    next_cursor: str | None


class OrderAnswer(MovementAnswer):
    order: Order


class Hold(Answer):
    """`points` in all; once ended, `captured` of them are spent and `released` are back."""

    reference: str
    state: Literal["held", "captured", "released"]
    points: Points
    captured: Points
    released: Points
    expires_at: MomentText | None


class HoldAnswer(MovementAnswer):
    """`offset` is null where the hold is for no order, and of one that was released."""

    hold: Hold
    offset: Offset | None
