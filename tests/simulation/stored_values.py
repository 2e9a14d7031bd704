"""Attribute values as DynamoDB keeps them: which it takes, how it spells them, how large they are, how they compare.

Canonical values that mean the same are equal in Python too: numbers are in plain digits, sets are sorted. What is
canonical already, and everything the adapters write is, comes back as the same object.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, Final

type Value = Mapping[str, Any]
"""As the client sends and receives it: ``{"S": "text"}``."""

type Values = Mapping[str, Value]

type Item = Mapping[str, Value]

MAX_NESTING = 31
"""Lists and maps within each other in one attribute. DynamoDB speaks of 32 levels and counts the item as one."""

MAX_DIGITS = 38

_LARGEST_EXPONENT = 125
_SMALLEST_EXPONENT = -130

EXACT: Final = Context(prec=400)
"""More digits than lie between the largest and the smallest number: sums are rounded nowhere."""

_IS_PLAIN: Final = re.compile("0|-?[1-9][0-9]{0,37}", re.ASCII).fullmatch
_IS_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII).fullmatch
_ORDERED: Final = frozenset({"S", "N", "B"})


class Invalid(Exception):
    """What DynamoDB refuses with a ValidationException, more or less in its words."""


def measured_item(item: Item) -> tuple[Item, int]:
    """The item with canonical values, and its size in bytes. Raises Invalid."""
    return _measured_map(item, 0)


def canonical_values(values: Values) -> Values:
    """Raises Invalid."""
    return _measured_map(values, 0)[0]


def number_text(number: Decimal) -> str:
    """In plain digits, as DynamoDB answers. Raises Invalid for what it cannot keep exactly."""
    if not number:
        return "0"
    number = number.normalize(EXACT)
    if len(number.as_tuple().digits) > MAX_DIGITS:
        raise Invalid("DynamoDB only supports precision up to 38 digits")
    if number.adjusted() > _LARGEST_EXPONENT:
        raise Invalid("Number overflow. Attempting to store a number with magnitude larger than supported range")
    if number.adjusted() < _SMALLEST_EXPONENT:
        raise Invalid("Number underflow. Attempting to store a number with magnitude smaller than supported range")
    return f"{number:f}"


def compares(left: Value | None, right: Value | None, holds: Callable[[Any, Any], bool]) -> bool:
    """Whether an order holds between two values; none does between different types, and where one is missing."""
    if left is None or right is None:
        return False
    ((kind, content),) = left.items()
    other = right.get(kind)
    if other is None or kind not in _ORDERED:
        return False
    # Text is compared by its bytes in UTF-8, which is the order of code points, which is Python's.
    return holds(Decimal(content), Decimal(other)) if kind == "N" else holds(content, other)


def sortable(kind: str, content: Any) -> Any:
    """What index keys of one kind are sorted by."""
    if kind == "N":
        return int(content) if _IS_PLAIN(content) else Decimal(content)
    return content


def text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _measured_map(values: Mapping[str, Value], depth: int) -> tuple[Mapping[str, Value], int]:
    """The values, and the size of names and values."""
    size = 0
    respelled: dict[str, Value] = {}
    for name, value in values.items():
        if not name:
            raise Invalid("Empty attribute name")
        canonical, value_size = _measured(value, depth)
        size += (len(name) if name.isascii() else len(name.encode())) + value_size
        if canonical is not value:
            respelled[name] = canonical
    return ({**values, **respelled} if respelled else values), size


def _measured(value: Value, depth: int) -> tuple[Value, int]:
    if len(value) != 1:
        raise Invalid("Supplied AttributeValue must contain exactly one of the supported datatypes")
    ((kind, content),) = value.items()
    canonical, size = _KINDS[kind](content, depth)
    return value if canonical is content else {kind: canonical}, size


def _text(content: str, _: int) -> tuple[str, int]:
    return content, len(content) if content.isascii() else len(content.encode())


def _number(content: str, _: int) -> tuple[str, int]:
    """A number is a byte, one more for two significant digits, and one for a minus sign."""
    if not _IS_PLAIN(content):
        content = _canonical_number(content)
    digits = content.rstrip("0") if "." not in content else content.replace(".", "").lstrip("-").strip("0")
    negative = content[0] == "-"
    significant = len(digits) - (digits[:1] == "-")
    return content, 1 + (significant + 1) // 2 + negative


def _canonical_number(content: str) -> str:
    if _IS_NUMBER(content) is None:
        raise Invalid("A value provided cannot be converted into a number")
    try:
        return number_text(Decimal(content))
    except InvalidOperation as error:
        raise Invalid("A value provided cannot be converted into a number") from error


def _binary(content: bytes, _: int) -> tuple[bytes, int]:
    return content if type(content) is bytes else bytes(content), len(content)


def _boolean(content: bool, _: int) -> tuple[bool, int]:
    return content, 1


def _null(content: bool, _: int) -> tuple[bool, int]:
    if content is not True:
        raise Invalid("Null attribute value types must have the value of true")
    return content, 1


def _map(content: Mapping[str, Value], depth: int) -> tuple[Mapping[str, Value], int]:
    same, size = _measured_map(content, _deeper(depth))
    return same, 3 + len(content) + size


def _list(content: list[Value], depth: int) -> tuple[list[Value], int]:
    depth = _deeper(depth)
    size = 3 + len(content)
    unchanged = True
    elements = []
    for element in content:
        canonical, element_size = _measured(element, depth)
        elements.append(canonical)
        size += element_size
        unchanged &= canonical is element
    return content if unchanged else elements, size


def _deeper(depth: int) -> int:
    if depth >= MAX_NESTING:
        raise Invalid("Nesting Levels have exceeded supported limits")
    return depth + 1


def _set_of(
    member: Callable[[Any, int], tuple[Any, int]], order: Callable[[Any], Any]
) -> Callable[[list[Any], int], tuple[list[Any], int]]:
    def measured(content: list[Any], depth: int) -> tuple[list[Any], int]:
        if not content:
            raise Invalid("One or more parameter values were invalid: a set may not be empty")
        members = sorted((member(each, depth)[0] for each in content), key=order)
        if any(left == right for left, right in pairwise(members)):
            raise Invalid("One or more parameter values were invalid: Input collection contains duplicates")
        size = sum(member(each, depth)[1] for each in members)
        return content if members == content else members, size

    return measured


def _itself(content: Any) -> Any:
    return content


_KINDS: Final[Mapping[str, Callable[[Any, int], tuple[Any, int]]]] = {
    "S": _text,
    "N": _number,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
    "M": _map,
    "L": _list,
    "SS": _set_of(_text, _itself),
    "NS": _set_of(_number, Decimal),
    "BS": _set_of(_binary, _itself),
}
