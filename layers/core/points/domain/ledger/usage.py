"""How often one member had something there is only so much of for each: a reward, plays of a draw, transfers.

Kept beside the account, an item for each thing, so that an account does not grow with what a program offers. It counts
by day for a week, by month, by year and for ever, whatever the limits are right now: a limit that is set anew, or a
week that begins on another day, forgets nothing. What is given back is taken from the windows it was counted in.

The account's own condition holds whoever writes it to what they read: every movement that counts is one of the account.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from points.domain.program.limiting import MemberLimit
from points.domain.program.windows import Window, window_start

_WEEK: Final = timedelta(days=7)


class Used(StrEnum):
    """What can be limited for each member."""

    REWARD = "reward"
    DRAW = "draw"
    TRANSFER = "transfer"
    AUCTION = "auction"


@dataclass(frozen=True, slots=True)
class Usage:
    """``days`` are those of the last week with what was had on each, ``month`` and ``year`` the first days of the
    latest ones something was had in."""

    program: str
    member: str
    kind: Used
    name: str
    days: Mapping[date, int] = field(default_factory=dict)
    month: date | None = None
    in_month: int = 0
    year: date | None = None
    in_year: int = 0
    lifetime: int = 0

    def used(self, window: Window, today: date, *, week_starts_on: int) -> int:
        """How often, in the window that ``today`` lies in. An hour is not told apart from its day."""
        start = window_start(today, window, week_starts_on=week_starts_on)
        match window:
            case Window.LIFETIME:
                return self.lifetime
            case Window.YEAR:
                return self.in_year if self.year == start else 0
            case Window.MONTH:
                return self.in_month if self.month == start else 0
            case _:
                return sum(count for day, count in self.days.items() if start <= day <= today)

    def counted(self, count: int, on: date) -> "Usage":
        """With so many more (less, where negative) had on that day."""
        month, year = on.replace(day=1), on.replace(month=1, day=1)
        days = {**self.days, on: self.days.get(on, 0) + count}
        latest = max(days)
        newer_month, newer_year = self.month is None or month > self.month, self.year is None or year > self.year
        return replace(
            self,
            days={day: had for day, had in sorted(days.items()) if had and day > latest - _WEEK},
            month=month if newer_month else self.month,
            in_month=count if newer_month else self.in_month + (count if month == self.month else 0),
            year=year if newer_year else self.year,
            in_year=count if newer_year else self.in_year + (count if year == self.year else 0),
            lifetime=self.lifetime + count,
        )

    def exceeded(
        self, limits: Sequence[MemberLimit], count: int, today: date, *, week_starts_on: int
    ) -> MemberLimit | None:
        """The first limit that so many more would break."""
        return next(
            (
                limit
                for limit in limits
                if self.used(limit.window, today, week_starts_on=week_starts_on) + count > limit.maximum
            ),
            None,
        )
