"""Notices: what a member is told, once for ever. They stay beside the account; what becomes of them is not in them."""

from dataclasses import dataclass
from datetime import datetime

from points.domain.ledger.timers import About


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
