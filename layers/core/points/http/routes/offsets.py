"""Orders that points pay part of: what may be used, and refunds. They are held and captured as any points are."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request

from points.application.redemption.quote_offset import quote_offset
from points.application.redemption.refund_order import refund_order
from points.http.edge.answering import answer, made_answer
from points.http.edge.programs import deciding_program
from points.http.edge.security import Scope, admit, needs
from points.http.rendering.movements import movement_body
from points.http.rendering.offsets import quote_body, refund_body
from points.http.schemas.common import MemberPath, ProgramPath, ReferencePath
from points.http.schemas.offsets import OffsetQuoteBody, OrderRefundBody

router = Router()  # type: ignore[no-untyped-call]

_MEMBER = "/programs/<program>/members/<member>"


@router.post(
    f"{_MEMBER}/offset-quote",
    operation_id="quote_offset",
    summary="How many points may pay for an order, what they are worth, and which rule limits it; nothing is written",
    security=needs(Scope.REDEEM),
)
def quote(
    request: Request, program: ProgramPath, member: MemberPath, wanted: Annotated[OffsetQuoteBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    found = quote_offset(call.services, call.program, wanted.quote(member), actor=call.actor)
    return answer(quote_body(found, call.program.currency))


@router.post(
    f"{_MEMBER}/holds/<reference>/refunds",
    operation_id="refund_order",
    summary="Part of an order is returned: points and money in the proportion in which they paid for it",
    security=needs(Scope.REDEEM),
)
def refund(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    reference: ReferencePath,
    refund: Annotated[OrderRefundBody, Body()],
) -> Response[str]:
    call = admit(request, program)
    booked = refund_order(call.services, call.program, refund.refund(member, reference), actor=call.actor)
    decided = deciding_program(call, booked.entry)
    body = {
        "refund": refund_body(booked.entry, decided.currency),
        **movement_body(booked.entry, decided, call.language),
    }
    return made_answer(body, replayed=booked.replayed)
