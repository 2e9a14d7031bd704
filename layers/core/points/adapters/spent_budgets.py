"""Budgets that turned out to be used up, remembered for a moment by the process that found out."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from points.domain.program.program import Program

SECONDS = 30.0
"""How long: a refund may give some of it back. A new version is looked at anew at once."""

MAX_BUDGETS = 1_000


@dataclass(frozen=True, slots=True)
class _Spent:
    points: int
    until: float


class RecentlySpentBudgets:
    """Implements :class:`points.application.ports.SpentBudgets`. That 90 points were not to be had says nothing about
    3, so the least that was asked for in vain is kept."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._spent: OrderedDict[tuple[str, int, str], _Spent] = OrderedDict()

    def spent(self, program: Program, campaign: str, points: int) -> bool:
        known = self._spent.get((program.name, program.version, campaign))
        return known is not None and points >= known.points and self._monotonic() < known.until

    def note(self, program: Program, campaign: str, points: int) -> None:
        key = (program.name, program.version, campaign)
        if self.spent(program, campaign, points):
            return
        self._spent[key] = _Spent(points, self._monotonic() + SECONDS)
        self._spent.move_to_end(key)
        while len(self._spent) > MAX_BUDGETS:
            self._spent.popitem(last=False)
