"""Webhooks: endpoints and deliveries by API, events and deliveries that are due by queue."""

from typing import TYPE_CHECKING, Any

from points import startup  # first: everything after it starts faster
from points.bootstrap import services
from points.bootstrap.webhooks import deliveries_queue, webhooks
from points.http.edge.resolver import LedgerApi
from points.http.routes.webhooks import router

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_api = LedgerApi(services(), router, webhooks=webhooks())
startup.finished()


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    if "Records" in event:
        # Imported for those who come by the queues, not for every environment that starts.
        from points.queue.webhooks import take_messages  # noqa: PLC0415

        return take_messages(webhooks(), services().deadline, event, context, deliveries_queue=deliveries_queue())
    return _api.resolve(event, context)
