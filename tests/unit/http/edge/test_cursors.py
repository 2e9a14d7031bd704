"""Cursors come back as they went out, and nothing else is taken for one."""

import base64
import json

import pytest

from points.http.edge.cursors import cursor_of, listing_of, number_key, text_key
from points.http.edge.problems import EdgeError
from points.http.schemas.common import IDENTIFIER
from tests.support.api import Api


def forged(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content, separators=(",", ":")).encode()).decode().rstrip("=")


def test_a_cursor_gives_back_its_key() -> None:
    assert number_key("entries", cursor_of("entries", "123")) == 123
    assert text_key("orders", cursor_of("orders", "order:1~a"), form=IDENTIFIER) == "order:1~a"
    assert (cursor_of("orders", None), text_key("orders", None, form=IDENTIFIER), number_key("entries", None)) == (
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "?",
        "123",
        "=" * 10,
        "a" * 257,
        "null",
        "😀",
        "W10",  # []
        forged(["orders", "1"]),  # of another listing
        forged(["entries", "0"]),
        forged(["entries", "-1"]),
        forged(["entries", "1.0"]),
        forged(["entries", "9" * 40]),
        forged(["entries", 1]),
        forged(["entries", "1", "2"]),
        forged({"entries": "1"}),
        forged(["entries", "1"]) + "AA",
        base64.urlsafe_b64encode(b'["entries", "1"]').decode().rstrip("="),  # spelt differently
        base64.urlsafe_b64encode(b"\xff\xfe").decode().rstrip("="),
        base64.urlsafe_b64encode(b"[" * 150).decode().rstrip("="),
    ],
)
def test_anything_else_is_a_bad_cursor(cursor: str) -> None:
    with pytest.raises(EdgeError) as refused:
        number_key("entries", cursor)
    problem = refused.value.problem
    assert (problem.status, problem.code, problem.faults[0].path) == (400, "invalid_request", "?cursor")


@pytest.mark.parametrize("key", ["#", "", "a#b", "$", "a$", " ", "a\n", "é", "a" * 129])
def test_a_cursor_of_the_right_listing_with_a_key_that_no_item_has(key: str) -> None:
    api = Api()
    api.enrol()
    orders, rewards = listing_of("orders", "demo", "m1"), listing_of("rewards", "demo", None)
    for listing, path, query in ((orders, "/orders", "member=m1&"), (rewards, "/rewards", "")):
        answer = api.get(path, query=f"{query}cursor={forged([listing, key])}")
        assert (answer.status, answer.code) == (400, "invalid_request"), (listing, key)
    assert api.get("/rewards", query=f"cursor={forged([rewards, f'5/{key}'])}").status == 400
