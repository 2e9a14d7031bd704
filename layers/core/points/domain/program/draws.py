"""Draws: a play costs points and gives one of several prizes, by odds that are exact and add up to one (R-RED-5).

Everything here is published before the first play: the odds, what each prize is, how many there are of it, and what is
given in the place of one that has run out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from points.domain.canonical import digest
from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.limiting import MemberLimit


@dataclass(frozen=True, slots=True)
class Prize:
    """``points``, or one piece of a ``reward`` by name, or nothing. ``stock`` None is unlimited; otherwise it is shared
    out over ``stock_shards`` counters. ``instead`` names the prize that is given when this one has run out; None takes
    the first that is nothing. ``title`` is by language."""

    name: str
    odds: Fraction
    points: int = 0
    reward: str | None = None
    stock: int | None = None
    stock_shards: int = 1
    instead: str | None = None
    title: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        return not self.points and self.reward is None


@dataclass(frozen=True, slots=True)
class Draw:
    """Open from its ``first`` to its ``last`` program-local day, both included. ``cost`` in points for each play.
    ``limits`` say how often each member may play, ``when`` says who may. ``prizes`` are in the order in which their
    odds are added up."""

    name: str
    cost: int
    first: date
    last: date
    prizes: tuple[Prize, ...]
    limits: tuple[MemberLimit, ...] = ()
    when: Condition = ALWAYS
    title: Mapping[str, str] = field(default_factory=dict)

    def prize(self, name: str) -> Prize:
        """Raises KeyError."""
        found = next((prize for prize in self.prizes if prize.name == name), None)
        if found is None:
            raise KeyError(name)
        return found

    def prize_at(self, point: Fraction) -> Prize:
        """The prize in whose share of the way from 0 to 1 the point lies. A share has its beginning, not its end."""
        end = Fraction(0)
        for prize in self.prizes:
            end += prize.odds
            if point < end:
                return prize
        raise ValueError(f"{point} is not from 0 to 1, or the odds do not add up to 1")

    def instead_of(self, prize: Prize) -> Prize | None:
        """What is given when that one has run out: never something that can run out itself. None where every prize is
        there without end."""
        if prize.instead is not None:
            return self.prize(prize.instead)
        return next((other for other in self.prizes if other.is_nothing and other.stock is None), None)

    def has_begun(self, today: date) -> bool:
        return today >= self.first

    def is_over(self, today: date) -> bool:
        return today > self.last

    def terms(self) -> str:
        """A digest of what may not change any more once the draw has begun: what a play costs, what it can give and how
        likely. How much there is of a prize may become more, so only whether it is limited belongs to them."""
        return digest(
            {
                "cost": self.cost,
                "first": self.first.isoformat(),
                "prizes": [
                    {
                        "name": prize.name,
                        "odds": str(prize.odds),
                        "points": prize.points,
                        "reward": prize.reward,
                        "limited": prize.stock is not None,
                        "instead": None if (other := self.instead_of(prize)) is None else other.name,
                    }
                    for prize in self.prizes
                ],
            }
        )


def shelf_of(draw: str, prize: str) -> str:
    """The name under which it is counted how many of a prize are gone."""
    return f"{draw}/{prize}"


def prize_of(shelf: str) -> tuple[str, str]:
    """(draw, prize): the inverse of :func:`shelf_of`."""
    draw, _, prize = shelf.partition("/")
    return draw, prize
