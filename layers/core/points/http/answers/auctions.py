"""Auctions and bids."""

from typing import Literal

from pydantic import Field

from points.http.answers.common import Answer, MomentText, Points
from points.http.answers.movements import MovementAnswer


class AuctionExtension(Answer):
    """A bid in the last `within_seconds` moves the close on by `by_seconds`, `at_most` so many times."""

    within_seconds: int
    by_seconds: int
    at_most: int


class Auction(Answer):
    """`closed`: nobody can bid any more, and the sweep has not come yet; `unsold`: closed without a bid. What only the
    program knows is null for an auction that it has given up."""

    auction: str
    title: str | None = Field(description="In the caller's language.")
    reward: str
    state: Literal["upcoming", "open", "closed", "unsold", "settled", "cancelled"]
    opens_at: MomentText | None
    closes_at: MomentText = Field(description="As extended by now.")
    minimum_bid: Points | None
    step: Points | None
    extension: AuctionExtension | None
    extended: int = Field(description="How often the close was moved.")
    amount: Points | None = Field(description="The bid that leads; null before the first.")
    bids: int
    required: Points | None = Field(description="The least that the next bid has to be; null where there is none.")
    leading: bool | None = Field(description="Whether the member who asks leads, or has won; null where nobody asks.")
    leader: str | None = Field(description="For operators (`points/admin`) only.")
    ended_at: MomentText | None
    ended_by: str | None = Field(description="For operators only.")
    why: str | None = Field(description="Why it was cancelled: `operator`, or what kept the reward from being given.")
    reason: str | None = Field(description="For operators only.")


class AuctionsAnswer(Answer):
    items: list[Auction]
    next_cursor: str | None


class Bid(Answer):
    """`bid` counts the auction's bids. `closes_at` is when it closed as of this bid."""

    auction: str
    bid: int
    points: Points
    closes_at: MomentText


class BidAnswer(MovementAnswer):
    bid: Bid
