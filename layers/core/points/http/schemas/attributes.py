"""Free attributes of members and events: a few scalars, never documents."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from points.domain.limits import MAX_POINTS
from points.http.schemas.common import NO_CONTROL_CHARACTERS

MAX_ATTRIBUTES = 20
_MAX_TEXT = 256
_NAME = r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$"

type Scalar = str | int | bool


def _attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    if len(attributes) > MAX_ATTRIBUTES:
        raise PydanticCustomError("too_many_attributes", f"must be at most {MAX_ATTRIBUTES} attributes")
    for name, value in attributes.items():
        if not re.fullmatch(_NAME[1:-1], name):
            raise PydanticCustomError("attribute_name_invalid", f"names must match {_NAME}")
        if not _is_scalar(value):
            raise PydanticCustomError(
                "attribute_invalid",
                "the attribute {name} must be a text of at most 256 characters, a whole number, true or false",
                {"name": name},
            )
    return attributes


def _is_scalar(value: Any) -> bool:
    match value:
        case bool():
            return True
        case int():
            return abs(value) <= MAX_POINTS
        case str():
            return len(value) <= _MAX_TEXT and re.fullmatch(NO_CONTROL_CHARACTERS[1:-1], value) is not None
    return False


Attributes = Annotated[
    dict[str, Any],
    AfterValidator(_attributes),
    WithJsonSchema(
        {
            "type": "object",
            "maxProperties": MAX_ATTRIBUTES,
            "propertyNames": {"pattern": _NAME},
            "additionalProperties": {
                "anyOf": [
                    {"type": "string", "maxLength": _MAX_TEXT, "pattern": NO_CONTROL_CHARACTERS},
                    {"type": "integer", "minimum": -MAX_POINTS, "maximum": MAX_POINTS},
                    {"type": "boolean"},
                ]
            },
        }
    ),
]
