"""Limits for each member: how often one may have something in a window (R-RED-1)."""

from dataclasses import dataclass

from points.domain.program.windows import Window


@dataclass(frozen=True, slots=True)
class MemberLimit:
    window: Window
    maximum: int
