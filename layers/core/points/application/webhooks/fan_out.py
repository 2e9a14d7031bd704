"""An event becomes a delivery to every endpoint of its program that wants it."""

from points.application.webhooks.ports import Message, Webhooks
from points.domain.webhooks.deliveries import State, delivery_of
from points.domain.webhooks.events import LedgerEvent


def fan_out(webhooks: Webhooks, event: LedgerEvent) -> int:
    """How many were sent on their way.

    An event that comes twice finds its deliveries. The message of one that was never tried is sent again, as the first
    time may have ended before it was: two messages of one delivery make no attempt more than one.
    """
    now = webhooks.clock.now()
    wanting = [endpoint for endpoint in webhooks.recent.all(event.program) if endpoint.wants(event.type)]
    kept = [webhooks.deliveries.add(delivery_of(event, endpoint, now)) for endpoint in wanting]
    untried = [delivery for delivery in kept if delivery.state is State.PENDING and delivery.attempts == 0]
    if untried:
        webhooks.queue.send([Message.of(delivery, now) for delivery in untried], now)
    return len(untried)
