"""Draws: what can be won and how likely, a play, and what anybody needs to follow it afterwards."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.request import Request

from points.application.redemption.list_plays import list_plays
from points.application.redemption.play_draw import play_draw
from points.application.redemption.read_draws import list_draws, read_draw
from points.http.edge.answering import answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, number_key, text_key
from points.http.edge.programs import deciding_program
from points.http.edge.security import Scope, admit, needs
from points.http.rendering.draws import draw_body, play_body
from points.http.rendering.movements import movement_body
from points.http.schemas.common import IDENTIFIER, Cursor, DrawPath, Limit, MemberPath, ProgramPath
from points.http.schemas.draws import PlayBody

router = Router()  # type: ignore[no-untyped-call]

_PLAYS = "/programs/<program>/members/<member>/plays"
_NAME = r"[a-z][a-z0-9_-]{0,47}"
"""Of a draw."""


@router.get(
    "/programs/<program>/draws",
    operation_id="list_draws",
    summary="The draws of the program, with their odds",
    security=needs(Scope.READ),
)
def draws(request: Request, program: ProgramPath, limit: Limit = 20, cursor: Cursor = None) -> Response[str]:
    call = admit(request, program)
    listing = listing_of("draws", program)
    page = list_draws(call.services, call.program, after=text_key(listing, cursor, form=_NAME), limit=limit)
    items = [draw_body(shown, call.program, call.language) for shown in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.get(
    "/programs/<program>/draws/<draw>",
    operation_id="read_draw",
    summary="One draw, with its seed once it is over; also one that has left the program",
    security=needs(Scope.READ),
)
def draw(request: Request, program: ProgramPath, draw: DrawPath) -> Response[str]:
    call = admit(request, program)
    return answer(draw_body(read_draw(call.services, call.program, draw), call.program, call.language))


@router.post(_PLAYS, operation_id="play_draw", summary="Play a draw", security=needs(Scope.REDEEM))
def play(
    request: Request, program: ProgramPath, member: MemberPath, play: Annotated[PlayBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    booked = play_draw(call.services, call.program, play.play(member), actor=call.actor)
    body = {
        "play": play_body(booked.entry),
        **movement_body(booked.entry, deciding_program(call, booked.entry), call.language),
    }
    return made_answer(body, replayed=booked.replayed)


@router.get(_PLAYS, operation_id="list_plays", summary="A member's plays, newest first", security=needs(Scope.READ))
def plays(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    draw: Annotated[str | None, Query(pattern=IDENTIFIER, description="Of this draw only.")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response[str]:
    call = admit(request, program)
    listing = listing_of("plays", program, member, draw)
    page = list_plays(call.services, call.program, member, draw, before_seq=number_key(listing, cursor), limit=limit)
    items = [play_body(entry) for entry in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})
