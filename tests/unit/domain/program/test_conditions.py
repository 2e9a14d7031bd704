"""Conditions as data (design §8): every operator on every type, what is not known, and how they are put together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.program.conditions import ALWAYS, AllOf, AnyOf, Condition, Operator, Scalar, holds
from tests.builders import asks

EQUALS, NOT_EQUALS = Operator.EQUALS, Operator.NOT_EQUALS
AT_LEAST, AT_MOST, MORE_THAN, LESS_THAN = Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE_THAN, Operator.LESS_THAN
IN, NOT_IN, PRESENT, ABSENT = Operator.IN, Operator.NOT_IN, Operator.PRESENT, Operator.ABSENT

YES, NO = asks("known", PRESENT), asks("known", ABSENT)
KNOWN: dict[str, Scalar] = {"known": "here"}


@pytest.mark.parametrize(
    ("found", "operator", "values", "expected"),
    [
        # texts
        ("a", EQUALS, ("a",), True),
        ("a", EQUALS, ("A",), False),
        ("a", NOT_EQUALS, ("b",), True),
        ("a", NOT_EQUALS, ("a",), False),
        ("a", IN, ("b", "a"), True),
        ("a", IN, ("b", "c"), False),
        ("a", NOT_IN, ("b", "c"), True),
        ("a", NOT_IN, ("b", "a"), False),
        ("", PRESENT, (), True),
        ("", ABSENT, (), False),
        # numbers
        (5, EQUALS, (5,), True),
        (5, NOT_EQUALS, (5,), False),
        (5, IN, (4, 5), True),
        (5, NOT_IN, (4, 5), False),
        (0, PRESENT, (), True),
        # yes and no
        (True, EQUALS, (True,), True),
        (True, EQUALS, (False,), False),
        (False, NOT_EQUALS, (True,), True),
        (False, PRESENT, (), True),
        (False, ABSENT, (), False),
        # types are never equal: Python holds True == 1, and "1" is no number
        (1, EQUALS, (True,), False),
        (True, EQUALS, (1,), False),
        (0, EQUALS, (False,), False),
        (True, IN, (1, "true"), False),
        (1, NOT_IN, (True, "1"), True),
        ("1", EQUALS, (1,), False),
        (1, NOT_EQUALS, (True,), True),
    ],
)
def test_equality(found: Scalar, operator: Operator, values: tuple[Scalar, ...], expected: bool) -> None:
    assert holds(asks("field", operator, *values), {"field": found}) is expected


@pytest.mark.parametrize(
    ("operator", "below", "same", "above"),
    [
        (AT_LEAST, False, True, True),
        (MORE_THAN, False, False, True),
        (AT_MOST, True, True, False),
        (LESS_THAN, True, False, False),
    ],
)
def test_order_is_for_numbers(operator: Operator, below: bool, same: bool, above: bool) -> None:
    test = asks("field", operator, 5)
    assert [holds(test, {"field": number}) for number in (4, 5, 6)] == [below, same, above]
    for other in ("5", "a", "", True, False):
        assert not holds(test, {"field": other})
    for value in ("5", True, False, "a"):
        assert not any(holds(asks("field", operator, value), {"field": found}) for found in (0, 1, 5, "5", "b", True))


@pytest.mark.parametrize("operator", Operator)
def test_what_is_not_known_meets_nothing_but_absent(operator: Operator) -> None:
    for values in ((5,), ("a",), (True,)):
        assert holds(asks("field", operator, *values), {"other": 5}) is (operator is ABSENT)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (ALWAYS, True),
        (AllOf(()), True),
        (AnyOf(()), False),
        (AllOf((YES, YES)), True),
        (AllOf((YES, NO)), False),
        (AnyOf((NO, YES)), True),
        (AnyOf((NO, NO)), False),
        (AllOf((YES, AnyOf((NO, AllOf((YES, YES)))))), True),
        (AllOf((YES, AnyOf((NO, AllOf((YES, NO)))))), False),
    ],
)
def test_all_and_any(condition: Condition, expected: bool) -> None:
    assert holds(condition, KNOWN) is expected


scalars = st.booleans() | st.integers() | st.text(max_size=3)
single = st.builds(
    lambda field, operator, values: asks(field, operator, *values),
    st.sampled_from(["a", "b"]),
    st.sampled_from(Operator),
    st.lists(scalars, min_size=1, max_size=3),
)
conditions = st.recursive(
    single, lambda inner: st.builds(AllOf, st.lists(inner)) | st.builds(AnyOf, st.lists(inner)), max_leaves=8
)


@given(condition=conditions, facts=st.dictionaries(st.sampled_from(["a", "b"]), scalars))
def test_every_condition_has_an_answer_for_any_facts(condition: Condition, facts: dict[str, Scalar]) -> None:
    assert isinstance(holds(condition, facts), bool)


@given(field=scalars, values=st.lists(scalars, min_size=1, max_size=3))
def test_what_is_known_is_either_in_or_not_in(field: Scalar, values: list[Scalar]) -> None:
    facts = {"field": field}
    assert holds(asks("field", IN, *values), facts) is not holds(asks("field", NOT_IN, *values), facts)
