"""What the outbox needs from outside. Nothing here raises for what was sent: each thing has its own outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from points.application.ports import Deadline, Outcome
from points.domain.ledger.entries import Entry
from points.domain.reminding.notices import Notice
from points.domain.telling.events import LedgerEvent

type Fact = Entry | Notice
"""What is told of: both are written once and never changed."""


class Unreadable(Exception):
    """An item that is not what its key says. ``reason`` names the kind of fault, never a value of the item."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Images(Protocol):
    """Items as the stream shows them."""

    def fact(self, image: Mapping[str, Any]) -> Fact | None:
        """The entry or notice an item holds; None for every other item. Raises Unreadable."""


class EventBus(Protocol):
    def publish(self, events: Sequence[LedgerEvent]) -> Sequence[Outcome]:
        """In this order, one outcome for each. After the first that could not be sent for now no other is tried that
        was not under way with it."""


@dataclass(frozen=True, slots=True)
class Message:
    """That somebody is to be told by mail or by text message: the notice, and how."""

    channel: str
    notice: Notice


class Channels(Protocol):
    """The queues of those who write to people."""

    def send(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """One outcome for each. A channel nobody serves is hopeless."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A record that cannot be told: where its item is, and why. Nothing of what the item holds."""

    number: str
    pk: str
    sk: str
    reason: str


class SetAside(Protocol):
    """Where records lie that a person has to look at."""

    def put(self, failures: Sequence[Failure]) -> Sequence[Outcome]: ...


@dataclass(frozen=True, slots=True)
class Outbox:
    """The ports of this wing, wired once by :mod:`points.bootstrap.outbox`."""

    images: Images
    bus: EventBus
    channels: Channels
    set_aside: SetAside
    deadline: Deadline
