"""The secret of a draw, and how it stops being one.

A seed is made before the first play and never changes. After the draw's last day somebody who asks for the draw closes
it, for ever: whatever the program says later, no play is accepted any more. Only then, and some time after, so that no
play can still be under way, is the seed told.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from points.domain.calendar import day_start, next_day
from points.domain.program.drawing import seed_digest
from points.domain.program.draws import Draw

SETTLING: Final = timedelta(minutes=1)
"""Longer than any call takes, and than a publish may go unseen. So long after its last day a draw is closed, and so
long after that its seed is told."""


@dataclass(frozen=True, slots=True)
class DrawSeed:
    """``closed_at`` is set once; ``closed_version`` is the version of the program that the draw was closed under."""

    program: str
    draw: str
    seed: bytes
    made_at: datetime
    closed_at: datetime | None = None
    closed_version: int | None = None

    @property
    def digest(self) -> str:
        return seed_digest(self.seed)

    def reveals_at(self) -> datetime | None:
        return None if self.closed_at is None else self.closed_at + SETTLING

    def is_revealed(self, now: datetime) -> bool:
        reveals_at = self.reveals_at()
        return reveals_at is not None and reveals_at <= now


def may_close(draw: Draw, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the last day has ended, long enough ago."""
    return day_start(next_day(draw.last), zone) + SETTLING <= now
