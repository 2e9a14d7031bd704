"""A state machine of auctions that several members bid in, beside a plain model of them.

Any store can be put under it, as under the machine of one member's account.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from points.adapters.memory import MemoryPrograms
from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member, unfreeze_member
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.members.read_balance import read_balance
from points.application.movement import Booked
from points.application.reading import entries_newest_first
from points.application.redemption.cancel_auction import AuctionCancellation, cancel_auction
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.place_bid import place_bid
from points.application.redemption.read_order import read_order
from points.application.services import Services
from points.domain.auditing.bidding import auction_findings, of_auctions
from points.domain.errors import NotFound, PointsError, ReferenceReused
from points.domain.ledger.account import Activity
from points.domain.ledger.auctions import AuctionState, led_by, won_order
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.members import Profile
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.bidding import Bid
from points.domain.movements.freezing import Freeze
from points.domain.program.auctions import Auction, Extension
from points.domain.program.limiting import MemberLimit
from points.domain.program.rewards import Reward
from points.domain.program.windows import Window
from tests.builders import SHANGHAI, SetClock, program
from tests.property.auction_model import House, No, Over, Points, Purse
from tests.support.proof import findings

START = datetime(2026, 11, 11, 4, tzinfo=UTC)
MEMBERS = 4
STOCK = 2
REWARD = Reward("trophy", 100, stock=STOCK)


def auction(name: str, opens: timedelta, lasts: timedelta, **changes: Any) -> Auction:
    return replace(Auction(name, REWARD.name, START + opens, START + opens + lasts, 20, 5), **changes)


AUCTIONS = {
    each.name: each
    for each in (
        auction("short", timedelta(0), timedelta(minutes=10), extension=Extension(60, 90, 2)),
        auction("long", timedelta(0), timedelta(days=2), limits=(MemberLimit(Window.LIFETIME, 4),)),
        auction("next", timedelta(minutes=5), timedelta(minutes=10), step=1, extension=Extension(3_600, 30, 1)),
        auction("later", timedelta(hours=1), timedelta(days=5), minimum_bid=1, extension=Extension(3600, 1, 1)),
    )
}
NAMES = sorted(AUCTIONS)
WAITS = [
    timedelta(seconds=1), timedelta(seconds=59), timedelta(minutes=4), timedelta(minutes=9, seconds=30),
    timedelta(minutes=1), timedelta(hours=1), timedelta(days=2),
]  # fmt: skip
_numbers = count(1)

members = st.integers(0, MEMBERS - 1)
names = st.sampled_from(NAMES)
picks = st.integers(0, 1000)


class AuctionMachine(RuleBasedStateMachine):
    """Every run has a program and members of its own, so a store can be used again."""

    def __init__(self, wire: Callable[[SetClock], Services], *, proved_every: int = 1) -> None:
        super().__init__()
        self.proved_every = proved_every
        self.steps = 0
        self.run = next(_numbers)
        self.clock = SetClock(START)
        self.services = wire(self.clock)
        standard = program(name=f"house-{self.run}", zone=SHANGHAI, rewards={REWARD.name: REWARD}, auctions=AUCTIONS)
        self.program, self.versions = standard, [standard]
        self.house = House(SHANGHAI, STOCK, dict(AUCTIONS), {REWARD.name})
        self.members = [f"m-{self.run}-{number}" for number in range(MEMBERS)]
        self.placed: list[tuple[Bid, Entry]] = []

    @initialize(points=st.lists(st.integers(0, 120), min_size=MEMBERS, max_size=MEMBERS))
    def begin(self, points: list[int]) -> None:
        self._publish(self.program)
        for member, count_ in zip(self.members, points, strict=True):
            enrol_member(self.services, self.program, member, Profile())
            self.house.purses[member] = Purse()
            if count_:
                self._give(member, count_, days=400)

    # ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

    @rule(member=members, points=st.integers(1, 90), days=st.sampled_from([0, 1, 3, 400]))
    def give(self, member: int, points: int, days: int) -> None:
        self._give(self.members[member], points, days=days)

    @precondition(lambda self: self._open())
    @rule(member=members, pick=picks, more=st.integers(0, 9))
    def bid_in_time(self, member: int, pick: int, more: int) -> None:
        open_now = self._open()
        self._bid(member, open_now[pick % len(open_now)], more)

    @rule(member=members, name=names, more=st.integers(-3, 25))
    def bid(self, member: int, name: str, more: int) -> None:
        self._bid(member, name, more)

    def _open(self) -> list[str]:
        """Where bids count right now."""
        slates, now = self.house.slates, self.clock.moment
        return [
            name
            for name, offered in sorted(self.house.offered.items())
            if offered.opens_at <= now < (slates[name].closes_at if name in slates else offered.closes_at)
            and (name not in slates or slates[name].over is None)
        ]

    def _bid(self, member: int, name: str, more: int) -> None:
        points = max(1, self.house.required(name) + more)
        bid = Bid(f"b-{next(_numbers)}", name, self.members[member], points)
        booked = self._agrees(
            lambda: place_bid(self.services, self.program, bid, actor="t"),
            lambda: self.house.bids(bid.member, name, points, self.clock.moment),
        )
        if booked is not None:
            assert not booked.replayed
            self.placed.append((bid, booked.entry))

    @precondition(lambda self: self.placed)
    @rule(pick=picks, other=st.booleans())
    def bid_again(self, pick: int, other: bool) -> None:
        """A bid that was booked is answered as it was, whatever has become of it."""
        bid, entry = self.placed[pick % len(self.placed)]
        if not other:
            assert place_bid(self.services, self.program, bid, actor="t") == Booked(entry, replayed=True)
            return
        try:
            place_bid(self.services, self.program, replace(bid, points=bid.points + 1), actor="t")
        except ReferenceReused:
            return
        raise AssertionError("one reference, two bids")

    @rule(wait=st.sampled_from(WAITS))
    def time_passes(self, wait: timedelta) -> None:
        self.clock.moment += wait

    @rule(member=members, behind=st.sampled_from([0, 0, 2, 90]))
    def sweep(self, member: int, behind: int) -> None:
        """By a clock that is behind the others, or of a run that is late."""
        name, now = self.members[member], self.clock.moment - timedelta(seconds=behind)
        entries = bring_up_to_date(self.services, self.program, name, now)
        ended = self.house.is_swept(name, now)
        booked = [entry for entry in entries if entry.kind in {Kind.WIN, Kind.AUCTION_CANCELLED}]
        assert [entry.reference for entry in booked] == ended
        for entry in booked:
            slate = self.house.slates[entry.reference]
            assert (entry.kind is Kind.WIN) == (slate.over is Over.WON)
            assert entry.details.get("why") == slate.why

    @rule(name=names)
    def call_off(self, name: str) -> None:
        called_off = self._agrees(
            lambda: cancel_auction(self.services, self.program, AuctionCancellation(name), reason="r", actor="op"),
            lambda: self.house.is_called_off(name),
        )
        if called_off is not None:
            assert called_off.standing.state is AuctionState.CANCELLED

    @rule(member=members)
    def freeze(self, member: int) -> None:
        purse = self.house.purses[self.members[member]]
        act = unfreeze_member if purse.frozen else freeze_member
        command = Freeze(f"f-{next(_numbers)}", self.members[member], "r", frozenset({Activity.REDEEMING}))
        act(self.services, self.program, command, actor="op")
        purse.frozen = not purse.frozen

    @rule(member=members)
    def erase(self, member: int) -> None:
        erase_member(self.services, self.program, self.members[member])
        self.house.purses[self.members[member]].erased = True

    @rule(name=names)
    def give_up_an_auction(self, name: str) -> None:
        self.house.offered.pop(name, None)
        self._publish(replace(self.program, auctions=dict(self.house.offered)))

    @rule(name=names)
    def offer_it_again(self, name: str) -> None:
        self.house.offered[name] = AUCTIONS[name]
        self.house.rewards.add(REWARD.name)
        self._publish(replace(self.program, auctions=dict(self.house.offered), rewards={REWARD.name: REWARD}))

    @rule()
    def give_up_the_reward(self) -> None:
        self.house.rewards.clear()
        self.house.offered.clear()
        self._publish(replace(self.program, auctions={}, rewards={}))

    @precondition(lambda self: self.house.orders)
    @rule(pick=picks)
    def cancel_the_order(self, pick: int) -> None:
        name = sorted(self.house.orders)[pick % len(self.house.orders)]
        member, _ = self.house.orders[name]
        cancel_order(self.services, self.program, Cancellation(member, won_order(name)), reason=None, actor="t")
        self.house.order_is_cancelled(name)

    # ── what is always so ────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def purses_agree(self) -> None:
        today = self.house.today(self.clock.moment)
        for member, purse in self.house.purses.items():
            balance = read_balance(self.services, self.program, member).balance
            held = sum(sum(points.values()) for points in purse.held.values())
            assert (balance.available, balance.held, balance.owed) == (purse.available(today), held, 0)

    @invariant()
    def what_is_held_for_an_auction_is_the_leading_bid(self) -> None:
        held: dict[str, Points] = {}
        for member in self.house.purses:
            account = self.services.ledger.account(self.program.name, member)
            assert account is not None
            for name, hold in led_by(account).items():
                held.setdefault(name, {})[hold.expires_at.date()] = hold.points
                assert self.house.slates[name].leader == member
        for name, slate in self.house.slates.items():
            expected = slate.amount if slate.over is None else 0
            assert sum(held.get(name, {}).values()) == expected
            standing = self.services.ledger.standing(self.program.name, name)
            assert standing is not None
            assert (standing.leader, standing.amount, standing.bids) == (slate.leader, slate.amount, slate.bids)
            assert (standing.closes_at, standing.extended) == (slate.closes_at, slate.extended)
            assert (standing.is_open, standing.why) == (slate.over is None, slate.why)

    @invariant()
    def winners_have_their_orders_and_nobody_else(self) -> None:
        for name, slate in self.house.slates.items():
            for member in self.house.purses:
                try:
                    order = read_order(self.services, self.program, member, won_order(name)).order
                except NotFound:
                    assert (slate.over, slate.leader) != (Over.WON, member)
                else:
                    assert (slate.over, slate.leader, slate.amount) == (Over.WON, member, order.points)

    @invariant()
    def everything_is_proved(self) -> None:
        self.steps += 1
        if self.steps % self.proved_every:
            return
        told: dict[str, list[Entry]] = {name: [] for name in self.house.slates}
        for member in self.house.purses:
            assert findings(self.services, self.program, member) == []
            for (_, name), entry in of_auctions(entries_newest_first(self.services, self.program, member)):
                told[name].append(entry)
        version = lambda number: self.services.programs.version(self.program.name, number)  # noqa: E731
        for name, entries in told.items():
            standing = self.services.ledger.standing(self.program.name, name)
            assert list(auction_findings((self.program.name, name), standing, entries, version)) == []

    def teardown(self) -> None:
        """When everything has closed, nothing is held for any of them."""
        self.clock.moment += timedelta(days=30)
        for member in self.house.purses:
            bring_up_to_date(self.services, self.program, member, self.clock.moment)
            account = self.services.ledger.account(self.program.name, member)
            assert account is not None
            assert not account.holds

    # ── how ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _agrees[Done](self, act: Callable[[], Done], say: Callable[[], object]) -> Done | None:
        """Both do it, or both say no, and why."""
        try:
            say()
        except No as no:
            found = refusal_of(act)
            said = None if found is None else (found.code, found.numbers.get("required") if no.required else None)
            if said != (no.code, no.required):
                raise AssertionError(f"says {said}, not {no.code} {no.required}") from found
            return None
        return act()

    def _give(self, member: str, points: int, *, days: int) -> None:
        last = self.house.today(self.clock.moment) + timedelta(days=days)
        given = Adjustment(f"a-{next(_numbers)}", member, points, "r", expires_on=last)
        adjust_points(self.services, self.program, given, actor="op")
        self.house.purses[member].put({last: points})

    def _publish(self, changed: Any) -> None:
        if changed is not self.program:
            self.program = replace(changed, version=self.program.version + 1)
            self.versions.append(self.program)
        self.services = replace(self.services, programs=MemoryPrograms(*self.versions))


def refusal_of(act: Callable[[], object]) -> PointsError | None:
    try:
        act()
    except PointsError as refused:
        return refused
    return None


def machine(wire: Callable[[SetClock], Services], *, proved_every: int = 1) -> type[AuctionMachine]:
    """The machine over a store, as hypothesis wants it."""

    class Wired(AuctionMachine):
        def __init__(self) -> None:
            super().__init__(wire, proved_every=proved_every)

    return Wired
