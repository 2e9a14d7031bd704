"""Attributes of events that a program declares: what is kept of an event beside amount and quantity, for ever.

Declared attributes are facts that can be told apart, never sentences: an entry outlives the member's erasure. What is
not declared may decide about an event and is forgotten with it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from points.domain.limits import MAX_POINTS

_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}", re.ASCII)


class AttributeType(StrEnum):
    """``code`` is an identifier (a shop, an article), ``choice`` one of a list."""

    FLAG = "flag"
    NUMBER = "number"
    CODE = "code"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class EventAttribute:
    """``choices`` of a choice."""

    name: str
    type: AttributeType
    choices: frozenset[str] = frozenset()

    def problem(self, value: object) -> str:
        """What is wrong with a value, "" for one that fits."""
        match self.type:
            case AttributeType.FLAG:
                return "" if isinstance(value, bool) else "must be true or false"
            case AttributeType.NUMBER:
                fits = type(value) is int and abs(value) <= MAX_POINTS
                return "" if fits else f"must be a whole number of at most {MAX_POINTS}"
            case AttributeType.CODE:
                fits = isinstance(value, str) and _CODE.fullmatch(value) is not None
                return "" if fits else "must be a code: letters, digits and . _ : / -, 64 characters at most"
            case AttributeType.CHOICE:
                return "" if value in self.choices else f"must be one of {', '.join(sorted(self.choices))}"
