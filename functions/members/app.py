"""Members: enrolment, profiles, balances, history, expiry in words, and pools."""

from typing import TYPE_CHECKING, Any

from points import startup  # first: everything after it starts faster
from points.bootstrap import services
from points.http.edge.resolver import LedgerApi
from points.http.routes import expiry, members, pools

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_api = LedgerApi(services(), members.router, expiry.router, pools.router)
startup.finished()


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    return _api.resolve(event, context)
