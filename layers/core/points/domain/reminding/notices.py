"""Notices: what a member is to be told, once for ever. Written when it is owed, never changed or removed."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Expiring:
    """Points whose last day is near: ``lead_days`` before ``expires_on``."""

    expires_on: date
    lead_days: int


@dataclass(frozen=True, slots=True)
class Dormant:
    """Points, and nothing done since ``active_on``. ``round`` is 1 for the first time, 2 … where the program wakes
    again."""

    active_on: date
    round: int


@dataclass(frozen=True, slots=True)
class Notice:
    """``points`` are those that expire that day, or the available balance. ``reward`` is the name of one they could
    buy. ``channels`` are as the program said then. One that is ``superseded`` is kept and never sent: a nearer one of
    the same date was owed at the same time."""

    program: str
    member: str
    about: Expiring | Dormant
    at: datetime
    points: int
    reward: str | None
    channels: tuple[str, ...]
    superseded: bool = False
