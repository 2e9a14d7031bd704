"""Who is told: the event bus and the queues, as far as functions send to them. What is asked for is done at once; when
that is, and whether the answer arrives, is the caller's network.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from points.settings import OutboxSettings
from tests.simulation.faults import Answer

_ADDRESS: Final = "https://queues/"
OUTBOX: Final = OutboxSettings("bus", f"{_ADDRESS}email", f"{_ADDRESS}sms", f"{_ADDRESS}aside")


def queue_of(function: str) -> str:
    """The address of the queue that a function works off, and sends to itself."""
    return f"{_ADDRESS}{function}"


@dataclass
class Outside:
    """``events`` are those the bus took, in that order, each as often as it took it; ``messages`` by the address of a
    queue nobody works off here. ``workers`` are those that somebody does."""

    now: Callable[[], float]
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    workers: dict[str, Callable[[str], None]] = field(default_factory=dict)
    listeners: list[Callable[[dict[str, Any]], None]] = field(default_factory=list)
    """Who hears each event that the bus takes."""

    out_of_reach_until: float = 0.0
    """Now and then the bus takes nothing for a while."""

    def put_events(self, entries: Sequence[Any], refused: Sequence[int]) -> Answer:
        closed = self.now() < self.out_of_reach_until
        answered: list[dict[str, str]] = []
        for place, entry in enumerate(entries):
            if closed or place in refused:
                answered.append({"ErrorCode": "InternalFailure" if closed else "ThrottlingException"})
                continue
            event = json.loads(entry["Detail"])
            assert entry["DetailType"] == event["type"]
            self.events.append(event)
            for listener in self.listeners:
                listener(event)
            answered.append({"EventId": f"{len(self.events)}"})
        return {"FailedEntryCount": sum("ErrorCode" in each for each in answered), "Entries": answered}

    def send_message_batch(self, address: str, entries: Sequence[Any], refused: Sequence[int]) -> Answer:
        taken = [entry for place, entry in enumerate(entries) if place not in refused]
        for entry in taken:
            if (work := self.workers.get(address)) is not None:
                work(entry["MessageBody"])
            else:
                self.messages.setdefault(address, []).append(json.loads(entry["MessageBody"]))
        failed = [entries[place] for place in refused]
        return {
            "Successful": [{"Id": entry["Id"]} for entry in taken],
            "Failed": [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in failed],
        }
