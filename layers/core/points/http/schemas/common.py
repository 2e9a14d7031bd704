"""Building blocks of request models: identifiers, moments, amounts, reasons."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from annotated_types import Interval
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from points.domain.limits import MAX_POINTS

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9._:~-]{0,63}$"
"""ASCII only and no separators: an identifier goes into keys, paths and logs unchanged."""

ANY_REFERENCE = r"^~?[A-Za-z0-9][A-Za-z0-9._:~-]{0,63}$"
"""Also what nobody asked for has one: it begins with ``~``, which no caller's does (decision 0031)."""

PROGRAM = r"^[a-z0-9][a-z0-9-]{0,31}$"
NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f-\x9f]*$"

_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt]([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class RequestModel(BaseModel):
    """Built when first used (``defer_build``): a function that starts pays only for the route it was called for."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    def __repr__(self) -> str:
        """Never the values: Powertools formats a route's arguments for its debug log on every call."""
        return type(self).__name__


def _moment(value: Any) -> Any:
    """RFC 3339 with an offset, within the years every time zone can be computed for."""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is not None and _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return moment
    raise PydanticCustomError(
        "moment_invalid", "must be a time with an offset, such as 2026-11-11T20:00:00+08:00, from 1970 to 9000"
    )


def _day(value: Any) -> Any:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date_invalid", "must be a date that exists, such as 2028-02-29")


def _amount(value: Any) -> Any:
    """The number is refused with a hint: JSON numbers are floats to half of all parsers."""
    if isinstance(value, str):
        return value
    raise PydanticCustomError("decimal_string_required", 'must be a decimal string such as "128.00", not a number')


def digits(value: Any) -> Any:
    """A whole number in a URL: digits and nothing else, where Python would also take " 1_0.0"."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}", value, re.ASCII):
        return int(value)
    raise PydanticCustomError("digits_required", "must be a whole number")


Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Day = Annotated[date, BeforeValidator(_day)]
Amount = Annotated[
    str,
    StringConstraints(pattern=r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$"),
    BeforeValidator(_amount),
    Field(description='Money as a decimal string, such as "128.00".', examples=["128.00"]),
]
Points = Annotated[int, Field(ge=1, le=MAX_POINTS)]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, pattern=NO_CONTROL_CHARACTERS),
    Field(description="Kept beside the entry; erased with the member.", examples=["returned within 7 days"]),
]
Reference = Annotated[
    Identifier,
    Field(
        description="The idempotency key: chosen by the caller, unique for its kind of movement on the member.",
        examples=["order-20261111-0001"],
    ),
]

ProgramPath = Annotated[str, Path(pattern=PROGRAM, description="The program.", examples=["demo"])]
MemberPath = Annotated[str, Path(pattern=IDENTIFIER, description="The member, by the caller's own id.")]
ReferencePath = Annotated[str, Path(pattern=IDENTIFIER, description="The reference it was made with.")]
OrderPath = Annotated[
    str,
    Path(
        pattern=ANY_REFERENCE,
        description="The reference it was made with; begins with `~` where nobody asked for it.",
    ),
]
DrawPath = Annotated[str, Path(pattern=IDENTIFIER, description="The draw, by its id.")]
VersionPath = Annotated[
    int, Interval(ge=1, le=10**9), BeforeValidator(digits), Path(description="A published version.")
]

Limit = Annotated[int, Interval(ge=1, le=100), BeforeValidator(digits), Query(description="Items on a page.")]
Cursor = Annotated[str | None, Query(max_length=256, description="`next_cursor` of the page before.")]
Language = Annotated[
    str | None,
    Query(
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$",
        max_length=32,
        description="`en` or `zh-CN`; else what `Accept-Language` prefers of them, else the program's first language.",
        examples=["zh-CN"],
    ),
]
