"""Where a document does not have the shape of a program: each place once, in words for the person who wrote it.

What the models report is translated into few codes of our own: theirs name their types and change with their version.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from points.adapters.program_document import schema
from points.domain.canonical import Plain
from points.domain.errors import Fault

MAX_NESTING: Final = 20
"""Objects and lists in one another. The deepest program has about half of that."""

type Location = tuple[int | str, ...]

CODES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("missing", "is missing"),
    "extra_forbidden": ("unknown_key", "is nothing a program has in this place"),
    "string_type": ("wrong_type", "must be a text"),
    "int_type": ("wrong_type", "must be a whole number"),
    "bool_type": ("wrong_type", "must be true or false"),
    "list_type": ("wrong_type", "must be a list"),
    "dict_type": ("wrong_type", "must be an object"),
    "model_type": ("wrong_type", "must be an object"),
    "model_attributes_type": ("wrong_type", "must be an object"),
    "value_type": ("wrong_type", "must be a text, a whole number, true, false or a list of those"),
    "string_pattern_mismatch": ("wrong_form", "has the wrong form"),
    "day_as_text": ("not_a_day", 'must be a day written as "2026-11-11"'),
    "date_from_datetime_parsing": ("not_a_day", "is a day that no calendar has"),
    "date_parsing": ("not_a_day", "is a day that no calendar has"),
    "greater_than_equal": ("out_of_range", "must be at least {ge}"),
    "less_than_equal": ("out_of_range", "must be at most {le}"),
    "string_too_short": ("wrong_length", "must have at least {min_length} characters"),
    "string_too_long": ("wrong_length", "must have at most {max_length} characters"),
    "too_short": ("wrong_length", "must have at least {min_length} items"),
    "too_long": ("wrong_length", "must have at most {max_length} items"),
    "literal_error": ("unknown_choice", "must be {expected}"),
    "enum": ("unknown_choice", "must be {expected}"),
    "union_tag_invalid": ("unknown_choice", "must be {expected_tags}"),
    "union_tag_not_found": ("missing", "is missing"),
    "unknown_time_zone": ("unknown_time_zone", "is not a time zone of the IANA database, such as Asia/Shanghai"),
}
"""Of the models' kinds of error: our code, and what we say."""

_ANYTHING_ELSE: Final = ("wrong_type", "does not have the right shape")

NOT_UNICODE: Final = "not_unicode"
TOO_DEEP: Final = "too_deep"
SHAPE_CODES: Final = frozenset({code for code, _ in CODES.values()} | {NOT_UNICODE, TOO_DEEP})

_FORMS: Final = {
    schema.NAME: "must be lower-case letters, digits, - and _, beginning with a letter, 48 characters at most",
    schema.LEVEL_NAME: "must be letters, digits, - and _, beginning with a letter, 24 characters at most",
    schema.ATTRIBUTE_NAME: "must be letters, digits, _, . and -, beginning with a letter, 48 characters at most",
    schema.AMOUNT: 'must be a decimal string such as "128.00"',
    schema.MULTIPLIER: 'must be a decimal string such as "1.5", with at most three decimals',
    schema.PERCENT: 'must be a decimal string such as "2.5", below 100 and with at most two decimals',
    schema.TIME_OF_DAY: 'must be a time of day such as "09:30"',
    schema.CURRENCY_CODE: 'must be three capital letters, such as "CNY"',
}

_SEVERAL_SHAPES: Final = frozenset({"expiry", "value", "when", "target", "from"})
"""Fields of several possible shapes; so are the items of ``all``, ``any`` and a list of values."""


def unreadable(document: Plain) -> list[Fault]:
    """What keeps a document from being looked at any further: nested without end, or texts that are none (half of a
    surrogate pair). JSON can carry both, and each would be an accident in the middle of something else."""
    return list(_unreadable("", document, MAX_NESTING))


def _unreadable(path: str, value: Plain, levels: int) -> Iterator[Fault]:
    """One place at a time: all of them together are as many times longer than the document as it is nested deep."""
    if isinstance(value, Mapping | list | tuple):
        if not levels:
            yield Fault(path, TOO_DEEP, f"is nested more than {MAX_NESTING} deep")
            return
        for name, item in value.items() if isinstance(value, Mapping) else enumerate(value):
            place = f"{path}/{escaped(str(name))}"
            if _is_unicode(name):
                yield from _unreadable(place, item, levels - 1)
            else:
                yield Fault(place, NOT_UNICODE, "has a name with half of a character in it")
    elif not _is_unicode(value):
        yield Fault(path or "/", NOT_UNICODE, "has half of a character in it")


def shape_faults(document: Plain) -> Iterator[Fault]:
    """Of a readable document."""
    try:
        schema.ProgramDocument.model_validate(document)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            yield _fault(item["type"], item["loc"], item.get("ctx", {}))


def _fault(kind: str, location: Location, context: Mapping[str, Any]) -> Fault:
    code, message = CODES.get(kind, _ANYTHING_ELSE)
    path = _path(location, kind)
    if kind.startswith("union_tag"):
        # Of what shape it is stands in the field ``type``; but an item of a list of values has none.
        if context["discriminator"] == "'type'":
            path += "/type"
        else:
            code, message = CODES["value_type"]
    if kind == "string_pattern_mismatch":
        message = _FORMS[context["pattern"]]
    return Fault(path, code, message.format(**context))


def _path(location: Location, kind: str) -> str:
    """The place in the document itself: the models also name which of several shapes they tried, and when it is the
    name of a member they speak of."""
    parts: list[int | str] = []
    of_shape = False
    for part in location:
        if of_shape:
            of_shape = False
            continue
        parts.append(part)
        of_shape = _has_several_shapes(parts)
    if parts and parts[-1] == "[key]" and kind != "extra_forbidden":
        parts.pop()
    return "/" + "/".join(escaped(str(part)) for part in parts)


def _has_several_shapes(parts: list[int | str]) -> bool:
    if isinstance(parts[-1], int):
        return parts[-2] in ("all", "any", "value")
    if len(parts) == 2 and parts[0] == "event_attributes":  # noqa: PLR2004
        return True
    # A reward may be called "value".
    is_a_name = len(parts) == 2 and parts[0] in ("behaviours", "rewards")  # noqa: PLR2004
    return parts[-1] in _SEVERAL_SHAPES and not is_a_name


def _is_unicode(value: Any) -> bool:
    if not isinstance(value, str):
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def escaped(name: str) -> str:
    """A name as part of a path (a JSON pointer). Half characters are written out, so that a path can always be sent."""
    return name.encode(errors="backslashreplace").decode().replace("~", "~0").replace("/", "~1")
