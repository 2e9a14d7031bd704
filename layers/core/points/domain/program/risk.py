"""Velocity rules as the program states them (R-RISK-3)."""

from dataclasses import dataclass
from enum import StrEnum

from points.domain.program.windows import Window


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
