"""Conditions of a document: what they become, and that one is called impossible when it is, and only then."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from points.adapters.program_document import schema
from points.adapters.program_document.building import Conditions
from points.adapters.program_document.condition_faults import Asked, Vocabulary, condition_faults
from points.domain.money import Currency
from points.domain.program import conditions
from points.domain.program.conditions import AllOf, AnyOf, Condition, Facts, Operator, holds
from points.domain.program.dates import Dates
from tests.support.documents import all_of, any_of, asks, nested

CNY = Currency("CNY", 2)
LEVELS = {"tier": ["V1", "V2", "V3"], "segment": list[str]()}
VOCABULARY = Vocabulary(CNY, LEVELS, frozenset({"club"}), {})


def never_holds(condition: Any, dates: Dates | None = None, *, of_members: bool = False) -> bool:
    found = [fault.code for fault in condition_faults(condition, "", Asked(VOCABULARY, of_members, dates or Dates()))]
    assert found in ([], ["never_holds"])
    return bool(found)


IMPOSSIBLE: list[Any] = [
    all_of(asks("tier", "equals", "V1"), asks("tier", "equals", "V2")),
    all_of(asks("tier", "equals", "V1"), asks("tier", "not_equals", "V1")),
    asks("tier", "less_than", "V1"),
    asks("tier", "more_than", "V3"),
    asks("tier", "not_in", ["V1", "V2", "V3"]),
    asks("tier", "absent"),
    asks("hour", "absent"),
    asks("hour", "more_than", 23),
    all_of(asks("hour", "at_least", 18), asks("hour", "less_than", 18)),
    all_of(asks("weekday", "in", [6, 7]), asks("weekday", "at_most", 5)),
    asks("weekday", "not_in", [1, 2, 3, 4, 5, 6, 7]),
    all_of(asks("month", "equals", 2), asks("day_of_month", "equals", 30)),
    all_of(asks("month", "in", [4, 6, 9, 11]), asks("day_of_month", "more_than", 30)),
    all_of(asks("amount", "at_least", "100"), asks("amount", "less_than", "100.00")),
    all_of(asks("amount", "more_than", "99.99"), asks("amount", "less_than", "100")),
    all_of(asks("amount", "absent"), asks("amount", "at_least", "0")),
    asks("amount", "less_than", "0"),
    asks("quantity", "less_than", 1),
    asks("quantity", "more_than", 10_000),
    all_of(asks("birthday", "equals", True), asks("birthday", "equals", False)),
    asks("real_name_verified", "not_in", [True, False]),
    all_of(asks("attribute.a", "present"), asks("attribute.a", "absent")),
    all_of(asks("attribute.a", "absent"), asks("attribute.a", "not_equals", "x")),
    all_of(asks("attribute.a", "equals", 1), asks("attribute.a", "equals", True)),
    all_of(asks("attribute.a", "equals", "5"), asks("attribute.a", "at_least", 5)),
    all_of(asks("member.club", "in", ["gold", "silver"]), asks("member.club", "in", ["bronze"])),
    all_of(asks("attribute.a", "at_least", 1), asks("attribute.a", "at_most", 1), asks("attribute.a", "not_equals", 1)),
    asks("attribute.a", "more_than", 10**12),
    all_of(any_of(asks("hour", "equals", 1), asks("hour", "equals", 2)), asks("hour", "at_least", 3)),
    nested(3, asks("hour", "absent")),
]

POSSIBLE: list[Any] = [
    any_of(IMPOSSIBLE[0], asks("hour", "equals", 0)),
    asks("tier", "not_in", ["V1", "V2"]),
    asks("amount", "absent"),
    asks("amount", "at_most", "0"),
    asks("attribute.a", "absent"),
    asks("attribute.a", "not_in", [True, False, 0, 1]),
    asks("attribute.a", "not_equals", "0"),
    all_of(asks("attribute.a", "more_than", 1), asks("attribute.a", "less_than", 3)),
    all_of(asks("attribute.a", "equals", 1), asks("attribute.b", "equals", 2)),
    all_of(asks("month", "equals", 2), asks("day_of_month", "equals", 29), asks("weekday", "equals", 3)),
    asks("quantity", "at_least", 10_000),
]


@pytest.mark.parametrize("condition", IMPOSSIBLE, ids=str)
def test_contradictions_are_found(condition: Any) -> None:
    assert never_holds(condition)


@pytest.mark.parametrize("condition", POSSIBLE, ids=str)
def test_what_can_happen_is_left_alone(condition: Any) -> None:
    assert not never_holds(condition)


def test_a_condition_is_held_against_the_dates_of_its_rule() -> None:
    eleven = Dates(first=_day("2027-11-01"), last=_day("2027-11-11"))
    assert never_holds(asks("month", "equals", 12), eleven)
    assert never_holds(asks("day_of_month", "at_least", 12), eleven)
    assert not never_holds(asks("weekday", "equals", 7), eleven)
    # The 11th is a Thursday.
    assert never_holds(all_of(asks("day_of_month", "equals", 11), asks("weekday", "not_equals", 4)), eleven)
    # AND an open end is every day to come
    assert not never_holds(asks("month", "equals", 12), Dates(first=_day("2027-11-01")))


def _day(text: str) -> Any:
    return TypeAdapter(schema.Dated).validate_python({"from": text}).from_


def test_more_ways_than_anybody_reads_are_not_looked_through() -> None:
    many = any_of(*(asks("hour", "equals", hour) for hour in (1, 2, 3)))
    assert not never_holds(all_of(many, many, many, many, asks("hour", "equals", 0)))


def test_a_condition_as_decisions_know_it() -> None:
    written = all_of(
        asks("amount", "at_least", "128.5"),
        any_of(asks("tier", "in", ["V3", "V1"]), asks("attribute.a", "present")),
        asks("member.club", "equals", True),
    )
    document = TypeAdapter[schema.ConditionDocument](schema.ConditionDocument).validate_python(written)
    assert Conditions(CNY, LEVELS).built(document) == AllOf(
        (
            conditions.Test("amount", Operator.AT_LEAST, (12850,)),
            AnyOf((conditions.Test("tier", Operator.IN, (2, 0)), conditions.Test("attribute.a", Operator.PRESENT))),
            conditions.Test("member.club", Operator.EQUALS, (True,)),
        )
    )


# ── against every fact there could be ───────────────────────────────────────────────────────────────────────────────

SCALARS: list[Any] = [True, False, -1, 0, 1, 2, "0", "x", "y"]
WORLD: dict[str, list[Any]] = {
    "attribute.a": [None, *SCALARS, -2, 3, "another"],
    "real_name_verified": [True, False],
    "tier": [0, 1, 2],
    "amount": [None, 0, 1, 2, 3, 10**14],
    "weekday": list(range(1, 8)),
}
"""Every value of each field that any test below can tell from the others; None for not known."""

ORDERED = ["at_least", "at_most", "more_than", "less_than"]
ONE = ["equals", "not_equals"]


def of_field(field: str, values: list[Any], ordered: list[Any]) -> st.SearchStrategy[Any]:
    one = st.builds(asks, st.just(field), st.sampled_from(ONE), st.sampled_from(values))
    several = st.builds(
        asks,
        st.just(field),
        st.sampled_from(["in", "not_in"]),
        st.lists(st.sampled_from(values), min_size=1, max_size=9),
    )
    presence = st.builds(asks, st.just(field), st.sampled_from(["present", "absent"]))
    if not ordered:
        return one | several | presence
    return (
        one | several | presence | st.builds(asks, st.just(field), st.sampled_from(ORDERED), st.sampled_from(ordered))
    )


TESTS = st.one_of(
    of_field("attribute.a", SCALARS, [-1, 0, 1, 2]),
    of_field("real_name_verified", [True, False], []),
    of_field("tier", ["V1", "V2", "V3"], ["V1", "V2", "V3"]),
    of_field("amount", ["0", "0.01", "0.02"], ["0", "0.01", "0.02"]),
    of_field("weekday", [1, 2, 3, 4, 5, 6, 7], [1, 2, 6, 7]),
)
INNER = st.lists(TESTS, min_size=1, max_size=4).flatmap(lambda tests: st.sampled_from([all_of(*tests), any_of(*tests)]))
CONDITIONS = TESTS | st.lists(TESTS | INNER, min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from([all_of(*parts), any_of(*parts)])
)


def worlds(condition: Condition, fields: list[str]) -> bool:
    for values in product(*(WORLD[field] for field in fields)):
        facts: Facts = {field: value for field, value in zip(fields, values, strict=True) if value is not None}
        if holds(condition, facts):
            return True
    return False


@settings(max_examples=400, deadline=None)
@given(CONDITIONS)
def test_never_holds_is_said_of_exactly_what_never_holds(written: Any) -> None:
    document = TypeAdapter[schema.ConditionDocument](schema.ConditionDocument).validate_python(written)
    condition = Conditions(CNY, LEVELS).built(document)
    fields = [field for field in WORLD if field in str(written)]
    assert never_holds(written) == (not worlds(condition, fields))
