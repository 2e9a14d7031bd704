"""Bidding: points set aside for what an auction offers, and given back to whoever is overtaken (R-RED-6).

A bid is a hold of exactly its points. It stays until somebody bids more, which releases it in the same movement, or
until the auction ends (:mod:`points.domain.movements.auctioning`): time alone does not let it go. So at any moment the
points that are held for an auction are those of the leading bid.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from points.domain.calendar import utc_text
from points.domain.errors import (
    AuctionClosed,
    AuctionNotBegun,
    BidTooLow,
    InsufficientPoints,
    NotEligible,
    NotFound,
)
from points.domain.evaluation.facts import member_facts
from points.domain.evaluation.pricing import limit_reached
from points.domain.evaluation.risk import guarded_redemption
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Activity, Hold
from points.domain.ledger.auctions import Standing, before_any_bid, hold_name, overtaken_reference
from points.domain.ledger.booking import (
    Context,
    Decision,
    Effect,
    MoveAuction,
    SetUsage,
    book,
    refuse_if_frozen,
)
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.usage import Usage
from points.domain.movements.holding import check_points
from points.domain.movements.redeeming import spend
from points.domain.program.auctions import Auction
from points.domain.program.conditions import failing


@dataclass(frozen=True, slots=True)
class Bid:
    reference: str
    auction: str
    member: str
    points: int


def bid(
    account: Account,
    request: Bid,
    context: Context,
    *,
    standing: Standing | None,
    leader: Account | None = None,
    usage: Usage | None = None,
) -> Decision:
    """``standing`` is how the auction stands, None before anything has become of it; ``leader`` the account of who
    leads, where that is another member; ``usage`` how often the member has bid, where that is limited.

    Raises NotFound, InvalidRequest, AuctionClosed, AuctionNotBegun, MemberFrozen, NotEligible, BidTooLow, RiskRefused,
    LimitReached and InsufficientPoints.
    """
    auction = context.program.auctions.get(request.auction)
    if auction is None:
        raise _not_offered(request.auction, standing)
    check_points(request.points)
    before = standing or before_any_bid(auction, account.program)
    _check_open(auction, before, context.now)
    refuse_if_frozen(account, Activity.REDEEMING)
    _check_may_bid(account, auction, context)
    _check_high_enough(request.points, auction, before)
    guarded, noted = guarded_redemption(account, context)
    after = _extended(before, auction, context.now)
    after = replace(after, leader=account.member, amount=request.points, bids=before.bids + 1)
    effects: list[Effect] = [MoveAuction(before, after)]
    if usage is not None and auction.limits:
        effects.append(SetUsage(_counted(usage, auction, context)))
    return book(
        account,
        _holding(guarded, request.points, after, context),
        name=EntryName(Kind.BID, request.reference),
        context=context,
        details={
            "auction": auction.name,
            "bid": after.bids,
            "points": request.points,
            "expires_at": utc_text(after.closes_at),
            **({"counted": True} if len(effects) > 1 else {}),
            **noted,
        },
        effects=effects,
        others=() if leader is None else (_overtaken(leader, before, request.points, context),),
    )


def next_bid(auction: Auction, standing: Standing | None) -> int:
    """The least that a bid has to be."""
    if standing is None or standing.leader is None:
        return auction.minimum_bid
    return standing.amount + auction.step


def let_go(account: Account, auction: str, context: Context) -> Account:
    """``account`` settled and without the hold of its bid, whose points are in their lots again."""
    name = hold_name(auction)
    settled = account.settled(context.now, context.program.zone)
    kept = {reference: hold for reference, hold in settled.holds.items() if reference != name}
    return replace(settled, holds=kept).given(settled.holds[name].lots, context.today)


def _not_offered(auction: str, standing: Standing | None) -> AuctionClosed | NotFound:
    """Bids for what the program has given up may be repeated like any others, so there it is only over."""
    if standing is None:
        return NotFound(f"there is no auction {auction}", resource="auction")
    return AuctionClosed(f"the program does not offer {auction} any more", auction=auction)


def _check_open(auction: Auction, standing: Standing, now: datetime) -> None:
    if not standing.is_open:
        state = standing.state.value
        raise AuctionClosed(f"the auction has been {state}", auction=auction.name, state=state)
    if now < auction.opens_at:
        opens_at = utc_text(auction.opens_at)
        raise AuctionNotBegun(f"bids count from {opens_at}", auction=auction.name, opens_at=opens_at)
    if now >= standing.closes_at:
        closed_at = utc_text(standing.closes_at)
        raise AuctionClosed(f"bids counted until {closed_at}", auction=auction.name, closed_at=closed_at)


def _check_may_bid(account: Account, auction: Auction, context: Context) -> None:
    at = context.now.astimezone(context.program.zone)
    if because := failing(auction.when, member_facts(account, at, context.program)):
        raise NotEligible(f"{auction.name} is not for this member", auction=auction.name, because=",".join(because))


def _check_high_enough(points: int, auction: Auction, standing: Standing) -> None:
    required = next_bid(auction, standing)
    if points < required:
        raise BidTooLow(f"a bid has to be at least {required}", required=required, amount=standing.amount)


def _extended(standing: Standing, auction: Auction, now: datetime) -> Standing:
    extension = auction.extension
    if extension is None or standing.extended >= extension.at_most:
        return standing
    if standing.closes_at - now > timedelta(seconds=extension.within_seconds):
        return standing
    later = standing.closes_at + timedelta(seconds=extension.by_seconds)
    return replace(standing, closes_at=later, extended=standing.extended + 1)


def _holding(account: Account, points: int, standing: Standing, context: Context) -> Account:
    """``account`` settled and with exactly so many points held for the auction. What a leader who bids more has held
    already stays held: only what it is more is drawn."""
    name = hold_name(standing.auction)
    settled = account.settled(context.now, context.program.zone)
    own = settled.holds[name].lots if name in settled.holds else {}
    available = lot.total(own) + lot.live_points(settled.lots, context.today)
    if points > available:
        message = f"{points} points are bid and {available} are available"
        raise InsufficientPoints(message, available=available, required=points)
    after, drawn = spend(settled, points - lot.total(own), context)
    hold = Hold(expires_at=standing.closes_at, lots=lot.added(own, drawn))
    return replace(after, holds={**after.holds, name: hold})


def _overtaken(leader: Account, standing: Standing, points: int, context: Context) -> Decision:
    """Whatever has become of the leader meanwhile: nothing keeps their points from coming back. ``points`` is the bid
    that is more; whose it is is not said."""
    return book(
        leader,
        let_go(leader, standing.auction, context),
        name=EntryName(Kind.OUTBID, overtaken_reference(standing.auction, standing.bids)),
        context=context,
        details={"auction": standing.auction, "bid": standing.bids, "points": standing.amount, "overtaken_by": points},
    )


def _counted(usage: Usage, auction: Auction, context: Context) -> Usage:
    reached = usage.exceeded(auction.limits, 1, context.today, week_starts_on=context.program.week_starts_on)
    if reached is not None:
        raise limit_reached(usage, reached)
    return usage.counted(1, context.today)
