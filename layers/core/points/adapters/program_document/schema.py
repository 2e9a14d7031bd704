"""The shape of a program document. Every model refuses what it does not know, and converts nothing.

Amounts of money are decimal strings, multipliers too ("1.5"); dates are program-local days, both ends included.
Where a place takes one of several shapes, a function of the value alone says which one it is measured against, so
that a wrong value is one fault and not one for each shape it could have had.
"""

import re
from datetime import date
from typing import Annotated, Any, Final, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, field_validator
from pydantic_core import PydanticCustomError

from points.domain.ledger.coupons import MAX_COUPONS
from points.domain.limits import MAX_HOLD_SECONDS, MAX_POINTS, MAX_QUANTITY
from points.domain.money import Rounding
from points.domain.program.coupons import CodeSource
from points.domain.program.multipliers import Combination
from points.domain.program.refunds import ShortfallPolicy
from points.domain.program.rewards import Loop, RewardKind
from points.domain.program.risk import RiskAction, Velocity
from points.domain.program.tasks import Counted
from points.domain.program.texts import MAX_BODY, MAX_SUBJECT
from points.domain.program.tiers import StepDown, TierMetric
from points.domain.program.windows import Window

MAX_PENDING_DAYS = 90
"""A return window, not a savings plan; it also bounds the pending lots of an account."""

MAX_RULES = 200

NAME = r"^[a-z][a-z0-9_-]{0,47}$"
LEVEL_NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,23}$"
ATTRIBUTE_NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,47}$"
AMOUNT = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$"
MULTIPLIER = r"^(0|[1-9][0-9]{0,2})(\.[0-9]{1,3})?$"
CURRENCY_CODE = r"^[A-Z]{3}$"

type Name = Annotated[str, Field(pattern=NAME)]
type LevelName = Annotated[str, Field(pattern=LEVEL_NAME)]
type AttributeName = Annotated[str, Field(pattern=ATTRIBUTE_NAME)]
type Points = Annotated[int, Field(ge=1, le=MAX_POINTS)]
type AmountText = Annotated[str, Field(pattern=AMOUNT, description="a decimal string")]
type MultiplierText = Annotated[str, Field(pattern=MULTIPLIER, description="a decimal string, at most three decimals")]
type PendingDays = Annotated[int, Field(ge=0, le=MAX_PENDING_DAYS)]
type Shards = Annotated[int, Field(ge=1, le=64)]
type Text = Annotated[str, Field(min_length=1, max_length=200)]
type Language = Literal["en", "zh-CN"]
type Title = dict[Language, Text]
type Description = dict[Language, Annotated[str, Field(min_length=1, max_length=2_000)]]
type PictureUrl = Annotated[str, Field(pattern=r"^https://[!-~]{1,500}$")]
type Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

WEEKDAYS: Final = get_args(Weekday.__value__)
LANGUAGES: Final = get_args(Language.__value__)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CurrencyDocument(Strict):
    """``decimals`` of the minor unit: 2 for CNY, 0 for JPY, 3 for KWD."""

    code: Annotated[str, Field(pattern=CURRENCY_CODE)]
    decimals: Annotated[int, Field(ge=0, le=4)]


# ── expiry ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class EndOfYearDocument(Strict):
    """Policy (a): earned in year Y, good until the end of Y + years."""

    type: Literal["end_of_year"]
    years: Annotated[int, Field(ge=0, le=50)] = 1


class EndOfMonthDocument(Strict):
    """Policy (b): earned in month M, good until the end of the month that many months later."""

    type: Literal["end_of_month"]
    months: Annotated[int, Field(ge=0, le=600)] = 12


class AfterDaysDocument(Strict):
    """Policy (c), in days."""

    type: Literal["after_days"]
    days: Annotated[int, Field(ge=1, le=18_250)]


class AfterMonthsDocument(Strict):
    """Policy (c), in months."""

    type: Literal["after_months"]
    months: Annotated[int, Field(ge=1, le=600)]


