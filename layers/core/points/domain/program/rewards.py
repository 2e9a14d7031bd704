"""Rewards: what points can buy (R-RED-1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from points.domain.program.conditions import ALWAYS, Condition


@dataclass(frozen=True, slots=True)
class Reward:
    """``price`` in points. ``stock`` None is unlimited; otherwise it is shared out over ``stock_shards`` counters.
    ``when`` says who may have it (V3 and above, real-name members, …). One that is not ``available`` needs an outlet
    that does not exist yet. ``title`` is its name, by language."""

    name: str
    price: int
    stock: int | None = None
    stock_shards: int = 1
    when: Condition = ALWAYS
    available: bool = True
    title: Mapping[str, str] = field(default_factory=dict)
