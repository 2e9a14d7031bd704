"""How auctions stand, in every store; and what a bid costs."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from points.adapters.dynamodb.item_size import KILOBYTE, history_write_units, item_size, transaction_write_units
from points.adapters.dynamodb.models import AccountItem, AuctionItem, EntryItem
from points.application.administration.adjust_points import adjust_points
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.ports import RaceLost
from points.domain.ledger.account import Account
from points.domain.ledger.auctions import Standing, led_by
from points.domain.ledger.booking import Decision, MoveAuction
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.auctioning import call_off
from points.domain.movements.bidding import Bid, bid
from points.domain.program.auctions import Auction
from tests.store.support import NOW, PROGRAM, Store, context
from tests.store.test_item_size import MEMBER, REFERENCE, TEN_CHARACTERS, settled_in

AUCTION = Auction("n" * 24, "single", NOW - timedelta(hours=1), NOW + timedelta(hours=1), minimum_bid=10, step=1)
HOUSE = replace(PROGRAM, auctions={AUCTION.name: AUCTION})
LOT = "2027-12-31/2026-11"


def placed(account: Account, points: int, standing: Standing | None = None, leader: Account | None = None) -> Decision:
    request = Bid(f"b-{points}", AUCTION.name, account.member, points)
    return bid(account, request, context(program=HOUSE), standing=standing, leader=leader)


def standing_in(store: Store) -> Standing | None:
    return store.ledger.standing(HOUSE.name, AUCTION.name)


def rich(store: Store, member: str) -> Account:
    """As somebody is read who has earned a hundred points."""
    store.enrolled(member)
    adjust_points(store.services(HOUSE), HOUSE, Adjustment("a", member, 100, "r"), actor="op")
    return store.account(member)


def test_a_bid_and_one_that_overtakes_it_and_the_end(store: Store) -> None:
    one, other = rich(store, "m-1"), rich(store, "m-2")
    assert standing_in(store) is None
    assert store.ledger.standings(HOUSE.name, [AUCTION.name]) == {}
    first = placed(one, 10)
    store.ledger.commit(first)
    standing = standing_in(store)
    assert standing == Standing(HOUSE.name, AUCTION.name, "single", AUCTION.closes_at, "m-1", 10, 1)
    assert standing.is_held_by(store.account("m-1"))

    stale = placed(other, 20)
    with pytest.raises(RaceLost):
        store.ledger.commit(stale)
    assert store.account("m-2") == other

    second = placed(other, 20, standing, store.account("m-1"))
    store.ledger.commit(second)
    assert store.account("m-1").holds == {}
    assert led_by(store.account("m-2")).keys() == {AUCTION.name}
    assert store.ledger.standings(HOUSE.name, [AUCTION.name, AUCTION.name, "none"]) == {
        AUCTION.name: second.effects[0].after  # type: ignore[union-attr]
    }
    for entry in (second.entry, second.others[0].entry):
        assert store.ledger.entry(HOUSE.name, entry.member, entry.name) == entry

    booked = bring_up_to_date(store.services(HOUSE), HOUSE, "m-2", AUCTION.closes_at)
    assert [entry.points for entry in booked] == [0, -20]
    ended = standing_in(store)
    assert ended is not None
    assert (ended.state, ended.revision) == ("settled", 3)


def test_of_two_ends_one_is_late(store: Store) -> None:
    first = placed(rich(store, "m-1"), 10)
    store.ledger.commit(first)
    standing = standing_in(store)
    assert standing is not None
    off = call_off(store.account("m-1"), standing, context(program=HOUSE), why="operator", reason="r")
    with pytest.raises(RaceLost):
        # (as if nobody led)
        store.ledger.end_auction(replace(standing, bids=0), standing.cancelled(NOW, "op", why="operator"))
    store.ledger.commit(off)
    assert standing_in(store) == standing.cancelled(NOW, "tests", why="operator", reason="r")
    assert store.account("m-1").holds == {}


def test_an_auction_ends_before_anybody_has_bid(store: Store) -> None:
    before = Standing(HOUSE.name, AUCTION.name, "single", AUCTION.closes_at)
    ended = before.cancelled(NOW, "op", why="operator", reason="it broke")
    store.ledger.end_auction(before, ended)
    assert standing_in(store) == ended
    with pytest.raises(RaceLost):
        store.ledger.end_auction(before, ended)
    with pytest.raises(RaceLost):
        store.ledger.commit(placed(rich(store, "m-1"), 10))


# ── what it costs ───────────────────────────────────────────────────────────────────────────────────────────────────


def items(decision: Decision) -> list[dict[str, Any]]:
    """All that is put: there is nothing else in the transaction of a bid."""
    (moved,) = decision.effects
    assert isinstance(moved, MoveAuction)
    both = (decision, *decision.others)
    parts = [EntryItem.of(each.entry) for each in both] + [AccountItem.of(each.account) for each in both]
    return [*(part.item() for part in parts), AuctionItem.of(moved.after).item()]


@pytest.mark.parametrize("lots", [1, 24])
def test_a_bid_that_overtakes_costs_12_units_and_any_other_7(lots: int) -> None:
    house = replace(TEN_CHARACTERS, auctions=HOUSE.auctions)
    grown = settled_in()
    each = dict(list(grown.lots.items())[:lots])
    points = sum(each.values())
    first, second = (replace(grown, member=f"{MEMBER[:-1]}{number}", lots=each) for number in range(2))
    in_context = replace(context(program=house), actor="a" * 26)

    def cost(decision: Decision) -> int:
        written = items(decision)
        assert all(item_size(item) < KILOBYTE for item in written)
        return transaction_write_units(written) + history_write_units(written)

    def place(account: Account, points: int, **known: Any) -> Decision:
        return bid(account, Bid(REFERENCE, AUCTION.name, account.member, points), in_context, **known)

    # All but two points are bid: every lot is touched.
    opening = place(first, points - 2, standing=None)
    standing = opening.effects[0].after  # type: ignore[union-attr]
    assert (cost(opening), cost(place(opening.account, points - 1, standing=standing))) == (7, 7)
    assert cost(place(second, points - 1, standing=standing, leader=opening.account)) == 12
