"""What tests of the outbox stand on: stream records as Lambda sends them, and ports that refuse when told to."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from points.adapters.dynamodb.images import StreamImages
from points.adapters.dynamodb.models import EntryItem, NoticeItem
from points.application.outbox.ports import Failure, Message, Outbox
from points.application.ports import ARRIVED, Outcome
from points.domain.ledger.entries import Entry
from points.domain.reminding.notices import Notice
from points.domain.telling.events import LedgerEvent
from tests.builders import SetDeadline

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/points-ledger-Ledger/stream/2026-11-21T00:00:00.000"

LATER = Outcome("ThrottlingException", passing=True)
NEVER = Outcome("MalformedDetail")


def stored(fact: Entry | Notice) -> dict[str, Any]:
    """The item that holds it."""
    return EntryItem.of(fact).item() if isinstance(fact, Entry) else NoticeItem.of(fact).item()


def stream_record(item: Mapping[str, Any], number: int, *, event: str = "INSERT") -> dict[str, Any]:
    """As Lambda hands it to a function: bytes are written as base64."""
    image = {
        name: {"B": b64encode(value["B"]).decode()} if isinstance(value.get("B"), bytes) else dict(value)
        for name, value in item.items()
    }
    return {
        "eventID": f"{number:032x}",
        "eventName": event,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1795233600.0,
            "Keys": {"pk": image["pk"], "sk": image["sk"]},
            "NewImage": image,
            "SequenceNumber": f"{number:021d}",
            "SizeBytes": 900,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": STREAM,
    }


def stream_event(*facts: Entry | Notice, first: int = 1) -> dict[str, Any]:
    records = [stream_record(stored(fact), number) for number, fact in enumerate(facts, first)]
    return {"Records": records}


@dataclass
class Bus:
    """Takes what ``judge`` lets in. Like the real one it stops trying once something has to come again."""

    judge: Callable[[LedgerEvent], Outcome] = lambda _: ARRIVED
    events: list[LedgerEvent] = field(default_factory=list)

    def publish(self, events: Sequence[LedgerEvent]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for event in events:
            stopped = any(outcome.passing for outcome in outcomes)
            outcome = replace(LATER, fault="not_tried") if stopped else self.judge(event)
            outcomes.append(outcome)
            if outcome.arrived:
                self.events.append(event)
        return outcomes

    @property
    def types(self) -> list[str]:
        return [event.type.value for event in self.events]


@dataclass
class Channels:
    judge: Callable[[Message], Outcome] = lambda _: ARRIVED
    messages: list[Message] = field(default_factory=list)

    def send(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        outcomes = [self.judge(message) for message in messages]
        self.messages += [message for message, outcome in zip(messages, outcomes, strict=True) if outcome.arrived]
        return outcomes


@dataclass
class SetAside:
    judge: Callable[[Failure], Outcome] = lambda _: ARRIVED
    failures: list[Failure] = field(default_factory=list)

    def put(self, failures: Sequence[Failure]) -> Sequence[Outcome]:
        outcomes = [self.judge(failure) for failure in failures]
        self.failures += [failure for failure, outcome in zip(failures, outcomes, strict=True) if outcome.arrived]
        return outcomes


@dataclass
class World:
    """Everybody who is told something."""

    bus: Bus = field(default_factory=Bus)
    channels: Channels = field(default_factory=Channels)
    set_aside: SetAside = field(default_factory=SetAside)
    deadline: SetDeadline = field(default_factory=SetDeadline)

    @property
    def outbox(self) -> Outbox:
        return Outbox(StreamImages(), self.bus, self.channels, self.set_aside, self.deadline)
