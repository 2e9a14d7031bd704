"""Requests about auctions."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Path

from points.domain.movements.bidding import Bid
from points.http.schemas.common import Identifier, Points, Reason, Reference, RequestModel

AUCTION = r"^[a-z][a-z0-9_-]{0,47}$"
"""A name that a program can have given."""

AuctionPath = Annotated[str, Path(pattern=AUCTION, description="The auction, by its name in the program.")]


class BidBody(RequestModel):
    reference: Reference
    member: Identifier
    points: Points

    def bid(self, auction: str) -> Bid:
        return Bid(self.reference, auction, self.member, self.points)


class AuctionCancellationBody(RequestModel):
    """``reason`` is kept with the auction, and not erased with any member: it should name nobody."""

    reason: Reason
