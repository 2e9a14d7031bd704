"""What a new version changes, place by place."""

from typing import Any

import pytest

from points.domain.canonical import Plain
from points.domain.program.differences import Change, Difference, differences


def rule(name: str, points: int = 5) -> dict[str, Any]:
    return {"id": name, "value": {"type": "fixed", "points": points}}


def test_equal_documents_have_none() -> None:
    document: dict[str, Plain] = {"rules": [rule("a"), rule("b")], "ratio": 100, "languages": ["en"], "title": {}}
    assert list(differences(document, dict(document))) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"ratio": 1}, Difference("/ratio", Change.ADDED, None, 1)),
        ({"ratio": 1}, {}, Difference("/ratio", Change.REMOVED, 1, None)),
        ({"ratio": 1}, {"ratio": 2}, Difference("/ratio", Change.CHANGED, 1, 2)),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, Difference("/a/b", Change.CHANGED, 1, 2)),
        ({"a": {"b": 1}}, {"a": 1}, Difference("/a", Change.CHANGED, {"b": 1}, 1)),
        ({"a": None}, {"a": {}}, Difference("/a", Change.CHANGED, None, {})),
        ({"a/b~c": 1}, {"a/b~c": 2}, Difference("/a~1b~0c", Change.CHANGED, 1, 2)),
        ({"rules": [rule("a")]}, {"rules": [rule("a", 6)]}, Difference("/rules/a/value/points", Change.CHANGED, 5, 6)),
        # Lists without ids are one value …
        ({"steps": [1, 2]}, {"steps": [1, 2, 3]}, Difference("/steps", Change.CHANGED, [1, 2], [1, 2, 3])),
        ({"caps": [{"per": "day"}]}, {"caps": []}, Difference("/caps", Change.CHANGED, [{"per": "day"}], [])),
        # … and so are lists that name one id twice.
        ({"r": [rule("a")]}, {"r": [rule("a")] * 2}, Difference("/r", Change.CHANGED, [rule("a")], [rule("a")] * 2)),
        (1, 2, Difference("/", Change.CHANGED, 1, 2)),
    ],
)
def test_where_and_what(before: Plain, after: Plain, expected: Difference) -> None:
    assert list(differences(before, after)) == [expected]


@pytest.mark.parametrize(
    ("before", "after"),
    [(True, 1), (0, False), ("1", 1), ([1], [True]), ([{"value": 1}], [{"value": True}]), ([[0]], [[False]])],
)
def test_types_are_a_difference(before: Plain, after: Plain) -> None:
    # Python holds True == 1, however deep.
    assert [found.path for found in differences({"x": before}, {"x": after})] == ["/x"]


def test_items_with_ids_are_told_apart_by_them() -> None:
    before, after = [rule("a"), rule("b"), rule("c")], [rule("c"), rule("new"), rule("b", 6)]
    assert list(differences({"rules": before}, {"rules": after})) == [
        Difference("/rules/new", Change.ADDED, None, rule("new")),
        Difference("/rules/b/value/points", Change.CHANGED, 5, 6),
        Difference("/rules/a", Change.REMOVED, rule("a"), None),
    ]
