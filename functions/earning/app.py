"""Earning: events by API and by queue, and reversals."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from points.bootstrap import services
from points.http.resolver import LedgerApi
from points.http.routes import earning

_api = LedgerApi(services(), earning.router)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    if "Records" in event:
        # Imported for those who come by the queue, not for every environment that starts.
        from points.queue.events import book_messages  # noqa: PLC0415

        return book_messages(services(), event)
    return _api.resolve(event, context)
