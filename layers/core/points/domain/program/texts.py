"""Texts of a program, with places for values such as ``{points}``.

A place is a name in braces and nothing else: no attribute, no index, no format. So a text is filled in with exactly the
values it is given, whoever wrote it.
"""

import re
from collections.abc import Iterator
from string import Formatter

from points.domain.errors import Fault
from points.domain.program.reminding import Text

PLACEHOLDERS = frozenset({"points", "points_unit", "date", "days", "days_unit", "reward", "program"})
"""``points`` and ``days`` are numbers; their units are words that follow them: "1 point", "2 points"."""

LEFT_OUT = "reward"
"""A line that names it is left out where there is none."""

MAX_SUBJECT = 120
"""Characters of a subject: what mail programs show of it, and some."""

MAX_BODY = 2_000
"""Characters of a body."""

_PLACEHOLDER = re.compile(r"[a-z][a-z_]{0,31}", re.ASCII)


def placeholders(text: str) -> set[str]:
    """The places a text has, known or not. Raises ValueError, with a sentence, for one that cannot be filled in."""
    return {name for _, name in pieces(text) if name is not None}


def pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """What stands before each place, and the name of the place; None after the last. ``{{`` stands for a brace."""
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"its braces do not fit: {error}") from None
    for literal, name, form, conversion in parsed:
        if name is not None and (form or conversion or not _PLACEHOLDER.fullmatch(name)):
            raise ValueError("a place is a name in braces and nothing else, as in {points}")
        yield literal, name


def template_faults(text: Text) -> list[Fault]:
    """What is wrong with a text of a program; paths are relative to it."""
    return [
        *_part_faults("/subject", text.subject, MAX_SUBJECT),
        *_part_faults("/body", text.body, MAX_BODY),
        *_shape_faults(text),
    ]


def _part_faults(path: str, text: str, maximum: int) -> list[Fault]:
    if not text.strip():
        return [Fault(path, "empty_text", "must say something")]
    if len(text) > maximum:
        return [Fault(path, "too_long", f"must be at most {maximum} characters")]
    try:
        unknown = sorted(placeholders(text) - PLACEHOLDERS)
    except ValueError as error:
        return [Fault(path, "malformed_placeholder", str(error))]
    known = ", ".join(sorted(PLACEHOLDERS))
    return [Fault(path, "unknown_placeholder", f"{{{name}}} is none of {known}") for name in unknown]


def _shape_faults(text: Text) -> list[Fault]:
    """A subject is one line, so it cannot leave one out; a body must have one that is never left out."""
    faults = []
    if len(text.subject.splitlines()) > 1:
        faults.append(Fault("/subject", "several_lines", "must be one line"))
    if _may_be_missing(text.subject):
        faults.append(Fault("/subject", "may_be_missing", f"must not name {{{LEFT_OUT}}}: there is not always one"))
    lines = [line for line in text.body.splitlines() if line.strip()]
    if lines and all(map(_may_be_missing, lines)):
        faults.append(
            Fault("/body", "may_be_missing", f"must have a line without {{{LEFT_OUT}}}: not always is there one")
        )
    return faults


def _may_be_missing(line: str) -> bool:
    try:
        return LEFT_OUT in placeholders(line)
    except ValueError:
        return False
