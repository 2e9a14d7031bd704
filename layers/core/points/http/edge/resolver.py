"""One function's API: its routers behind the gate, every refusal a problem document, one metric per call.

The same resolver answers API Gateway in Lambda, test events and the fuzzer; nothing is switched off for any of them.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler.api_gateway import APIGatewayRestResolver, Response, Router
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from points.application.services import Services
from points.domain.errors import PointsError
from points.http.edge.gate import Gate
from points.http.edge.problems import EdgeError, Problem, language_of, problem_of, respond

if TYPE_CHECKING:
    from points.application.coupons.ports import Importing
    from points.application.webhooks.ports import Webhooks

NAMESPACE = "PointsLedger"

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


class LedgerApi(APIGatewayRestResolver):
    """Callable as a Lambda handler: ``api(event, context)``. ``webhooks`` and ``importing`` are for
    the functions that have their routes."""

    def __init__(
        self,
        services: Services,
        *routers: Router,
        webhooks: "Webhooks | None" = None,
        importing: "Importing | None" = None,
    ) -> None:
        super().__init__()
        self._code = "ok"
        self._services = services
        self.use([Gate(services, webhooks, importing)])
        for router in routers:
            self.include_router(router)
        self.not_found(self._no_such_route)
        self.exception_handler(PointsError)(self._refuse)
        self.exception_handler(EdgeError)(self._turn_away)
        self.exception_handler(Exception)(self._fail)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        self._code = "ok"
        self._services.deadline.begin(context.get_remaining_time_in_millis() / 1_000)
        answer = super().resolve(event, context)
        _count(event, answer["statusCode"], self._code)
        return answer

    @staticmethod
    def _compile_regex(rule: str, base_regex: str = "") -> re.Pattern[str]:  # noqa: ARG004 - Powertools' signature
        """Powertools would answer an odd character in a parameter with "no such route"; here it reaches the schema,
        which says what is wrong with it."""
        return re.compile(re.sub(r"<(\w+)>", r"(?P<\1>[^/]+)", rule) + r"/?\Z")

    def _no_such_route(self, _error: NotFoundError) -> Response[str]:
        path = self.current_event.path
        allowed = sorted({route.method for route in self._routes if route.rule.match(path)})
        if not allowed:
            return self._problem(Problem(404, "not_found", "there is no such route"))
        names = ", ".join(allowed)
        return self._problem(Problem(405, "method_not_allowed", f"allowed: {names}", headers={"Allow": names}))

    def _refuse(self, error: PointsError) -> Response[str]:
        return self._problem(problem_of(error))

    def _turn_away(self, error: EdgeError) -> Response[str]:
        return self._problem(error.problem)

    def _fail(self, error: Exception) -> Response[str]:
        """A bug of ours: told to us in full and to the caller not at all."""
        event = self.current_event
        request_id = (event.get("requestContext") or {}).get("requestId")
        logger.error(
            "unexpected failure", exc_info=error, correlation_id=request_id, operation=_operation(event.raw_event)
        )
        return self._problem(Problem(500, "internal_error"))

    def _problem(self, problem: Problem) -> Response[str]:
        self._code = problem.code
        return respond(problem, language_of(self.current_event.headers.get("accept-language")))

    @property
    def _routes(self) -> list[Any]:
        return self._static_routes + self._dynamic_routes


def _count(event: Mapping[str, Any], status: int, code: str) -> None:
    """One line in CloudWatch's embedded format: the metric is by operation, the rest can be searched for."""
    metrics.add_dimension("operation", _operation(event))
    metrics.add_metric("Calls", MetricUnit.Count, 1)
    metrics.add_metadata("status", status)
    metrics.add_metadata("code", code)
    metrics.flush_metrics()


def _operation(event: Mapping[str, Any]) -> str:
    """By the template's path, never the caller's: a dimension must not have as many values as there are members."""
    return f"{event['httpMethod']} {event.get('resource') or 'unknown'}"
