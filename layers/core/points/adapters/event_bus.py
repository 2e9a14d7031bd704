"""Ledger events on an EventBridge bus."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from points.adapters.batch_sending import BatchSender, Sized
from points.application.ports import ARRIVED, Outcome
from points.domain.telling.events import LedgerEvent

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE: Final = "points-ledger"

_OWN_FAULTS: Final = frozenset({"InvalidArgument", "MalformedDetail"})
"""What an event is refused for that no repetition mends. Everything else the bus says is about the bus, or about who
may send to it: an event waits until that has been put right."""

_TIME_BYTES: Final = 14
"""What a time counts for in the size of an entry."""


class EventBridgeBus:
    """Implements :class:`points.application.outbox.ports.EventBus`."""

    def __init__(self, client: "EventBridgeClient", name: str, sender: BatchSender) -> None:
        self._client = client
        self._name = name
        self._sender = sender

    def publish(self, events: Sequence[LedgerEvent]) -> Sequence[Outcome]:
        return self._sender.send([_sized(self._entry(event)) for event in events], self._put)

    def _put(self, entries: "Sequence[PutEventsRequestEntryTypeDef]") -> Sequence[Outcome]:
        answer = self._client.put_events(Entries=entries)
        return [_outcome(entry.get("ErrorCode", "")) for entry in answer["Entries"]]

    def _entry(self, event: LedgerEvent) -> "PutEventsRequestEntryTypeDef":
        detail = json.dumps(event.plain(), separators=(",", ":"), ensure_ascii=False)
        return {
            "EventBusName": self._name,
            "Source": SOURCE,
            "DetailType": event.type.value,
            "Detail": detail,
            "Time": event.at,
        }


def _outcome(code: str) -> Outcome:
    return ARRIVED if not code else Outcome(code, passing=code not in _OWN_FAULTS)


def _sized(entry: "PutEventsRequestEntryTypeDef") -> "Sized[PutEventsRequestEntryTypeDef]":
    texts = (entry["Source"], entry["DetailType"], entry["Detail"])
    return Sized(entry, _TIME_BYTES + sum(len(text.encode()) for text in texts))
