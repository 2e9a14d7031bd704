"""The shape of every answer, for the OpenAPI document and the tests that hold our rendering to it.

Nothing here runs in Lambda: answers are rendered by :mod:`points.http.rendering` as plain dictionaries.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from points.domain.entries import Kind
from points.domain.errors import PointsError
from points.http.problems import EDGE_CODES

type Points = Annotated[int, Field(description="Whole points.")]
type MomentText = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="RFC 3339 in UTC.")]
type DayText = Annotated[str, Field(json_schema_extra={"format": "date"}, description="A day of the program.")]
type AmountText = Annotated[str, Field(description="Money as a decimal string.", examples=["128.00"])]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Balance(_Answer):
    """`available` can be spent now; `owed` is repaid by the next earnings."""

    available: Points
    pending: Points
    held: Points
    owed: Points


class Changes(_Answer):
    """What an entry changed (±)."""

    available: Points
    pending: Points
    held: Points
    owed: Points


class Expiring(_Answer):
    """Points whose last day is `on`."""

    on: DayText
    points: Points


class BalanceAnswer(Balance):
    """The balance at `as_of`, and what of it expires when."""

    expiring: list[Expiring]
    as_of: MomentText


class Line(_Answer):
    """What one rule paid."""

    rule: str
    points: Points


class Unpaid(_Answer):
    """A rule that did not pay, and why."""

    rule: str
    why: Literal["below_minimum", "more_needed", "rounded_to_zero"]


class LotChange(_Answer):
    """Points of one lot the member has more or less of. `expires_on` null: they never expire."""

    expires_on: DayText | None
    earned_in: str = Field(description="The month they were earned in.", examples=["2026-11"])
    points: Points


class EntryName(_Answer):
    kind: Kind
    reference: str


class EntryDetails(BaseModel):
    """Facts of the entry's kind; which ones are there depends on it."""

    model_config = ConfigDict(extra="allow")

    behaviour: str | None = None
    amount: AmountText | None = None
    quantity: int | None = None
    occurred_at: MomentText | None = None
    unpaid: list[Unpaid] | None = None
    reward: str | None = None
    price: Points | None = None
    points: Points | None = None
    released: Points | None = None
    expires_at: MomentText | None = None
    reversed: Points | None = Field(None, description="What a reversal stands for, owed and waived points included.")
    waived: Points | None = None
    spent: list[LotChange] | None = Field(None, description="What was spent, where `lots` shows more than that.")
    frozen: list[Literal["earning", "redeeming"]] | None = None


class Entry(_Answer):
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


class MovementAnswer(_Answer):
    """A booked movement. A replay is the same body, with status 200 and `Idempotent-Replayed: true`."""

    entry: Entry
    balance: Balance


class Redeemable(_Answer):
    reward: str
    price: Points


class EarnedAnswer(MovementAnswer):
    """`redeemable` is what the member could get with the balance right after."""

    redeemable: list[Redeemable]


class Fault(_Answer):
    """`path` is a JSON pointer into the body, `?name` for a query parameter, `{name}` for a path parameter."""

    path: str
    code: str
    message: str


def _leaves(kind: type[PointsError]) -> set[type[PointsError]]:
    """Every error the domain knows that nothing is derived from, and those in between that are raised themselves."""
    below = {leaf for child in kind.__subclasses__() for leaf in _leaves(child)}
    return below | ({kind} if not below or kind.code == "invalid_request" else set())


CODES = sorted({leaf.code for leaf in _leaves(PointsError)} | set(EDGE_CODES))


