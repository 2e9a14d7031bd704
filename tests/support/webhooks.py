"""Webhooks in memory: a world without sockets, in which a receiver answers what a test says."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points.adapters.memory import MemoryDeliveries, MemoryDeliveryQueue, MemoryEndpoints
from points.adapters.webhooks.secrets import SystemSecrets
from points.adapters.webhooks.signing import StandardSigner
from points.application.ports import Clock
from points.application.webhooks.ports import Message, Webhooks
from points.domain.calendar import utc_text
from points.domain.canonical import Plain
from points.domain.webhooks.deliveries import Answered, Outcome

URL = "https://hooks.example.com/points"
EVENT_ID = "evt_" + "5e" * 16


@dataclass
class Receiver:
    """A postman who does not go anywhere: answers in turn, and at last always ``ok``."""

    ok: Outcome = field(default_factory=lambda: Answered(204))
    answers: deque[Outcome] = field(default_factory=deque)
    posts: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Outcome:
        self.posts.append((url, body, headers))
        return self.answers.popleft() if self.answers else self.ok


class Longest:
    """Dice that always make the longest pause."""

    def roll(self, bound: int) -> int:
        return bound - 1


def memory_webhooks(clock: Clock, receiver: Receiver | None = None, *, loopback: bool = False) -> Webhooks:
    endpoints = MemoryEndpoints()
    return Webhooks(
        endpoints=endpoints,
        recent=endpoints,
        deliveries=MemoryDeliveries(),
        queue=MemoryDeliveryQueue(),
        postman=receiver or Receiver(),
        signer=StandardSigner(),
        secrets=SystemSecrets(),
        dice=Longest(),
        clock=clock,
        loopback=loopback,
    )


def told(at: datetime, *, kind: str = "PointsEarned", **more: Plain) -> dict[str, Any]:
    """An event as the bus tells it."""
    return {
        "id": EVENT_ID,
        "type": kind,
        "program": "demo",
        "member": "m-1",
        "seq": 12,
        "at": utc_text(at),
        "data": {"points": 5},
        **more,
    }


def sent(webhooks: Webhooks) -> list[Message]:
    """The messages that wait in the queue; they are taken out."""
    queue = webhooks.queue
    assert isinstance(queue, MemoryDeliveryQueue)
    messages, queue.sent = queue.sent, []
    return messages


def buried(webhooks: Webhooks) -> list[Message]:
    queue = webhooks.queue
    assert isinstance(queue, MemoryDeliveryQueue)
    return queue.buried
