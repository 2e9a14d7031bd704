"""Rules: what a behaviour is worth, and under which conditions (R-EARN-1 … 4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from points.domain.money import Rounding
from points.domain.program.caps import Cap
from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.dates import EVERY_DAY, Dates
from points.domain.program.expiry import ExpiryPolicy


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
class Streak:
    """``steps``: points for the 1st, 2nd, … consecutive day. After the last the ladder starts anew, or stays there."""

    steps: tuple[int, ...]
    starts_anew: bool = False

    def points(self, place: int) -> int:
        """``place`` is 1 for the first day of a run."""
        index = (place - 1) % len(self.steps) if self.starts_anew else min(place, len(self.steps)) - 1
        return self.steps[index]

    def total(self, days: int) -> int:
        """What a run of so many days is worth, whenever each of them became known."""
        rounds, rest = divmod(days, len(self.steps)) if self.starts_anew else (0, days)
        beyond = max(0, rest - len(self.steps))
        return rounds * sum(self.steps) + sum(self.steps[:rest]) + beyond * self.steps[-1]

    def joining(self, days: int, parts: Iterable[int]) -> int:
        """What a run of so many days is worth more than its ``parts`` were apart. Where a ladder falls, that may be
        less: nothing is taken back for it."""
        return max(0, self.total(days) - sum(map(self.total, parts)))


type Value = Fixed | PerOccurrences | PerAmount | Streak


@dataclass(frozen=True, slots=True)
class Rule:
    """What a behaviour is worth, under which conditions (R-EARN-3). ``pending_days`` > 0 makes its points wait
    (待入账). ``multiplied``: tier, birthday and campaign multipliers apply to it. ``title`` is by language."""

    name: str
    behaviour: str
    value: Value
    when: Condition = ALWAYS
    dates: Dates = EVERY_DAY
    caps: tuple[Cap, ...] = ()
    pending_days: int = 0
    expiry: ExpiryPolicy | None = None
    multiplied: bool = True
    title: Mapping[str, str] = field(default_factory=dict, compare=False)
