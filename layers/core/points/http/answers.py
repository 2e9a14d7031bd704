"""The shape of every answer, for the OpenAPI document and the tests that hold our rendering to it.

Nothing here runs in Lambda: answers are rendered by :mod:`points.http.rendering` as plain dictionaries.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from points.domain.errors import PointsError
from points.domain.evaluation.evaluation import Why
from points.domain.ledger.entries import Kind
from points.domain.movements.adjusting import Category
from points.domain.program.differences import Change
from points.domain.program.tasks import Counted
from points.domain.program.windows import Window
from points.http.problems import EDGE_CODES

type Points = Annotated[int, Field(description="Whole points.")]
type MomentText = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="RFC 3339 in UTC.")]
type DayText = Annotated[str, Field(json_schema_extra={"format": "date"}, description="A day of the program.")]
type Figure = Annotated[
    int | str, Field(description="A whole number, or money as a decimal string where amounts count.")
]
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


class PreviewLine(Line):
    """`capped`: a cap of the rule left less of it than it is worth."""

    capped: bool


class Unpaid(_Answer):
    """A rule, task or campaign that did not pay, and why."""

    rule: str
    why: Why


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
    unpaid: list[Unpaid] | None = Field(None, description="The reasons worth keeping; a dry run gives them all.")
    attributes: dict[str, str | int | bool] | None = Field(None, description="Of the event, those that rules ask for.")
    tier: str | None = Field(None, description="The tier this entry led to.")
    before: str | None = Field(None, description="The tier before a review.")
    risk: list[str] | None = Field(None, description="The risk rules that were triggered.")
    referrer: str | None = None
    newcomer: str | None = None
    category: Category | None = Field(None, description="What an adjustment was for.")
    confirmed: Points | None = None
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
    """What the event would pay, every rule that would not, and the balance it would leave. Nothing was written.
    Campaigns are taken to have what they need of their budgets."""

    points: Points
    lines: list[PreviewLine]
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
    """`frozen` is what a frozen member cannot do. `tier` and `segment` are null where the program has none. The profile
    is empty after an erasure."""

    member: str
    status: Literal["active", "frozen"]
    frozen: list[Literal["earning", "redeeming"]]
    tier: str | None
    segment: str | None
    profile: Profile
    balance: Balance
    as_of: MomentText


class TaskProgress(_Answer):
    """`progress` of `target` in the current window, which can be met until the end of `ends_on` (null: for ever)."""

    task: str
    counts: Counted
    progress: Figure
    target: Figure
    paid: bool
    points: Points
    per: Window
    ends_on: DayText | None


class StreakProgress(_Answer):
    """`days` in a row up to today, or up to yesterday while today can still continue it. `next_points` is what the next
    day pays."""

    rule: str
    days: int
    counted_today: bool
    next_points: Points


class ProgressAnswer(_Answer):
    tasks: list[TaskProgress]
    streaks: list[StreakProgress]


class NextTier(_Answer):
    tier: str
    threshold: Figure
    missing: Figure


class TierAnswer(_Answer):
    """`metric` is what counts for the tier: points, or core spend. `review_on` is the day from which a review may take
    the tier down; spending never does. `next` is null at the top. Null all of them where the program has no tiers."""

    tier: str | None
    since: DayText | None
    review_on: DayText | None
    metric: Figure | None
    next: NextTier | None
    segment: str | None


class TierChange(_Answer):
    """From `since` on, because of the member's entry `seq`."""

    tier: str
    since: DayText
    seq: int


class TierHistoryAnswer(_Answer):
    items: list[TierChange]
    next_cursor: str | None


class EntriesAnswer(_Answer):
    items: list[Entry]
    next_cursor: str | None


class Offer(_Answer):
    """`refused` is the code a redemption would get now, null if none. `stock_left` null: unlimited."""

    reward: str
    price: Points
    stock_left: int | None
    refused: Literal["not_available_yet", "out_of_stock", "member_frozen", "not_eligible", "insufficient_points"] | None


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
    revision: int = Field(description="Of the draft it was made from; 0 for one that restores another.")
    published_at: MomentText
    published_by: str
    restores: int | None = Field(description="The version this one rolled back to.")


class VersionAnswer(VersionSummary):
    document: dict[str, Any]


class VersionsAnswer(_Answer):
    items: list[VersionSummary]
    next_cursor: str | None


class VerdictAnswer(_Answer):
    """`faults` prevent publishing, `warnings` say what will not work yet; the first 1,000 of each. What a document may
    not change about the live version, and that it names the client who publishes, is only checked by publishing."""

    faults: list[Fault]
    warnings: list[Fault]


class Difference(_Answer):
    """`path` is a JSON pointer in which items that have an `id` go by it: `/rules/check_in/caps`."""

    path: str
    change: Change
    before: Any
    after: Any


class DifferencesAnswer(_Answer):
    """`truncated`: there are more than these 1,000."""

    differences: list[Difference]
    truncated: bool


class Figures(_Answer):
    """What a version pays for the events: points by rule, by segment of the member at that moment (`-`: none) and by
    program-local day, and refused events by code."""

    events: int
    points: Points
    by_rule: dict[str, Points]
    by_segment: dict[str, Points]
    by_day: dict[str, Points]
    refused: dict[str, int]


class SimulationAnswer(_Answer):
    """Every member begins with nothing counted: the figures compare two versions, they do not retell the past.
    `truncated`: there were more events, or more members in the period, than there was time for."""

    draft: Figures
    live: Figures
    truncated: bool


MADE: dict[str, type[BaseModel]] = {
    "post_event": EarnedAnswer,
    "reverse_entry": MovementAnswer,
    "refer_member": MovementAnswer,
    "confirm_points": MovementAnswer,
    "redeem_reward": OrderAnswer,
    "cancel_order": OrderAnswer,
    "hold_points": HoldAnswer,
    "capture_hold": HoldAnswer,
    "release_hold": HoldAnswer,
    "adjust_points": MovementAnswer,
    "freeze_member": MovementAnswer,
    "unfreeze_member": MovementAnswer,
    "publish_draft": VersionSummary,
    "roll_back": VersionSummary,
    "enrol_member": MemberAnswer,
}
"""By operation: answered 201 the first time and 200 again, with the same body (a member's is the current one)."""

READ: dict[str, type[BaseModel] | None] = {
    "read_member": MemberAnswer,
    "erase_member": None,
    "read_balance": BalanceAnswer,
    "list_entries": EntriesAnswer,
    "read_progress": ProgressAnswer,
    "read_tier": TierAnswer,
    "list_tier_changes": TierHistoryAnswer,
    "post_event_batch": BatchAnswer,
    "preview_event": PreviewAnswer,
    "list_rewards": RewardsAnswer,
    "list_orders": OrdersAnswer,
    "read_order": Order,
    "read_draft": DraftAnswer,
    "save_draft": DraftAnswer,
    "compare_draft": DifferencesAnswer,
    "check_document": VerdictAnswer,
    "simulate_draft": SimulationAnswer,
    "read_config": VersionAnswer,
    "list_versions": VersionsAnswer,
    "read_version": VersionAnswer,
    "compare_version": DifferencesAnswer,
}
"""By operation: answered 200, or 204 where there is nothing to say."""
