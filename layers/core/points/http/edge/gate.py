"""The gate every request passes: identity, scope, then the parameters and the body a route's signature asks for.

The signature is the one Powertools documents in OpenAPI, so what is checked is what is documented. Powertools' own
validation is not used: it reads cookies and forms, takes the first item of a JSON array for an object, parses a body
before it knows who asks, and validates our own answers. Bodies go from bytes to a model in one strict pass.
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any, Final, get_args

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver, Response, Route
from aws_lambda_powertools.event_handler.middlewares import BaseMiddlewareHandler, NextMiddleware
from aws_lambda_powertools.event_handler.openapi.compat import ModelField
from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent
from pydantic import BaseModel, ValidationError

from points.application.services import Services
from points.domain.errors import Fault, InvalidRequest
from points.http.edge.problems import EdgeError, Problem, malformed
from points.http.edge.security import check_scopes, identity_of

if TYPE_CHECKING:
    from points.application.coupons.ports import Importing
    from points.application.webhooks.ports import Webhooks

MAX_BODY_BYTES = 1024 * 1024
"""A hundred events are 50 KB. API Gateway itself would let 10 MB through."""


@dataclass(frozen=True, slots=True)
class _Body:
    name: str
    model: type[BaseModel]
    required: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a route asks for, worked out once."""

    scopes: tuple[str, ...]
    path: tuple[ModelField, ...]
    query: Mapping[str, ModelField]
    body: _Body | None


class Gate(BaseMiddlewareHandler[ApiGatewayResolver]):
    """Hands the validated arguments to the route, and the services and the caller to its request's context."""

    def __init__(
        self, services: Services, webhooks: "Webhooks | None" = None, importing: "Importing | None" = None
    ) -> None:
        others = {"webhooks": webhooks, "importing": importing}
        present = {name: ports for name, ports in others.items() if ports is not None}
        self._given: dict[str, Any] = {"services": services, **present}
        self._plans: dict[Route, _Plan] = {}

    def handler(self, app: ApiGatewayResolver, next_middleware: NextMiddleware) -> Response[str]:
        route: Route = app.context["_route"]
        if route.security is not None:
            plan = self._plans.get(route) or self._plan(route, route.security)
            event = app.current_event
            identity = identity_of(event.raw_event)
            check_scopes(identity, plan.scopes)
            arguments = _arguments(plan, app.context["_route_args"], event)
            app.context.update(_route_args=arguments, identity=identity, **self._given)
        return next_middleware(app)

    def _plan(self, route: Route, security: Sequence[Mapping[str, Sequence[str]]]) -> _Plan:
        scopes = tuple(scope for scheme in security for scopes in scheme.values() for scope in scopes)
        dependant = route.dependant
        body = _body_of(dependant.body_params[0]) if dependant.body_params else None
        query = {field.alias: field for field in dependant.query_params}
        plan = _Plan(scopes, tuple(dependant.path_params), query, body)
        self._plans[route] = plan
        return plan


def _body_of(field: ModelField) -> _Body:
    annotation = field.type_
    model = next(kind for kind in get_args(annotation) or (annotation,) if kind is not NoneType)
    return _Body(field.name, model, field.required)


def _arguments(plan: _Plan, path: Mapping[str, str], event: BaseProxyEvent) -> dict[str, Any]:
    faults: list[Fault] = []
    arguments = _query_arguments(plan.query, event)
    for field in plan.path:
        arguments[field.name] = _checked(field, _unescaped(path[field.alias]), f"{{{field.alias}}}", faults)
    if plan.body is not None:
        arguments[plan.body.name] = _read_body(plan.body, event, faults)
    if faults:
        raise InvalidRequest("the request has values that are not valid", faults=faults)
    return arguments


_ESCAPED: Final = {"%3A": ":", "%3a": ":", "%7E": "~", "%7e": "~"}


def _unescaped(text: str) -> str:
    """A path parameter without the escapes that a careful client makes of what an identifier may have.

    Whether it arrives decoded depends on the gateway before us, and decoding twice would make one name of two. No
    identifier needs any other escape, so none is undone, and what is left of one is refused like any odd character.
    """
    return _ESCAPES.sub(lambda match: _ESCAPED[match[0]], text) if "%" in text else text


_ESCAPES: Final = re.compile("|".join(_ESCAPED))


def _query_arguments(fields: Mapping[str, ModelField], event: BaseProxyEvent) -> dict[str, Any]:
    """Bad parameters of a query are 400: such a URL can never have been right."""
    given = _query_of(event)
    faults = [Fault(f"?{name}", "unknown", "is not a parameter of this route") for name in given if name not in fields]
    arguments: dict[str, Any] = {}
    for name, field in fields.items():
        values = given.get(name, ())
        if len(values) > 1:
            faults.append(Fault(f"?{name}", "repeated", "is given more than once"))
        elif values:
            arguments[field.name] = _checked(field, values[0], f"?{name}", faults)
        elif field.required:
            faults.append(Fault(f"?{name}", "missing", "is required"))
        else:
            arguments[field.name] = field.get_default()
    if faults:
        raise EdgeError(Problem(400, "invalid_request", "the query is not valid", tuple(faults)))
    return arguments


def _query_of(event: BaseProxyEvent) -> Mapping[str, Sequence[str]]:
    many: Mapping[str, Sequence[str]] | None = event.get("multiValueQueryStringParameters")
    if many:
        return many
    single: Mapping[str, str] = event.get("queryStringParameters") or {}
    return {name: (value,) for name, value in single.items()}


def _checked(field: ModelField, text: str, place: str, faults: list[Fault]) -> Any:
    value, errors = field.validate(text)
    if errors:
        faults.extend(Fault(place, error["type"], error["msg"]) for error in errors)
    return value


def _read_body(body: _Body, event: BaseProxyEvent, faults: list[Fault]) -> BaseModel | None:
    content = _content(event)
    if not content.strip():
        if body.required:
            raise malformed("a JSON body is required", code="missing")
        return None
    _check_content_type(event)
    try:
        return body.model.model_validate_json(content)
    except ValidationError as error:
        faults.extend(faults_of(error))
        return None


def _content(event: BaseProxyEvent) -> bytes:
    text = event.body or ""
    if len(text) > 2 * MAX_BODY_BYTES:
        raise _too_large()
    try:
        # A lone surrogate is no text; it goes on as bytes that no parser accepts.
        content = b64decode(text) if event.is_base64_encoded else text.encode("utf-8", "surrogatepass")
    except (binascii.Error, ValueError):
        raise malformed("the body is not valid base64", code="base64_invalid") from None
    if len(content) > MAX_BODY_BYTES:
        raise _too_large()
    return content


def _too_large() -> EdgeError:
    return EdgeError(Problem(413, "invalid_request", f"the body is larger than {MAX_BODY_BYTES} bytes"))


def _check_content_type(event: BaseProxyEvent) -> None:
    """None at all is taken for JSON: there is nothing else it could be."""
    kind = event.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise EdgeError(Problem(415, "unsupported_media_type", "the body must be application/json"))


def faults_of(error: ValidationError) -> list[Fault]:
    """Each with its place as a JSON pointer into the body. Raises EdgeError for what is not a JSON object at all."""
    faults: list[Fault] = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        if not item["loc"] and item["type"] in {"json_invalid", "model_type", "model_attributes_type"}:
            raise malformed(item["msg"], code=item["type"])
        faults.append(Fault(_pointer(item["loc"]), item["type"], item["msg"]))
    return faults


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)
