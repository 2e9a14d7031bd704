"""The OpenAPI document, from the routes: ``python -m points.http.openapi > docs/openapi.json``.

Parameters, bodies and scopes are what the routes enforce; answers are added from :mod:`points.http.answers`. It is
committed and a test compares it, so a change of the API is a change somebody reviews.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import APIGatewayRestResolver, Router
from aws_lambda_powertools.event_handler.openapi.models import (
    OAuth2,
    OAuthFlowClientCredentials,
    OAuthFlows,
    Server,
    ServerVariable,
)
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from points.http.answers.common import Problem
from points.http.answers.operations import BEGUN, MADE, READ
from points.http.edge.answering import REPLAYED
from points.http.edge.security import SECURITY_SCHEME, Scope
from points.http.routes import (
    administration,
    configuration,
    coupons,
    earning,
    expiry,
    members,
    offsets,
    orders,
    pools,
    redemption,
    webhooks,
)

VERSION = "0.1.0"
_SCHEMAS = "#/components/schemas/"
_METHODS_WITH_BODY = {"post", "put"}

_ROUTERS = {
    "members": [members, expiry],
    "earning": [earning],
    "redemption": [redemption, offsets, orders, coupons],
    "coupons": [pools],
    "administration": [administration, configuration],
    "webhooks": [webhooks],
}
"""By function."""

_SCOPES = {
    Scope.READ: "See members, balances, entries, rewards, orders and coupons",
    Scope.EARN: "Enrol members, report events, reverse entries",
    Scope.REDEEM: "Redeem, hold, capture, release and cancel, write coupons off",
    Scope.ADMIN: "Adjust, freeze and erase members, configure programs and their webhooks, import codes",
}

_PROBLEMS = {
    400: "The request cannot be read: malformed JSON, a bad query parameter or cursor (`invalid_request`).",
    401: "No valid access token (`unauthorized`).",
    403: "The token lacks the scope, or its client does not work in this program (`forbidden`).",
    404: "No such program, member, order, hold, entry, version, endpoint, delivery or import (`not_found`), or coupon.",
    409: "What the ledger holds does not allow it; the code says what, the members give the numbers.",
    413: "The body is larger than 1 MB (`invalid_request`).",
    415: "The body is not JSON (`unsupported_media_type`).",
    422: "The request can be read, but its values are wrong; `faults` names each.",
    429: "Slow down (`throttled`). Nothing was written.",
    503: "The ledger did not answer (`unavailable`). Repeating the request is safe.",
}
_RETRIED = {409, 429, 503}
_BODY_ONLY = {413, 415}
_DESCRIPTION = """\
An exact ledger for loyalty points. Whatever moves points carries a `reference` chosen by the caller: sent again, it
answers 200 with the original body and `Idempotent-Replayed: true`, for ever; with another body it is refused
(`reference_reused`). Money is a decimal string, points are whole numbers, times are RFC 3339 in UTC.
"""


def document() -> dict[str, Any]:
    """The whole API as one OpenAPI 3.1 document."""
    whole: dict[str, Any] = {}
    for name, modules in _ROUTERS.items():
        part = _described(*(module.router for module in modules))
        for operation in _operations(part):
            operation["tags"] = [name]
        whole = whole or part
        whole["paths"] |= part["paths"]
        whole["components"]["schemas"] |= part["components"]["schemas"]
    whole["tags"] = [
        {"name": name, "description": " ".join(str(module.__doc__) for module in modules)}
        for name, modules in _ROUTERS.items()
    ]
    tidy: dict[str, Any] = _tidied(_completed(whole))
    return tidy


def _described(*routers: Router) -> dict[str, Any]:
    """Parameters, bodies and scopes of one function's routes, as Powertools reads them from their signatures."""
    api = APIGatewayRestResolver()
    for router in routers:
        api.include_router(router)
    described: dict[str, Any] = json.loads(
        api.get_openapi_json_schema(
            title="Points Ledger",
            version=VERSION,
            description=_DESCRIPTION,
            servers=[_server()],
            security_schemes={SECURITY_SCHEME: _security_scheme()},
        )
    )
    return described


