"""Redemption: the catalogue, orders, holds, and the use of coupons."""

from typing import TYPE_CHECKING, Any

from points import startup  # first: everything after it starts faster
from points.bootstrap import services
from points.http.edge.resolver import LedgerApi
from points.http.routes import coupons, offsets, orders, redemption

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_api = LedgerApi(services(), redemption.router, offsets.router, orders.router, coupons.router)
startup.finished()


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    return _api.resolve(event, context)
