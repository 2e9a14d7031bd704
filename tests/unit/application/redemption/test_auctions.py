"""Auctions through their use cases: repeated, overtaken, settled late or twice, called off, given up by the program."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from points.adapters.memory import MemoryPrograms
from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.movement import Booked
from points.application.ports import Timer
from points.application.redemption.cancel_auction import AuctionCancellation, cancel_auction
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.place_bid import place_bid
from points.application.redemption.read_auctions import Phase, list_auctions, read_auction
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.errors import (
    AuctionClosed,
    BidTooLow,
    Conflict,
    LedgerUnavailable,
    LimitReached,
    NotFound,
    ReferenceReused,
)
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.auctions import AuctionState, led_by, won_order
from points.domain.ledger.booking import Decision
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.members import Profile
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.bidding import Bid
from points.domain.movements.freezing import Freeze
from points.domain.movements.redeeming import Redemption
from points.domain.program.auctions import Auction
from points.domain.program.limiting import MemberLimit
from points.domain.program.rewards import Reward
from points.domain.program.windows import Window
from tests.builders import NOW, SetClock, program, services
from tests.support.proof import findings

CLOSES = NOW + timedelta(hours=1)
AUCTION = Auction("night", "e-reader", NOW - timedelta(hours=1), CLOSES, minimum_bid=100, step=10)
HOUSE = program(auctions={AUCTION.name: AUCTION})
ALICE, BOB = "alice", "bob"


@dataclass
class Room:
    rules: Any = HOUSE
    clock: SetClock = field(default_factory=SetClock)
    versions: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.services: Services = services(self.rules, clock=self.clock)
        self.versions = [self.rules]
        for member in (ALICE, BOB):
            enrol_member(self.services, self.rules, member, Profile())
            adjust_points(self.services, self.rules, Adjustment("start", member, 1_000, "r"), actor="op")

    def publish(self, **changes: Any) -> None:
        self.rules = replace(self.rules, version=self.rules.version + 1, **changes)
        self.versions.append(self.rules)
        self.services = replace(self.services, programs=MemoryPrograms(*self.versions))

    def bid(self, member: str, points: int, reference: str | None = None) -> Booked:
        request = Bid(reference or f"{member}-{points}", AUCTION.name, member, points)
        return place_bid(self.services, self.rules, request, actor="app")

    def sweep(self, member: str, late: float = 0) -> list[Kind]:
        now = CLOSES + timedelta(seconds=late)
        return [entry.kind for entry in bring_up_to_date(self.services, self.rules, member, now)]

    def call_off(self) -> bool:
        cancellation = AuctionCancellation(AUCTION.name)
        return cancel_auction(self.services, self.rules, cancellation, reason="it broke", actor="op").replayed

    def account(self, member: str) -> Account:
        account = self.services.ledger.account(self.rules.name, member)
        assert account is not None
        assert findings(self.services, self.rules, member) == []
        return account

    def points(self, member: str) -> tuple[int, int]:
        balance = self.account(member).balance(self.clock.moment, self.rules.zone)
        return balance.available, balance.held

    @property
    def standing(self) -> Any:
        return self.services.ledger.standing(self.rules.name, AUCTION.name)


def test_a_bid_is_answered_as_it_was_for_ever() -> None:
    room = Room()
    first = room.bid(ALICE, 100, "r-1")
    room.bid(BOB, 200)
    assert room.bid(ALICE, 100, "r-1") == Booked(first.entry, replayed=True)
    with pytest.raises(ReferenceReused):
        room.bid(ALICE, 300, "r-1")
    room.sweep(BOB)
    room.clock.moment = CLOSES + timedelta(days=400)
    assert room.bid(ALICE, 100, "r-1") == Booked(first.entry, replayed=True)
    # AND when the program has given it up
    room.publish(auctions={}, rewards={})
    assert room.bid(ALICE, 100, "r-1") == Booked(first.entry, replayed=True)
    with pytest.raises(AuctionClosed):
        room.bid(ALICE, 400, "r-2")
    assert (room.points(ALICE), room.points(BOB)) == ((1000, 0), (800, 0))


def test_only_the_winner_pays_and_only_once() -> None:
    room = Room()
    room.bid(ALICE, 100)
    room.bid(BOB, 200)
    room.bid(ALICE, 300)
    assert room.sweep(ALICE, late=-1) == []
    assert room.sweep(BOB) == []
    assert room.sweep(ALICE) == [Kind.WIN, Kind.REDEEM]
    assert room.sweep(ALICE, late=3_600) == []
    assert (room.points(ALICE), room.points(BOB)) == ((700, 0), (1000, 0))
    assert (room.standing.state, room.standing.leader, room.standing.ended_by) == (
        AuctionState.SETTLED,
        ALICE,
        "expiry",
    )
    with pytest.raises(AuctionClosed):
        room.call_off()
    # AND what was won is an order that can be cancelled
    cancel_order(room.services, room.rules, Cancellation(ALICE, won_order(AUCTION.name)), reason=None, actor="app")
    assert room.points(ALICE) == (1000, 0)


def test_the_due_timer_finds_the_leader_and_nobody_else() -> None:
    room = Room()
    room.bid(ALICE, 100)
    room.bid(BOB, 200)
    found = room.services.timers.waiting(Timer.DUE, room.rules.name, 0, until=CLOSES, limit=10)
    # Whoever was overtaken is looked at once for nothing: timers only come forward.
    assert {each.member for each in found} == {ALICE, BOB}
    assert room.sweep(ALICE) == []
    found = room.services.timers.waiting(Timer.DUE, room.rules.name, 0, until=CLOSES, limit=10)
    assert [each.member for each in found] == [BOB]


def erased(room: Room) -> None:
    erase_member(room.services, room.rules, ALICE)


def given_up(room: Room) -> None:
    room.publish(auctions={}, rewards={})


def sold_out(room: Room) -> None:
    redeem_reward(room.services, room.rules, Redemption("all", BOB, "single"), actor="app")


@pytest.mark.parametrize(
    ("happens", "why"),
    [(erased, "member_erased"), (given_up, "unknown_reward"), (sold_out, "out_of_stock")],
)
def test_what_cannot_be_granted_is_called_off_and_nothing_stays_held(happens: Callable[[Room], None], why: str) -> None:
    rewards = {"single": Reward("single", 100, stock=1)}
    room = Room(program(auctions={AUCTION.name: replace(AUCTION, reward="single")}, rewards=rewards))
    room.bid(ALICE, 100)
    happens(room)
    assert room.sweep(ALICE) == [Kind.AUCTION_CANCELLED]
    assert room.sweep(ALICE, late=60) == []
    assert room.points(ALICE) == (1000, 0)
    assert (room.standing.state, room.standing.why, room.standing.leader) == (AuctionState.CANCELLED, why, ALICE)
    assert room.account(ALICE).due_at is None or room.account(ALICE).due_at > CLOSES  # type: ignore[operator]


def test_an_auction_that_was_given_up_is_settled_by_what_it_says() -> None:
    room = Room()
    room.bid(ALICE, 100)
    room.publish(auctions={})
    assert room.sweep(ALICE) == [Kind.WIN, Kind.REDEEM]
    assert room.points(ALICE) == (900, 0)


def test_a_frozen_leader_is_released_or_wins_as_if_nothing_were() -> None:
    room = Room()
    for member, points in ((ALICE, 100), (BOB, 200)):
        room.bid(member, points)
        freeze = Freeze(f"f-{member}", member, "r", frozenset(Activity))
        freeze_member(room.services, room.rules, freeze, actor="op")
    assert room.points(ALICE) == (1000, 0)
    assert room.sweep(BOB) == [Kind.WIN, Kind.REDEEM]


def test_an_operator_calls_it_off_once() -> None:
    room = Room()
    room.bid(ALICE, 100)
    assert [room.call_off(), room.call_off()] == [False, True]
    assert room.points(ALICE) == (1000, 0)
    assert (room.standing.why, room.standing.reason, room.standing.ended_by) == ("operator", "it broke", "op")
    assert room.sweep(ALICE) == []
    with pytest.raises(AuctionClosed) as refused:
        room.bid(BOB, 200)
    assert refused.value.numbers == {"auction": "night", "state": "cancelled"}


def test_it_is_called_off_before_anybody_has_bid() -> None:
    room = Room()
    assert [room.call_off(), room.call_off()] == [False, True]
    assert (room.standing.leader, room.standing.bids, room.standing.revision) == (None, 0, 1)
    with pytest.raises(AuctionClosed):
        room.bid(BOB, 200)
    unknown = AuctionCancellation("nowhere")
    with pytest.raises(NotFound):
        cancel_auction(room.services, room.rules, unknown, reason="r", actor="op")


def test_a_limit_is_counted_by_day_for_each_auction() -> None:
    limited = replace(AUCTION, limits=(MemberLimit(Window.DAY, 2),))
    room = Room(program(auctions={AUCTION.name: limited}))
    room.bid(ALICE, 100)
    room.bid(ALICE, 110)
    with pytest.raises(LimitReached):
        room.bid(ALICE, 120)
    room.bid(BOB, 120)
    assert room.points(ALICE) == (1000, 0)


class Between:
    """A ledger with something that happens once, right before a movement is committed, or an answer that is lost."""

    def __init__(self, ledger: Any, happens: Callable[[], object], *, loses: bool = False) -> None:
        self._ledger, self._happens, self._loses = ledger, [happens], loses

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    def commit(self, decision: Decision) -> None:
        if self._happens:
            happens = self._happens.pop()
            if self._loses:
                self._ledger.commit(decision)
                raise LedgerUnavailable("nobody heard")
            happens()
        self._ledger.commit(decision)


def interrupted(room: Room, happens: Callable[[], object], **how: Any) -> Room:
    other = Room.__new__(Room)
    other.__dict__.update(room.__dict__)
    other.services = replace(room.services, ledger=Between(room.services.ledger, happens, **how))
    return other


def test_who_loses_a_race_is_told_what_would_be_enough_by_now() -> None:
    room = Room()
    slow = interrupted(room, lambda: room.bid(BOB, 150))
    with pytest.raises(BidTooLow) as refused:
        slow.bid(ALICE, 140)
    assert refused.value.numbers == {"required": 160, "amount": 150}
    assert (room.points(ALICE), room.points(BOB)) == ((1000, 0), (850, 150))


def test_a_bid_that_races_with_the_settlement() -> None:
    room = Room()
    room.bid(ALICE, 100)
    # GIVEN a clock that is behind: it bids when others have settled already
    slow = interrupted(room, lambda: room.sweep(ALICE))
    with pytest.raises(AuctionClosed) as refused:
        slow.bid(BOB, 200)
    assert refused.value.numbers["state"] == "settled"
    assert (room.points(ALICE), room.points(BOB)) == ((900, 0), (1000, 0))


def test_a_settlement_that_races_with_a_bid() -> None:
    room = Room()
    room.bid(ALICE, 100)
    slow = interrupted(room, lambda: room.bid(BOB, 200))
    assert slow.sweep(ALICE) == []
    assert (room.points(ALICE), room.points(BOB)) == ((1000, 0), (800, 200))
    assert room.sweep(BOB) == [Kind.WIN, Kind.REDEEM]


def test_calling_off_races_with_a_bid() -> None:
    room = Room()
    room.bid(ALICE, 100)
    slow = interrupted(room, lambda: room.bid(BOB, 200))
    assert slow.call_off() is False
    assert (room.points(ALICE), room.points(BOB), room.standing.leader) == ((1000, 0), (1000, 0), BOB)


@pytest.mark.parametrize("what", ["bid", "sweep", "call_off"])
def test_a_lost_answer_changes_nothing(what: str) -> None:
    room = Room()
    room.bid(ALICE, 100)
    deaf = interrupted(room, lambda: None, loses=True)
    match what:
        case "bid":
            assert deaf.bid(BOB, 200).replayed is True
            assert (room.points(ALICE), room.points(BOB)) == ((1000, 0), (800, 200))
        case "sweep":
            deaf.sweep(ALICE)
            assert (room.points(ALICE), room.standing.state) == ((900, 0), AuctionState.SETTLED)
        case _:
            assert deaf.call_off() is True
            assert (room.points(ALICE), room.standing.bids) == ((1000, 0), 1)


def test_damage_ends_in_a_bound_of_attempts() -> None:
    """A hold without its auction is not let go by guesses: somebody has to look at it."""
    room = Room()
    room.bid(ALICE, 100)
    lost: Any = room.services.ledger
    lost._standings.clear()
    with pytest.raises(Conflict):
        room.sweep(ALICE)
    assert led_by(lost.account(room.rules.name, ALICE))


def phase(room: Room) -> Phase:
    return read_auction(room.services, room.rules, AUCTION.name).phase


def test_phases() -> None:
    room = Room()
    room.clock.moment = AUCTION.opens_at - timedelta(seconds=1)
    assert phase(room) is Phase.UPCOMING
    room.clock.moment = NOW
    view = read_auction(room.services, room.rules, AUCTION.name)
    assert (view.phase, view.required, view.standing) == (Phase.OPEN, 100, None)
    room.clock.moment = CLOSES
    assert phase(room) is Phase.UNSOLD
    room.clock.moment = NOW
    room.bid(ALICE, 250)
    view = read_auction(room.services, room.rules, AUCTION.name)
    assert (view.phase, view.required) == (Phase.OPEN, 260)
    room.clock.moment = CLOSES
    view = read_auction(room.services, room.rules, AUCTION.name)
    assert (view.phase, view.required) == (Phase.CLOSED, None)
    room.sweep(ALICE)
    assert phase(room) is Phase.SETTLED
    with pytest.raises(NotFound):
        read_auction(room.services, room.rules, "nowhere")


def test_the_list_goes_by_name_page_by_page() -> None:
    more = {name: replace(AUCTION, name=name) for name in ("a", "b", "night")}
    room = Room(program(auctions=more))
    room.bid(ALICE, 100)
    first = list_auctions(room.services, room.rules, limit=2)
    assert ([view.name for view in first.items], first.next_key) == (["a", "b"], "b")
    rest = list_auctions(room.services, room.rules, after="b", limit=2)
    assert [(view.name, view.required) for view in rest.items] == [("night", 110)]
    assert rest.next_key is None
    assert list_auctions(room.services, program(), limit=2).items == []


def entries(room: Room, member: str) -> list[Entry]:
    return list(room.services.ledger.entries(room.rules.name, member, limit=100).items)


def test_the_history_says_it_all() -> None:
    room = Room()
    room.bid(ALICE, 100)
    room.bid(BOB, 200)
    room.bid(ALICE, 300)
    room.call_off()
    assert [entry.kind for entry in entries(room, ALICE)][:4] == [
        Kind.AUCTION_CANCELLED, Kind.BID, Kind.OUTBID, Kind.BID,
    ]  # fmt: skip
    assert [entry.kind for entry in entries(room, BOB)][:2] == [Kind.OUTBID, Kind.BID]
