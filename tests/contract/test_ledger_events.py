"""What subscribers rely on: schemas and samples of ledger events are the code's, and agree with what the API says."""

import json
import re
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest

from points.bootstrap import outbox as bootstrap
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.orders import TRANSITIONS, placed_order
from points.domain.telling.entries import OF_KIND, events_of_entry
from points.domain.telling.events import EventType
from points.http.rendering.movements import entry_body
from points.http.rendering.redemption import hold_body, order_body
from points.stream import published
from points.stream.schemas import DATA, OF_NOTICES
from stack.paths import ROOT
from tests.builders import program
from tests.contract.test_events import handle
from tests.support import told
from tests.support.telling import World

DOCS = ROOT / "docs" / "events"
EVENTS = ROOT / "events" / "outbox"

BOOKED = {kind for name, kind in OF_KIND.items() if name in set(Kind)}
"""Types that something books by now."""

SAMPLED = (set(EventType) - set(OF_KIND.values())) | BOOKED


@pytest.fixture(scope="module")
def samples() -> Mapping[str, str]:
    return told.samples()


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return [fact for fact in told.facts() if isinstance(fact, Entry)]


def committed(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def test_every_kind_of_entry_has_a_type_of_event() -> None:
    assert {kind.value for kind in Kind} <= OF_KIND.keys()
    assert set(DATA) == set(EventType)


def test_there_is_a_schema_and_a_sample_for_every_type_and_nothing_else() -> None:
    schemas = {f"{kind.value}.schema.json" for kind in EventType}
    assert {path.name for path in DOCS.glob("*.json")} == schemas | {f"{kind.value}.json" for kind in SAMPLED}


@pytest.mark.parametrize("kind", EventType)
def test_the_committed_schema_is_current(kind: EventType) -> None:
    assert committed(f"{kind.value}.schema.json") == published.text(kind), "run: make events"
    jsonschema.Draft202012Validator.check_schema(json.loads(published.text(kind)))


@pytest.mark.parametrize("kind", sorted(SAMPLED))
def test_the_committed_sample_is_what_the_code_tells(kind: EventType, samples: Mapping[str, str]) -> None:
    assert committed(f"{kind.value}.json") == samples[kind.value], "run: make events"


@pytest.mark.parametrize("kind", sorted(SAMPLED))
def test_each_sample_follows_its_schema_and_says_nothing_else(kind: EventType) -> None:
    sample, schema = json.loads(committed(f"{kind.value}.json")), json.loads(committed(f"{kind.value}.schema.json"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    validator.validate(sample)
    # The schema leaves room for what will be added; the models do not.
    assert list(sample) == schema["required"] == list(schema["properties"])
    assert DATA[kind].model_validate(sample["data"], strict=False).model_fields_set == set(sample["data"])
    assert set(DATA[kind].model_fields) == set(sample["data"])
    assert (sample["seq"] is None) == (kind in OF_NOTICES)


@pytest.mark.parametrize(
    "change",
    [{"id": "evt_1"}, {"type": "PointsRedeemed"}, {"seq": 0}, {"seq": None}, {"seq": "1"}, {"data": {}}],
)
def test_what_is_no_such_event_does_not_follow_the_schema(change: dict[str, Any]) -> None:
    schema = json.loads(committed("PointsEarned.schema.json"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(committed("PointsEarned.json")) | change, schema)


def test_what_is_added_later_follows_the_schema_of_today() -> None:
    sample = json.loads(committed("PointsEarned.json"))
    sample["data"]["lines"][0]["capped"] = True
    jsonschema.validate(sample | {"more": 1}, json.loads(committed("PointsEarned.schema.json")))


def test_the_story_books_every_kind(entries: list[Entry]) -> None:
    assert {entry.kind for entry in entries} >= {kind for kind in Kind if OF_KIND[kind] in BOOKED}


def test_events_agree_with_what_the_api_says(entries: list[Entry]) -> None:
    """The same names, and under them the same values."""
    rules = program(version=2)
    for entry in entries:
        body, data = entry_body(entry, rules, "en"), events_of_entry(entry)[0].data
        details: Any = body.pop("details")
        # The world is told in no language: what a rule is called, it can ask.
        body["lines"] = [{"rule": line.rule, "points": line.points} for line in entry.lines]
        everything = {**details, **body}
        common = everything.keys() & data.keys()
        assert {"kind", "reference", "points", "lines", "changes", "lots", "balance", "program_version"} <= common
        assert {name: data[name] for name in common} == {name: everything[name] for name in common}
        if "hold" in data:
            hold: Any = data["hold"]
            assert hold_body(entry).items() <= hold.items()
        if "order" in data:
            order: Any = data["order"]
            if entry.kind is Kind.REDEEM:
                assert order.items() <= order_body(placed_order(entry), rules, "en").items()
            else:
                assert order == {"reference": entry.reference, "state": TRANSITIONS[entry.kind].to.value}


def test_nobody_is_told_why_somebody_did_something(entries: list[Entry]) -> None:
    assert sum(entry.reason is not None for entry in entries) >= 4
    texts = json.dumps([event.plain() for event in told.events()])
    assert told.REASON not in texts
    assert not re.search(r'"(reason|actor|fingerprint|email|phone|birthday)":', texts)


# ── events/outbox: what Lambda hands to the function ─────────────────────────────────────────────────────────────────


def delivered(name: str, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    monkeypatch.setattr(bootstrap, "outbox", lambda: world.outbox)
    event = json.loads((EVENTS / name).read_text("utf-8"))
    assert handle("outbox", event) == {"batchItemFailures": []}
    return world


def test_inserted_items_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world = delivered("inserted.json", monkeypatch)
    assert world.bus.types == [
        "PointsEarned", "TierChanged", "PointsRedeemed", "OrderPlaced", "EntryReversed", "OrderCancelled",
        "PointsExpiring", "MemberDormant",
    ]  # fmt: skip
    assert [message.channel for message in world.channels.messages] == ["email", "sms", "email"]
    assert not world.set_aside.failures


def test_a_poisonous_item_is_set_aside_and_the_others_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    world = delivered("poisonous.json", monkeypatch)
    assert world.bus.types == ["PointsHeld", "PointsHeld"]
    assert [(failure.number, failure.sk) for failure in world.set_aside.failures] == [
        ("000000004711000000187", "ENTRY#capture#checkout-1")
    ]
