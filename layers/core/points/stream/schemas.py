"""The shape of each ledger event, as it is published. What movements have in common has the shape the API gives it.

Fields may be added to a type, and types to the list; what is there stays as it is.
"""

from typing import Literal

from pydantic import BaseModel, Field

from points.domain.ledger.entries import Kind
from points.domain.ledger.orders import OrderState
from points.domain.movements.adjusting import Category
from points.domain.telling.events import EventType
from points.http.answers.common import Answer, DayText, MomentText, Points
from points.http.answers.movements import Balance, Bonus, Changes, EntryName, LotChange


class Movement(Answer):
    """What every entry tells. `points` is the net change of everything the member has."""

    kind: Kind
    reference: str = Field(description="Of the movement: unique for the member and the kind.")
    points: Points
    lines: list[Bonus] = Field(description="What each rule paid.")
    changes: Changes
    lots: list[LotChange] = Field(description="What the member has more or less of, by expiry.")
    balance: Balance = Field(description="Right after this entry.")
    program_version: int = Field(description="The version of the program that decided it.")


class PointsEarned(Movement):
    """An event was booked, also where it paid nothing."""

    behaviour: str
    quantity: int | None
    occurred_at: MomentText | None = Field(description="Where the event named a moment of its own.")
    attributes: dict[str, str | int | bool] = Field(description="Those the program declares.")


class PlacedOrder(Answer):
    reference: str = Field(description="That of the redemption.")
    reward: str
    quantity: int
    points: Points = Field(description="The whole price.")
    state: OrderState


class PointsRedeemed(Movement):
    """A reward was redeemed. Where `order` awaits payment its points are held, and spent with `OrderPaid`."""

    order: PlacedOrder
    exchanged: bool = Field(description="Nobody asked for it: the points would have expired.")


class Hold(Answer):
    """`points` is all of it: still held, or captured and released in some proportion."""

    reference: str
    state: Literal["held", "captured", "released"]
    points: Points
    captured: Points
    released: Points
    expires_at: MomentText | None = Field(description="Of a hold that is placed.")


class PointsHeld(Movement):
    """Points were set aside for a checkout."""

    hold: Hold
    for_order: bool = Field(description="They are to pay part of an order.")


class PointsCaptured(Movement):
    """Held points were spent; what was not has gone back."""

    hold: Hold
    for_order: bool = Field(description="They pay part of an order.")


class HoldReleased(Movement):
    """Held points went back."""

    hold: Hold


class EntryReversed(Movement):
    """An entry was taken back, or a part of it."""

    reverses: EntryName
    reversed: Points | None = Field(
        description="What it stands for, owed and waived points included; null of an order, which goes as a whole."
    )
    bonuses: list[Bonus] = Field(description="What it took back of tasks and invitations besides.")
    waived: Points
    last: bool = Field(description="Nothing is left to reverse.")


class PointsConfirmed(Movement):
    """Pending points became available before their time. `reference` is that of their earning."""

    confirmed: Points


class PointsAdjusted(Movement):
    """An operator gave or took points."""

    category: Category


class MemberReferred(Movement):
    """The member was brought by another."""

    referrer: str
    paid: bool = Field(description="The invitation was paid for at once.")


class ReferralLinked(Movement):
    """The member brought another."""

    newcomer: str
    rewarded: bool = Field(description="It was paid for at once.")


class ReferralRewarded(Movement):
    """The member was paid for another they had brought."""

    newcomer: str
    rewarded: bool


class TierReviewed(Movement):
    """A period ended, and the tier was kept or not."""

    before: str
    tier: str


class MemberFrozen(Movement):
    """The member may not earn or redeem any more."""

    frozen: list[Literal["earning", "redeeming"]] = Field(description="All that is frozen by now.")


class MemberUnfrozen(Movement):
    """The member may earn or redeem again."""

    frozen: list[Literal["earning", "redeeming"]] = Field(description="What is still frozen.")


class PointsSettled(Movement):
    """Time alone has changed what a member has: points matured, or holds ran out."""

    matured: int = Field(description="Points that waited, and wait no more.")
    ended_holds: list[str] = Field(description="References of holds whose time ran out.")


class PointsExpired(PointsSettled):
    """Lots past their date were closed, and what time had done besides was settled with it."""

    expired: int = Field(description="Points that expired.")


class Beside(Answer):
    """What an entry led to."""

    entry: EntryName = Field(description="The entry that did it; its own event has the same `seq`.")


class TierChanged(Beside):
    """The member has another tier."""

    tier: str
    since: DayText
    review_on: DayText | None = Field(description="The day from which it may be reviewed.")
    before: str | None = Field(description="The tier before, where a review took it.")


class OrderPlaced(Beside):
    """A reward was ordered, and its points spent, or held while it awaits payment."""

    order: PlacedOrder


