"""Earning: events by API and by queue, and reversals."""

from typing import TYPE_CHECKING, Any

from points import startup  # first: everything after it starts faster
from points.bootstrap import services
from points.http.edge.resolver import LedgerApi
from points.http.routes import earning

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_api = LedgerApi(services(), earning.router)
startup.finished()


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    if "Records" in event:
        # Imported for those who come by the queue, not for every environment that starts.
        from points.queue.events import book_messages  # noqa: PLC0415

        return book_messages(services(), event, context)
    return _api.resolve(event, context)
