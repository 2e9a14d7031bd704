"""Notices: what a member is told, once for ever. They stay beside the account; what becomes of them is not in them."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from points.domain.ledger.timers import About, Dormant, Expiring

MAX_COUNT: Final = 999
"""Days before an expiry, or times that somebody is woken: as many as the name of a notice has room for."""

_EXPIRING = "expiring"
_DORMANT = "dormant"
_NAME = re.compile(r"(expiring|dormant)#([0-9]{4}-[0-9]{2}-[0-9]{2})#([0-9]{3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Notice:
    """``points``: those that expire that day, or all that the member has available; ``reward`` is one they would buy.
    ``channels`` are those the program had named. One that is ``superseded`` is not sent: a nearer one of the same day
    was owed at the same time."""

    program: str
    member: str
    about: About
    at: datetime
    points: int
    reward: str | None = None
    channels: tuple[str, ...] = ()
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