class YearlyClearingDocument(Strict):
    """Policy (d): each year on that date, what the previous calendar year earned is cleared."""

    type: Literal["yearly_clearing"]
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]


class NeverDocument(Strict):
    """Policy (e)."""

    type: Literal["never"]


class ByActivityDocument(Strict):
    """Policy (f): the whole balance is good for so many months after the last activity: an event of one of the
    ``behaviours``, or any event that pays where none is named. For the program only, not for a rule of its own."""

    type: Literal["by_activity"]
    months: Annotated[int, Field(ge=1, le=600)]
    # Lax only here: an array arrives as a list.
    behaviours: Annotated[tuple[Name, ...], Field(max_length=50, strict=False)] = ()


type ExpiryDocument = Annotated[
    EndOfYearDocument
    | EndOfMonthDocument
    | AfterDaysDocument
    | AfterMonthsDocument
    | YearlyClearingDocument
    | ByActivityDocument
    | NeverDocument,
    Field(discriminator="type"),
]

# ── conditions ──────────────────────────────────────────────────────────────────────────────────────────────────────

MAX_TEXT = 256


def _value_kind(value: Any) -> str:
    match value:
        case bool():
            return "flag"
        case int():
            return "number"
        case list():
            return "list"
        case None:
            return "nothing"
        case _:
            return "text"


def _is_a_value(value: Any) -> Any:
    if not isinstance(value, bool | int | str | list | None):
        raise PydanticCustomError("value_type", "must be a text, a whole number, true, false or a list of those")
    return value


type ScalarDocument = Annotated[
    Annotated[bool, Tag("flag")]
    | Annotated[int, Field(ge=-MAX_POINTS, le=MAX_POINTS), Tag("number")]
    | Annotated[str, Field(max_length=MAX_TEXT), Tag("text")],
    Discriminator(_value_kind),
    BeforeValidator(_is_a_value),
]

type ValuesDocument = Annotated[
    Annotated[bool, Tag("flag")]
    | Annotated[int, Field(ge=-MAX_POINTS, le=MAX_POINTS), Tag("number")]
    | Annotated[str, Field(max_length=MAX_TEXT), Tag("text")]
    | Annotated[list[ScalarDocument], Field(min_length=1, max_length=100), Tag("list")]
    | Annotated[None, Tag("nothing")],
    Discriminator(_value_kind),
    BeforeValidator(_is_a_value),
]


class TestDocument(Strict):
    """One field against a value (a list of values for ``in`` and ``not_in``, none for ``present`` and ``absent``).

    Fields: ``amount`` (a decimal string), ``quantity``, ``attribute.NAME`` of the event, ``member.NAME`` of the profile
    (declared in ``member_attributes``), ``tier``, ``segment`` (by name), ``real_name_verified``, ``birthday``, and the
    program-local ``hour``, ``weekday`` (1 Monday … 7), ``day_of_month``, ``month``.
    """

    field: Annotated[str, Field(min_length=1, max_length=80)]
    op: Literal[
        "equals", "not_equals", "at_least", "at_most", "more_than", "less_than", "in", "not_in", "present", "absent"
    ]
    value: ValuesDocument = None


class AllDocument(Strict):
    """Every one of them holds."""

    all: Annotated[list["ConditionDocument"], Field(min_length=1, max_length=20)]


class AnyDocument(Strict):
    """At least one of them holds."""

    any: Annotated[list["ConditionDocument"], Field(min_length=1, max_length=20)]


def condition_kind(value: Any) -> str:
    """By its keys: ``all``, ``any``, or a ``test``."""
    keys = value if isinstance(value, dict) else vars(value) if isinstance(value, BaseModel) else {}
    return "all" if "all" in keys else "any" if "any" in keys else "test"


