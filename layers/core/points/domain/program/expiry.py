"""When points that are earned on a day stop being worth anything (R-EXP-1).

Each policy answers ``expires_on(earned_on)``: the *last* program-local day on which the points can be spent.
A policy is asked once, when the lot is made; changing it never touches lots that exist (R-EXP-2).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from points.domain.calendar import NEVER, add_months, clamped, month_end


class ExpiryPolicy(Protocol):
    def expires_on(self, earned_on: date) -> date: ...


@dataclass(frozen=True, slots=True)
class EndOfYear:
    """(a) Earned in year Y, good until the end of year Y + ``years``."""

    years: int = 1

    def expires_on(self, earned_on: date) -> date:
        return date(earned_on.year + self.years, 12, 31)


@dataclass(frozen=True, slots=True)
class EndOfMonth:
    """(b) Earned in month M, good until the end of the month ``months`` later."""

    months: int = 12

    def expires_on(self, earned_on: date) -> date:
        return month_end(add_months(earned_on.replace(day=1), self.months))


@dataclass(frozen=True, slots=True)
class AfterDays:
    """(c) Good for ``days`` days after the day they were earned."""

    days: int

    def expires_on(self, earned_on: date) -> date:
        return earned_on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class AfterMonths:
    """(c) Good for ``months`` months after the day they were earned."""

    months: int

    def expires_on(self, earned_on: date) -> date:
        return add_months(earned_on, self.months)


@dataclass(frozen=True, slots=True)
class YearlyClearing:
    """(d) Each year on ``month``/``day`` whatever the previous calendar year earned is cleared."""

    month: int
    day: int

    def expires_on(self, earned_on: date) -> date:
        return clamped(earned_on.year + 1, self.month, self.day)


@dataclass(frozen=True, slots=True)
class ByActivity:
    """(f) The whole balance is good for ``months`` months after the last activity: an event of one of these
    ``behaviours``, or any that pays where none is named. As a policy of single points it is ``AfterMonths``."""

    months: int
    behaviours: frozenset[str] = frozenset()

    def expires_on(self, earned_on: date) -> date:
        return add_months(earned_on, self.months)


@dataclass(frozen=True, slots=True)
class NeverExpires:
    """(e)"""

    def expires_on(self, earned_on: date) -> date:  # noqa: ARG002 - the protocol passes the day
        return NEVER
