"""Caps: how much a rule pays one member in a window (R-EARN-3)."""

from dataclasses import dataclass

from points.domain.program.windows import Window


@dataclass(frozen=True, slots=True)
class Cap:
    """What a rule pays one member at most in a window: occurrences, points, or both. Multipliers come on top. What is
    paid for every so many occurrences counts once for each time it is paid."""

    window: Window
    occurrences: int | None = None
    points: int | None = None