type ConditionDocument = Annotated[
    Annotated[TestDocument, Tag("test")] | Annotated[AllDocument, Tag("all")] | Annotated[AnyDocument, Tag("any")],
    Discriminator(condition_kind),
]

# ── what is paid ────────────────────────────────────────────────────────────────────────────────────────────────────


class FixedDocument(Strict):
    """So many points for each occurrence."""

    type: Literal["fixed"]
    points: Points


class PerOccurrencesDocument(Strict):
    """So many points for every ``every`` occurrences."""

    type: Literal["per_occurrences"]
    points: Points
    every: Annotated[int, Field(ge=2, le=MAX_QUANTITY)]


class PerAmountDocument(Strict):
    """So many points per ``per`` of money, rounded as named; nothing below ``minimum``."""

    type: Literal["per_amount"]
    points: Points
    per: AmountText
    # Lax only here and below: an enumeration arrives as its text.
    rounding: Annotated[Rounding, Field(strict=False)]
    minimum: AmountText = "0"


class StreakDocument(Strict):
    """Points for the 1st, 2nd, … consecutive day; after the last step the ladder stays there, or starts anew."""

    type: Literal["streak"]
    steps: Annotated[list[Points], Field(min_length=1, max_length=366)]
    after_last: Literal["stay", "start_anew"] = "stay"


type ValueDocument = Annotated[
    FixedDocument | PerOccurrencesDocument | PerAmountDocument | StreakDocument, Field(discriminator="type")
]


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def written_as_a_day(value: Any) -> Any:
    # A date type would also take a moment, or a number of seconds, and find a day in it.
    if value is not None and not (isinstance(value, str) and _DAY.fullmatch(value)):
        raise PydanticCustomError("day_as_text", 'must be a day written as "2026-11-11"')
    return value


class Dated(Strict):
    """``from`` and ``to`` are program-local days, both included."""

    from_: Annotated[date | None, Field(alias="from", strict=False)] = None
    to: Annotated[date | None, Field(strict=False)] = None

    @field_validator("from_", "to", mode="before")
    @classmethod
    def _written_as_a_day(cls, value: Any) -> Any:
        return written_as_a_day(value)


class BehaviourDocument(Strict):
    """What a member can do. ``core`` behaviours are the reason the product exists."""

    core: bool = False
    title: Title = {}


class FlagDocument(Strict):
    """True or false."""

    type: Literal["flag"]


class NumberDocument(Strict):
    """A whole number."""

    type: Literal["number"]


class CodeDocument(Strict):
    """An identifier: letters, digits and ``. _ : / -``, at most 64."""

    type: Literal["code"]


class ChoiceDocument(Strict):
    """One of these texts."""

    type: Literal["choice"]
    of: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(min_length=1, max_length=50)]


type EventAttributeDocument = Annotated[
    FlagDocument | NumberDocument | CodeDocument | ChoiceDocument, Field(discriminator="type")
]


class CapDocument(Strict):
    """At most so many occurrences, or points, for one member in a window. Of what is paid for every so many
    occurrences, an occurrence is a payment."""

    per: Annotated[Window, Field(strict=False)]
    occurrences: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    points: Points | None = None


class RuleDocument(Dated):
    """What a behaviour is worth, and when."""

    id: Name
    behaviour: Name
    value: ValueDocument
    title: Title = {}
    when: ConditionDocument | None = None
    caps: Annotated[list[CapDocument], Field(max_length=10)] = []
    pending_days: PendingDays = 0
    expiry: ExpiryDocument | None = None
    multiplied: bool = True


def _number_or_text(value: Any) -> str:
    return "text" if isinstance(value, str) else "number"


