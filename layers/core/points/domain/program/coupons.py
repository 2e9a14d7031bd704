"""Coupons: rewards that are a code (R-RED-3). Where the codes come from, and how long one is good."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class CodeSource(StrEnum):
    """Codes are made when they are issued, or taken from those that were imported into a pool."""

    GENERATED = "generated"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class CouponRules:
    """``pool`` is where the codes lie, None where they are generated. A coupon is good for ``valid_days`` after the day
    it was issued on, and until ``valid_until``: whichever ends first. With neither it never expires."""

    pool: str | None = None
    valid_days: int | None = None
    valid_until: date | None = None

    @property
    def source(self) -> CodeSource:
        return CodeSource.GENERATED if self.pool is None else CodeSource.POOL

    def expires_on(self, issued_on: date) -> date | None:
        """The last day of a coupon that is issued on that day; both are program-local."""
        ends = [self.valid_until] if self.valid_until is not None else []
        if self.valid_days is not None:
            ends.append(issued_on + timedelta(days=self.valid_days))
        return min(ends, default=None)

    def is_over(self, today: date) -> bool:
        """Whether whatever is issued by now has expired already."""
        return self.valid_until is not None and self.valid_until < today
