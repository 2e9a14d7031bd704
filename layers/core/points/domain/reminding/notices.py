"""Notices: what a member is to be told, once for ever.

A notice is written in the transaction that moves the account's timer, and never changed: what is told to the member is
looked up again when it is sent. It is named by what it is about, so the same is never noticed twice.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

MAX_COUNT = 999
"""Lead days, and rounds of one dormancy: the highest number that fits the name."""

_EXPIRING = "expiring"
_DORMANT = "dormant"
_NAME = re.compile(r"(expiring|dormant)#([0-9]{4}-[0-9]{2}-[0-9]{2})#([0-9]{3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expiring:
    """Points whose last day is ``expires_on``, ``lead_days`` before."""

    expires_on: date
    lead_days: int


@dataclass(frozen=True, slots=True)
class Dormant:
    """Points, and nothing done since ``active_on``. ``round`` is 1 for the first time, 2 … where the program wakes
    again."""

    active_on: date
    round: int


type About = Expiring | Dormant


@dataclass(frozen=True, slots=True)
class Notice:
    """``points``: those that expire that day, or that the dormant could spend. ``reward`` is the name of one they could
    buy. ``channels`` as the program said then. One that is ``superseded`` was owed at the same time as a nearer one of
    the same date: it is kept, never sent."""

    program: str
    member: str
    about: About
    at: datetime
    points: int
    reward: str | None
    channels: tuple[str, ...]
    superseded: bool = False


def name_of(about: About) -> str:
    """``expiring#2026-12-31#007``: unique within the member. Dates sort as text, and so do the padded counts."""
    if isinstance(about, Expiring):
        kind, day, count = _EXPIRING, about.expires_on, about.lead_days
    else:
        kind, day, count = _DORMANT, about.active_on, about.round
    if not 0 <= count <= MAX_COUNT:
        raise ValueError(f"does not fit the name of a notice: {count}")
    return f"{kind}#{day.isoformat()}#{count:03d}"


def about_named(name: str) -> About:
    """The inverse of :func:`name_of`. Raises ValueError."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"not the name of a notice: {name!r}")
    kind, day, count = match.groups()
    return (Expiring if kind == _EXPIRING else Dormant)(date.fromisoformat(day), int(count))
