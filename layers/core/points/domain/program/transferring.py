"""What members may give each other, and what that costs them (R-RED)."""

from dataclasses import dataclass, field

from points.domain.money import Rounding, divide
from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.limiting import MemberLimit

WHOLE_PERCENT = 10_000
"""A hundred percent, in the hundredths of a percent that a fee is kept in."""


@dataclass(frozen=True, slots=True)
class TransferFee:
    """Paid by the giver on top of what they give: so many hundredths of a percent of it, and so many points."""

    percent_hundredths: int = 0
    points: int = 0

    def of(self, points: int) -> int:
        """The share is rounded up: giving in parts never costs less than giving at once."""
        return self.points + divide(points * self.percent_hundredths, WHOLE_PERCENT, Rounding.UP)


@dataclass(frozen=True, slots=True)
class TransferRules:
    """``minimum`` to ``maximum`` points at once; ``limits`` say how often a member may give, ``points_limits`` how much
    in all. A giver has had an account for ``minimum_account_days``, and is somebody ``when`` holds for."""

    minimum: int = 1
    maximum: int | None = None
    fee: TransferFee = field(default_factory=TransferFee)
    limits: tuple[MemberLimit, ...] = ()
    points_limits: tuple[MemberLimit, ...] = ()
    minimum_account_days: int = 0
    when: Condition = ALWAYS
