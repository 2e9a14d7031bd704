"""A program: one points currency with its rules, as decisions see it.

It is built from a published document (the adapters parse and validate); everything here is already known to be
well-formed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from zoneinfo import ZoneInfo

from points.domain.errors import UnknownBehaviour, UnknownReward
from points.domain.expiry import ExpiryPolicy
from points.domain.money import Currency, Rounding


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
class Behaviour:
    """What a member can do (行为) and what it is worth. ``pending_days`` > 0 makes its points wait (待入账)."""

    name: str
    core: bool
    value: Fixed | PerOccurrences | PerAmount
    pending_days: int = 0
    expiry: ExpiryPolicy | None = None


@dataclass(frozen=True, slots=True)
class Reward:
    """``price`` in points. ``stock`` None is unlimited; otherwise it is shared out over ``stock_shards`` counters."""

    name: str
    price: int
    stock: int | None = None
    stock_shards: int = 1


class ShortfallPolicy(StrEnum):
    """When a refund takes back points that are already spent (R-EARN-11)."""

    OWE = "owe"
    TAKE_AVAILABLE = "take_available"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Program:
    """``ratio`` is points per currency unit. ``expired_return_days``: days of grace for a returned lot that expired
    meanwhile; None forfeits it (R-RED-2). ``clients`` are the client ids that may work in the program."""

    name: str
    version: int
    zone: ZoneInfo
    currency: Currency
    ratio: int
    expiry: ExpiryPolicy
    behaviours: Mapping[str, Behaviour]
    rewards: Mapping[str, Reward] = field(default_factory=dict)
    shortfall: ShortfallPolicy = ShortfallPolicy.OWE
    expired_return_days: int | None = None
    backdating_days: int = 30
    hold_seconds: int = 900
    clients: frozenset[str] = frozenset()

    def behaviour(self, name: str) -> Behaviour:
        try:
            return self.behaviours[name]
        except KeyError:
            raise UnknownBehaviour(f"the program has no behaviour {name!r}", behaviour=name) from None

    def reward(self, name: str) -> Reward:
        try:
            return self.rewards[name]
        except KeyError:
            raise UnknownReward(f"the program has no reward {name!r}", reward=name) from None

    def affordable(self, points: int) -> list[Reward]:
        """The rewards that many points can buy, dearest first: the hint "see what you can get" (R-EARN-9)."""
        within = (reward for reward in self.rewards.values() if reward.price <= points)
        return sorted(within, key=lambda reward: (-reward.price, reward.name))
