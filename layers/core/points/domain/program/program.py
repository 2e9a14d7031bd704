"""A program: one points currency with its rules, as decisions see it.

It is built from a published document (the adapters parse and validate); everything here is already known to be
well-formed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from points.domain.errors import UnknownBehaviour, UnknownReward
from points.domain.money import Currency
from points.domain.program.attributes import EventAttribute
from points.domain.program.behaviours import Behaviour
from points.domain.program.campaigns import Campaign
from points.domain.program.conditions import ALWAYS
from points.domain.program.expiry import ExpiryPolicy
from points.domain.program.multipliers import WHOLE, Multipliers
from points.domain.program.offsets import OffsetRules
from points.domain.program.owners import Owner, owners_of
from points.domain.program.pooling import PoolRules
from points.domain.program.referral import ReferralRules
from points.domain.program.refunds import ShortfallPolicy
from points.domain.program.reminding import Reminders
from points.domain.program.rewards import FirstRedemption, Reward, RewardKind
from points.domain.program.risk import RiskRule
from points.domain.program.rules import Rule
from points.domain.program.segments import Segments
from points.domain.program.tasks import Task
from points.domain.program.tiers import Tiers
from points.domain.program.transferring import TransferRules


@dataclass(frozen=True, slots=True)
class Program:
    """``ratio`` is points per currency unit. ``expired_return_days``: days of grace, from its own last day on, for a
    returned lot that expired meanwhile; None forfeits it (R-RED-2). ``week_starts_on``: 0 for Monday … 6 for Sunday.
    ``birthday_multiplier`` in thousandths holds for everybody, a tier's where it is higher. ``event_attributes`` are
    kept on entries, whether or not a rule asks for them; ``member_attributes`` of profiles are known to rules.
    ``clients`` are the client ids that may work in the program. ``languages`` are those it speaks, the first of them
    where nobody asks for another; ``title`` is by language.

    ``offset`` says how points may pay part of an order, None where they may not. ``exchange`` names the rewards that
    points may buy for their member instead of expiring. Without ``transfers`` nobody gives points to others; without
    ``pools`` nobody joins one.

    ``spendable_days``: what is paid can be spent for so many days after the day it becomes available, whatever the
    policy says. ``refund_days``: so long after its window a task that paid is still watched for refunds.

    From the versions before: ``counts_from`` is the earliest day for which all that was counted is still known (None:
    any), ``retired`` says who no longer counts since which day.
    """

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
    multipliers: Multipliers = field(default_factory=Multipliers)
    birthday_multiplier: int = WHOLE
    tiers: Tiers | None = None
    segments: Segments | None = None
    risk: tuple[RiskRule, ...] = ()
    referral: ReferralRules | None = None
    rewards: Mapping[str, Reward] = field(default_factory=dict)
    first_redemption: FirstRedemption | None = None
    shortfall: ShortfallPolicy = ShortfallPolicy.OWE
    expired_return_days: int | None = None
    backdating_days: int = 7
    hold_seconds: int = 900
    week_starts_on: int = 0
    spendable_days: int = 1
    refund_days: int = 30
    event_attributes: Mapping[str, EventAttribute] = field(default_factory=dict)
    member_attributes: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ("en", "zh-CN")
    title: Mapping[str, str] = field(default_factory=dict)
    offset: OffsetRules | None = None
    exchange: tuple[str, ...] = ()
    reminders: Reminders | None = None
    transfers: TransferRules | None = None
    pools: PoolRules | None = None
    counts_from: date | None = None
    retired: Mapping[str, date] = field(default_factory=dict)
    owners: Mapping[str, Owner] = field(init=False, compare=False, repr=False)
    titles: Mapping[str, Mapping[str, str]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        owners = owners_of(self.rules, self.tasks, self.campaigns, self.risk)
        object.__setattr__(self, "owners", {owner.name: owner for owner in owners})
        named: tuple[Rule | Task | Campaign, ...] = (*self.rules, *self.tasks, *self.campaigns)
        object.__setattr__(self, "titles", {each.name: each.title for each in named if each.title})

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

    def affordable(self, points: int, today: date) -> list[Reward]:
        """The rewards that many points can buy, dearest first: the hint "see what you can get" (R-EARN-9). Only those
        that anybody may have that day, for points alone: a hint must not promise what a redemption would refuse."""
        open_to_all = (
            reward
            for reward in self.rewards.values()
            if reward.when == ALWAYS
            and reward.cash is None
            and reward.dates.include(today)
            # Somebody may have the badge already.
            and reward.kind is not RewardKind.BADGE
        )
        within = (reward for reward in open_to_all if max((reward.price, *reward.prices.values())) <= points)
        return sorted(within, key=lambda reward: (-reward.price, reward.name))

    def title_of(self, line: str) -> Mapping[str, str]:
        """What a rule, task or campaign is called, by language; nothing for a line of another kind."""
        return self.titles.get(line, {})
