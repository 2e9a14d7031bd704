"""Documents that are deep, wide or slow to look at: what they cost is bounded, whatever is in them.

Work is counted in steps of our own code (calls, and turns of loops, as the interpreter reports them), not in seconds,
which say how busy the machine is. A second is some five million steps.
"""

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import pytest

from points.application.administration import simulate_program
from tests.fuzz.documents import ADVERSARIES, TRIED
from tests.support.api import CLIENT, Answer, Api
from tests.support.documents import full

MAX_STEPS = 3_000_000
MAX_MEMORY = 100 * 1024 * 1024
MAX_ANSWER = 5 * 1024 * 1024
"""Lambda lets 6 MB through."""

MEGABYTE = 1024 * 1024
TOOL = 4

HEAVY = {
    "waiting × campaigns",
    "every level in every message",
    "long names, numbers",
    "names nobody knows",
    "empty rules",
    "unknown names",
    "samples of unknown names",
}
"""Of which the memory is measured, too: that takes ten times as long as the answer."""


class Steps:
    """Counts as long as :func:`counted` lasts."""

    taken = 0


@contextmanager
def counted() -> Iterator[Steps]:
    steps = Steps()
    events = sys.monitoring.events

    def step(code: CodeType, _place: int, *_more: object) -> Any:
        if "/points/" not in code.co_filename:
            return sys.monitoring.DISABLE
        steps.taken += 1
        return None

    sys.monitoring.use_tool_id(TOOL, "steps")
    kinds = (events.JUMP, events.PY_START, events.PY_RESUME)
    try:
        for kind in kinds:
            sys.monitoring.register_callback(TOOL, kind, step)
        sys.monitoring.set_events(TOOL, events.JUMP | events.PY_START | events.PY_RESUME)
        sys.monitoring.restart_events()
        yield steps
    finally:
        sys.monitoring.set_events(TOOL, 0)
        for kind in kinds:
            sys.monitoring.register_callback(TOOL, kind, None)
        sys.monitoring.free_tool_id(TOOL)


def peak_of(ask: Callable[[], Answer]) -> int:
    """The most memory that is held at once, beyond what was held before."""
    gc.collect()
    tracemalloc.start()
    try:
        ask()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def api() -> Api:
    """Warm: models are built when they are first used."""
    api = Api()
    api.enrol("m1")
    api.post("/config/validate", {"document": full()})
    api.post("/config/validate", {"document": full() | {"rules": [{}], "ratio": "x"}})
    return api


@pytest.mark.parametrize("name", ADVERSARIES)
def test_a_document_is_looked_at_within_bounds(api: Api, name: str) -> None:
    document = {"document": ADVERSARIES[name]()}
    assert len(json.dumps(document)) < 350_000
    with counted() as steps:
        answer = api.post("/config/validate", document)
    assert answer.status == 200, answer.text[:300]
    assert steps.taken < MAX_STEPS
    assert len(answer.text.encode()) < MAX_ANSWER
    if name in HEAVY:
        assert peak_of(lambda: api.post("/config/validate", document)) < MAX_MEMORY


@pytest.mark.parametrize("name", ["campaigns × rules", "every choice in every message", "long names, lists"])
def test_a_draft_of_any_kind_is_saved_compared_and_refused_within_bounds(name: str) -> None:
    api = Api()
    document = ADVERSARIES[name]()
    requests: list[Callable[[], Answer]] = [
        lambda: api.put("/config/draft", {"document": document, "revision": 1}),
        lambda: api.get("/config/draft"),
        lambda: api.get("/config/draft/diff"),
        lambda: api.post("/config/publish", {"revision": 2}),
        lambda: api.post("/config/simulate", {"events": [event(0)], "document": document}),
    ]
    for ask in requests:
        with counted() as steps:
            answer = ask()
        assert answer.status in {200, 422}, answer.text[:300]
        assert steps.taken < MAX_STEPS
        assert len(answer.text.encode()) < MAX_ANSWER


