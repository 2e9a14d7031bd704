"""Values that many answers hold, and the shape of every problem."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from points.domain.errors import PointsError
from points.http.edge.problems import EDGE_CODES

type Points = Annotated[int, Field(description="Whole points.")]
type MomentText = Annotated[str, Field(json_schema_extra={"format": "date-time"}, description="RFC 3339 in UTC.")]
type DayText = Annotated[str, Field(json_schema_extra={"format": "date"}, description="A day of the program.")]
type Figure = Annotated[
    int | str, Field(description="A whole number, or money as a decimal string where amounts count.")
]
type AmountText = Annotated[str, Field(description="Money as a decimal string.", examples=["128.00"])]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Fault(Answer):
    """`path` is a JSON pointer into the body, `?name` for a query parameter, `{name}` for a path parameter."""

    path: str
    code: str
    message: str


def _leaves(kind: type[PointsError]) -> set[type[PointsError]]:
    """Every error the domain knows that nothing is derived from, and those in between that are raised themselves."""
    below = {leaf for child in kind.__subclasses__() for leaf in _leaves(child)}
    return below | ({kind} if not below or kind.code in {"invalid_request", "not_found"} else set())


CODES = sorted({leaf.code for leaf in _leaves(PointsError)} | set(EDGE_CODES))


class Problem(BaseModel):
    """RFC 9457. The figures a caller needs (`available`, `required`, …) are members beside these."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:problem-type:points-ledger:insufficient_points"])
    title: str = Field(description="In the caller's language (`Accept-Language`: en or zh-CN).")
    status: int
    code: Annotated[str, Field(json_schema_extra={"enum": list(CODES)})]
    detail: str | None = None
    faults: list[Fault] | None = None
