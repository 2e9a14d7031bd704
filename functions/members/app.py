"""Members: enrolment, profiles, balances and history."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from points.bootstrap import services
from points.http.resolver import LedgerApi
from points.http.routes import members

_api = LedgerApi(services(), members.router)


def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return _api.resolve(event, context)
