"""Auctions: what there is to bid for, bids, and an operator calling one off."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.request import Request

from points.application.redemption.cancel_auction import AuctionCancellation, cancel_auction
from points.application.redemption.place_bid import place_bid
from points.application.redemption.read_auctions import list_auctions, read_auction, seen
from points.http.edge.answering import answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, text_key
from points.http.edge.programs import deciding_program
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.auctions import Viewer, auction_body, bid_body
from points.http.rendering.movements import movement_body
from points.http.schemas.auctions import AUCTION, AuctionCancellationBody, AuctionPath, BidBody
from points.http.schemas.common import IDENTIFIER, Cursor, Limit, ProgramPath

router = Router()  # type: ignore[no-untyped-call]

_AUCTIONS = "/programs/<program>/auctions"
_AUCTION = f"{_AUCTIONS}/<auction>"

MemberQuery = Annotated[
    str | None, Query(pattern=IDENTIFIER, description="Who asks: the answer says whether they lead.")
]


@router.get(
    _AUCTIONS,
    operation_id="list_auctions",
    summary="The auctions of the program, and how they stand",
    security=needs(Scope.READ),
)
def auctions(
    request: Request,
    program: ProgramPath,
    member: MemberQuery = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response[str]:
    call = admit(request, program)
    listing = listing_of("auctions", program)
    page = list_auctions(call.services, call.program, after=text_key(listing, cursor, form=AUCTION), limit=limit)
    viewer = _viewer(call, member)
    items = [auction_body(view, call.program, viewer) for view in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.get(_AUCTION, operation_id="read_auction", summary="One auction", security=needs(Scope.READ))
def auction(
    request: Request,
    program: ProgramPath,
    auction: AuctionPath,
    member: MemberQuery = None,
) -> Response[str]:
    call = admit(request, program)
    viewer = _viewer(call, member)
    view = read_auction(call.services, call.program, auction)
    return answer(auction_body(view, call.program, viewer))


@router.post(
    f"{_AUCTION}/bids",
    operation_id="place_bid",
    summary="Bid points: they are held until somebody bids more, or the auction ends",
    security=needs(Scope.REDEEM),
)
def bid(request: Request, program: ProgramPath, auction: AuctionPath, bid: Annotated[BidBody, Body()]) -> Response[str]:
    call = admit(request, program)
    booked = place_bid(call.services, call.program, bid.bid(auction), actor=call.actor)
    movement = movement_body(booked.entry, deciding_program(call, booked.entry), call.language)
    return made_answer({"bid": bid_body(booked.entry), **movement}, replayed=booked.replayed)


@router.post(
    f"{_AUCTION}/cancel",
    operation_id="cancel_auction",
    summary="Call an auction off: nobody wins, and who leads is given back their points",
    security=needs(Scope.ADMIN),
)
def cancel(
    request: Request,
    program: ProgramPath,
    auction: AuctionPath,
    cancellation: Annotated[AuctionCancellationBody, Body()],
) -> Response[str]:
    call = admit(request, program)
    called_off = cancel_auction(
        call.services, call.program, AuctionCancellation(auction), reason=cancellation.reason, actor=call.actor
    )
    view = seen(call.program, auction, called_off.standing, call.services.clock.now())
    body = auction_body(view, call.program, _viewer(call, None))
    return made_answer(body, replayed=called_off.replayed)


def _viewer(call: Call, member: str | None) -> Viewer:
    """Who leads is an operator's business, and each member's own."""
    return Viewer(member, call.language, is_operator=Scope.ADMIN in call.scopes)
