"""Coupons: a member's, one by its code, and its use."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request

from points.application.redemption.read_coupons import list_coupons, read_coupon
from points.application.redemption.write_off_coupon import write_off_coupon
from points.http.edge.answering import answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, number_key
from points.http.edge.programs import deciding_program
from points.http.edge.security import Scope, admit, needs
from points.http.rendering.coupons import coupon_body
from points.http.rendering.movements import movement_body
from points.http.schemas.common import Cursor, Limit, MemberPath, ProgramPath
from points.http.schemas.coupons import CodePath, WriteOffBody

router = Router()  # type: ignore[no-untyped-call]

_COUPON = "/programs/<program>/coupons/<code>"


@router.get(
    "/programs/<program>/members/<member>/coupons",
    operation_id="list_coupons",
    summary="A member's coupons, newest first",
    security=needs(Scope.READ),
)
def coupons(
    request: Request, program: ProgramPath, member: MemberPath, limit: Limit = 20, cursor: Cursor = None
) -> Response[str]:
    call = admit(request, program)
    listing = listing_of("coupons", program, member)
    before = number_key(listing, cursor)
    page = list_coupons(call.services, call.program, member, before_seq=before, limit=limit)
    items = [coupon_body(found, call.program, call.language) for found in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.get(_COUPON, operation_id="read_coupon", summary="One coupon, by its code", security=needs(Scope.READ))
def coupon(request: Request, program: ProgramPath, code: CodePath) -> Response[str]:
    call = admit(request, program)
    return answer(coupon_body(read_coupon(call.services, call.program, code), call.program, call.language))


@router.post(
    f"{_COUPON}/write-off",
    operation_id="write_off_coupon",
    summary="Use a coupon, once",
    security=needs(Scope.REDEEM),
)
def write_off(
    request: Request, program: ProgramPath, code: CodePath, use: Annotated[WriteOffBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    booked = write_off_coupon(call.services, call.program, use.write_off(code), note=use.note, actor=call.actor)
    # What was used once stays as it is: it can be read again and is the same.
    found = read_coupon(call.services, call.program, code)
    decided = deciding_program(call, booked.entry)
    body = {
        "coupon": coupon_body(found, decided, call.language),
        **movement_body(booked.entry, decided, call.language),
    }
    return made_answer(body, replayed=booked.replayed)
