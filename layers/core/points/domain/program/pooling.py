"""Pools of points that several members share, a family's for example."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolRules:
    maximum_members: int
