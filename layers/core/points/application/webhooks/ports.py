"""What telling others needs from outside. Stores may raise Throttled and LedgerUnavailable, and so may the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from points.application.ports import Clock, Page
from points.domain.webhooks.deliveries import Delivery, Outcome, State
from points.domain.webhooks.endpoints import Endpoint


class Endpoints(Protocol):
    def all(self, program: str) -> Sequence[Endpoint]:
        """Those of a program, by name: few enough for one page."""

    def one(self, program: str, name: str) -> Endpoint | None: ...

    def save(self, endpoint: Endpoint) -> None:
        """In the place of the one with the revision before; revision 1 where there is none. Raises RaceLost."""

    def remove(self, program: str, name: str) -> None:
        """Removing what is not there is fine."""


class RecentEndpoints(Protocol):
    """Endpoints as they were moments ago, for the many events that ask."""

    def all(self, program: str) -> Sequence[Endpoint]: ...


class Deliveries(Protocol):
    """They are kept for some time, and then are gone."""

    def add(self, delivery: Delivery) -> Delivery:
        """What is kept under its name from now on: this one, or the one that was there."""

    def one(self, program: str, endpoint: str, name: str) -> Delivery | None: ...

    def save(self, delivery: Delivery) -> None:
        """In the place of the one with the revision before. Raises RaceLost."""

    def page(
        self, program: str, endpoint: str, *, state: State | None, before: str | None, limit: int
    ) -> Page[Delivery]:
        """Newest first, from below the name ``before``. So much is looked at and no more: a page may be short, empty
        even, and still have a ``next_key``."""


@dataclass(frozen=True, slots=True)
class Message:
    """That a delivery is due at ``due_at``. ``round`` is the delivery's: what was sent for an earlier one is void."""

    program: str
    endpoint: str
    delivery: str
    round: int
    due_at: datetime

    @classmethod
    def of(cls, delivery: Delivery, now: datetime) -> "Message":
        return cls(delivery.program, delivery.endpoint, delivery.name, delivery.round, delivery.next_at or now)


class DeliveryQueue(Protocol):
    def send(self, messages: Sequence[Message], now: datetime) -> None:
        """They come back when they are due, or before: a queue waits for some minutes only."""

    def bury(self, message: Message) -> None:
        """Into the dead letters, where somebody will look."""


class Postman(Protocol):
    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Outcome:
        """One POST to a URL, within seconds, whatever is at the other end. Raises nothing for what may be there."""


class Signer(Protocol):
    def headers(self, secrets: Sequence[str], *, event: str, body: str, at: datetime) -> Mapping[str, str]:
        """By the Standard Webhooks convention: one signature for each secret."""


class SecretMaker(Protocol):
    def make(self) -> str: ...


class Dice(Protocol):
    def roll(self, bound: int) -> int:
        """Any number from 0 to below the bound, as likely as any other."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """``loopback``: endpoints on this machine are allowed."""

    endpoints: Endpoints
    recent: RecentEndpoints
    deliveries: Deliveries
    queue: DeliveryQueue
    postman: Postman
    signer: Signer
    secrets: SecretMaker
    dice: Dice
    clock: Clock
    loopback: bool = False
