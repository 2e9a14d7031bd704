"""Reminders: when a program reminds, by which channels, and in which words (R-REM-1, R-REM-2)."""

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
    """Program-local. A ``start`` after the ``end`` spans midnight; the start is quiet, the end is not."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Dormancy:
    """Whoever did nothing for so long is woken, and again after so many days more, or never again."""

    after_days: int
    again_after_days: int | None


@dataclass(frozen=True, slots=True)
class Reminders:
    """``lead_days`` from the longest to the shortest. Texts by language; a language that has none takes the built-in
    ones."""

    lead_days: tuple[int, ...]
    quiet_hours: QuietHours | None
    channels: tuple[str, ...]
    dormancy: Dormancy | None
    expiring: Mapping[str, Text] = field(default_factory=dict)
    dormant: Mapping[str, Text] = field(default_factory=dict)
