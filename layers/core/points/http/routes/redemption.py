"""Redemption: the catalogue, points for a reward, and holds at a checkout."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.request import Request

from points.application.movement import Booked
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.list_rewards import list_rewards
from points.application.redemption.redeem_reward import redeem_reward
from points.domain.ledger.entries import Entry
from points.domain.ledger.orders import placed_order
from points.http.edge.answering import Json, answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, text_key
from points.http.edge.programs import deciding_program
from points.http.edge.resources import location_of
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.movements import movement_body
from points.http.rendering.offsets import offset_body
from points.http.rendering.redemption import hold_body, offer_body, order_body
from points.http.schemas.common import (
    IDENTIFIER,
    Cursor,
    Limit,
    MemberPath,
    ProgramPath,
    ReferencePath,
)
from points.http.schemas.redemption import CaptureBody, HoldBody, RedemptionBody

router = Router()  # type: ignore[no-untyped-call]

_MEMBER = "/programs/<program>/members/<member>"
_HOLD = f"{_MEMBER}/holds/<reference>"
_PRICED = r"[0-9]{1,15}/[a-z0-9_-]{1,48}"
"""Where a page of the catalogue ends: a price and a name."""


@router.get(
    "/programs/<program>/rewards",
    operation_id="list_rewards",
    summary="The catalogue, and what of it a member can have",
    security=needs(Scope.READ),
)
def rewards(
    request: Request,
    program: ProgramPath,
    member: Annotated[str | None, Query(pattern=IDENTIFIER)] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response[str]:
    call = admit(request, program)
    listing = listing_of("rewards", program, member)
    after = text_key(listing, cursor, form=_PRICED)
    page = list_rewards(call.services, call.program, member, after=after, limit=limit, actor=call.actor)
    items = [offer_body(offer, call.program, call.language) for offer in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.post(
    f"{_MEMBER}/redemptions", operation_id="redeem_reward", summary="Points for a reward", security=needs(Scope.REDEEM)
)
def redeem(
    request: Request, program: ProgramPath, member: MemberPath, redemption: Annotated[RedemptionBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    booked = redeem_reward(call.services, call.program, redemption.redemption(member), actor=call.actor)
    order = placed_order(booked.entry)
    path = f"/programs/{call.program.name}/members/{member}/orders/{order.reference}"
    decided = deciding_program(call, booked.entry)
    body = {"order": order_body(order, decided, call.language), **_movement_body(call, booked.entry)}
    return made_answer(body, replayed=booked.replayed, location=location_of(request, path))


@router.post(
    f"{_MEMBER}/holds",
    operation_id="hold_points",
    summary="Set points aside for a checkout, be it to pay part of an order",
    security=needs(Scope.REDEEM),
)
def hold(
    request: Request, program: ProgramPath, member: MemberPath, hold: Annotated[HoldBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _hold_answer(call, hold_points(call.services, call.program, hold.hold(member), actor=call.actor))


@router.post(
    f"{_HOLD}/capture",
    operation_id="capture_hold",
    summary="Spend a hold, or part of it and release the rest",
    security=needs(Scope.REDEEM),
)
def capture(
    request: Request,
    program: ProgramPath,
    member: MemberPath,
    reference: ReferencePath,
    capture: Annotated[CaptureBody | None, Body()] = None,
) -> Response[str]:
    call = admit(request, program)
    end = HoldEnd(member, reference, None if capture is None else capture.points)
    return _hold_answer(call, capture_hold(call.services, call.program, end, actor=call.actor))


@router.post(
    f"{_HOLD}/release", operation_id="release_hold", summary="Give a hold's points back", security=needs(Scope.REDEEM)
)
def release(request: Request, program: ProgramPath, member: MemberPath, reference: ReferencePath) -> Response[str]:
    call = admit(request, program)
    end = HoldEnd(member, reference)
    return _hold_answer(call, release_hold(call.services, call.program, end, actor=call.actor))


def _hold_answer(call: Call, booked: Booked) -> Response[str]:
    decided = deciding_program(call, booked.entry)
    body = {
        "hold": hold_body(booked.entry),
        "offset": offset_body(booked.entry, decided.currency),
        **movement_body(booked.entry, decided, call.language),
    }
    return made_answer(body, replayed=booked.replayed)


def _movement_body(call: Call, entry: Entry) -> Json:
    return movement_body(entry, deciding_program(call, entry), call.language)
