"""Stretches of program-local days."""

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Dates:
    """Program-local days, both included; None is open."""

    first: date | None = None
    last: date | None = None

    def include(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


EVERY_DAY: Final = Dates()
"""Open at both ends."""
