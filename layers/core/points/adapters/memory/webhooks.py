"""Webhook endpoints, deliveries and their queue in memory."""

from collections.abc import Sequence
from threading import Lock

from points.adapters.webhooks.paging import LOOKED_AT, first_page
from points.application.ports import Page, RaceLost
from points.application.webhooks.ports import Message
from points.domain.webhooks.deliveries import Delivery, State
from points.domain.webhooks.endpoints import Endpoint


class MemoryEndpoints:
    """Implements :class:`points.application.webhooks.ports.Endpoints`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._endpoints: dict[tuple[str, str], Endpoint] = {}

    def all(self, program: str) -> Sequence[Endpoint]:
        return [each for (of, _), each in sorted(self._endpoints.items(), key=lambda item: item[0]) if of == program]

    def one(self, program: str, name: str) -> Endpoint | None:
        return self._endpoints.get((program, name))

    def save(self, endpoint: Endpoint) -> None:
        with self._lock:
            before = self._endpoints.get((endpoint.program, endpoint.name))
            if endpoint.revision != (1 if before is None else before.revision + 1):
                raise RaceLost
            self._endpoints[endpoint.program, endpoint.name] = endpoint

    def remove(self, program: str, name: str) -> None:
        with self._lock:
            self._endpoints.pop((program, name), None)


class MemoryDeliveries:
    """Implements :class:`points.application.webhooks.ports.Deliveries`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._deliveries: dict[tuple[str, str, str], Delivery] = {}

    def add(self, delivery: Delivery) -> Delivery:
        with self._lock:
            place = (delivery.program, delivery.endpoint, delivery.name)
            found = self._deliveries.get(place)
            if found is None:
                self._deliveries[place] = found = delivery
            return found

    def one(self, program: str, endpoint: str, name: str) -> Delivery | None:
        return self._deliveries.get((program, endpoint, name))

    def save(self, delivery: Delivery) -> None:
        with self._lock:
            place = (delivery.program, delivery.endpoint, delivery.name)
            before = self._deliveries.get(place)
            if before is None or delivery.revision != before.revision + 1:
                raise RaceLost
            self._deliveries[place] = delivery

    def page(
        self, program: str, endpoint: str, *, state: State | None, before: str | None, limit: int
    ) -> Page[Delivery]:
        looked_at = limit if state is None else max(limit, LOOKED_AT)
        of_endpoint = [
            each for each in self._deliveries.values() if (each.program, each.endpoint) == (program, endpoint)
        ]
        newest = sorted(of_endpoint, key=lambda each: each.name, reverse=True)
        left = (delivery for delivery in newest if before is None or delivery.name < before)
        return first_page(left, state, looked_at, limit)


class MemoryDeliveryQueue:
    """Implements :class:`points.application.webhooks.ports.DeliveryQueue`: what was sent, for whoever takes it."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.buried: list[Message] = []

    def send(self, messages: Sequence[Message], now: object) -> None:  # noqa: ARG002 - nothing waits here
        self.sent.extend(messages)

    def bury(self, message: Message) -> None:
        self.buried.append(message)
