"""Requests of operators."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from points.domain.ledger.account import Activity
from points.domain.limits import MAX_POINTS
from points.domain.movements.adjusting import Adjustment, Category
from points.domain.movements.freezing import Freeze
from points.http.schemas.common import Day, Reason, Reference, RequestModel


def _points_either_way(points: int) -> int:
    if points == 0:
        raise PydanticCustomError("points_zero", "must not be 0")
    return points


class AdjustmentBody(RequestModel):
    """``points`` given (> 0) or taken (< 0). ``expires_on`` goes with points given. ``category`` is what it is for:
    putting something right (unless given), voiding points of proven abuse, or giving back stolen ones."""

    reference: Reference
    points: Annotated[int, Field(ge=-MAX_POINTS, le=MAX_POINTS), AfterValidator(_points_either_way)]
    reason: Reason
    expires_on: Day | None = None
    category: Literal["correction", "void", "give_back"] | None = None

    def adjustment(self, member: str) -> Adjustment:
        category = None if self.category is None else Category(self.category)
        return Adjustment(self.reference, member, self.points, self.reason, self.expires_on, category)


class FreezeBody(RequestModel):
    """``activities`` is what to stop, or to let go on; both unless given."""

    reference: Reference
    reason: Reason
    activities: Annotated[list[Literal["earning", "redeeming"]], Field(min_length=1, max_length=2)] | None = None

    def freeze(self, member: str) -> Freeze:
        activities = frozenset(Activity(name) for name in self.activities or Activity)
        return Freeze(self.reference, member, self.reason, activities)
