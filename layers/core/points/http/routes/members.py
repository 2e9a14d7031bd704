"""Members: enrolment, profiles, balances, history and standing."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.request import Request

from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.members.list_entries import EntryFilter, list_entries
from points.application.members.read_balance import read_balance
from points.application.members.read_member import read_member
from points.application.members.read_standing import list_tier_changes, read_progress, read_standing
from points.domain.calendar import local_day, utc_text
from points.domain.errors import InvalidRequest
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.entries import Kind
from points.http.edge.answering import Json, answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, number_key
from points.http.edge.problems import malformed
from points.http.edge.programs import deciding_program, program_version
from points.http.edge.resources import location_of
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.members import (
    expiring_body,
    member_body,
    progress_body,
    share_body,
    standing_body,
    tier_change_body,
)
from points.http.rendering.movements import balance_body, entry_body
from points.http.rendering.titles import reward_title
from points.http.schemas.common import Cursor, Limit, MemberPath, Moment, ProgramPath
from points.http.schemas.members import ProfileBody

router = Router()  # type: ignore[no-untyped-call]

_MEMBER = "/programs/<program>/members/<member>"


@router.put(
    _MEMBER, operation_id="enrol_member", summary="Enrol a member or replace their profile", security=needs(Scope.EARN)
)
def enrol(
    request: Request, program: ProgramPath, member: MemberPath, profile: Annotated[ProfileBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    _check_birthday(profile, call)
    new = enrol_member(call.services, call.program, member, profile.profile())
    body = _member_body(call, member)
    return made_answer(body, replayed=False, location=location_of(request)) if new else answer(body)


def _check_birthday(profile: ProfileBody, call: Call) -> None:
    today = local_day(call.services.clock.now(), call.program.zone)
    if profile.birthday is not None and profile.birthday > today:
        raise InvalidRequest.at("/birthday", "lies in the future")


@router.get(
    _MEMBER, operation_id="read_member", summary="A member with profile and balance", security=needs(Scope.READ)
)
def read(request: Request, program: ProgramPath, member: MemberPath) -> Response[str]:
    call = admit(request, program)
    return answer(_member_body(call, member))


def _member_body(call: Call, member: str) -> Json:
    view = read_member(call.services, call.program, member)
    titles = {each.reward: _title(call, each) for each in view.entitlements}
    return member_body(view, call.program, titles)


def _title(call: Call, entitlement: Entitlement) -> str | None:
    """As it is called now; as it was when the member got it, where the program has given it up since."""
    program = call.program
    if entitlement.reward not in program.rewards:
        program = program_version(call, entitlement.version)
    return reward_title(entitlement.reward, program, call.language)


@router.delete(
    _MEMBER, operation_id="erase_member", summary="Erase a member's personal data", security=needs(Scope.ADMIN)
)
def erase(request: Request, program: ProgramPath, member: MemberPath) -> Response[str]:
    call = admit(request, program)
    erase_member(call.services, call.program, member, actor=call.actor)
    return Response(204, body="")


@router.get(
    f"{_MEMBER}/balance",
    operation_id="read_balance",
    summary="What a member has, now or at another moment, and when it expires",
    security=needs(Scope.READ),
)
def balance(
    request: Request, program: ProgramPath, member: MemberPath, as_of: Annotated[Moment | None, Query()] = None
) -> Response[str]:
    call = admit(request, program)
    view = read_balance(call.services, call.program, member, as_of=as_of)
    shown = {
        "pool": share_body(view.pool),
        "expiring": expiring_body(view.expiring),
        "as_of": utc_text(view.as_of),
    }
    return answer({**balance_body(view.balance), **shown})


@router.get(
    f"{_MEMBER}/entries",
    operation_id="list_entries",
    summary="A member's entries, newest first",
    security=needs(Scope.READ),
)
def entries(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    kind: Annotated[Kind | None, Query()] = None,
    from_: Annotated[Moment | None, Query(alias="from", description="Booked at this moment or later.")] = None,
    to: Annotated[Moment | None, Query(description="Booked before this moment.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response[str]:
    call = admit(request, program)
    if from_ is not None and to is not None and to < from_:
        raise malformed("lies before the start", path="?to", code="empty_range")
    listing = listing_of("entries", program, member, kind, from_, to)
    before = number_key(listing, cursor)
    chosen = EntryFilter(kind, from_, to)
    page = list_entries(call.services, call.program, member, chosen, before_seq=before, limit=limit)
    items = [entry_body(entry, deciding_program(call, entry), call.language) for entry in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.get(
    f"{_MEMBER}/progress",
    operation_id="read_progress",
    summary="How far a member has come with tasks and streaks",
    security=needs(Scope.READ),
)
def progress(request: Request, program: ProgramPath, member: MemberPath) -> Response[str]:
    call = admit(request, program)
    return answer(progress_body(read_progress(call.services, call.program, member), call.program))


@router.get(
    f"{_MEMBER}/tier",
    operation_id="read_tier",
    summary="A member's tier, what is missing for the next one, and their segment",
    security=needs(Scope.READ),
)
def tier(request: Request, program: ProgramPath, member: MemberPath) -> Response[str]:
    call = admit(request, program)
    return answer(standing_body(read_standing(call.services, call.program, member), call.program))


@router.get(
    f"{_MEMBER}/tier/history",
    operation_id="list_tier_changes",
    summary="Every change of a member's tier, newest first",
    security=needs(Scope.READ),
)
def tier_history(
    request: Request, program: ProgramPath, member: MemberPath, limit: Limit = 20, cursor: Cursor = None
) -> Response[str]:
    call = admit(request, program)
    listing = listing_of("tiers", program, member)
    before = number_key(listing, cursor)
    page = list_tier_changes(call.services, call.program, member, before_seq=before, limit=limit)
    items = [tier_change_body(change) for change in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})
