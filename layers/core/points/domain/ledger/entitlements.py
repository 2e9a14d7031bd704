"""What a reward has made a member: the bearer of a badge, for ever, or a member of something until a day (R-RED-1).

Kept beside the account, an item for each reward, so that an account does not grow with what a program offers. What its
orders gave adds up to it, and each takes back exactly what it gave, in any order. The account's own condition holds
whoever writes it to what they read: every movement that gives or takes any of it is one of the account.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from points.domain.calendar import add_months
from points.domain.canonical import Plain
from points.domain.ledger.entries import Entry

MAX_MONTHS: Final = 1_200
"""That a membership lasts in all: a hundred years, so that every end is a day there is."""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """``since`` a program-local day. ``months`` is how long a membership lasts from then on, all its orders together;
    None of a badge. ``order`` is the one it began with, ``version`` the program's at that moment. A badge is
    ``reserved`` while its order waits for money."""

    program: str
    member: str
    reward: str
    since: date
    order: str
    version: int
    months: int | None = None
    reserved: bool = False

    @property
    def until(self) -> date | None:
        """The last day; None for ever. From the first day on and not from the end before, so that short months cost
        nobody a day."""
        return None if self.months is None else add_months(self.since, self.months) - timedelta(days=1)

    def is_held(self, today: date) -> bool:
        until = self.until
        return not self.reserved and (until is None or today <= until)


@dataclass(frozen=True, slots=True)
class Given:
    """What one order gave, as its entry says it."""

    since: date
    months: int | None = None
    reserved: bool = False

    def plain(self) -> dict[str, Plain]:
        said: dict[str, Plain] = {"since": self.since.isoformat()}
        if self.months is not None:
            said["months"] = self.months
        if self.reserved:
            said["reserved"] = True
        return said


def given_by(entry: Entry) -> Given | None:
    """None where it gave nothing that lasts. Raises KeyError, TypeError and ValueError for what nobody can follow."""
    said = entry.details.get("entitled")
    if not isinstance(said, Mapping):
        return None
    months = said.get("months")
    if not (months is None or (isinstance(months, int) and 0 < months <= MAX_MONTHS)):
        raise ValueError(f"{entry.name} gives {months} months")
    return Given(date.fromisoformat(str(said["since"])), months, reserved=bool(said.get("reserved")))


def with_given(found: Entitlement | None, given: Given, new: Entitlement) -> Entitlement:
    """What it comes to with ``given``; ``new`` is what that alone makes."""
    if given.months is None or found is None or found.months is None or found.since != given.since:
        return new
    return replace(found, months=found.months + given.months)


def without_given(found: Entitlement | None, given: Given, order: str) -> Entitlement | None:
    """What is left when an order is taken back: None for nothing. What has ended, or was begun anew since, owes
    nothing."""
    if found is None:
        return None
    if given.months is None or found.months is None:
        return None if found.order == order else found
    if found.since != given.since:
        return found
    left = found.months - given.months
    return replace(found, months=left) if left > 0 else None
