"""What an audit says of what is wrong."""

from dataclasses import dataclass
from typing import Final

from points.domain.errors import NotFound

CANNOT_FOLLOW: Final = (NotFound, ValueError, TypeError, KeyError, AttributeError, AssertionError, OverflowError)
"""What following an entry or a version raises that says things nobody can follow, or is not there."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``member`` is "" for what belongs to the program; ``place`` is an entry's name or an item's key, "" when the
    account or program as a whole is at fault."""

    program: str
    member: str
    place: str
    code: str
    message: str