def _operations(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in described["paths"].values():
        yield from path.values()


def _server() -> Server:
    host = ServerVariable(default="api.example.com", description="Where the stack is deployed (output `ApiUrl`).")
    return Server(url="https://{host}/v1", description="`v1` is the stage of the API.", variables={"host": host})


def _security_scheme() -> OAuth2:
    scopes = {scope.value: meaning for scope, meaning in _SCOPES.items()}
    flow = OAuthFlowClientCredentials(tokenUrl="https://tokens.example.com/oauth2/token", scopes=scopes)
    return OAuth2(flows=OAuthFlows(clientCredentials=flow), description="Tokens of the stack's user pool.")


def _completed(described: dict[str, Any]) -> dict[str, Any]:
    components = described["components"]
    # Powertools describes its own validation errors whether or not they can occur.
    for name in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        components["schemas"].pop(name, None)
    components["schemas"] |= _answer_schemas()
    components["responses"] = {str(status): _problem_response(status) for status in _PROBLEMS}
    described.pop("security", None)
    for path in described["paths"].values():
        for method, operation in path.items():
            operation["responses"] = _responses(operation["operationId"], method)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                # A body that may be left out is absent, not null.
                content["schema"] = content["schema"].get("anyOf", [content["schema"]])[0]
    return described


def _tidied(value: Any) -> Any:
    """Whole numbers as such (Powertools makes every bound a float), and Markdown where docstrings have double ticks."""
    match value:
        case dict():
            return {name: _tidied(item) for name, item in value.items()}
        case list():
            return [_tidied(item) for item in value]
        case float() if value.is_integer():
            return int(value)
        case str():
            return value.replace("``", "`")
    return value


def _answer_schemas() -> dict[str, Any]:
    models: set[type[BaseModel]] = {
        Problem,
        *MADE.values(),
        *BEGUN.values(),
        *(model for model in READ.values() if model),
    }
    wanted = [(model, "serialization") for model in sorted(models, key=lambda model: model.__name__)]
    _, schema = models_json_schema(wanted, ref_template=_SCHEMAS + "{model}")  # type: ignore[arg-type]
    definitions: dict[str, Any] = schema["$defs"]
    return definitions


def _responses(operation: str, method: str) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    if operation in MADE:
        answer = _content(MADE[operation])
        location = {"Location": {"description": "Where it can be read, if it can.", "schema": {"type": "string"}}}
        replayed = {REPLAYED: {"description": "`true` on a replay.", "schema": {"type": "string"}}}
        responses["201"] = {"description": "Done.", "headers": location, "content": answer}
        responses["200"] = {"description": "It was there already.", "headers": replayed, "content": answer}
    elif operation in BEGUN:
        location = {"Location": {"description": "Where it can be read how far it is.", "schema": {"type": "string"}}}
        responses["202"] = {"description": "Begun.", "headers": location, "content": _content(BEGUN[operation])}
    elif (model := READ[operation]) is None:
        responses["204"] = {"description": "Done."}
    else:
        responses["200"] = {"description": "The answer.", "content": _content(model)}
    for status in _PROBLEMS:
        if status in _BODY_ONLY and method not in _METHODS_WITH_BODY:
            continue
        if status == 409 and method == "get":  # noqa: PLR2004 - reading is never refused by what the ledger holds
            continue
        responses[str(status)] = {"$ref": f"#/components/responses/{status}"}
    return dict(sorted(responses.items()))


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _SCHEMAS + model.__name__}}}


def _problem_response(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": _PROBLEMS[status],
        "content": {"application/problem+json": {"schema": {"$ref": _SCHEMAS + Problem.__name__}}},
    }
    if status in _RETRIED:
        seconds = {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}}
        response["headers"] = {"Retry-After": seconds}
    return response


def text() -> str:
    """One spelling: sorted keys, two spaces, a newline at the end."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
