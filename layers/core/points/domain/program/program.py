"""A program: one points currency with its rules, as decisions see it.

It is built from a published document (the adapters parse and validate); everything here is already known to be
well-formed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo

from points.domain.errors import UnknownBehaviour, UnknownReward
from points.domain.money import Currency, Rounding
from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.expiry import ExpiryPolicy
from points.domain.program.windows import Window

WHOLE = 1_000
"""Multipliers are integers in thousandths: 1.5 × is 1,500."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """``points`` for each occurrence."""

    points: int


@dataclass(frozen=True, slots=True)
class PerOccurrences:
    """``points`` for every ``every`` occurrences (50 for 3 photos); the count carries over between events."""

    points: int
    every: int


@dataclass(frozen=True, slots=True)
class PerAmount:
    """``points`` per ``per_minor`` of money, rounded as named: amount × rate (R-EARN-1)."""

    points: int
    per_minor: int
    rounding: Rounding
    minimum_minor: int = 0


@dataclass(frozen=True, slots=True)
class Streak:
    """``steps``: points for the 1st, 2nd, … consecutive day. After the last the ladder starts anew, or stays there."""

    steps: tuple[int, ...]
    starts_anew: bool = False

    def points(self, place: int) -> int:
        """``place`` is 1 for the first day of a run."""
        index = (place - 1) % len(self.steps) if self.starts_anew else min(place, len(self.steps)) - 1
        return self.steps[index]


type Value = Fixed | PerOccurrences | PerAmount | Streak


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a member can do (行为). ``core`` behaviours are the reason the product exists."""

    name: str
    core: bool = False


