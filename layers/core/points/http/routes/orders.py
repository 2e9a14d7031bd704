"""Orders: one, a member's or a program's, and what operators do with them."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.request import Request

from points.application.movement import Booked
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.find_orders import find_orders
from points.application.redemption.handle_order import Handling, handle_order
from points.application.redemption.pay_order import pay_order
from points.application.redemption.read_order import OrderHistory, list_orders, order_after, read_order
from points.domain.ledger.entries import Kind
from points.domain.ledger.orders import OrderState
from points.http.edge.answering import Json, answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, text_key
from points.http.edge.problems import malformed
from points.http.edge.programs import deciding_program
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.movements import movement_body
from points.http.rendering.redemption import order_body, order_history_body
from points.http.schemas.common import (
    ANY_REFERENCE,
    IDENTIFIER,
    Cursor,
    Limit,
    MemberPath,
    Moment,
    OrderPath,
    ProgramPath,
)
from points.http.schemas.redemption import CancellationBody, HandlingBody, PaymentBody, ShippingBody

router = Router()  # type: ignore[no-untyped-call]

_ORDER = "/programs/<program>/members/<member>/orders/<reference>"
_PLACED = r"[0-9]{18}(#[A-Za-z0-9._:~-]{1,64}#[A-Za-z0-9._:~-]{1,65})?"
"""Where a page of a program's orders ends: a moment, and whose order and which."""


@router.get(
    "/programs/<program>/orders",
    operation_id="list_orders",
    summary="A member's orders by reference, or a program's in one state, the oldest first",
    security=needs(Scope.READ),
)
def orders(
    request: Request,
    program: ProgramPath,
    member: Annotated[str | None, Query(pattern=IDENTIFIER)] = None,
    state: Annotated[OrderState | None, Query(description="Alone: the orders of all members in it.")] = None,
    from_: Annotated[
        Moment | None,
        Query(alias="from", description="Without a member: placed at this moment or later; else 31 days back."),
    ] = None,
    to: Annotated[Moment | None, Query(description="Without a member: placed before this moment.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response[str]:
    call = admit(request, program)
    listing = listing_of("orders", program, member, state, from_, to)
    if member is not None:
        if from_ is not None or to is not None:
            raise malformed("a member's orders are listed by reference, all of them", path="?from", code="one_or_other")
        after = text_key(listing, cursor, form=ANY_REFERENCE)
        page = list_orders(call.services, call.program, member, state=state, after=after, limit=limit)
    elif state is not None:
        after = text_key(listing, cursor, form=_PLACED)
        page = find_orders(call.services, call.program, state, from_=from_, to=to, after=after, limit=limit)
    else:
        raise malformed("name a member, or a state: one of the two", path="?member", code="one_or_other")
    items = [order_body(order, call.program, call.language) for order in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.get(_ORDER, operation_id="read_order", summary="One order, and what became of it", security=needs(Scope.READ))
def order(request: Request, program: ProgramPath, member: MemberPath, reference: OrderPath) -> Response[str]:
    call = admit(request, program)
    return answer(_history_body(call, read_order(call.services, call.program, member, reference)))


@router.post(
    f"{_ORDER}/cancel",
    operation_id="cancel_order",
    summary="Cancel an order: its points return to their lots",
    security=needs(Scope.REDEEM),
)
def cancel(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    reference: OrderPath,
    cancellation: Annotated[CancellationBody | None, Body()] = None,
) -> Response[str]:
    call = admit(request, program)
    reason = None if cancellation is None else cancellation.reason
    booked = cancel_order(call.services, call.program, Cancellation(member, reference), reason=reason, actor=call.actor)
    return _moved_answer(call, reference, booked)


@router.post(
    f"{_ORDER}/pay",
    operation_id="pay_order",
    summary="What the order costs besides has been paid: its points are spent, and it is placed",
    security=needs(Scope.REDEEM),
)
def pay(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    reference: OrderPath,
    payment: Annotated[PaymentBody | None, Body()] = None,
) -> Response[str]:
    call = admit(request, program)
    paid = (payment or PaymentBody()).of(member, reference)
    return _moved_answer(call, reference, pay_order(call.services, call.program, paid, actor=call.actor))


@router.post(
    f"{_ORDER}/fulfil",
    operation_id="fulfil_order",
    summary="What was ordered is ready, or has been handed over as far as that is possible",
    security=needs(Scope.ADMIN),
)
def fulfil(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    reference: OrderPath,
    handling: Annotated[HandlingBody | None, Body()] = None,
) -> Response[str]:
    return _handled(admit(request, program), Kind.FULFIL, member, reference, handling)


@router.post(
    f"{_ORDER}/ship",
    operation_id="ship_order",
    summary="What was ordered is on its way",
    security=needs(Scope.ADMIN),
)
def ship(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    reference: OrderPath,
    handling: Annotated[ShippingBody | None, Body()] = None,
) -> Response[str]:
    return _handled(admit(request, program), Kind.SHIP, member, reference, handling)


@router.post(
    f"{_ORDER}/deliver",
    operation_id="deliver_order",
    summary="What was ordered has arrived: the order cannot be cancelled any more",
    security=needs(Scope.ADMIN),
)
def deliver(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    reference: OrderPath,
    handling: Annotated[HandlingBody | None, Body()] = None,
) -> Response[str]:
    return _handled(admit(request, program), Kind.DELIVER, member, reference, handling)


def _handled(
    call: Call, kind: Kind, member: str, reference: str, body: HandlingBody | ShippingBody | None
) -> Response[str]:
    tracking = body.tracking if isinstance(body, ShippingBody) else None
    reason = None if body is None else body.reason
    handling = Handling(member, reference, tracking)
    booked = handle_order(call.services, call.program, kind, handling, reason=reason, actor=call.actor)
    return _moved_answer(call, reference, booked)


def _moved_answer(call: Call, reference: str, booked: Booked) -> Response[str]:
    """The order right after the entry: whatever becomes of it, this is what was answered."""
    order = order_after(call.services, call.program, booked.entry, reference)
    decided = deciding_program(call, booked.entry)
    movement = movement_body(booked.entry, decided, call.language)
    return made_answer({"order": order_body(order, decided, call.language), **movement}, replayed=booked.replayed)


def _history_body(call: Call, found: OrderHistory) -> Json:
    return order_history_body(found, call.program, call.language)
