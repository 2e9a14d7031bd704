"""What is wrong with a condition: fields nobody has, operators and values that do not fit, and conditions that can
never hold.

It is read test by test, so that a wrong shape in one does not hide an unknown name in another.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from points.adapters.program_document import schema
from points.adapters.program_document.building import Conditions, values_of
from points.adapters.program_document.parts import FieldAtFault, read
from points.adapters.program_document.possibility import Universe, can_hold
from points.adapters.program_document.shapes import TOO_DEEP
from points.domain.canonical import Plain
from points.domain.errors import Fault, InvalidRequest
from points.domain.limits import MAX_QUANTITY
from points.domain.money import Currency
from points.domain.program.attributes import AttributeType, EventAttribute
from points.domain.program.conditions import MAX_DEPTH, Operator, Scalar
from points.domain.program.dates import EVERY_DAY, Dates

_ORDERED: Final = frozenset({Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE_THAN, Operator.LESS_THAN})
_LISTED: Final = frozenset({Operator.IN, Operator.NOT_IN})
_PRESENCE: Final = frozenset({Operator.PRESENT, Operator.ABSENT})

_RANGES: Final = {
    "hour": (0, 23),
    "weekday": (1, 7),
    "day_of_month": (1, 31),
    "month": (1, 12),
    "quantity": (1, MAX_QUANTITY),
}
_KINDS_OF_MEMBERS: Final = dict.fromkeys(("hour", "weekday", "day_of_month", "month"), "number") | dict.fromkeys(
    ("real_name_verified", "birthday"), "flag"
)
_KINDS_OF_EVENTS: Final = {"amount": "money", "quantity": "number"}
_ATTRIBUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
"""The names that attributes of events can have: asking for another would ask for what no event can carry."""

_CONDITION: Final[TypeAdapter[schema.ConditionDocument]] = TypeAdapter(schema.ConditionDocument)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What conditions of this program may speak of; None where that part of the document cannot be read, and anything
    may be right. ``levels``: names of tiers and segments, lowest first."""

    currency: Currency | None
    levels: Mapping[str, Sequence[str] | None]
    member_attributes: frozenset[str] | None
    event_attributes: Mapping[str, EventAttribute]


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a condition is asked: of an event or only of a member, and on which days."""

    vocabulary: Vocabulary
    of_members: bool = False
    dates: Dates = EVERY_DAY


def condition_faults(raw: Plain, path: str, asked: Asked) -> Iterator[Fault]:
    """Of its meaning; its shape is looked at elsewhere, but where it is too deep."""
    faults = list(_faults(raw, path, asked, depth=1))
    yield from faults
    if not faults and not _may_hold(raw, asked):
        yield Fault(path, "never_holds", "can never hold: what it asks for contradicts itself")


def _faults(raw: Plain, path: str, asked: Asked, depth: int) -> Iterator[Fault]:
    kind = schema.condition_kind(raw)
    if kind == "test":
        test = read(raw, path, schema.TestDocument)
        if test is not None:
            yield from _test_faults(test.document, path, asked)
        return
    if depth > MAX_DEPTH:
        yield Fault(path, TOO_DEEP, f"conditions are at most {MAX_DEPTH} levels deep")
        return
    inner = raw.get(kind) if isinstance(raw, Mapping) else None
    for index, each in enumerate(inner if isinstance(inner, list) else ()):
        yield from _faults(each, f"{path}/{kind}/{index}", asked, depth + 1)


def _test_faults(test: schema.TestDocument, path: str, asked: Asked) -> Iterator[Fault]:
    try:
        kind = _kind(test.field, asked)
        if kind is None:
            yield Fault(f"{path}/field", "unknown_field", _unknown(test.field, asked))
            return
        operator = Operator(test.op)
        if operator in _ORDERED and not _has_an_order(kind, test.field, asked.vocabulary):
            yield Fault(f"{path}/op", "wrong_operator", f"{test.field} has no order")
            return
        if problem := _amount_of_values_problem(operator, test) or _values_problem(kind, operator, test, asked):
            yield Fault(f"{path}/value", "wrong_value", problem)
    except FieldAtFault:
        return


def _kind(field: str, asked: Asked) -> str | None:
    """money, number, flag, level or scalar; None for a field there is not."""
    vocabulary = asked.vocabulary
    group, _, name = field.partition(".")
    if group == "member" and name:
        known = vocabulary.member_attributes
        return "scalar" if known is None or name in known else None
    if group == "attribute" and name:
        if asked.of_members or not _ATTRIBUTE.fullmatch(name):
            return None
        declared = vocabulary.event_attributes.get(name)
        return "scalar" if declared is None else "flag" if declared.type is AttributeType.FLAG else "declared"
    if field in vocabulary.levels:
        levels = vocabulary.levels[field]
        return "level" if levels is None or levels else None
    return _KINDS_OF_MEMBERS.get(field) or (None if asked.of_members else _KINDS_OF_EVENTS.get(field))


def _has_an_order(kind: str, field: str, vocabulary: Vocabulary) -> bool:
    if kind == "declared":
        return vocabulary.event_attributes[field.partition(".")[2]].type is AttributeType.NUMBER
    return kind != "flag"


def _unknown(field: str, asked: Asked) -> str:
    group, _, name = field.partition(".")
    if field in asked.vocabulary.levels:
        return f"{field} is not known: the program has no {field}s"
    if group == "member" and name:
        return f"{name} is not declared in member_attributes"
    if asked.of_members and (group == "attribute" or field in _KINDS_OF_EVENTS):
        return f"{field} is known of events only, and here there is none"
    return f"{field} is nothing a condition can ask about"


def _amount_of_values_problem(operator: Operator, test: schema.TestDocument) -> str:
    if (test.value is None) == (operator in _PRESENCE) and isinstance(test.value, list) == (operator in _LISTED):
        return ""
    wanted = "no value" if operator in _PRESENCE else "a list of values" if operator in _LISTED else "one value"
    return f"{operator} takes {wanted}"


def _values_problem(kind: str, operator: Operator, test: schema.TestDocument, asked: Asked) -> str:
    """The first problem: a list is one place."""
    problems = (_value_problem(kind, test.field, operator, value, asked.vocabulary) for value in values_of(test))
    return next(filter(None, problems), "")


def _value_problem(kind: str, field: str, operator: Operator, value: Scalar, vocabulary: Vocabulary) -> str:
    match kind:
        case "money":
            return _money_problem(value, vocabulary.currency)
        case "number":
            low, high = _RANGES[field]
            in_range = type(value) is int and low <= value <= high
            return "" if in_range else f"must be a whole number from {low} to {high}"
        case "flag":
            return "" if isinstance(value, bool) else "must be true or false"
        case "declared":
            return vocabulary.event_attributes[field.partition(".")[2]].problem(value)
        case "level":
            names = vocabulary.levels[field]
            return "" if names is None or value in names else f"must be one of {', '.join(names)}"
        case _:
            unordered = operator in _ORDERED and type(value) is not int
            return "must be a whole number: only those have an order" if unordered else ""


def _money_problem(value: Scalar, currency: Currency | None) -> str:
    if not isinstance(value, str):
        return 'must be a decimal string such as "128.00"'
    if currency is None:
        return ""
    try:
        currency.minor_units(value, path="")
    except InvalidRequest as error:
        return error.detail
    return ""


def _may_hold(raw: Plain, asked: Asked) -> bool:
    """True as well where a part of what it depends on cannot be read."""
    currency, levels = asked.vocabulary.currency, asked.vocabulary.levels
    known = {field: names for field, names in levels.items() if names is not None}
    if currency is None or len(known) < len(levels):
        return True
    try:
        document = _CONDITION.validate_python(raw)
    except ValidationError:
        return True
    universe = Universe({field: len(names) for field, names in known.items()}, asked.dates)
    return can_hold(Conditions(currency, known).built(document), universe)
