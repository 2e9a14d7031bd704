"""Events that were refused, kept beside the account: a program that comes later can be tried on what really happened,
and what was turned away happened too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from points.domain.canonical import Plain


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """``code`` says why. ``behaviour`` is "" where the program has none of that name: it could say anything. ``amount``
    is the decimal string that was sent; ``attributes`` are those the program declares, as far as they fit. One
    reference is kept once, as it was refused last."""

    program: str
    member: str
    reference: str
    at: datetime
    code: str
    behaviour: str
    program_version: int
    amount: str | None = None
    quantity: int | None = None
    occurred_at: datetime | None = None
    attributes: Mapping[str, Plain] = field(default_factory=dict)
