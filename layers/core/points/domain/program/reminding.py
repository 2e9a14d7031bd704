"""Reminders as a program sets them (R-REM): how long before an expiry, at what time, by which ways, in what words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time


@dataclass(frozen=True, slots=True)
class Text:
    """With places for values (:mod:`points.domain.program.texts`)."""

    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Program-local, from ``start`` until before ``end``; over midnight where that is the earlier one."""

    start: time
    end: time

    def includes(self, at: time) -> bool:
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


@dataclass(frozen=True, slots=True)
class Dormancy:
    """Who has points and has done nothing for ``after_days`` is woken, and again every ``again_after_days`` (None:
    once) for as long as that stays so."""

    after_days: int
    again_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class Reminders:
    """``lead_days`` are days before the last day on which points can be spent, the longest first; ``at`` is the
    program-local time of day. ``expiring`` and ``dormant`` are texts by language; empty for the built-in ones."""

    lead_days: tuple[int, ...] = ()
    at: time = time(10)
    quiet_hours: QuietHours | None = None
    channels: tuple[str, ...] = ()
    dormancy: Dormancy | None = None
    expiring: Mapping[str, Text] = field(default_factory=dict)
    dormant: Mapping[str, Text] = field(default_factory=dict)
