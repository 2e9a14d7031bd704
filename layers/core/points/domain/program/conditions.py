"""Conditions of rules: a closed list of fields and operators as data, under ``all`` and ``any`` (design §8).

Not an expression language: every condition is total (it answers for any event and member), exact, cheap, editable in
a form, and explainable line by line. What is not known, such as an attribute the event does not carry, makes a test
false whatever its operator, except ``absent``. Values of different types are never equal and never in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_DEPTH: Final = 3
"""Levels of ``all`` and ``any``: what a person can still read in a form."""

type Scalar = bool | int | str

type Facts = Mapping[str, Scalar]
"""What is known when a rule is asked: the event, the member and the local time, by field name."""


class Operator(StrEnum):
    """``in`` and ``not_in`` take a list, ``present`` and ``absent`` nothing, the others one value."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    IN = "in"
    NOT_IN = "not_in"
    PRESENT = "present"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Test:
    """One field against ``values``: one for most operators, several for ``in`` and ``not_in``, none for presence."""

    field: str
    operator: Operator
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: Sequence["Condition"]


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: Sequence["Condition"]


type Condition = Test | AllOf | AnyOf

ALWAYS: Final = AllOf(())


def holds(condition: Condition, facts: Facts) -> bool:
    match condition:
        case Test():
            return _test_holds(condition, facts)
        case AllOf(conditions):
            return all(holds(inner, facts) for inner in conditions)
        case AnyOf(conditions):
            return any(holds(inner, facts) for inner in conditions)


def failing(condition: Condition, facts: Facts) -> Sequence[str]:
    """The fields because of which it does not hold, by name; none where it does."""
    if holds(condition, facts):
        return ()
    match condition:
        case Test():
            return (condition.field,)
        case AllOf(conditions) | AnyOf(conditions):
            return sorted({name for inner in conditions for name in failing(inner, facts)})


def number_of_tests(condition: Condition) -> int:
    """The most that are asked to know whether it holds."""
    match condition:
        case Test():
            return 1
        case AllOf(conditions) | AnyOf(conditions):
            return sum(map(number_of_tests, conditions))


def _test_holds(test: Test, facts: Facts) -> bool:
    found = facts.get(test.field)
    if found is None:
        return test.operator is Operator.ABSENT
    match test.operator:
        case Operator.PRESENT:
            return True
        case Operator.ABSENT:
            return False
        case Operator.EQUALS | Operator.IN:
            return _is_among(found, test.values)
        case Operator.NOT_EQUALS | Operator.NOT_IN:
            return not _is_among(found, test.values)
        case _:
            return _in_order(found, test.operator, test.values[0])


def _is_among(found: Scalar, values: tuple[Scalar, ...]) -> bool:
    # Python holds True == 1; an attribute that says 1 has not said yes.
    return any(type(value) is type(found) and value == found for value in values)


def _in_order(found: Scalar, operator: Operator, value: Scalar) -> bool:
    if type(found) is not int or type(value) is not int:
        return False
    match operator:
        case Operator.AT_LEAST:
            return found >= value
        case Operator.AT_MOST:
            return found <= value
        case Operator.MORE_THAN:
            return found > value
        case _:
            return found < value