class TaskDocument(Dated):
    """Pays once per window when the target is met. ``target`` is a decimal string where amounts are counted."""

    id: Name
    behaviours: Annotated[list[Name], Field(min_length=1, max_length=50)]
    counts: Annotated[Counted, Field(strict=False)] = Counted.EVENTS
    target: Annotated[
        Annotated[int, Field(ge=1, le=10**9), Tag("number")] | Annotated[AmountText, Tag("text")],
        Discriminator(_number_or_text),
    ]
    per: Annotated[Window, Field(strict=False)]
    points: Points
    title: Title = {}
    when: ConditionDocument | None = None
    expiry: ExpiryDocument | None = None


class CampaignDocument(Dated):
    """A dated multiplier or bonus. ``budget`` is a hard limit over all members; ``budget_shards`` counters share it;
    ``caps`` bound what it pays one member."""

    id: Name
    behaviours: Annotated[list[Name], Field(min_length=1, max_length=50)]
    multiplier: MultiplierText | None = None
    bonus: Points | None = None
    title: Title = {}
    when: ConditionDocument | None = None
    budget: Points | None = None
    budget_shards: Shards = 1
    caps: Annotated[list[CapDocument], Field(max_length=10)] = []
    expiry: ExpiryDocument | None = None


class MultipliersDocument(Strict):
    """How tier, birthday and campaign multipliers combine on one event; ``birthday`` is everybody's."""

    combination: Annotated[Combination, Field(strict=False)] = Combination.HIGHEST
    rounding: Annotated[Rounding, Field(strict=False)] = Rounding.DOWN
    birthday: MultiplierText = "1"


class PackItemDocument(Strict):
    """So many of a reward."""

    reward: Name
    quantity: Annotated[int, Field(ge=1, le=MAX_COUPONS)] = 1


class LevelDocument(Strict):
    """A tier. ``from`` in points, or a decimal string where tiers go by spend; 0 for the first. ``formerly`` are ids of
    levels there were, whose members are on this one. ``monthly_pack`` is given on the first day of each month."""

    id: LevelName
    from_: Annotated[
        Annotated[int, Field(ge=0, le=MAX_POINTS), Tag("number")] | Annotated[AmountText, Tag("text")],
        Discriminator(_number_or_text),
        Field(alias="from"),
    ]
    multiplier: MultiplierText = "1"
    birthday_multiplier: MultiplierText = "1"
    formerly: Annotated[list[LevelName], Field(max_length=20)] = []
    monthly_pack: Annotated[list[PackItemDocument], Field(max_length=5)] = []
    title: Title = {}


class ReviewDocument(Strict):
    """At the end of each calendar year, ``grace_days`` later."""

    grace_days: Annotated[int, Field(ge=0, le=180)] = 0
    step_down: Annotated[StepDown, Field(strict=False)] = StepDown.TO_REACHED


class TiersDocument(Strict):
    """By points earned or core spend: in a lifetime, in the calendar year, or in the last ``months`` months."""

    by: Annotated[TierMetric, Field(strict=False)]
    window: Literal["lifetime", "calendar_year", "months"]
    months: Annotated[int, Field(ge=1, le=36)] | None = None
    levels: Annotated[list[LevelDocument], Field(min_length=1, max_length=20)]
    review: ReviewDocument = ReviewDocument()


class SegmentDocument(Strict):
    """``from`` is a decimal string of core spend; "0" for the first."""

    id: LevelName
    from_: Annotated[AmountText, Field(alias="from")]
    title: Title = {}


class SegmentsDocument(Strict):
    """By core spend over the last ``months`` months, the current one included."""

    months: Annotated[int, Field(ge=1, le=36)]
    levels: Annotated[list[SegmentDocument], Field(min_length=1, max_length=10)]


class RiskDocument(Strict):
    """More than ``more_than`` in a window triggers the action. No behaviours means all of them."""

    id: Name
    counts: Annotated[Velocity, Field(strict=False)]
    per: Annotated[Window, Field(strict=False)]
    more_than: Annotated[int, Field(ge=1, le=MAX_POINTS)]
    action: Annotated[RiskAction, Field(strict=False)]
    behaviours: Annotated[list[Name], Field(max_length=50)] = []
    pending_days: PendingDays = 0


