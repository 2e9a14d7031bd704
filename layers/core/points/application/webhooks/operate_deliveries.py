"""Operators look at deliveries, have one sent again, and send a ping."""

from points.application.ports import Page, RaceLost
from points.application.webhooks.manage_endpoints import read_endpoint
from points.application.webhooks.ports import Message, Webhooks
from points.domain.errors import Conflict, EndpointOff, NotFound
from points.domain.webhooks.deliveries import Delivery, State, again, delivery_of
from points.domain.webhooks.events import ping

MAX_ATTEMPTS = 5


def list_deliveries(
    webhooks: Webhooks, program: str, endpoint: str, *, state: State | None, before: str | None, limit: int
) -> Page[Delivery]:
    """Newest first. Raises NotFound where there is no such endpoint."""
    read_endpoint(webhooks, program, endpoint)
    return webhooks.deliveries.page(program, endpoint, state=state, before=before, limit=limit)


def read_delivery(webhooks: Webhooks, program: str, endpoint: str, name: str) -> Delivery:
    """Raises NotFound."""
    delivery = webhooks.deliveries.one(program, endpoint, name)
    if delivery is None:
        raise NotFound("there is no such delivery, or no longer", resource="delivery")
    return delivery


def resend_delivery(webhooks: Webhooks, program: str, endpoint: str, name: str) -> Delivery:
    """As new, for another day, whatever became of it. Asked for twice before it is tried, it is sent once.

    Raises NotFound, EndpointOff, and Conflict where attempts kept coming between.
    """
    receiver = read_endpoint(webhooks, program, endpoint)
    if receiver.off is not None:
        raise EndpointOff("switch the endpoint on first", off=receiver.off.value)
    for _ in range(MAX_ATTEMPTS):
        found = read_delivery(webhooks, program, endpoint, name)
        now = webhooks.clock.now()
        after = again(found, receiver, now)
        try:
            if after != found:
                webhooks.deliveries.save(after)
        except RaceLost:
            continue
        webhooks.queue.send([Message.of(after, now)], now)
        return after
    raise Conflict("attempts kept changing this delivery")


def ping_endpoint(webhooks: Webhooks, program: str, endpoint: str) -> Delivery:
    """A ping, tried once. To one that is switched off, too: that is when it is wanted. Raises NotFound."""
    receiver = read_endpoint(webhooks, program, endpoint)
    now = webhooks.clock.now()
    delivery = webhooks.deliveries.add(delivery_of(ping(program, endpoint, now), receiver, now))
    webhooks.queue.send([Message.of(delivery, now)], now)
    return delivery
