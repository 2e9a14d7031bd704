"""Requests of operators."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from points.domain.account import Activity
from points.domain.adjusting import Adjustment
from points.domain.freezing import Freeze
from points.domain.limits import MAX_POINTS
from points.http.schemas.common import Day, Reason, Reference, RequestModel

_MAX_INTEGER = 2**53
_MAX_DEPTH = 20


def _points_either_way(points: int) -> int:
    if points == 0:
        raise PydanticCustomError("points_zero", "must not be 0")
    return points


def _document(document: dict[str, Any]) -> dict[str, Any]:
    """Plain JSON that is stored exactly: no fractions, no integer some reader would round, not nested without end."""
    _check_values(document, _MAX_DEPTH)
    return document


def _check_values(value: Any, depth: int) -> None:
    match value:
        case dict() | list() if depth == 0:
            raise PydanticCustomError("too_deep", f"must not be nested more than {_MAX_DEPTH} deep")
        case dict():
            for item in value.values():
                _check_values(item, depth - 1)
        case list():
            for item in value:
                _check_values(item, depth - 1)
        case float():
            raise PydanticCustomError("fraction", "must have no fractions: write money as decimal strings")
        case int() if abs(value) > _MAX_INTEGER:
            raise PydanticCustomError("integer_too_large", "must have no integers beyond 2**53")


class AdjustmentBody(RequestModel):
    """``points`` given (> 0) or taken (< 0). ``expires_on`` goes with points given."""

    reference: Reference
    points: Annotated[int, Field(ge=-MAX_POINTS, le=MAX_POINTS), AfterValidator(_points_either_way)]
    reason: Reason
    expires_on: Day | None = None

    def adjustment(self, member: str) -> Adjustment:
        return Adjustment(self.reference, member, self.points, self.reason, self.expires_on)


class FreezeBody(RequestModel):
    """``activities`` is what to stop, or to let go on; both unless given."""

    reference: Reference
    reason: Reason
    activities: Annotated[list[Literal["earning", "redeeming"]], Field(min_length=1, max_length=2)] | None = None

    def freeze(self, member: str) -> Freeze:
        activities = frozenset(Activity(name) for name in self.activities or Activity)
        return Freeze(self.reference, member, self.reason, activities)


class DraftBody(RequestModel):
    """``revision`` is that of the draft as it was seen, 0 where there was none: nobody overwrites what they have not
    read. A draft may have faults; publishing finds them."""

    document: Annotated[dict[str, Any], AfterValidator(_document)]
    revision: Annotated[int, Field(ge=0, le=10**9)]


class PublicationBody(RequestModel):
    """The revision of the draft that is to go live."""

    revision: Annotated[int, Field(ge=1, le=10**9)]