class Problem(BaseModel):
    """RFC 9457. The figures a caller needs (`available`, `required`, …) are members beside these."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:problem-type:points-ledger:insufficient_points"])
    title: str = Field(description="In the caller's language (`Accept-Language`: en or zh-CN).")
    status: int
    code: Annotated[str, Field(json_schema_extra={"enum": list(CODES)})]
    detail: str | None = None
    faults: list[Fault] | None = None


class BatchItem(_Answer):
    """201 booked, 200 booked before, otherwise the problem of this event alone."""

    status: int
    reference: str | None
    entry: Entry | None = None
    balance: Balance | None = None
    redeemable: list[Redeemable] | None = None
    problem: Problem | None = None


class BatchAnswer(_Answer):
    """One item per event, in the order they were sent."""

    items: list[BatchItem]


class PreviewAnswer(_Answer):
    """What the event would pay, and the balance it would leave. Nothing was written."""

    points: Points
    lines: list[Line]
    unpaid: list[Unpaid]
    balance: Balance


class Profile(_Answer):
    locale: str | None
    birthday: DayText | None
    real_name_verified: bool
    email: str | None
    phone: str | None
    attributes: dict[str, str | int | bool]
    opt_out: bool


class MemberAnswer(_Answer):
    """`frozen` is what a frozen member cannot do. The profile is empty after an erasure."""

    member: str
    status: Literal["active", "frozen"]
    frozen: list[Literal["earning", "redeeming"]]
    profile: Profile
    balance: Balance
    as_of: MomentText


class EntriesAnswer(_Answer):
    items: list[Entry]
    next_cursor: str | None


class Offer(_Answer):
    """`refused` is the code a redemption would get now, null if none. `stock_left` null: unlimited."""

    reward: str
    price: Points
    stock_left: int | None
    refused: Literal["out_of_stock", "member_frozen", "insufficient_points"] | None


class RewardsAnswer(_Answer):
    items: list[Offer]


class Order(_Answer):
    reference: str
    member: str
    reward: str
    quantity: int
    points: Points
    state: Literal["placed", "cancelled"]
    placed_at: MomentText
    updated_at: MomentText


class OrdersAnswer(_Answer):
    items: list[Order]
    next_cursor: str | None


class OrderAnswer(MovementAnswer):
    order: Order


class Hold(_Answer):
    """`points` in all; once ended, `captured` of them are spent and `released` are back."""

    reference: str
    state: Literal["held", "captured", "released"]
    points: Points
    captured: Points
    released: Points
    expires_at: MomentText | None


class HoldAnswer(MovementAnswer):
    hold: Hold


class DraftAnswer(_Answer):
    document: dict[str, Any]
    revision: int
    saved_at: MomentText
    saved_by: str


class VersionSummary(_Answer):
    version: int
    revision: int = Field(description="Of the draft it was made from.")
    published_at: MomentText
    published_by: str


class VersionAnswer(VersionSummary):
    document: dict[str, Any]


class VersionsAnswer(_Answer):
    items: list[VersionSummary]
    next_cursor: str | None


MADE: dict[str, type[BaseModel]] = {
    "post_event": EarnedAnswer,
    "reverse_entry": MovementAnswer,
    "redeem_reward": OrderAnswer,
    "cancel_order": OrderAnswer,
    "hold_points": HoldAnswer,
    "capture_hold": HoldAnswer,
    "release_hold": HoldAnswer,
    "adjust_points": MovementAnswer,
    "freeze_member": MovementAnswer,
    "unfreeze_member": MovementAnswer,
    "publish_draft": VersionSummary,
    "enrol_member": MemberAnswer,
}
"""By operation: answered 201 the first time and 200 again, with the same body (a member's is the current one)."""

READ: dict[str, type[BaseModel] | None] = {
    "read_member": MemberAnswer,
    "erase_member": None,
    "read_balance": BalanceAnswer,
    "list_entries": EntriesAnswer,
    "post_event_batch": BatchAnswer,
    "preview_event": PreviewAnswer,
    "list_rewards": RewardsAnswer,
    "list_orders": OrdersAnswer,
    "read_order": Order,
    "read_draft": DraftAnswer,
    "save_draft": DraftAnswer,
    "read_config": VersionAnswer,
    "list_versions": VersionsAnswer,
    "read_version": VersionAnswer,
}
"""By operation: answered 200, or 204 where there is nothing to say."""
