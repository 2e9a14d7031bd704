"""Coupons: pools of codes by API, the imports that fill them by queue."""

from typing import TYPE_CHECKING, Any

from points import startup  # first: everything after it starts faster
from points.bootstrap import services
from points.bootstrap.coupons import importing
from points.http.edge.resolver import LedgerApi
from points.http.routes.pools import router

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_api = LedgerApi(services(), router, importing=importing())
startup.finished()


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    if "Records" in event:
        # Imported for those who come by the queue, not for every environment that starts.
        from points.queue.imports import import_messages  # noqa: PLC0415

        return import_messages(importing(), event, context)
    return _api.resolve(event, context)