class ReferralDocument(Strict):
    """What both sides get, when the newcomer is linked, or first does ``qualifying_behaviour``."""

    newcomer_points: Annotated[int, Field(ge=0, le=MAX_POINTS)]
    referrer_points: Annotated[int, Field(ge=0, le=MAX_POINTS)]
    qualifying_behaviour: Name | None = None
    maximum_per_referrer: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    expiry: ExpiryDocument | None = None


class MemberLimitDocument(Strict):
    """So many for each member in a window."""

    per: Literal["day", "week", "month", "year", "lifetime"]
    maximum: Annotated[int, Field(ge=1, le=1_000_000)]


class CouponDocument(Strict):
    """That each of a reward is a code: ``generated`` when it is issued, or taken from a ``pool`` that codes are
    imported into. Good for ``valid_days`` after the day of issue and until ``valid_until``, whichever ends first."""

    source: Annotated[CodeSource, Field(strict=False)]
    pool: Name | None = None
    valid_days: Annotated[int, Field(ge=0, le=3_650)] | None = None
    valid_until: Annotated[date | None, Field(strict=False), BeforeValidator(written_as_a_day)] = None


class RewardDocument(Strict):
    """``price`` in points, ``prices`` those of tiers that pay another, by level. ``cash`` is money beside the points.
    ``stock`` is what there is in all, ``stock_per_day`` on each program-local day; ``stock_shards`` counters share
    each of them, for rewards that many members want in the same second. ``months``: how long a membership lasts."""

    price: Points
    prices: Annotated[dict[LevelName, Points], Field(max_length=20)] = {}
    cash: AmountText | None = None
    stock: Annotated[int, Field(ge=0, le=10**9)] | None = None
    stock_per_day: Annotated[int, Field(ge=1, le=10**9)] | None = None
    stock_shards: Shards = 1
    limits: Annotated[list[MemberLimitDocument], Field(max_length=5)] = []
    kind: Annotated[RewardKind, Field(strict=False)] = RewardKind.GOODS
    loop: Annotated[Loop, Field(strict=False)] = Loop.CLOSED
    months: Annotated[int, Field(ge=1, le=600)] | None = None
    coupon: CouponDocument | None = None
    from_: Annotated[date | None, Field(alias="from", strict=False)] = None
    to: Annotated[date | None, Field(strict=False)] = None
    title: Title = {}
    description: Description = {}
    pictures: Annotated[list[PictureUrl], Field(max_length=10)] = []
    when: ConditionDocument | None = None


class FirstRedemptionDocument(Strict):
    """What a member's first redemption costs less, rounded down to whole points."""

    percent_off: Annotated[int, Field(ge=1, le=99)]
    maximum_points: Points | None = None


class OffsetDocument(Strict):
    """Points that pay part of an order (积分抵现): of an order of ``minimum_order`` at least, never more than its
    share, in whole steps, ``minimum_points`` at least, and on one day no more than ``points_per_day``."""

    minimum_order: AmountText = "0"
    maximum_share_percent: Annotated[int, Field(ge=1, le=100)] = 100
    step: Points = 1
    minimum_points: Points = 1
    real_name_only: bool = False
    points_per_day: Points | None = None


# ── reminders ───────────────────────────────────────────────────────────────────────────────────────────────────────

TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"

type TimeOfDay = Annotated[str, Field(pattern=TIME_OF_DAY, description="program-local, as 09:30")]


class QuietHoursDocument(Strict):
    """Nobody is told anything from ``from`` until before ``to``, over midnight where that is the earlier one."""

    from_: Annotated[TimeOfDay, Field(alias="from")]
    to: TimeOfDay


class DormancyDocument(Strict):
    """Who has points and has done nothing for ``after_days``, and again every ``again_after_days``."""

    after_days: Annotated[int, Field(ge=1, le=3_650)]
    again_after_days: Annotated[int, Field(ge=7, le=3_650)] | None = None


