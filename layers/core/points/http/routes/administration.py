"""Administration: adjustments and freezing."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request

from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member, unfreeze_member
from points.application.movement import Booked
from points.http.edge.answering import made_answer
from points.http.edge.programs import deciding_program
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.movements import movement_body
from points.http.schemas.administration import AdjustmentBody, FreezeBody
from points.http.schemas.common import MemberPath, ProgramPath

router = Router()  # type: ignore[no-untyped-call]

_MEMBER = "/programs/<program>/members/<member>"


@router.post(
    f"{_MEMBER}/adjustments",
    operation_id="adjust_points",
    summary="Give or take points by hand",
    security=needs(Scope.ADMIN),
)
def adjust(
    request: Request, program: ProgramPath, member: MemberPath, adjustment: Annotated[AdjustmentBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _answer(call, adjust_points(call.services, call.program, adjustment.adjustment(member), actor=call.actor))


@router.post(
    f"{_MEMBER}/freeze",
    operation_id="freeze_member",
    summary="Stop a member's earning, redeeming or both",
    security=needs(Scope.ADMIN),
)
def freeze(
    request: Request, program: ProgramPath, member: MemberPath, freeze: Annotated[FreezeBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _answer(call, freeze_member(call.services, call.program, freeze.freeze(member), actor=call.actor))


@router.post(
    f"{_MEMBER}/unfreeze",
    operation_id="unfreeze_member",
    summary="Let a member earn or redeem again",
    security=needs(Scope.ADMIN),
)
def unfreeze(
    request: Request, program: ProgramPath, member: MemberPath, freeze: Annotated[FreezeBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _answer(call, unfreeze_member(call.services, call.program, freeze.freeze(member), actor=call.actor))


def _answer(call: Call, booked: Booked) -> Response[str]:
    entry = booked.entry
    return made_answer(movement_body(entry, deciding_program(call, entry), call.language), replayed=booked.replayed)
