"""Earning: events one by one, in batches and tried out, reversals, confirmations and referrals."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request
from pydantic import ValidationError

from points.application.earning.confirm_points import confirm_points
from points.application.earning.earn_batch import earn_batch
from points.application.earning.earn_points import earn_points
from points.application.earning.preview_earning import preview_earning
from points.application.earning.refer_member import refer_member
from points.application.earning.reverse_entry import reverse_entry
from points.application.movement import Booked
from points.domain.calendar import local_day
from points.domain.canonical import Plain
from points.domain.errors import InvalidRequest, PointsError
from points.domain.ledger.entries import Entry
from points.domain.movements.earning import Event
from points.http.edge.answering import Json, answer, made_answer
from points.http.edge.gate import faults_of
from points.http.edge.problems import EdgeError, language_of, problem_of
from points.http.edge.programs import deciding_program
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.earning import evaluation_body, redeemable_body
from points.http.rendering.movements import balance_body, movement_body
from points.http.schemas.common import MemberPath, ProgramPath
from points.http.schemas.earning import BatchBody, ConfirmationBody, EventBody, ReferralBody, ReversalBody

router = Router()  # type: ignore[no-untyped-call]

_EVENTS = "/programs/<program>/events"


@router.post(_EVENTS, operation_id="post_event", summary="Report what a member did", security=needs(Scope.EARN))
def post_event(request: Request, program: ProgramPath, event: Annotated[EventBody, Body()]) -> Response[str]:
    call = admit(request, program)
    booked = earn_points(call.services, call.program, event.event(), actor=call.actor)
    return made_answer(_earned_body(call, booked.entry), replayed=booked.replayed)


@router.post(
    f"{_EVENTS}/batch",
    operation_id="post_event_batch",
    summary="Report many events; each is answered on its own",
    security=needs(Scope.EARN),
)
def post_event_batch(request: Request, program: ProgramPath, batch: Annotated[BatchBody, Body()]) -> Response[str]:
    call = admit(request, program)
    language = language_of(request.headers.get("accept-language"))
    readings = [_read_event(item) for item in batch.events]
    events = [reading for reading in readings if isinstance(reading, Event)]
    outcomes = iter(earn_batch(call.services, call.program, events, actor=call.actor))
    items: list[Plain] = [
        _outcome_body(call, item, next(outcomes) if isinstance(reading, Event) else reading, language)
        for item, reading in zip(batch.events, readings, strict=True)
    ]
    return answer({"items": items})


@router.post(
    f"{_EVENTS}/dry-run",
    operation_id="preview_event",
    summary="What an event would pay, and why; nothing is written",
    security=needs(Scope.EARN),
)
def preview_event(request: Request, program: ProgramPath, event: Annotated[EventBody, Body()]) -> Response[str]:
    call = admit(request, program)
    preview = preview_earning(call.services, call.program, event.event(), actor=call.actor)
    entry = preview.decision.entry
    explained = evaluation_body(entry.lines, preview.evaluation, call.program, call.language)
    return answer({"points": entry.points, **explained, "balance": balance_body(entry.balance)})


@router.post(
    "/programs/<program>/members/<member>/reversals",
    operation_id="reverse_entry",
    summary="Take back what an event earned, or give back what a capture spent",
    security=needs(Scope.EARN),
)
def post_reversal(
    request: Request, program: ProgramPath, member: MemberPath, reversal: Annotated[ReversalBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _movement(call, reverse_entry(call.services, call.program, reversal.reversal(member), actor=call.actor))


@router.post(
    "/programs/<program>/members/<member>/referral",
    operation_id="refer_member",
    summary="Link a newcomer with the member who brought them",
    security=needs(Scope.EARN),
)
def post_referral(
    request: Request, program: ProgramPath, member: MemberPath, referral: Annotated[ReferralBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _movement(call, refer_member(call.services, call.program, referral.invitation(member), actor=call.actor))


@router.post(
    "/programs/<program>/members/<member>/confirmations",
    operation_id="confirm_points",
    summary="Make an event's pending points available before their time; what risk made wait only with `points/admin`",
    security=needs(Scope.EARN),
)
def post_confirmation(
    request: Request, program: ProgramPath, member: MemberPath, confirmation: Annotated[ConfirmationBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    confirmed = confirmation.confirmation(member)
    by_operator = Scope.ADMIN in call.scopes
    booked = confirm_points(call.services, call.program, confirmed, actor=call.actor, by_operator=by_operator)
    return _movement(call, booked)


def _movement(call: Call, booked: Booked) -> Response[str]:
    entry = booked.entry
    return made_answer(movement_body(entry, deciding_program(call, entry), call.language), replayed=booked.replayed)


def _earned_body(call: Call, entry: Entry) -> Json:
    """Everything from the entry and the version that decided it, so a replay says the same."""
    program = deciding_program(call, entry)
    affordable = program.affordable(entry.balance.available, local_day(entry.at, program.zone))
    return {
        **movement_body(entry, program, call.language),
        "redeemable": redeemable_body(affordable, program, call.language),
    }


def _read_event(item: Any) -> Event | PointsError:
    try:
        return EventBody.model_validate(item).event()
    except ValidationError as error:
        return _invalid(error)


def _invalid(error: ValidationError) -> PointsError:
    try:
        return InvalidRequest("the event has values that are not valid", faults=faults_of(error))
    except EdgeError as not_an_object:
        return InvalidRequest("the event is not an object", faults=not_an_object.problem.faults)


def _outcome_body(call: Call, item: Any, outcome: Booked | PointsError, language: str) -> Json:
    reference = item.get("reference") if isinstance(item, dict) else None
    body: Json = {"reference": reference if isinstance(reference, str) else None}
    if isinstance(outcome, Booked):
        return {"status": 200 if outcome.replayed else 201, **body, **_earned_body(call, outcome.entry)}
    problem = problem_of(outcome)
    return {"status": problem.status, **body, "problem": problem.document(language)}
