"""Pools: members who earn into one account and spend from it."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request

from points.application.members.list_entries import EntryFilter, list_entries
from points.application.members.manage_pools import Leaving, Ownership, join_pool, leave_pool, read_pool, set_pool
from points.domain.ledger.account import pool_account
from points.http.edge.answering import answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, number_key
from points.http.edge.programs import deciding_program
from points.http.edge.resources import location_of
from points.http.edge.security import Scope, admit, needs
from points.http.rendering.movements import entry_body, movement_body
from points.http.rendering.pools import pool_body
from points.http.schemas.common import Cursor, Limit, MemberPath, ProgramPath
from points.http.schemas.pools import JoiningBody, PoolBody, PoolPath

router = Router()  # type: ignore[no-untyped-call]

_POOL = "/programs/<program>/pools/<pool>"


@router.put(_POOL, operation_id="set_pool", summary="Make a pool, or give it another owner", security=needs(Scope.EARN))
def put(request: Request, program: ProgramPath, pool: PoolPath, wanted: Annotated[PoolBody, Body()]) -> Response[str]:
    call = admit(request, program)
    new = set_pool(call.services, call.program, Ownership(pool, wanted.owner), actor=call.actor)
    body = pool_body(read_pool(call.services, call.program, pool))
    return made_answer(body, replayed=False, location=location_of(request)) if new else answer(body)


@router.get(
    _POOL, operation_id="read_pool", summary="A pool: who shares it, and what they have", security=needs(Scope.READ)
)
def read(request: Request, program: ProgramPath, pool: PoolPath) -> Response[str]:
    call = admit(request, program)
    return answer(pool_body(read_pool(call.services, call.program, pool)))


@router.get(
    f"{_POOL}/entries",
    operation_id="list_pool_entries",
    summary="A pool's entries, newest first",
    security=needs(Scope.READ),
)
def entries(
    request: Request, program: ProgramPath, pool: PoolPath, limit: Limit = 20, cursor: Cursor = None
) -> Response[str]:
    call = admit(request, program)
    read_pool(call.services, call.program, pool)
    listing = listing_of("pool", program, pool)
    before = number_key(listing, cursor)
    page = list_entries(
        call.services, call.program, pool_account(pool), EntryFilter(None, None, None), before_seq=before, limit=limit
    )
    items = [entry_body(entry, deciding_program(call, entry), call.language) for entry in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.post(
    f"{_POOL}/members",
    operation_id="join_pool",
    summary="A member joins: what they have to spend becomes the pool's",
    security=needs(Scope.EARN),
)
def join(
    request: Request, program: ProgramPath, pool: PoolPath, joining: Annotated[JoiningBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    booked = join_pool(call.services, call.program, joining.joining(pool), actor=call.actor)
    body = movement_body(booked.entry, deciding_program(call, booked.entry), call.language)
    return made_answer(body, replayed=booked.replayed)


@router.delete(
    f"{_POOL}/members/<member>",
    operation_id="leave_pool",
    summary="A member leaves: the points stay with the pool",
    security=needs(Scope.EARN),
)
def leave(request: Request, program: ProgramPath, pool: PoolPath, member: MemberPath) -> Response[str]:
    call = admit(request, program)
    leave_pool(call.services, call.program, Leaving(member, pool), actor=call.actor)
    return Response(204, body="")
