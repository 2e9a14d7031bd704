"""One message, at most one attempt: claim the delivery, post it, keep what became of it, come back later if need be.

Whatever ends this in the middle, the message comes again and goes on from what is kept: after a claim, once its lease
has run out; after an attempt that was kept, with the pause it was given. An answer that was never kept is asked for
again, so that receivers may get an event twice, always under the same id.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from points.application.ports import RaceLost
from points.application.webhooks.ports import Message, Webhooks
from points.domain.webhooks.deliveries import (
    Delivery,
    Outcome,
    State,
    claimed,
    given_up,
    is_gone,
    settled,
)
from points.domain.webhooks.endpoints import Endpoint, failed, gone, succeeded
from points.domain.webhooks.events import PING

ENDPOINT_REMOVED = "endpoint_removed"
ENDPOINT_OFF = "endpoint_off"


@dataclass(frozen=True, slots=True)
class Delivered:
    """``delivery`` after what was done, None where there was nothing to do. ``tried``: an attempt was made.
    ``switched_off``: it was one too many for the endpoint."""

    delivery: Delivery | None = None
    tried: bool = False
    switched_off: bool = False


_NOTHING = Delivered()


def deliver(webhooks: Webhooks, message: Message) -> Delivered:
    now = webhooks.clock.now()
    if now < message.due_at:
        webhooks.queue.send([message], now)
        return _NOTHING
    delivery = webhooks.deliveries.one(message.program, message.endpoint, message.delivery)
    if delivery is None or delivery.is_over or delivery.round != message.round:
        return _NOTHING
    if not delivery.is_due(now):
        webhooks.queue.send([Message.of(delivery, now)], now)
        return _NOTHING
    endpoint = _receiver(webhooks, delivery)
    if not isinstance(endpoint, Endpoint):
        return _give_up(webhooks, delivery, endpoint)
    attempt = claimed(delivery, now)
    try:
        webhooks.deliveries.save(attempt)
    except RaceLost:
        # Whoever claimed it has a message of their own, and so has the operator who had it sent again.
        return _NOTHING
    return _attempt(webhooks, endpoint, attempt, message, now)


def _receiver(webhooks: Webhooks, delivery: Delivery) -> Endpoint | str:
    """The endpoint it was made for, or why nobody is told any more."""
    endpoint = webhooks.endpoints.one(delivery.program, delivery.endpoint)
    if endpoint is None or endpoint.made_at != delivery.endpoint_made_at:
        return ENDPOINT_REMOVED
    if endpoint.off is not None and delivery.type != PING:
        return ENDPOINT_OFF
    return endpoint


def _attempt(webhooks: Webhooks, endpoint: Endpoint, attempt: Delivery, message: Message, now: datetime) -> Delivered:
    headers = webhooks.signer.headers(endpoint.signing_secrets(now), event=attempt.event, body=attempt.body, at=now)
    outcome = webhooks.postman.post(endpoint.wanted.url, attempt.body, headers)
    now = webhooks.clock.now()
    after = settled(attempt, outcome, now, webhooks.dice.roll)
    if _is_worth_a_look(after, outcome):
        # Before it is kept: who is cut off in between buries it twice rather than never.
        webhooks.queue.bury(message)
    with suppress(RaceLost):
        # Lost to an operator who had it sent again: that counts.
        webhooks.deliveries.save(after)
    if after.state is State.FAILED:
        webhooks.queue.send([Message.of(after, now)], now)
    switched_off = after.type != PING and _count(webhooks, endpoint, after, outcome, now)
    return Delivered(after, tried=True, switched_off=switched_off)


def _is_worth_a_look(delivery: Delivery, outcome: Outcome) -> bool:
    """Whoever pings sees it anyway, and that an endpoint is gone is told by itself."""
    return delivery.state is State.DEAD and delivery.type != PING and not is_gone(outcome)


def _count(webhooks: Webhooks, endpoint: Endpoint, delivery: Delivery, outcome: Outcome, now: datetime) -> bool:
    """Whether it is switched off by this. A count that is lost to another's is no loss: both saw the same endpoint."""
    if delivery.state is State.DELIVERED:
        after = succeeded(endpoint)
    elif is_gone(outcome):
        after = gone(endpoint, now)
    else:
        after = failed(endpoint, now)
    if after == endpoint:
        return False
    try:
        webhooks.endpoints.save(after)
    except RaceLost:
        return False
    return after.off is not None and endpoint.off is None


def _give_up(webhooks: Webhooks, delivery: Delivery, why: str) -> Delivered:
    after = given_up(delivery, why)
    with suppress(RaceLost):
        webhooks.deliveries.save(after)
    return Delivered(after)
