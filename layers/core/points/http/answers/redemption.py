"""Offers, orders and holds."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from points.domain.ledger.orders import OrderState
from points.domain.program.rewards import Loop, RewardKind
from points.http.answers.common import Answer, DayText, MomentText, Points
from points.http.answers.movements import Cash, MovementAnswer
from points.http.answers.offsets import Offset


class MemberLimit(Answer):
    per: Literal["day", "week", "month", "year", "lifetime"]
    maximum: int


class Reason(BaseModel):
    """Why a member cannot have it now: the code a redemption would get, and the figures of that refusal."""

    model_config = ConfigDict(extra="allow")

    code: Literal[
        "member_frozen",
        "not_on_sale",
        "not_eligible",
        "already_owned",
        "limit_reached",
        "insufficient_points",
        "out_of_stock",
        "sold_out_today",
    ]


class Offer(Answer):
    """`price` is the member's own, `discount` what it is less for their first redemption. `stock_left` and `left_today`
    null: unlimited."""

    reward: str
    title: str | None
    description: str | None
    pictures: list[str]
    kind: RewardKind
    loop: Loop
    price: Points
    discount: Points
    cash: Cash | None
    months: int | None = Field(description="How long a membership lasts.")
    from_: DayText | None = Field(alias="from", description="The first day on which it can be had.")
    to: DayText | None = Field(description="The last one.")
    limits: list[MemberLimit] = Field(description="How often each member can have it.")
    stock_left: int | None
    left_today: int | None
    eligible: bool = Field(description="One of it would be had now: there is no reason why not.")
    reasons: list[Reason] = Field(description="All of them, the one a redemption would get first.")
    missing: Points = Field(description="Points the member has too few of for one of it.")


class RewardsAnswer(Answer):
    items: list[Offer]
    next_cursor: str | None


class Order(Answer):
    """`cash` is what it costs besides, null for points alone; `pay_until` is there while it waits for that."""

    reference: str
    member: str
    reward: str
    title: str | None = Field(description="What the reward is called, in the caller's language, while there is one.")
    quantity: int
    points: Points
    state: OrderState
    placed_at: MomentText
    updated_at: MomentText
    cash: Cash | None
    pay_until: MomentText | None


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
