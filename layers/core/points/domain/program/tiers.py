"""Tiers: levels by what was earned or spent, and their reviews (R-TIER-1)."""

from dataclasses import dataclass
from enum import StrEnum

from points.domain.program.multipliers import WHOLE


class TierMetric(StrEnum):
    POINTS = "points"
    SPEND = "spend"


class StepDown(StrEnum):
    """What a review does to a member who no longer reaches their tier: one level down, or to the level they reach."""

    ONE_LEVEL = "one_level"
    TO_REACHED = "to_reached"


@dataclass(frozen=True, slots=True)
class PackItem:
    """So many of a reward, whose name it is."""

    reward: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Level:
    """A tier. ``threshold`` in points or minor units; multipliers in thousandths. ``formerly`` are names of levels
    whose members are on this one. ``monthly_pack`` is what they are given on the first day of each month."""

    name: str
    threshold: int
    multiplier: int = WHOLE
    birthday_multiplier: int = WHOLE
    formerly: frozenset[str] = frozenset()
    monthly_pack: tuple[PackItem, ...] = ()

    def is_called(self, name: str) -> bool:
        return name == self.name or name in self.formerly


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
