"""The door of the stream: what is taken for a change, what Lambda is answered, and what is logged."""

import json
from datetime import date
from typing import Any

import pytest

from points.adapters.dynamodb.models import AccountItem
from points.domain.ledger.entries import Entry
from points.domain.ledger.timers import Expiring
from points.domain.reminding.notices import Notice
from points.stream.outbox import NothingTold, tell
from tests.builders import NOW, Walk, account
from tests.support.api import CONTEXT
from tests.support.telling import LATER, Bus, SetAside, World, stored, stream_event, stream_record

NOTICE = Notice("demo", "m-1", Expiring(date(2026, 12, 31), 7), NOW, 300, "coupon", ("email",))
ALL_TOLD: dict[str, Any] = {"batchItemFailures": []}


def booked(count: int) -> list[Entry]:
    walk = Walk()
    return [walk.give(100) for _ in range(count)]


def number(place: int) -> str:
    return f"{place:021d}"


def refusing(seq: int) -> World:
    return World(bus=Bus(lambda event: LATER if event.seq == seq else Bus().judge(event)))


def test_what_was_inserted_is_told() -> None:
    world = World()
    assert tell(world.outbox, stream_event(*booked(2), NOTICE), CONTEXT) == ALL_TOLD
    assert world.bus.types == ["PointsAdjusted", "PointsAdjusted", "PointsExpiring"]
    assert [message.channel for message in world.channels.messages] == ["email"]


def test_the_same_batch_again_tells_the_same_events_with_the_same_ids() -> None:
    world = World()
    event = stream_event(*booked(2))
    tell(world.outbox, event, CONTEXT)
    tell(world.outbox, json.loads(json.dumps(event)), CONTEXT)
    first, second = world.bus.events[:2], world.bus.events[2:]
    assert first == second


def test_what_was_not_inserted_or_is_no_news_is_passed_over() -> None:
    world = World()
    (entry,) = booked(1)
    records = [
        stream_record(stored(entry), 1, event="MODIFY"),
        stream_record(AccountItem.of(account()).item(), 2),
        {
            "eventName": "REMOVE",
            "dynamodb": {"Keys": {"pk": {"S": "P#demo#M#m-1"}, "sk": {"S": "PROFILE"}}, "SequenceNumber": "3"},
        },
    ]
    assert tell(world.outbox, {"Records": records}, CONTEXT) == ALL_TOLD
    assert world.bus.events == []
    assert world.set_aside.failures == []


def test_the_first_record_that_has_to_come_again_is_named(caplog: pytest.LogCaptureFixture) -> None:
    world = refusing(3)
    first = stream_record(AccountItem.of(account()).item(), 1)
    event = stream_event(*booked(4), first=2)
    answer = tell(world.outbox, {"Records": [first, *event["Records"]]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": number(4)}]}
    assert [event.seq for event in world.bus.events] == [1, 2]
    (logged,) = [vars(record) for record in caplog.records if record.message == "stream stopped"]
    assert (logged["sequence_number"], logged["reason"]) == (number(4), "ThrottlingException")


def test_where_nothing_could_be_told_the_whole_invocation_fails() -> None:
    world = refusing(1)
    with pytest.raises(NothingTold, match="ThrottlingException"):
        tell(world.outbox, stream_event(*booked(2)), CONTEXT)
    assert world.bus.events == []


def test_a_poisonous_record_is_set_aside_and_named_without_its_member(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    event = stream_event(*booked(3))
    event["Records"][1]["dynamodb"]["NewImage"]["d"] = {"B": "////"}
    assert tell(world.outbox, event, CONTEXT) == ALL_TOLD
    assert [event.seq for event in world.bus.events] == [1, 3]
    (failure,) = world.set_aside.failures
    assert (failure.number, failure.pk, failure.sk) == (number(2), "P#demo#M#m-1", "ENTRY#adjust#a-2")
    assert failure.reason == "unreadable ValueError"
    (logged,) = [vars(record) for record in caplog.records if record.message == "record set aside"]
    assert (logged["sequence_number"], logged["reason"]) == (number(2), "unreadable ValueError")
    assert "m-1" not in str([(record.message, vars(record).get("reason")) for record in caplog.records])


def test_a_poisonous_record_that_cannot_be_set_aside_is_not_lost() -> None:
    world = World(set_aside=SetAside(lambda _: LATER))
    event = stream_event(*booked(2))
    event["Records"][1]["dynamodb"]["NewImage"]["d"] = {"B": "////"}
    answer = tell(world.outbox, event, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": number(2)}]}


def test_an_empty_batch_is_told() -> None:
    assert tell(World().outbox, {"Records": []}, CONTEXT) == ALL_TOLD


def test_what_happened_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    event = stream_event(*booked(3), NOTICE)
    event["Records"][0]["dynamodb"]["NewImage"]["d"] = {"B": "////"}
    tell(refusing(3).outbox, event, CONTEXT)
    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "EventsTold" in line]
    assert (line["EventsTold"], line["MessagesSent"], line["SetAsideRecords"], line["FailedRecords"]) == (
        [1.0], [0.0], [1.0], [2.0],
    )  # fmt: skip
    assert line["operation"] == "stream"