class TextDocument(Strict):
    """With ``{points}``, ``{date}``, ``{days}``, ``{reward}`` and ``{program}`` to be filled in."""

    subject: Annotated[str, Field(min_length=1, max_length=MAX_SUBJECT)]
    body: Annotated[str, Field(min_length=1, max_length=MAX_BODY)]


class TextsDocument(Strict):
    """Own words, in every language of the program or in none."""

    expiring: dict[Language, TextDocument] = {}
    dormant: dict[Language, TextDocument] = {}


class RemindersDocument(Strict):
    """``lead_days``: so many days before the last day of points, at the time ``at``. The event bus is always told;
    ``channels`` are further ways."""

    lead_days: Annotated[list[Annotated[int, Field(ge=1, le=365)]], Field(max_length=5)] = []
    at: TimeOfDay = "10:00"
    quiet_hours: QuietHoursDocument | None = None
    channels: Annotated[list[Literal["email", "sms"]], Field(max_length=2)] = []
    dormant: DormancyDocument | None = None
    texts: TextsDocument = TextsDocument()


class ProgramDocument(Strict):
    """One points currency with its rules."""

    time_zone: Annotated[str, Field(max_length=64)]
    languages: Annotated[list[Language], Field(min_length=1, max_length=2)] = ["en", "zh-CN"]
    title: Title = {}
    week_starts_on: Weekday = "monday"
    currency: CurrencyDocument
    ratio: Annotated[int, Field(ge=1, le=1_000_000, description="points per currency unit")]
    expiry: ExpiryDocument
    behaviours: Annotated[dict[Name, BehaviourDocument], Field(min_length=1, max_length=200)]
    rules: Annotated[list[RuleDocument], Field(max_length=MAX_RULES)] = []
    tasks: Annotated[list[TaskDocument], Field(max_length=100)] = []
    campaigns: Annotated[list[CampaignDocument], Field(max_length=100)] = []
    multipliers: MultipliersDocument = MultipliersDocument()
    tiers: TiersDocument | None = None
    segments: SegmentsDocument | None = None
    risk: Annotated[list[RiskDocument], Field(max_length=50)] = []
    referral: ReferralDocument | None = None
    rewards: Annotated[dict[Name, RewardDocument], Field(max_length=1_000)] = {}
    first_redemption: FirstRedemptionDocument | None = None
    offset: OffsetDocument | None = None
    exchange_at_expiry: Annotated[list[Name], Field(max_length=10)] = []
    reminders: RemindersDocument | None = None
    shortfall: Annotated[ShortfallPolicy, Field(strict=False)] = ShortfallPolicy.OWE
    expired_return_days: Annotated[int, Field(ge=0, le=365)] | None = None
    spendable_days: Annotated[int, Field(ge=0, le=90)] = 1
    refund_days: Annotated[int, Field(ge=0, le=180)] = 30
    backdating_days: Annotated[int, Field(ge=0, le=60)] = 7
    hold_seconds: Annotated[int, Field(ge=1, le=MAX_HOLD_SECONDS)] = 900
    member_attributes: Annotated[list[Name], Field(max_length=8)] = []
    event_attributes: Annotated[dict[AttributeName, EventAttributeDocument], Field(max_length=16)] = {}
    clients: Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=50)] = []

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if not _is_zone(value):
            raise PydanticCustomError("unknown_time_zone", "is not a time zone of the IANA database")
        return value


def _is_zone(name: str) -> bool:
    # The machine's own zone, and what is there for other machines, lie in the same folder as the zones.
    if name in {"localtime", "posixrules", "Factory"} or name.startswith(("posix/", "right/")):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def json_schema() -> dict[str, Any]:
    """The schema that is published: what an editor or a client can check before it asks us."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ProgramDocument.model_json_schema()}
