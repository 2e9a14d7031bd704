"""Delivery: reminders from the queues of the channels, sent by e-mail and text message."""

from typing import TYPE_CHECKING, Any

from points import startup  # first: everything after it starts faster
from points.bootstrap.delivery import delivery
from points.queue.deliveries import deliver_messages

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_services = delivery()
startup.finished()


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    return deliver_messages(_services, event, context)
