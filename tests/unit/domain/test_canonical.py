"""One spelling per value, and no floats."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.canonical import canonical_json, digest

PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc积", max_size=3), inner, max_size=3),
    max_leaves=8,
)


def test_spelling() -> None:
    assert canonical_json({"b": [1, None, True], "a": "积分 \n"}) == '{"a":"积分 \\n","b":[1,null,true]}'.encode()


@given(st.dictionaries(st.text("abc"), PLAIN, max_size=4))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


@pytest.mark.parametrize("value", [1.0, float("nan"), [0.5], {"a": {"b": [1, 2.0]}}, (1, (2, 3.0))])
def test_floats_are_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="float"):
        digest(value)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", {"a": object()}])
def test_what_is_not_plain_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


def test_one_and_true_are_not_the_same() -> None:
    assert len({digest({"a": value}) for value in (1, True, "1", None, 0, False, "")}) == 7
