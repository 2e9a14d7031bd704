"""Points that members give each other, and their way back."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request

from points.application.redemption.transfer_points import Return, take_transfer_back, transfer_points
from points.domain.ledger.entries import EntryName, Kind
from points.http.edge.answering import made_answer
from points.http.edge.programs import deciding_program
from points.http.edge.security import Scope, admit, needs
from points.http.rendering.movements import movement_body
from points.http.rendering.transfers import transfer_body
from points.http.schemas.common import MemberPath, ProgramPath, ReferencePath
from points.http.schemas.transfers import TransferBody, TransferReturnBody

router = Router()  # type: ignore[no-untyped-call]

_TRANSFERS = "/programs/<program>/members/<member>/transfers"


@router.post(
    _TRANSFERS,
    operation_id="transfer_points",
    summary="Give points to another member",
    security=needs(Scope.REDEEM),
)
def transfer(
    request: Request, program: ProgramPath, member: MemberPath, transfer: Annotated[TransferBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    booked = transfer_points(call.services, call.program, transfer.transfer(member), actor=call.actor)
    body = {
        "transfer": transfer_body(booked.entry),
        **movement_body(booked.entry, deciding_program(call, booked.entry), call.language),
    }
    return made_answer(body, replayed=booked.replayed)


@router.post(
    f"{_TRANSFERS}/<reference>/reversal",
    operation_id="reverse_transfer",
    summary="Take a transfer back: its points return to the lots of the giver",
    security=needs(Scope.ADMIN),
)
def reverse(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    reference: ReferencePath,
    reversal: Annotated[TransferReturnBody, Body()],
) -> Response[str]:
    call = admit(request, program)
    wanted = Return(member, reference)
    booked = take_transfer_back(call.services, call.program, wanted, reason=reversal.reason, actor=call.actor)
    given = call.services.ledger.entry(call.program.name, member, EntryName(Kind.TRANSFER_OUT, reference))
    if given is None:
        raise AssertionError(f"{booked.entry.name} takes back what was never booked")
    body = {
        "transfer": transfer_body(given, booked.entry),
        **movement_body(booked.entry, deciding_program(call, booked.entry), call.language),
    }
    return made_answer(body, replayed=booked.replayed)