class HandledOrder(Answer):
    reference: str = Field(description="That of the redemption.")
    state: OrderState


class OrderHandled(Movement):
    order: HandledOrder
    tracking: str | None = Field(description="What the carrier calls the parcel.")


class OrderPaid(Movement):
    """What an order costs besides was paid: the points that were held for it are spent."""

    order: HandledOrder
    spent: Points
    payment: str | None = Field(description="What the caller calls the payment.")


class OrderFulfilled(OrderHandled):
    """What was ordered is ready, or was handed over."""


class OrderShipped(OrderHandled):
    """What was ordered is on its way."""


class OrderDelivered(OrderHandled):
    """What was ordered has arrived."""


class UsedCoupon(Answer):
    code: str
    reward: str
    order: str = Field(description="The reference of the order it was issued with.")


class CouponWrittenOff(Movement):
    """A coupon was used. `reference` is its code."""

    coupon: UsedCoupon
    used_by: str = Field(description="The reference of whoever wrote it off.")


class CouponIssued(Beside):
    """The member was given coupons. Their codes are in no event: whoever has one can use it."""

    reward: str
    order: str = Field(description="The reference of the order they were issued with.")
    quantity: int
    expires_on: DayText | None = Field(description="Their last day; null for ever.")


class PackedReward(Answer):
    reward: str
    quantity: int


class MissingReward(Answer):
    reward: str
    why: Literal["out_of_stock", "coupon_expired"]


class PackGiven(Movement):
    """The monthly pack of the member's tier, with an order for each reward in it. `reference` is the month."""

    level: str = Field(description="The tier whose pack it is.")
    given: list[PackedReward]
    missing: list[MissingReward] = Field(description="What was to be given and could not be had.")
    withheld: Literal["frozen", "inactive", "erased"] | None = Field(description="Why nothing was given at all.")


class CancelledOrder(Answer):
    reference: str = Field(description="That of the redemption.")
    state: Literal["cancelled"]


class OrderCancelled(Beside):
    """An order was taken back, and its points returned."""

    order: CancelledOrder
    points: Points = Field(description="What came back, less what repaid a debt.")


class About(Answer):
    """What a member is told before it is too late."""

    points: Points
    reward: str | None = Field(description="One that so many points could buy.")
    channels: list[str] = Field(description="How else the member is told: `email`, `sms`.")


class PointsExpiring(About):
    """`points` have their last day on `expires_on`."""

    expires_on: DayText
    lead_days: int = Field(description="Which of the program's lead times this is.")


class MemberDormant(About):
    """Nothing was done for long. `points` are available."""

    active_on: DayText = Field(description="The last day something was done.")
    round: int = Field(description="1 for the first time.")


DATA: dict[EventType, type[BaseModel]] = {
    EventType.POINTS_EARNED: PointsEarned,
    EventType.POINTS_REDEEMED: PointsRedeemed,
    EventType.POINTS_HELD: PointsHeld,
    EventType.POINTS_CAPTURED: PointsCaptured,
    EventType.HOLD_RELEASED: HoldReleased,
    EventType.ENTRY_REVERSED: EntryReversed,
    EventType.POINTS_CONFIRMED: PointsConfirmed,
    EventType.POINTS_ADJUSTED: PointsAdjusted,
    EventType.MEMBER_REFERRED: MemberReferred,
    EventType.REFERRAL_LINKED: ReferralLinked,
    EventType.REFERRAL_REWARDED: ReferralRewarded,
    EventType.TIER_REVIEWED: TierReviewed,
    EventType.MEMBER_FROZEN: MemberFrozen,
    EventType.MEMBER_UNFROZEN: MemberUnfrozen,
    EventType.POINTS_EXPIRED: PointsExpired,
    EventType.POINTS_SETTLED: PointsSettled,
    EventType.TIER_CHANGED: TierChanged,
    EventType.ORDER_PLACED: OrderPlaced,
    EventType.ORDER_PAID: OrderPaid,
    EventType.ORDER_FULFILLED: OrderFulfilled,
    EventType.ORDER_SHIPPED: OrderShipped,
    EventType.ORDER_DELIVERED: OrderDelivered,
    EventType.ORDER_CANCELLED: OrderCancelled,
    EventType.COUPON_ISSUED: CouponIssued,
    EventType.COUPON_WRITTEN_OFF: CouponWrittenOff,
    EventType.PACK_GIVEN: PackGiven,
    EventType.POINTS_EXPIRING: PointsExpiring,
    EventType.MEMBER_DORMANT: MemberDormant,
}

OF_NOTICES = frozenset({EventType.POINTS_EXPIRING, EventType.MEMBER_DORMANT})
"""No entry made these, so they have no `seq`."""
