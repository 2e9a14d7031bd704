"""Members who do not exist: what kinds there are, and what one of them does from the first day to the last.

All of it is assumed, none of it measured. A member depends on the seed and on their number alone: a larger sample is
a smaller one and more.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import log
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from points.domain.calendar import day_start

HISTORY: Final = date(2024, 7, 1)
"""The first day of all."""

JOINING_DAYS: Final = 184
"""From then on, in which whoever stays for ever comes. Were it one day, their first points would expire in one."""

START: Final = date(2026, 2, 1)
"""The first day that is counted. By then everybody's first points have expired under each policy: timers are spread
over the days as they are for ever after."""

OPTED_OUT: Final = 0.15
"""Of all members: they want to hear nothing."""

_DAYS_OF_A_MONTH: Final = 365.25 / 12
_SEASON: Final = {11: 1.6, 12: 1.3, 6: 1.2, 2: 0.8}
"""Purchases of a month, against those of any other."""

_BUSIEST: Final = max(_SEASON.values())
_OPENS, _OPEN_HOURS = timedelta(hours=8), timedelta(hours=15)
"""Local time in which people buy."""

_MEDIAN_AMOUNT, _AMOUNT_SIGMA = 90.0, 0.8
"""Of what a purchase costs, log-normal: 124 yuan on average."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``share`` of all members, ``purchases`` a month, and the chance that one of them is followed by a redemption, if
    there is anything to be had. ``days``: how long they stay, from some day or other; None for always."""

    name: str
    share: float
    purchases: float
    redeems: float
    days: int | None = None


KINDS: Final = (
    Kind("frequent", 0.08, 4.0, 0.25),
    Kind("regular", 0.22, 1.0, 0.25),
    Kind("occasional", 0.25, 0.25, 0.15),
    Kind("lapsed", 0.25, 1.0, 0.05, days=60),
    Kind("silent", 0.20, 0.0, 0.0),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """A purchase of ``amount``, and whether they look for something to redeem afterwards."""

    at: datetime
    amount: str
    redeems: bool


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    kind: Kind
    opted_out: bool
    visits: tuple[Visit, ...]


def member(number: int, seed: int, end: date, zone: ZoneInfo) -> Member:
    """What they do from ``HISTORY`` until before ``end``."""
    rng = Random(f"{seed}/{number}")  # noqa: S311 - no secret
    (kind,) = rng.choices(KINDS, [kind.share for kind in KINDS])
    if kind.days is None:
        first, last = HISTORY + timedelta(days=rng.randrange(JOINING_DAYS)), end
    else:
        first = HISTORY + timedelta(days=rng.randrange((end - HISTORY).days))
        last = min(end, first + timedelta(days=kind.days))
    opted_out = rng.random() < OPTED_OUT
    # 24 characters, as long as the ids of most systems.
    return Member(f"member-{number:017d}", kind, opted_out, tuple(_visits(kind, first, last, rng, zone)))


def _visits(kind: Kind, first: date, last: date, rng: Random, zone: ZoneInfo) -> list[Visit]:
    found: list[Visit] = []
    if not kind.purchases:
        return found
    days, length = 0.0, (last - first).days
    # As often as in the busiest month, and in all others some of them are left out.
    while (days := days + rng.expovariate(kind.purchases * _BUSIEST / _DAYS_OF_A_MONTH)) < length:
        day = first + timedelta(days=int(days))
        if rng.random() * _BUSIEST > _SEASON.get(day.month, 1.0):
            continue
        local = day_start(day, zone) + _OPENS + int(rng.random() * _OPEN_HOURS.total_seconds()) * timedelta(seconds=1)
        amount = rng.lognormvariate(log(_MEDIAN_AMOUNT), _AMOUNT_SIGMA)
        found.append(Visit(local.astimezone(UTC), f"{amount:.2f}", rng.random() < kind.redeems))
    return sorted(found, key=lambda visit: visit.at)
