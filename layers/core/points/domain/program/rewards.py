"""Rewards: what points can buy (R-RED-1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.limiting import MemberLimit


@dataclass(frozen=True, slots=True)
class Reward:
    """``price`` in points. ``stock`` None is unlimited; otherwise it is shared out over ``stock_shards`` counters.
    ``limits`` say how often each member may have it: what is drawn or won does not count. ``when`` says who may have it
    (V3 and above, real-name members, …). One that is not ``available`` needs an outlet that does not exist yet.
    ``title`` is by language."""

    name: str
    price: int
    stock: int | None = None
    stock_shards: int = 1
    limits: tuple[MemberLimit, ...] = ()
    when: Condition = ALWAYS
    available: bool = True
    title: Mapping[str, str] = field(default_factory=dict)