def event(number: int) -> dict[str, Any]:
    return {"reference": f"e{number}", "member": f"m{number % 3}", "behaviour": "photo", "quantity": 1}


@pytest.mark.parametrize("name", TRIED)
def test_a_program_is_tried_within_bounds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluations = simulate_program.MAX_EVALUATIONS * 3 // 10
    monkeypatch.setattr(simulate_program, "MAX_EVALUATIONS", evaluations)
    # GIVEN a program that is within every bound and as slow as it can be, live and as a draft
    api = Api(program="slow")
    document = TRIED[name]() | {"clients": [CLIENT]}
    api.put("/config/draft", {"document": document, "revision": 0})
    assert api.post("/config/publish", {"revision": 1}).status == 201
    with counted() as steps:
        answer = api.post("/config/simulate", {"document": document, "events": [event(each) for each in range(500)]})
    # THEN as many events are looked at as there is time for, and the answer says so
    assert (answer.status, answer.body["truncated"]) == (200, True)
    assert answer.body["live"]["events"] > 0
    assert steps.taken < MAX_STEPS + 200 * evaluations


# ── other bodies ────────────────────────────────────────────────────────────────────────────────────────────────────


def wide(names: int) -> dict[str, int]:
    return {f"{index:x}": 0 for index in range(names)}


WIDE: dict[str, tuple[str, str, Any]] = {
    "unknown names": ("POST", "/events", wide(90_000)),
    "attributes": (
        "POST",
        "/events",
        {"reference": "r", "member": "m1", "behaviour": "check_in", "attributes": wide(90_000)},
    ),
    "events of unknown names": ("POST", "/events/batch", {"events": [wide(1_100)] * 100}),
    "events of nothing": ("POST", "/events/batch", {"events": [0] * 300_000}),
    "samples of unknown names": ("POST", "/config/simulate", {"events": [wide(200)] * 500}),
    "numbers": ("PUT", "/config/draft", {"document": {"x": [0] * 300_000}, "revision": 1}),
    "lists": ("PUT", "/config/draft", {"document": {"x": [[]] * 250_000}, "revision": 1}),
    "activities": ("POST", "/members/m1/freeze", {"reference": "r", "reason": "x", "activities": ["earning"] * 70_000}),
    "a reference": ("POST", "/events", {"reference": "r" * 1_000_000}),
    "an address": ("PUT", "/members/m1", {"email": "a@" * 500_000}),
    "a locale": ("PUT", "/members/m1", {"locale": "zh-" + "a" * 1_000_000}),
    "a telephone": ("PUT", "/members/m1", {"phone": "1 " * 500_000 + "x"}),
    "an amount": ("POST", "/events", {"amount": "9" * 1_000_000}),
    "a moment": ("POST", "/events", {"occurred_at": "2026-11-21T04:00:00." + "9" * 1_000_000}),
    "a reason": ("POST", "/members/m1/adjustments", {"reason": "x" * 1_000_000}),
    "one name, often": ("POST", "/events", "{" + ",".join(['"a":1'] * 170_000) + "}"),
    "nesting": ("POST", "/events", '{"attributes":' + "[" * 500_000 + "]" * 500_000 + "}"),
}


@pytest.mark.parametrize("name", WIDE)
def test_a_body_of_a_megabyte_is_refused_within_bounds(api: Api, name: str) -> None:
    method, path, body = WIDE[name]
    text = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"))
    assert 500_000 < len(text) < MEGABYTE
    with counted() as steps:
        answer = api.call(method, path, text)
    refused = answer.status in {400, 422} or all(item["status"] == 422 for item in answer.body["items"])
    assert refused
    assert steps.taken < MAX_STEPS
    assert len(answer.text.encode()) < MEGABYTE
    if name in HEAVY:
        assert peak_of(lambda: api.call(method, path, text)) < MAX_MEMORY