@dataclass(frozen=True, slots=True)
class Dates:
    """Program-local days, both included; None is open."""

    first: date | None = None
    last: date | None = None

    def include(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Cap:
    """What a rule pays one member at most in a window: occurrences, points, or both. Multipliers come on top. What is
    paid for every so many occurrences counts once for each time it is paid."""

    window: Window
    occurrences: int | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What a behaviour is worth, under which conditions (R-EARN-3). ``pending_days`` > 0 makes its points wait
    (待入账). ``multiplied``: tier, birthday and campaign multipliers apply to it."""

    name: str
    behaviour: str
    value: Value
    when: Condition = ALWAYS
    dates: Dates = Dates()
    caps: tuple[Cap, ...] = ()
    pending_days: int = 0
    expiry: ExpiryPolicy | None = None
    multiplied: bool = True


class Counted(StrEnum):
    """What a task counts."""

    EVENTS = "events"
    QUANTITY = "quantity"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Task:
    """Pays ``points`` once per window, when what it counts reaches ``target`` (minor units for amounts) (R-EARN-5)."""

    name: str
    behaviours: frozenset[str]
    counted: Counted
    target: int
    window: Window
    points: int
    when: Condition = ALWAYS
    dates: Dates = Dates()
    expiry: ExpiryPolicy | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A dated multiplier (thousandths) or bonus on chosen behaviours (R-EARN-6). ``budget`` is the points it may pay
    over all members, exact, counted on ``budget_shards`` counters; None is without limit."""

    name: str
    behaviours: frozenset[str]
    dates: Dates
    multiplier: int | None = None
    bonus: int | None = None
    when: Condition = ALWAYS
    budget: int | None = None
    budget_shards: int = 1
    expiry: ExpiryPolicy | None = None


class Combination(StrEnum):
    """How multipliers that apply together combine (R-EARN-7): the highest alone, one after the other (1.5 × 2 = 3), or
    their extras added (1 + 0.5 + 1 = 2.5)."""

    HIGHEST = "highest"
    MULTIPLY = "multiply"
    ADD = "add"


@dataclass(frozen=True, slots=True)
class Multipliers:
    combination: Combination = Combination.HIGHEST
    rounding: Rounding = Rounding.DOWN


class TierMetric(StrEnum):
    POINTS = "points"
    SPEND = "spend"


class StepDown(StrEnum):
    """What a review does to a member who no longer reaches their tier: one level down, or to the level they reach."""

    ONE_LEVEL = "one_level"
    TO_REACHED = "to_reached"


@dataclass(frozen=True, slots=True)
class Level:
    """A tier. ``threshold`` in points or minor units; multipliers in thousandths."""

    name: str
    threshold: int
    multiplier: int = WHOLE
    birthday_multiplier: int = WHOLE


@dataclass(frozen=True, slots=True)
class Tiers:
    """Levels by what was earned or spent, in a lifetime (``months`` None) or the last ``months`` months including the
    current one; a calendar year is ``months`` 12 with ``calendar_year``. Reviews happen ``grace_days`` after the end
    of each calendar year (R-TIER-1)."""

    metric: TierMetric
    levels: tuple[Level, ...]
    months: int | None = None
    calendar_year: bool = False
    grace_days: int = 0
    step_down: StepDown = StepDown.TO_REACHED


@dataclass(frozen=True, slots=True)
class Segment:
    """Members whose core spend over the program's segment window is at least ``threshold`` minor units."""

    name: str
    threshold: int


@dataclass(frozen=True, slots=True)
class Segments:
    months: int
    levels: tuple[Segment, ...]


class Velocity(StrEnum):
    """What a risk rule counts (R-RISK-3)."""

    EVENTS = "events"
    POINTS = "points"
    REDEMPTIONS = "redemptions"


class RiskAction(StrEnum):
    PEND = "pend"
    REFUSE = "refuse"
    FREEZE = "freeze"


@dataclass(frozen=True, slots=True)
class RiskRule:
    """More than ``more_than`` in a window triggers ``action``. ``behaviours`` empty means all."""

    name: str
    counted: Velocity
    window: Window
    more_than: int
    action: RiskAction
    behaviours: frozenset[str] = frozenset()
    pending_days: int = 0


@dataclass(frozen=True, slots=True)
class ReferralRules:
    """What a referral pays both sides, when the newcomer enrols (``qualifying_behaviour`` None) or first does that."""

    newcomer_points: int
    referrer_points: int
    qualifying_behaviour: str | None = None
    maximum_per_referrer: int | None = None
    expiry: ExpiryPolicy | None = None


@dataclass(frozen=True, slots=True)
class Reward:
    """``price`` in points. ``stock`` None is unlimited; otherwise it is shared out over ``stock_shards`` counters.
    ``when`` says who may have it (V3 and above, real-name members, …). One that is not ``available`` needs an outlet
    that does not exist yet."""

    name: str
    price: int
    stock: int | None = None
    stock_shards: int = 1
    when: Condition = ALWAYS
    available: bool = True


class ShortfallPolicy(StrEnum):
    """When a refund takes back points that are already spent (R-EARN-11)."""

    OWE = "owe"
    TAKE_AVAILABLE = "take_available"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Program:
    """``ratio`` is points per currency unit. ``expired_return_days``: days of grace for a returned lot that expired
    meanwhile; None forfeits it (R-RED-2). ``week_starts_on``: 0 for Monday … 6 for Sunday. ``birthday_multiplier`` in
    thousandths holds for everybody, a tier's where it is higher. ``recorded_attributes`` of events are kept on
    entries, because a rule asks for them; ``member_attributes`` of profiles are known to rules. ``clients`` are the
    client ids that may work in the program."""

    name: str
    version: int
    zone: ZoneInfo
    currency: Currency
    ratio: int
    expiry: ExpiryPolicy
    behaviours: Mapping[str, Behaviour]
    rules: tuple[Rule, ...] = ()
    tasks: tuple[Task, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    multipliers: Multipliers = Multipliers()
    birthday_multiplier: int = WHOLE
    tiers: Tiers | None = None
    segments: Segments | None = None
    risk: tuple[RiskRule, ...] = ()
    referral: ReferralRules | None = None
    rewards: Mapping[str, Reward] = field(default_factory=dict)
    shortfall: ShortfallPolicy = ShortfallPolicy.OWE
    expired_return_days: int | None = None
    backdating_days: int = 7
    hold_seconds: int = 900
    week_starts_on: int = 0
    recorded_attributes: frozenset[str] = frozenset()
    member_attributes: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()

    def behaviour(self, name: str) -> Behaviour:
        try:
            return self.behaviours[name]
        except KeyError:
            raise UnknownBehaviour(f"the program has no behaviour {name!r}", behaviour=name) from None

    def rules_of(self, behaviour: str) -> list[Rule]:
        return [rule for rule in self.rules if rule.behaviour == behaviour]

    def tasks_of(self, behaviour: str) -> list[Task]:
        return [task for task in self.tasks if behaviour in task.behaviours]

    def reward(self, name: str) -> Reward:
        try:
            return self.rewards[name]
        except KeyError:
            raise UnknownReward(f"the program has no reward {name!r}", reward=name) from None

    def affordable(self, points: int) -> list[Reward]:
        """The rewards that many points can buy, dearest first: the hint "see what you can get" (R-EARN-9). Only those
        that anybody may have: a hint must not promise what a redemption would refuse."""
        open_to_all = (reward for reward in self.rewards.values() if reward.available and reward.when == ALWAYS)
        within = (reward for reward in open_to_all if reward.price <= points)
        return sorted(within, key=lambda reward: (-reward.price, reward.name))
