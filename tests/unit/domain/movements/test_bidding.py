"""Bids: what they hold, what they release, and what they are refused for; how an auction ends."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from points.domain.errors import (
    AuctionClosed,
    AuctionNotBegun,
    BidTooLow,
    InsufficientPoints,
    InvalidRequest,
    LimitReached,
    MemberFrozen,
    NotEligible,
    NotFound,
    RiskRefused,
    UnknownReward,
)
from points.domain.ledger.account import Account, Activity, Hold
from points.domain.ledger.auctions import Standing, closed_auction, hold_name, led_by, won_order
from points.domain.ledger.booking import Decision, MoveAuction, PlaceOrder, TakeStock
from points.domain.ledger.entries import Kind
from points.domain.ledger.lots import Lots, total
from points.domain.ledger.orders import placed_order
from points.domain.ledger.usage import Usage, Used
from points.domain.limits import MAX_OPEN_HOLDS, MAX_POINTS
from points.domain.movements.auctioning import call_off, win
from points.domain.movements.bidding import Bid, bid
from points.domain.movements.redeeming import cancel
from points.domain.program.auctions import Auction, Extension
from points.domain.program.conditions import Operator
from points.domain.program.limiting import MemberLimit
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.windows import Window
from tests.builders import LOT, NOW, account, asks, context, program

OPENS, CLOSES = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
AUCTION = Auction("night", "e-reader", OPENS, CLOSES, minimum_bid=100, step=10)
LAST_DAY = "2026-03-15/2025-03"
"""A lot of which today is the last day."""


def house(auction: Auction = AUCTION, **changes: Any) -> Any:
    return program(**{"auctions": {auction.name: auction}} | changes)


def with_points(member: str = "m-1", lots: Lots | None = None) -> Account:
    return replace(account(), member=member, lots=lots or {LOT: 500})


def placed(
    bidder: Account,
    points: int,
    *,
    standing: Standing | None = None,
    leader: Account | None = None,
    now: datetime = NOW,
    rules: Any = None,
    usage: Usage | None = None,
) -> Decision:
    request = Bid("b", AUCTION.name, bidder.member, points)
    in_context = context(now, rules or house())
    return bid(bidder, request, in_context, standing=standing, leader=leader, usage=usage)


def after(decision: Decision) -> Standing:
    (moved,) = [effect for effect in decision.effects if isinstance(effect, MoveAuction)]
    return moved.after


def test_a_bid_holds_its_points_until_the_close() -> None:
    first = placed(with_points(), 100)
    assert (first.entry.kind, first.entry.points) == (Kind.BID, 0)
    assert led_by(first.account) == {"night": Hold(CLOSES, {LOT: 100})}
    assert first.account.balance(NOW, house().zone).available == 400
    assert first.account.due_at == CLOSES
    assert after(first) == Standing("demo", "night", "e-reader", CLOSES, leader="m-1", amount=100, bids=1)
    # AND no time lets it go: that is the auction's business
    assert first.account.settled(CLOSES + timedelta(days=9), house().zone).holds.keys() == {hold_name("night")}


def test_a_bid_that_overtakes_releases_the_leader_in_the_same_movement() -> None:
    first = placed(with_points(), 100)
    second = placed(with_points("m-2"), 110, standing=after(first), leader=first.account)
    (released,) = second.others
    assert (released.entry.kind, released.entry.reference, released.entry.member) == (Kind.OUTBID, "night/1", "m-1")
    assert released.entry.details == {"auction": "night", "bid": 1, "points": 100, "overtaken_by": 110}
    assert (released.account.holds, released.account.lots) == ({}, {LOT: 500})
    assert led_by(second.account)["night"].points == after(second).amount == 110
    assert after(second).bids == 2


def test_a_leader_who_bids_more_draws_only_what_it_is_more() -> None:
    first = placed(with_points(lots={LOT: 150}), 100)
    raised = placed(first.account, 150, standing=after(first))
    assert raised.others == ()
    assert led_by(raised.account)["night"].lots == {LOT: 150}
    assert raised.entry.moves.held == {LOT: 50}
    with pytest.raises(InsufficientPoints) as refused:
        placed(first.account, 151, standing=after(first))
    assert refused.value.numbers == {"available": 150, "required": 151}


def test_what_a_leader_holds_has_its_own_last_day() -> None:
    # GIVEN a bid with points that expire today, and another tomorrow
    first = placed(with_points(lots={LAST_DAY: 100, LOT: 50}), 100)
    tomorrow = NOW + timedelta(days=1)
    long = replace(AUCTION, closes_at=NOW + timedelta(days=2))
    standing = replace(after(first), closes_at=long.closes_at)
    raised = placed(first.account, 120, standing=standing, now=tomorrow, rules=house(long))
    assert led_by(raised.account)["night"].lots == {LAST_DAY: 100, LOT: 20}
    # WHEN it is overtaken THEN they come back as expired as they are, as with any hold
    overtaken = placed(
        with_points("m-2"), 130, standing=after(raised), leader=raised.account, now=tomorrow, rules=house(long)
    )
    (released,) = overtaken.others
    assert released.account.lots == {LAST_DAY: 100, LOT: 50}
    assert released.account.balance(tomorrow, house().zone).available == 50


@pytest.mark.parametrize("changes", [{"frozen": frozenset(Activity)}, {"owed": 40}], ids=["frozen", "in debt"])
def test_whoever_is_overtaken_is_whole_whatever_has_become_of_them(changes: dict[str, Any]) -> None:
    first = placed(with_points(lots={LOT: 100}), 100)
    leader = replace(first.account, **changes)
    (released,) = placed(with_points("m-2"), 110, standing=after(first), leader=leader).others
    assert released.account.holds == {}
    assert total(released.account.lots) - released.account.owed == 100 - changes.get("owed", 0)
    assert released.account.owed == 0
    assert released.account.frozen == leader.frozen


def test_an_account_at_its_limits_takes_its_points_back() -> None:
    full = {f"{2027 + number // 12}-{number % 12 + 1:02d}-28/2026-03": 1 for number in range(119)}
    first = placed(with_points(lots={**full, LOT: MAX_POINTS - 119}), MAX_POINTS - 200)
    held = {f"h-{number}": Hold(CLOSES, {LOT: 1}) for number in range(MAX_OPEN_HOLDS - 1)}
    leader = replace(first.account, holds={**first.account.holds, **held}, lots={LOT: 1})
    rich = replace(after(first), amount=MAX_POINTS - 200)
    (released,) = placed(with_points("m-2", {LOT: MAX_POINTS}), MAX_POINTS - 100, standing=rich, leader=leader).others
    assert total(released.account.lots) == MAX_POINTS - 199


@pytest.mark.parametrize(
    ("standing", "points", "required"),
    [
        (None, 99, 100),
        (Standing("demo", "night", "e-reader", CLOSES, leader="m-2", amount=100, bids=1), 109, 110),
        (Standing("demo", "night", "e-reader", CLOSES, leader="m-1", amount=300, bids=7), 300, 310),
    ],
)
def test_too_little_is_refused_with_what_would_be_enough(standing: Standing | None, points: int, required: int) -> None:
    with pytest.raises(BidTooLow) as refused:
        placed(with_points(), points, standing=standing)
    assert refused.value.numbers == {"required": required, "amount": 0 if standing is None else standing.amount}


def test_bids_count_from_the_opening_until_before_the_close() -> None:
    for moment in (OPENS, CLOSES - timedelta(microseconds=1)):
        placed(with_points(), 100, now=moment)
    with pytest.raises(AuctionNotBegun) as early:
        placed(with_points(), 100, now=OPENS - timedelta(microseconds=1))
    assert early.value.numbers["opens_at"] == "2026-03-15T03:00:00.000000Z"
    with pytest.raises(AuctionClosed) as late:
        placed(with_points(), 100, now=CLOSES)
    assert late.value.numbers["closed_at"] == "2026-03-15T05:00:00.000000Z"


def test_an_auction_that_has_ended_takes_no_bids_whatever_the_clock_says() -> None:
    standing = after(placed(with_points(), 100))
    for ended in (standing.settled(NOW, "expiry"), standing.cancelled(NOW, "op", why="operator")):
        with pytest.raises(AuctionClosed) as refused:
            placed(with_points("m-2"), 400, standing=ended, now=OPENS)
        assert refused.value.numbers["state"] == ended.state


def test_what_the_program_does_not_offer() -> None:
    with pytest.raises(NotFound):
        placed(with_points(), 100, rules=program())
    # Of one it has given up a bid may be repeated: it is over, and the store knows what was booked.
    with pytest.raises(AuctionClosed):
        placed(with_points(), 200, standing=after(placed(with_points(), 100)), rules=program())


def test_who_may_bid() -> None:
    verified = replace(AUCTION, when=asks("real_name_verified", Operator.EQUALS, True))
    with pytest.raises(NotEligible) as refused:
        placed(with_points(), 100, rules=house(verified))
    assert refused.value.numbers == {"auction": "night", "because": "real_name_verified"}
    with pytest.raises(MemberFrozen):
        placed(replace(with_points(), frozen=frozenset({Activity.REDEEMING})), 100)
    placed(replace(with_points(), frozen=frozenset({Activity.EARNING})), 100)
    with pytest.raises(InsufficientPoints) as poor:
        placed(with_points(lots={LOT: 120, "2026-03-14/2025-03": 500}), 130)
    assert poor.value.numbers == {"available": 120, "required": 130}
    for points in (0, -1, MAX_POINTS + 1):
        with pytest.raises(InvalidRequest):
            placed(with_points(), points)


def test_a_bid_is_a_redemption_to_velocity_rules_and_what_is_won_is_not_another() -> None:
    rules = house(risk=(RiskRule("hasty", Velocity.REDEMPTIONS, Window.DAY, 1, RiskAction.REFUSE),))
    first = placed(with_points(), 100, rules=rules)
    with pytest.raises(RiskRefused):
        placed(first.account, 200, standing=after(first), rules=rules)
    won = win(first.account, after(first), context(CLOSES, rules))
    assert won.account.counters == first.account.counters


def test_each_may_bid_so_often() -> None:
    auction = replace(AUCTION, limits=(MemberLimit(Window.DAY, 2),))
    usage = Usage("demo", "m-1", Used.AUCTION, "night")
    first = placed(with_points(), 100, rules=house(auction), usage=usage.counted(1, date(2026, 3, 15)))
    assert first.entry.details["counted"] is True
    with pytest.raises(LimitReached) as refused:
        placed(with_points(), 100, rules=house(auction), usage=usage.counted(2, date(2026, 3, 15)))
    assert refused.value.numbers == {"limit": "auction/day", "maximum": 2}


def test_a_member_leads_so_many_auctions_and_no_more() -> None:
    held = {f"h-{number}": Hold(CLOSES, {LOT: 1}) for number in range(MAX_OPEN_HOLDS)}
    with pytest.raises(LimitReached) as refused:
        placed(replace(with_points(), holds=held), 100)
    assert refused.value.numbers == {"limit": "open_holds", "maximum": MAX_OPEN_HOLDS}


def test_a_late_bid_moves_the_close_so_often() -> None:
    auction = replace(AUCTION, extension=Extension(within_seconds=60, by_seconds=90, at_most=2))
    rules = house(auction)
    decision = placed(with_points(), 100, rules=rules, now=CLOSES - timedelta(seconds=61))
    assert (after(decision).closes_at, after(decision).extended) == (CLOSES, 0)
    closes = [CLOSES]
    for number in range(3):
        moment = closes[-1] - timedelta(seconds=60)
        decision = placed(decision.account, 200 + 10 * number, standing=after(decision), rules=rules, now=moment)
        closes.append(after(decision).closes_at)
        assert led_by(decision.account)["night"].expires_at == closes[-1]
    assert [(later - CLOSES).total_seconds() for later in closes] == [0, 90, 180, 180]
    assert after(decision).extended == 2
    assert auction.latest_close == closes[-1]


# ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_win_spends_the_bid_and_orders_the_reward() -> None:
    bidder = placed(with_points(lots={LAST_DAY: 80, LOT: 50}), 100)
    # GIVEN that time has passed, and points with it
    tomorrow = NOW + timedelta(days=1)
    won = win(bidder.account, after(bidder), context(tomorrow, house()))
    assert [(entry.kind, entry.reference, entry.points) for entry in won.entries] == [
        (Kind.WIN, "night", 0),
        (Kind.REDEEM, won_order("night"), -100),
    ]
    assert won.entry.spent_lots() == {LAST_DAY: 80, LOT: 20}
    assert (won.account.holds, won.account.lots) == ({}, {LOT: 30})
    assert won.before is bidder.account
    order = placed_order(won.entry)
    assert (order.reward, order.points, order.quantity) == ("e-reader", 100, 1)
    moved, *others = won.effects
    assert moved == MoveAuction(after(bidder), after(bidder).settled(tomorrow, "tester"))
    assert [type(effect) for effect in others] == [PlaceOrder, TakeStock]
    # AND it is nothing the member did, and nothing is due for it any more
    assert won.account.active_on == bidder.account.active_on
    assert closed_auction(won.account, tomorrow) is None
    assert won.account.due_at is not None
    assert won.account.due_at > tomorrow


def test_a_freeze_since_the_bid_does_not_undo_it() -> None:
    first = placed(with_points(), 100)
    frozen = replace(first.account, frozen=frozenset(Activity))
    assert win(frozen, after(first), context(CLOSES, house())).entry.points == -100


def test_a_reward_that_is_gone_cannot_be_won() -> None:
    first = placed(with_points(), 100)
    with pytest.raises(UnknownReward):
        win(first.account, after(first), context(CLOSES, house(rewards={})))
    off = call_off(first.account, after(first), context(CLOSES, house(rewards={})), why="unknown_reward")
    assert (off.entry.kind, off.entry.points, off.account.lots) == (Kind.AUCTION_CANCELLED, 0, {LOT: 500})
    assert off.account.due_at is not None
    assert off.account.due_at > CLOSES


def test_what_was_won_is_cancelled_like_any_order() -> None:
    first = placed(with_points(), 100)
    won = win(first.account, after(first), context(CLOSES, house()))
    back = cancel(won.account, placed_order(won.entry), won.entry, context(CLOSES, house()), reason=None)
    assert back.account.lots == {LOT: 500}
    assert back.account.counters == won.account.counters, "a first redemption is still to come"
