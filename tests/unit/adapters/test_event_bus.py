"""The bus: what it is sent, and which of its answers are about an event and which about the bus."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.session import get_session
from botocore.stub import Stubber

from points.adapters.batch_sending import ATTEMPTS, TOO_LARGE, BatchSender
from points.adapters.event_bus import EventBridgeBus
from points.application.ports import ARRIVED
from points.domain.telling.entries import events_of_entry
from points.domain.telling.events import LedgerEvent
from tests.builders import NOW, NoWait, SetDeadline, Walk


def events(count: int) -> list[LedgerEvent]:
    walk = Walk()
    return [event for _ in range(count) for event in events_of_entry(walk.give(100))]


class Events:
    """A client that answers with these error codes, call by call; "" is no error."""

    def __init__(self, *answers: list[str]) -> None:
        self.calls: list[list[Any]] = []
        self._answers = list(answers)

    def put_events(self, *, Entries: list[Any]) -> Any:  # noqa: N803 - the client's own name
        self.calls.append(Entries)
        codes = self._answers.pop(0) if self._answers else [""] * len(Entries)
        entries = [{"ErrorCode": code, "ErrorMessage": "no"} if code else {"EventId": "1"} for code in codes]
        return {"FailedEntryCount": sum(map(bool, codes)), "Entries": entries}


def bus(client: Any) -> EventBridgeBus:
    return EventBridgeBus(client, "ledger-bus", BatchSender(NoWait(), SetDeadline()))


def test_an_event_as_it_is_put() -> None:
    client = Events()
    (event,) = events(1)
    assert bus(client).publish([event]) == [ARRIVED]
    (entry,) = client.calls[0]
    assert {name: value for name, value in entry.items() if name != "Detail"} == {
        "EventBusName": "ledger-bus",
        "Source": "points-ledger",
        "DetailType": "PointsAdjusted",
        "Time": NOW,
    }
    assert json.loads(entry["Detail"]) == event.plain()


def test_the_client_takes_what_it_is_given() -> None:
    client = get_session().create_client("events", region_name="us-east-1")
    with Stubber(client) as stubber:
        stubber.add_response("put_events", {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}, {"EventId": "2"}]})
        assert bus(client).publish(events(2)) == [ARRIVED, ARRIVED]


def test_what_failed_for_now_is_put_again() -> None:
    client = Events(["", "ThrottlingException", "InternalFailure"], ["", "InternalFailure"], [""])
    assert bus(client).publish(events(3)) == [ARRIVED] * 3
    assert [len(call) for call in client.calls] == [3, 2, 1]


@pytest.mark.parametrize("code", ["AccessDeniedException", "NotAuthorizedForSourceException", "Whatever"])
def test_what_the_bus_says_of_itself_is_no_fault_of_the_event(code: str) -> None:
    client = Events(*[[code]] * ATTEMPTS)
    (outcome,) = bus(client).publish(events(1))
    assert (outcome.fault, outcome.passing, len(client.calls)) == (code, True, ATTEMPTS)


@pytest.mark.parametrize("code", ["MalformedDetail", "InvalidArgument"])
def test_what_the_bus_says_of_the_event_stays_so(code: str) -> None:
    client = Events([code, ""])
    first, second = bus(client).publish(events(2))
    assert (first.fault, first.is_hopeless, second) == (code, True, ARRIVED)
    assert len(client.calls) == 1


def test_what_is_larger_than_the_bus_takes_is_not_put() -> None:
    client = Events()
    (event,) = events(1)
    # Three bytes each: characters are not what is counted.
    large = replace(event, data={"text": "分" * 90_000})
    assert bus(client).publish([large, event]) == [TOO_LARGE, ARRIVED]
    assert [len(call) for call in client.calls] == [1]
