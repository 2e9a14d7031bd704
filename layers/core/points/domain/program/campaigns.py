"""Campaigns: dated multipliers and bonuses, with a budget or without (R-EARN-6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from points.domain.program.caps import Cap
from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.dates import Dates
from points.domain.program.expiry import ExpiryPolicy


@dataclass(frozen=True, slots=True)
class Campaign:
    """A dated multiplier (thousandths) or bonus on chosen behaviours (R-EARN-6). ``budget`` is the points it may pay
    over all members, exact, counted on ``budget_shards`` counters; None is without limit. ``caps`` bound what it pays
    one member, as a rule's do. ``title`` is by language."""

    name: str
    behaviours: frozenset[str]
    dates: Dates
    multiplier: int | None = None
    bonus: int | None = None
    when: Condition = ALWAYS
    budget: int | None = None
    budget_shards: int = 1
    caps: tuple[Cap, ...] = ()
    expiry: ExpiryPolicy | None = None
    title: Mapping[str, str] = field(default_factory=dict, compare=False)
