"""Webhooks: endpoints that are told what happens, and what became of each delivery."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request

from points.application.webhooks.manage_endpoints import (
    change_endpoint,
    list_endpoints,
    make_endpoint,
    read_endpoint,
    remove_endpoint,
    rotate_secret,
)
from points.application.webhooks.operate_deliveries import (
    list_deliveries,
    ping_endpoint,
    read_delivery,
    resend_delivery,
)
from points.application.webhooks.ports import Webhooks
from points.http.edge.answering import answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, text_key
from points.http.edge.resources import location_of
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.webhooks import delivery_body, delivery_summary_body, endpoint_body, with_secret
from points.http.schemas.common import Cursor, Limit, ProgramPath
from points.http.schemas.webhooks import (
    DELIVERY,
    DeliveryPath,
    EndpointBody,
    EndpointChange,
    EndpointPath,
    RotationBody,
    StateQuery,
)

router = Router()  # type: ignore[no-untyped-call]

_WEBHOOKS = "/programs/<program>/webhooks"
_ENDPOINT = f"{_WEBHOOKS}/<endpoint>"
_DELIVERY = f"{_ENDPOINT}/deliveries/<delivery>"


def _admit(request: Request, program: str) -> tuple[Call, Webhooks]:
    call = admit(request, program)
    webhooks: Webhooks = request.context["webhooks"]
    return call, webhooks


# ── endpoints ───────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get(
    _WEBHOOKS, operation_id="list_webhooks", summary="The program's endpoints, at most 10", security=needs(Scope.ADMIN)
)
def endpoints(request: Request, program: ProgramPath) -> Response[str]:
    _, webhooks = _admit(request, program)
    return answer({"items": [endpoint_body(endpoint) for endpoint in list_endpoints(webhooks, program)]})


@router.post(
    _WEBHOOKS,
    operation_id="make_webhook",
    summary="Make an endpoint; the answer tells its secret, once",
    security=needs(Scope.ADMIN),
)
def make(request: Request, program: ProgramPath, endpoint: Annotated[EndpointBody, Body()]) -> Response[str]:
    call, webhooks = _admit(request, program)
    made, secret = make_endpoint(webhooks, program, endpoint.id, endpoint.wanted(), actor=call.actor)
    location = location_of(request, f"/programs/{program}/webhooks/{made.name}")
    return made_answer(with_secret(made, secret), replayed=secret is None, location=location)


@router.get(_ENDPOINT, operation_id="read_webhook", summary="An endpoint", security=needs(Scope.ADMIN))
def endpoint(request: Request, program: ProgramPath, endpoint: EndpointPath) -> Response[str]:
    _, webhooks = _admit(request, program)
    return answer(endpoint_body(read_endpoint(webhooks, program, endpoint)))


@router.put(
    _ENDPOINT,
    operation_id="change_webhook",
    summary="Change what an endpoint is told and where, switch it on or off",
    security=needs(Scope.ADMIN),
)
def change(
    request: Request, program: ProgramPath, endpoint: EndpointPath, change: Annotated[EndpointChange, Body()]
) -> Response[str]:
    call, webhooks = _admit(request, program)
    changed = change_endpoint(webhooks, program, endpoint, change.wanted(), enabled=change.enabled, actor=call.actor)
    return answer(endpoint_body(changed))


@router.delete(
    _ENDPOINT,
    operation_id="remove_webhook",
    summary="Remove an endpoint; what is under way to it is given up",
    security=needs(Scope.ADMIN),
)
def remove(request: Request, program: ProgramPath, endpoint: EndpointPath) -> Response[str]:
    _, webhooks = _admit(request, program)
    remove_endpoint(webhooks, program, endpoint)
    return Response(204, body="")


@router.post(
    f"{_ENDPOINT}/secret",
    operation_id="rotate_webhook_secret",
    summary="A new secret, told once; the one before stays valid for a day unless said otherwise",
    security=needs(Scope.ADMIN),
)
def rotate(
    request: Request,
    program: ProgramPath,
    endpoint: EndpointPath,
    rotation: Annotated[RotationBody | None, Body()] = None,
) -> Response[str]:
    _, webhooks = _admit(request, program)
    keep_hours = (rotation or RotationBody()).keep_hours
    rotated, secret = rotate_secret(webhooks, program, endpoint, keep_hours=keep_hours)
    return answer(with_secret(rotated, secret))


@router.post(
    f"{_ENDPOINT}/test",
    operation_id="ping_webhook",
    summary="Send a `Ping`, tried once, even to an endpoint that is switched off",
    security=needs(Scope.ADMIN),
)
def ping(request: Request, program: ProgramPath, endpoint: EndpointPath) -> Response[str]:
    _, webhooks = _admit(request, program)
    delivery = ping_endpoint(webhooks, program, endpoint)
    place = f"/programs/{program}/webhooks/{endpoint}/deliveries/{delivery.name}"
    return made_answer(delivery_body(delivery), replayed=False, location=location_of(request, place))


# ── deliveries ──────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get(
    f"{_ENDPOINT}/deliveries",
    operation_id="list_webhook_deliveries",
    summary="Deliveries of the last 30 days, newest first",
    security=needs(Scope.ADMIN),
)
def deliveries(
    request: Request,
    program: ProgramPath,
    endpoint: EndpointPath,
    state: StateQuery = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response[str]:
    _, webhooks = _admit(request, program)
    listing = listing_of("deliveries", program, endpoint, state)
    before = text_key(listing, cursor, form=DELIVERY)
    page = list_deliveries(webhooks, program, endpoint, state=state, before=before, limit=limit)
    items = [delivery_summary_body(delivery) for delivery in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.get(
    _DELIVERY,
    operation_id="read_webhook_delivery",
    summary="A delivery with what is sent",
    security=needs(Scope.ADMIN),
)
def delivery(request: Request, program: ProgramPath, endpoint: EndpointPath, delivery: DeliveryPath) -> Response[str]:
    _, webhooks = _admit(request, program)
    return answer(delivery_body(read_delivery(webhooks, program, endpoint, delivery)))


@router.post(
    f"{_DELIVERY}/resend",
    operation_id="resend_webhook_delivery",
    summary="Send it again, for another day of attempts, whatever became of it",
    security=needs(Scope.ADMIN),
)
def resend(request: Request, program: ProgramPath, endpoint: EndpointPath, delivery: DeliveryPath) -> Response[str]:
    _, webhooks = _admit(request, program)
    return answer(delivery_body(resend_delivery(webhooks, program, endpoint, delivery)))
