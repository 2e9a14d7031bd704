"""Expiry in words: a program's rule, and what of a member's points expires when."""

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.request import Request

from points.application.members.read_expiries import read_expiries
from points.application.members.read_expiry_rule import read_expiry_rule
from points.http.edge.answering import answer
from points.http.edge.languages import chosen_language
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.expiry import expiries_body, expiry_rule_body
from points.http.schemas.common import Language, MemberPath, ProgramPath

router = Router()  # type: ignore[no-untyped-call]


@router.get(
    "/programs/<program>/expiry",
    operation_id="read_expiry_rule",
    summary="When the program's points expire, in words",
    security=needs(Scope.READ),
)
def expiry_rule(request: Request, program: ProgramPath, language: Language = None) -> Response[str]:
    call = admit(request, program)
    chosen = _language(request, call, language)
    return answer(expiry_rule_body(read_expiry_rule(call.services, call.program, chosen), chosen), language=chosen)


@router.get(
    "/programs/<program>/members/<member>/expiries",
    operation_id="read_expiries",
    summary="What of a member's points expires when, in words",
    security=needs(Scope.READ),
)
def expiries(request: Request, program: ProgramPath, member: MemberPath, language: Language = None) -> Response[str]:
    call = admit(request, program)
    chosen = _language(request, call, language)
    return answer(expiries_body(read_expiries(call.services, call.program, member, chosen), chosen), language=chosen)


def _language(request: Request, call: Call, asked: str | None) -> str:
    return chosen_language(call, asked, request.resolved_event.headers.get("accept-language"))
