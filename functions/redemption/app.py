"""Redemption: the catalogue, orders and holds."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from points.bootstrap import services
from points.http.resolver import LedgerApi
from points.http.routes import redemption

_api = LedgerApi(services(), redemption.router)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return _api.resolve(event, context)
