"""How multipliers that meet on one event combine (R-EARN-7)."""

from dataclasses import dataclass
from enum import StrEnum

from points.domain.money import Rounding

WHOLE = 1_000
"""Multipliers are integers in thousandths: 1.5 × is 1,500."""


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
