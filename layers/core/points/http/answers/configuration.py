"""Answers about a program as a document."""

from typing import Any

from pydantic import Field

from points.domain.program.differences import Change
from points.http.answers.common import Answer, Fault, MomentText, Points


class DraftAnswer(Answer):
    document: dict[str, Any]
    revision: int
    saved_at: MomentText
    saved_by: str


class VersionSummary(Answer):
    version: int
    revision: int = Field(description="Of the draft it was made from; 0 for one that restores another.")
    published_at: MomentText
    published_by: str
    restores: int | None = Field(description="The version this one rolled back to.")


class VersionAnswer(VersionSummary):
    document: dict[str, Any]


class VersionsAnswer(Answer):
    items: list[VersionSummary]
    next_cursor: str | None


class VerdictAnswer(Answer):
    """`faults` prevent publishing, `warnings` say what will not work yet; the first 1,000 of each. What a document may
    not change about the live version, and that it names the client who publishes, is only checked by publishing."""

    faults: list[Fault]
    warnings: list[Fault]


class Difference(Answer):
    """`path` is a JSON pointer in which items that have an `id` go by it: `/rules/check_in/caps`."""

    path: str
    change: Change
    before: Any
    after: Any


class DifferencesAnswer(Answer):
    """`truncated`: there are more than these 1,000."""

    differences: list[Difference]
    truncated: bool


class Figures(Answer):
    """What a version pays for the events: points by rule, by segment of the member at that moment (`-`: none) and by
    program-local day, and refused events by code."""

    events: int
    points: Points
    by_rule: dict[str, Points]
    by_segment: dict[str, Points]
    by_day: dict[str, Points]
    refused: dict[str, int]


class SimulationAnswer(Answer):
    """Every member begins with nothing counted: the figures compare two versions, they do not retell the past.
    `truncated`: there were more events, or more members in the period, than there was time for."""

    draft: Figures
    live: Figures
    truncated: bool
