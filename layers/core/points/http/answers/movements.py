"""Entries, and what every movement answers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from points.domain.evaluation.evaluation import Why
from points.domain.ledger.entries import Kind
from points.domain.movements.adjusting import Category
from points.http.answers.common import AmountText, Answer, DayText, MomentText, Points


class Balance(Answer):
    """`available` can be spent now; `owed` is repaid by the next earnings."""

    available: Points
    pending: Points
    held: Points
    owed: Points


class Changes(Answer):
    """What an entry changed (±)."""

    available: Points
    pending: Points
    held: Points
    owed: Points


class Line(Answer):
    """What one rule paid."""

    rule: str
    title: str | None = Field(description="What the rule, task or campaign is called, in the caller's language.")
    points: Points


class Bonus(Answer):
    """What a refund took back of one task or invitation."""

    rule: str
    points: Points


class Unpaid(Answer):
    """A rule, task or campaign that did not pay, and why."""

    rule: str
    why: Why


class LotChange(Answer):
    """Points of one lot the member has more or less of. `expires_on` null: they never expire."""

    expires_on: DayText | None
    earned_in: str = Field(description="The month they were earned in.", examples=["2026-11"])
    points: Points


class EntryName(Answer):
    kind: Kind
    reference: str


class PackedReward(Answer):
    """What a pack gave."""

    reward: str
    quantity: int


class MissingReward(Answer):
    """What a pack could not give."""

    reward: str
    why: Literal["out_of_stock", "coupon_expired"]


class Cash(Answer):
    """Money beside the points."""

    amount: AmountText
    currency: str


class Entitled(Answer):
    """What an order made the member: `months` of a membership that began on `since`, or a badge."""

    since: DayText
    months: int | None = None
    reserved: bool | None = Field(None, description="A badge, once the order is paid.")


class EntryDetails(BaseModel):
    """Facts of the entry's kind; which ones are there depends on it."""

    model_config = ConfigDict(extra="allow")

    behaviour: str | None = None
    amount: AmountText | None = None
    quantity: int | None = None
    occurred_at: MomentText | None = None
    unpaid: list[Unpaid] | None = Field(None, description="The reasons worth keeping; a dry run gives them all.")
    attributes: dict[str, str | int | bool] | None = Field(
        None, description="Of the event, those the program declares."
    )
    tier: str | None = Field(None, description="The tier this entry led to.")
    since: DayText | None = Field(None, description="Since when the member has that tier.")
    review_on: DayText | None = Field(None, description="The day from which that tier may be reviewed.")
    before: str | None = Field(None, description="The tier before a review.")
    risk: list[str] | None = Field(None, description="The risk rules that were triggered.")
    referrer: str | None = None
    newcomer: str | None = None
    paid: bool | None = Field(None, description="The invitation was paid for at once.")
    rewarded: bool | None = Field(None, description="The referrer was paid for it.")
    category: Category | None = Field(None, description="What an adjustment was for.")
    confirmed: Points | None = None
    reward: str | None = None
    price: Points | None = None
    cash: Cash | None = Field(None, description="What an order costs besides.")
    pay_until: MomentText | None = None
    payment: str | None = Field(None, description="What the caller calls the payment.")
    entitled: Entitled | None = None
    months: int | None = Field(None, description="How long a membership will last, once its order is paid.")
    points: Points | None = None
    released: Points | None = None
    timed_out: bool | None = Field(
        None, description="The hold's time had run out when it was released, or the order's when it was cancelled."
    )
    expires_at: MomentText | None = None
    codes: list[str] | None = Field(None, description="Of the coupons this entry issued.")
    good_until: DayText | None = Field(None, description="The last day of those coupons.")
    pool: str | None = Field(None, description="Where their codes came from.")
    reference: str | None = Field(None, description="That of whoever wrote a coupon off.")
    order: str | None = Field(None, description="The order that coupon was issued with.")
    packed: str | None = Field(None, description="The month of the pack it came with.")
    level: str | None = Field(None, description="The tier whose pack it is.")
    given: list[PackedReward] | None = None
    missing: list[MissingReward] | None = Field(None, description="What a pack was to give and could not.")
    withheld: Literal["frozen", "inactive", "erased"] | None = Field(None, description="Why a pack was not given.")
    missed_since: str | None = Field(None, description="The first month that no sweep came in time for.")
    reversed: Points | None = Field(None, description="What a reversal stands for, owed and waived points included.")
    bonuses: list[Bonus] | None = Field(None, description="What a refund took back of tasks and invitations besides.")
    last: bool | None = Field(None, description="Nothing is left to reverse.")
    waived: Points | None = None
    spent: list[LotChange] | None = Field(None, description="What was spent, where `lots` shows more than that.")
    frozen: list[Literal["earning", "redeeming"]] | None = None
    order_amount: AmountText | None = Field(None, description="Of the order that the points pay part of.")
    discount: AmountText | None = Field(None, description="What the points pay of the order.")
    ratio: int | None = Field(None, description="Points per currency unit when they were held for the order.")
    held_on: DayText | None = Field(None, description="The day on which captured points were held for the order.")
    money: AmountText | None = Field(None, description="What a refund of an order gives back in money.")
    tracking: str | None = Field(None, description="What the carrier calls the parcel.")


class Entry(Answer):
    """One immutable line of the ledger. `points` is the net change of everything the member has."""

    kind: Kind
    reference: str
    reverses: EntryName | None
    member: str
    seq: int = Field(description="Counts the member's entries, without a gap.")
    at: MomentText
    points: Points
    lines: list[Line]
    changes: Changes
    lots: list[LotChange]
    balance: Balance = Field(description="Right after this entry.")
    reason: str | None
    details: EntryDetails
    actor: str
    program_version: int = Field(description="The version of the program that decided it.")
    digest: str = Field(description="SHA-256 over the entry, which includes that of the entry before it.")


class MovementAnswer(Answer):
    """A booked movement. A replay is the same body, with status 200 and `Idempotent-Replayed: true`."""

    entry: Entry
    balance: Balance


class EntriesAnswer(Answer):
    items: list[Entry]
    next_cursor: str | None
