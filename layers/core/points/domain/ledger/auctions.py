"""How an auction stands: who leads with how much, until when, and how it ended.

The points of the leading bid are held on the leader's account until the auction closes, and nobody else's are: a bid
that overtakes it releases them in its own transaction. What was bid on, and until when, is kept here and not looked up:
a program may give up an auction, or the reward, while somebody leads.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from points.domain.ledger.account import Account, Hold, bound_hold
from points.domain.program.auctions import Auction

_WHAT: Final = "auction"


class AuctionState(StrEnum):
    OPEN = "open"
    SETTLED = "settled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Standing:
    """``leader`` is None before the first bid; ``amount`` is the leading bid, ``bids`` how many there were,
    ``extended`` how often the close was moved. Of one that has ended, ``ended_at`` and ``ended_by`` say when and who;
    ``why`` and ``reason`` of a cancelled one what kept it from being settled, and what an operator said."""

    program: str
    auction: str
    reward: str
    closes_at: datetime
    leader: str | None = None
    amount: int = 0
    bids: int = 0
    extended: int = 0
    state: AuctionState = AuctionState.OPEN
    ended_at: datetime | None = None
    ended_by: str | None = None
    why: str | None = None
    reason: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state is AuctionState.OPEN

    @property
    def revision(self) -> int:
        """How often it has changed: 0 for one that is nowhere yet."""
        return self.bids + (not self.is_open)

    def is_held_by(self, account: Account) -> bool:
        """Whether the leading bid is what that account has a hold for."""
        hold = account.holds.get(hold_name(self.auction))
        return (
            self.is_open
            and self.leader == account.member
            and hold is not None
            and (hold.points, hold.expires_at) == (self.amount, self.closes_at)
        )

    def settled(self, at: datetime, by: str) -> "Standing":
        return replace(self, state=AuctionState.SETTLED, ended_at=at, ended_by=by)

    def cancelled(self, at: datetime, by: str, *, why: str, reason: str | None = None) -> "Standing":
        return replace(self, state=AuctionState.CANCELLED, ended_at=at, ended_by=by, why=why, reason=reason)


def before_any_bid(auction: Auction, program: str) -> Standing:
    return Standing(program, auction.name, auction.reward, auction.closes_at)


def hold_name(auction: str) -> str:
    """Of the hold that the leading bid is."""
    return bound_hold(_WHAT, auction)


def auction_of(hold: str) -> str | None:
    """The inverse of :func:`hold_name`; None for any other hold."""
    what, found, auction = hold.partition("/")
    return auction if found and what == _WHAT else None


def led_by(account: Account) -> dict[str, Hold]:
    """The auctions that the member leads, as their account has it, with what is held for each."""
    named = ((auction_of(name), hold) for name, hold in account.holds.items())
    return {auction: hold for auction, hold in named if auction is not None}


def closed_auction(account: Account, now: datetime) -> str | None:
    """Of the auctions that the member leads one that has closed, the earliest first; None where none has."""
    closed = [(hold.expires_at, auction) for auction, hold in led_by(account).items() if hold.expires_at <= now]
    return min(closed)[1] if closed else None


def overtaken_reference(auction: str, bid: int) -> str:
    """Of the entry that releases an auction's so manieth bid: no other ever has it. No caller's has a ``/`` in it."""
    return f"{auction}/{bid}"


def won_order(auction: str) -> str:
    """The reference of the order for what was won. Nobody asked for it, so it begins as no caller's does."""
    return f"~auction.{auction}"
