"""A state machine that does everything a member's account can go through, beside the plain model of it.

Any store can be put under it: give it what makes :class:`Services` from a clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from points.adapters.memory import MemoryPrograms
from points.adapters.program_document import PydanticProgramDocuments
from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member, unfreeze_member
from points.application.earning.confirm_points import confirm_points
from points.application.earning.earn_points import earn_points
from points.application.earning.refer_member import refer_member
from points.application.earning.reverse_entry import reverse_entry
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.members.read_balance import read_balance
from points.application.movement import Booked
from points.application.reading import entries_newest_first
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.handle_order import Handling, handle_order
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.quote_offset import QuoteRequest, quote_offset
from points.application.redemption.read_order import read_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.refund_order import refund_order
from points.application.services import Services
from points.domain.errors import LimitReached, PointsError
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.members import Profile
from points.domain.ledger.orders import transition_name
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.confirming import Confirmation
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.movements.referring import Invitation
from points.domain.movements.refunding import OrderRefund
from points.domain.movements.reversing import Reversal
from points.domain.program.program import Program
from points.domain.program.refunds import ShortfallPolicy
from tests.builders import NEW_YORK, SHANGHAI, SetClock
from tests.property.ledger_model import Lot, Refused
from tests.property.shop import (
    BACKDATING_DAYS,
    BY_AMOUNT,
    MOST_FRIENDS,
    POLICIES,
    PRICES,
    Ended,
    Shop,
    document,
    lot_named,
)
from tests.support.proof import findings

STOCK, BUDGET = 3, 120
"""So little that one member comes to the end of it."""
HANDLING = {Kind.FULFIL: "fulfilled", Kind.SHIP: "shipped", Kind.DELIVER: "delivered"}

PROGRAMS = [
    PydanticProgramDocuments().load(
        document(policy=policy, budget=(BUDGET, 1), stock=(STOCK, 1)), name="shop", version=1
    )
    for policy in range(len(POLICIES))
]
"""One for each policy."""
WAITS = [
    timedelta(seconds=1), timedelta(minutes=14), timedelta(minutes=15), timedelta(hours=7), timedelta(days=1),
    timedelta(days=6, hours=23), timedelta(days=11), timedelta(days=33), timedelta(days=200),
]  # fmt: skip
STARTS = [
    datetime(2026, 3, 7, 20, tzinfo=UTC),  # clocks go forward in New York
    datetime(2026, 10, 31, 20, tzinfo=UTC),  # and back
    datetime(2026, 12, 30, 9, tzinfo=UTC),  # year end
    datetime(2028, 2, 28, 9, tzinfo=UTC),  # leap day
]
_numbers = count(1)

sizes = st.integers(1, 40)
picks = st.integers(0, 1000)


@dataclass
class Done:
    """A request that was booked: how to send it again, and how to send another one under its reference. A tier review
    has none: who asks again asks for the next one."""

    again: Callable[[], Booked] | None
    other: Callable[[], Booked] | None
    entry: Entry


@dataclass
class Friend:
    """Somebody whom the member brought. ``bought``: the purchase that counted, and whether it was paid for."""

    member: str
    bought: str | None = None
    lots: set[Lot] | None = None
    on: date = date.min
    entries: int = 0


class Forgetful:
    """Remembers no budget as used up: what is remembered may be out of date for a while, which the model knows nothing
    of."""

    def spent(self, program: Program, campaign: str, points: int) -> bool:  # noqa: ARG002
        return False

    def note(self, program: Program, campaign: str, points: int) -> None:
        pass


@dataclass
class Tally:
    """Requests that were sent to the ledger, refused and repeated ones included; a look at it is none."""

    operations: int = 0


class LedgerMachine(RuleBasedStateMachine):
    """``wire`` makes the services; every run has a program and a member of its own, so a store can be used again.

    The account is compared after every step; that all entries prove it is checked after every ``proved_every`` steps,
    because it reads the whole history.
    """

    def __init__(
        self, wire: Callable[[SetClock], Services], *, tally: Tally | None = None, proved_every: int = 1
    ) -> None:
        super().__init__()
        self.tally = tally or Tally()
        self.proved_every = proved_every
        self.steps = 0
        self.clock = SetClock()
        self.services = replace(wire(self.clock), spent_budgets=Forgetful())
        self.member = f"m-{next(_numbers)}"
        self.program = replace(PROGRAMS[0], name=f"p-{self.member}")
        self.model = Shop(self.clock.moment, self.program.zone, stock=STOCK, budget=BUDGET)
        self.done: list[Done] = []
        self.friends: list[Friend] = []
        self.versions: list[Program] = []

    @initialize(zone=st.sampled_from([SHANGHAI, NEW_YORK]), start=st.sampled_from(STARTS), brought=st.booleans())
    def begin(self, zone: Any, start: datetime, brought: bool) -> None:
        self.program = replace(self.program, zone=zone)
        self._publish()
        self.clock.moment = start
        self.model = Shop(start, zone, stock=STOCK, budget=BUDGET)
        assert enrol_member(self.services, self.program, self.member, Profile())
        if brought:
            sponsor = f"{self.member}-sponsor"
            enrol_member(self.services, self.program, sponsor, Profile())
            invitation = Invitation(self._reference(), self.member, sponsor)
            self._send(
                lambda command: refer_member(self.services, self.program, command, actor="t"),
                invitation,
                None,
                self.model.is_brought,
            )

    def _publish(self) -> None:
        self.versions.append(self.program)
        self.services = replace(self.services, programs=MemoryPrograms(*self.versions))

    # What happens

    @rule(
        behaviour=st.sampled_from(sorted(PROGRAMS[0].behaviours)),
        cents=st.integers(0, 12_000),
        quantity=st.integers(1, 4),
        hours_ago=st.integers(0, 24 * BACKDATING_DAYS + 6),
        dated=st.booleans(),
    )
    def earn(self, behaviour: str, cents: int, quantity: int, hours_ago: int, dated: bool) -> None:
        by_amount = behaviour in BY_AMOUNT
        event = Event(
            self._reference(),
            self.member,
            behaviour,
            amount=f"{cents // 100}.{cents % 100:02}" if by_amount else None,
            quantity=None if by_amount else quantity,
            occurred_at=self.clock.moment - timedelta(hours=hours_ago) if dated else None,
        )
        entry = self._send(
            lambda command: earn_points(self.services, self.program, command, actor="t"),
            event,
            replace(event, attributes={"other": 1}),
            lambda: self.model.earns(event),
        )
        if entry is not None:
            assert {line.rule: line.points for line in entry.lines} == self.model.lines_of(event.reference)
            earned = self.model.earned[event.reference]
            assert {waits(name): points for name, points in entry.moves.pending.items() if points > 0} == earned.waiting
            earned.lots = lots_gained(entry)

    @precondition(lambda self: self._can_try(min(PRICES.values())))
    @rule(reward=st.sampled_from(sorted(PRICES)), quantity=st.integers(1, 2))
    def redeem(self, reward: str, quantity: int) -> None:
        command = Redemption(self._reference(), self.member, reward, quantity)
        self._send(
            lambda command: redeem_reward(self.services, self.program, command, actor="t"),
            command,
            replace(command, quantity=quantity + 1),
            lambda: self.model.redeems(command),
        )

    @precondition(lambda self: self.model.redeemed)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        order = one(list(self.model.redeemed), pick)
        if order in self.model.cancelled:
            return  # replays are another rule's
        cancelled = self._send(
            lambda command: cancel_order(self.services, self.program, command, reason=None, actor="t"),
            Cancellation(self.member, order),
            None,
            lambda: self.model.cancels(order),
        )
        if cancelled is not None:
            assert read_order(self.services, self.program, self.member, order).order.state == "cancelled"

    @precondition(lambda self: self.model.redeemed)
    @rule(pick=picks, kind=st.sampled_from([Kind.FULFIL, Kind.SHIP, Kind.DELIVER]))
    def handle(self, pick: int, kind: Kind) -> None:
        order = one(list(self.model.redeemed), pick)
        if (transition_name(kind, order)) in {done.entry.name for done in self.done}:
            return  # replays are another rule's
        tracking = "SF 1" if kind is Kind.SHIP else None
        self._send(
            lambda command: handle_order(self.services, self.program, kind, command, reason="because", actor="t"),
            Handling(self.member, order, tracking),
            Handling(self.member, order, "SF 2"),
            lambda: self.model.handles(order, HANDLING[kind]),
            settles=False,
        )

    @precondition(lambda self: self._can_try(1))
    @rule(points=sizes, all_of_it=st.booleans(), seconds=st.sampled_from([None, 3600, 5 * 24 * 3600, 30 * 24 * 3600]))
    def hold(self, points: int, all_of_it: bool, seconds: int | None) -> None:
        if all_of_it:  # a refund that comes now has to be owed
            points = self.model.balance[0] or points
        command = HoldRequest(self._reference(), self.member, points, seconds)
        self._send(
            lambda command: hold_points(self.services, self.program, command, actor="t"),
            command,
            replace(command, points=points + 1),
            lambda: self.model.holds_points(command),
        )

    @precondition(lambda self: self._can_try(4))
    @rule(cents=st.integers(1, 300), points=st.none() | sizes, seconds=st.sampled_from([None, 3600, 5 * 24 * 3600]))
    def hold_for_an_order(self, cents: int, points: int | None, seconds: int | None) -> None:
        amount = f"{cents // 100}.{cents % 100:02}"
        if not self.model.frozen:
            wanted = QuoteRequest(self.member, amount, points)
            quoted = quote_offset(self.services, self.program, wanted, actor="t")
            usable = self.model.quotes(amount, points).change
            assert (quoted.points, quoted.discount) == (usable, usable)
        command = HoldRequest(self._reference(), self.member, points, seconds, amount)
        self._send(
            lambda command: hold_points(self.services, self.program, command, actor="t"),
            command,
            replace(command, order_amount=f"{amount}0"),
            lambda: self.model.holds_points(command),
        )

    @precondition(lambda self: self.model.captured)
    @rule(pick=picks, cents=st.integers(1, 300), all_of_it=st.booleans())
    def refund_an_order(self, pick: int, cents: int, all_of_it: bool) -> None:
        orders = [hold for hold in self.model.captured if hold in self.model.partly_paid]
        hold = one(orders if orders and pick % 8 else list(self.model.captured), pick)
        paid = self.model.partly_paid.get(hold)
        if paid is not None and all_of_it:
            cents = paid.cents - paid.returned or cents
        command = OrderRefund(self._reference(), self.member, hold, f"{cents // 100}.{cents % 100:02}")
        refunded = self._send(
            lambda command: refund_order(self.services, self.program, command, actor="t"),
            command,
            replace(command, reason="other"),
            lambda: self.model.refunds(hold, command.amount),
        )
        if refunded is not None:
            earlier = self.services.ledger.entry_with_reversals(
                self.program.name, self.member, EntryName(Kind.CAPTURE, hold)
            )[1]
            money = [entry.details["money_minor"] for entry in earlier]
            assert sum(each for each in money if isinstance(each, int)) == self.model.money_back(hold)

    @precondition(lambda self: self.model.held)
    @rule(pick=picks, points=st.none() | sizes)
    def capture(self, pick: int, points: int | None) -> None:
        hold = self._some_hold(pick)
        if self.model.held[hold] == "captured":
            return
        self._send(
            lambda command: capture_hold(self.services, self.program, command, actor="t"),
            HoldEnd(self.member, hold, points),
            HoldEnd(self.member, hold, (points or 0) + 1),
            lambda: self.model.captures(hold, points),
        )

    @precondition(lambda self: self.model.held)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        hold = self._some_hold(pick)
        if self.model.held[hold] == "released":
            return
        self._send(
            lambda command: release_hold(self.services, self.program, command, actor="t"),
            HoldEnd(self.member, hold),
            None,
            lambda: self.model.releases(hold),
        )

    def _can_try(self, points: int) -> bool:
        """Having too little is tried now and then, not at every turn."""
        return self.model.balance[0] >= points or len(self.done) % 4 == 0

    def _some_hold(self, pick: int) -> str:
        """An open one mostly, where there is one."""
        open_holds = [hold for hold, state in self.model.held.items() if state == "open"]
        return one(open_holds if open_holds and pick % 4 else list(self.model.held), pick)

    @precondition(lambda self: self.model.events)
    @rule(
        pick=picks, points=sizes, cents=st.integers(1, 4000), by=st.sampled_from(["rest", "points", "amount", "rest"])
    )
    def refund(self, pick: int, points: int, cents: int, by: str) -> None:
        earned = one(self.model.events, pick)
        command = Reversal(
            self._reference(),
            self.member,
            EntryName(Kind.EARN, earned.reference),
            amount=f"{cents // 100}.{cents % 100:02}" if by == "amount" else None,
            points=points if by == "points" else None,
        )
        self._send(
            lambda command: reverse_entry(self.services, self.program, command, actor="t"),
            command,
            replace(command, reason="other"),
            lambda: self.model.reverses(command),
        )
        assert earned.reversed <= earned.paid

    @precondition(lambda self: any(earned.waiting and not earned.confirmed for earned in self.model.events))
    @rule(pick=picks, by_operator=st.booleans())
    def confirm(self, pick: int, by_operator: bool) -> None:
        earned = one([each for each in self.model.events if each.waiting and not each.confirmed], pick)
        command = Confirmation(self.member, earned.reference)
        self._send(
            lambda command: confirm_points(self.services, self.program, command, actor="t", by_operator=by_operator),
            command,
            None,
            lambda: self.model.confirms(command, by_operator=by_operator),
        )

    @rule(buys=st.booleans())
    def a_friend_comes(self, buys: bool) -> None:
        friend = Friend(f"{self.member}-friend-{len(self.friends)}")
        enrol_member(self.services, self.program, friend.member, Profile())
        invitation = Invitation(self._reference(), friend.member, self.member)
        self.tally.operations += 1
        if self.model.friends == MOST_FRIENDS:
            try:
                refer_member(self.services, self.program, invitation, actor="t")
            except LimitReached:
                return
            raise AssertionError("four newcomers")
        refer_member(self.services, self.program, invitation, actor="t")
        self._beside(Kind.REFERRAL, friend.member, 0)
        self.friends.append(friend)
        if buys:
            self.a_friend_buys(len(self.friends) - 1)

    @precondition(lambda self: self.friends)
    @rule(pick=picks)
    def a_friend_buys(self, pick: int) -> None:
        """The first time counts for the member, unless they cannot have it; then it is over for this friend."""
        friend = one(self.friends, pick)
        if friend.bought is not None:
            return
        friend.bought = self._reference()
        self.tally.operations += 1
        earn_points(self.services, self.program, Event(friend.bought, friend.member, "review"), actor="t")
        try:
            change = self.model.is_rewarded().change
        except Refused:
            return
        entry = self._beside(Kind.REFERRAL_REWARD, f"{friend.member}/{friend.bought}", change)
        friend.lots, friend.on = lots_gained(entry), self.model.today

    @precondition(lambda self: any(friend.bought for friend in self.friends))
    @rule(pick=picks)
    def a_friend_gives_it_back(self, pick: int) -> None:
        friend = one([friend for friend in self.friends if friend.bought], pick)
        assert friend.bought is not None
        of = EntryName(Kind.EARN, friend.bought)
        if self.model.shortfall == "refuse":
            return  # the friend may have nothing left, and then nothing happens
        reference = self._reference()
        self.tally.operations += 1
        reverse_entry(self.services, self.program, Reversal(reference, friend.member, of), actor="t")
        if friend.lots is not None:
            change = self.model.lose_reward(friend.lots, friend.on)
            self._beside(Kind.REVERSAL, reference, change)
        friend.bought = friend.lots = None

    def _beside(self, kind: Kind, reference: str, change: int) -> Entry:
        """The entry that another member's movement brought along."""
        entry = self.services.ledger.entries(self.program.name, self.member, limit=1).items[0]
        assert (entry.kind, entry.reference, entry.points) == (kind, reference, change)
        balance = entry.balance
        assert (balance.available, balance.pending, balance.held, balance.owed) == self.model.balance
        self._booked(Done(None, None, entry), settles=kind is not Kind.REFERRAL)
        return entry

    @precondition(lambda self: self.model.shortfall == "owe" and not self.model.frozen)
    @rule(cents=st.integers(1000, 6000), seconds=st.sampled_from([3600, 5 * 24 * 3600, 30 * 24 * 3600]))
    def get_into_debt(self, cents: int, seconds: int) -> None:
        """Chance alone rarely refunds what has just been spent, and debt is where the order of things matters most."""
        self.earn("flash", 0, 1, 0, dated=False)
        self.earn("purchase", cents, 1, 0, dated=False)
        self.hold(1, all_of_it=True, seconds=seconds)
        self.refund(len(self.model.events) - 1, 1, 1, "rest")

    @rule(days_ago=st.lists(st.integers(0, 5), min_size=2, max_size=4, unique=True))
    def visits_are_reported(self, days_ago: list[int]) -> None:
        """In any order: chance alone rarely finds neighbours."""
        for days in days_ago:
            self.earn("visit", 0, 1, 24 * days, dated=True)

    @precondition(lambda self: self.model.captured)
    @rule(pick=picks, points=st.none() | sizes)
    def give_back(self, pick: int, points: int | None) -> None:
        of = EntryName(Kind.CAPTURE, one(list(self.model.captured), pick))
        command = Reversal(self._reference(), self.member, of, points=points)
        self._send(
            lambda command: reverse_entry(self.services, self.program, command, actor="t"),
            command,
            replace(command, reason="other"),
            lambda: self.model.reverses(command),
        )

    @rule(points=sizes, lasts=st.none() | st.integers(-1, 40), take=st.booleans())
    def adjust(self, points: int, lasts: int | None, take: bool) -> None:
        last = None if take or lasts is None else self.model.today + timedelta(days=lasts)
        command = Adjustment(self._reference(), self.member, -points if take else points, "why", last)
        self._send(
            lambda command: adjust_points(self.services, self.program, command, actor="t"),
            command,
            replace(command, reason="other"),
            lambda: self.model.adjusts(command),
        )

    # Not while something is frozen already, and not at every turn: a frozen member does little.
    @precondition(lambda self: not self.model.frozen and len(self.done) % 5 == 4)
    @rule(activities=st.sets(st.sampled_from(Activity), min_size=1))
    def freeze(self, activities: set[Activity]) -> None:
        self._freeze(freeze_member, activities, self.model.freezes)

    @precondition(lambda self: self.model.frozen)
    @rule(activities=st.just(set(Activity)) | st.sets(st.sampled_from(Activity), min_size=1))
    def unfreeze(self, activities: set[Activity]) -> None:
        self._freeze(unfreeze_member, activities, self.model.unfreezes)

    def _freeze(
        self, use_case: Callable[..., Booked], activities: set[Activity], expected: Callable[[Freeze], Ended]
    ) -> None:
        command = Freeze(self._reference(), self.member, "why", frozenset(activities))
        self._send(
            lambda command: use_case(self.services, self.program, command, actor="t"),
            command,
            replace(command, reason="other"),
            lambda: expected(command),
            settles=False,
        )

    @rule()
    def a_sweep_comes(self) -> None:
        """What time has done is booked, each of it once, and the timer is exact."""
        before, now = self._account(), self.clock.moment
        review_on = None if before.tier is None else before.tier.review_on
        self.tally.operations += 1
        entries = {entry.kind: entry for entry in self._swept(now)}
        gone = self.model.expires()
        assert -entries[Kind.EXPIRE].points == gone if gone else Kind.EXPIRE not in entries
        if review_on is not None and review_on <= self.model.today:
            self.model.review(review_on)
            assert entries.pop(Kind.TIER_REVIEW).reference == review_on.isoformat()
        assert len(entries) == (gone > 0 or before.settled(now, self.program.zone) != before)
        for entry in entries.values():
            balance = entry.balance
            assert (balance.available, balance.pending, balance.held, balance.owed) == self.model.balance
        account = self._account()
        if before.due_at is not None and before.due_at <= now:
            assert account.due_at == account.next_due(self.program.zone)
            assert account.due_at is None or account.due_at > now
        # Again, or after another: nothing is left to do.
        assert self._swept(now) == ()
        assert self._account() == account

    def _swept(self, now: datetime) -> tuple[Entry, ...]:
        entries = bring_up_to_date(self.services, self.program, self.member, now)
        for entry in entries:
            self._booked(Done(again=None, other=None, entry=entry), settles=entry.kind is not Kind.TIER_REVIEW)
        return entries

    # What does not happen

    @precondition(lambda self: self.done)
    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        """Any request of the past, whatever became of account and program since: the same answer, nothing moves."""
        done = one(self.done, pick)
        if done.again is None:
            return
        before = self._account()
        self.tally.operations += 1
        assert done.again() == Booked(done.entry, replayed=True)
        assert self._account() == before

    @precondition(lambda self: self.done)
    @rule(pick=picks)
    def reuse(self, pick: int) -> None:
        """A reference of the past for another request: refused, nothing moves."""
        done = one(self.done, pick)
        if done.other is None:
            return
        before = self._account()
        self.tally.operations += 1
        try:
            done.other()
        except PointsError as refused:
            assert refused.code == "reference_reused"  # noqa: PT017 - the code is the point
        else:
            raise AssertionError("a reference was used twice")
        assert self._account() == before

    @rule(wait=st.sampled_from(WAITS))
    def time_passes(self, wait: timedelta) -> None:
        self._wait_until(self.clock.moment + wait)

    @rule(before=st.sampled_from([timedelta(microseconds=1), timedelta(0)]))
    def midnight_comes(self, before: timedelta) -> None:
        midnight = datetime.combine(self.model.today + timedelta(days=1), time(), self.program.zone).astimezone(UTC)
        self._wait_until(midnight - before)

    @precondition(lambda self: self.model.tier not in {None, "V1"} and not self.model.frozen)
    @rule()
    def the_year_ends(self) -> None:
        """With a review for whoever has risen."""
        new_year = datetime(self.model.today.year + 1, 1, 1, tzinfo=self.program.zone).astimezone(UTC)
        self._wait_until(new_year)
        self.a_sweep_comes()

    def _wait_until(self, moment: datetime) -> None:
        self.clock.moment = moment
        self.model.comes_to(moment)

    @rule(
        policy=st.sampled_from(range(len(POLICIES))),
        shortfall=st.sampled_from(ShortfallPolicy),
        grace=st.sampled_from([None, 0, 14]),
        per_day=st.sampled_from([None, 20, 40, 100]),
    )
    def the_rules_change(self, policy: int, shortfall: ShortfallPolicy, grace: int | None, per_day: int | None) -> None:
        """R-EXP-2: a new version, and the model's lots stay as they are."""
        assert self.program.offset is not None
        self.program = replace(
            self.program,
            version=self.program.version + 1,
            expiry=PROGRAMS[policy].expiry,
            shortfall=shortfall,
            expired_return_days=grace,
            offset=replace(self.program.offset, points_per_day=per_day),
        )
        self._publish()
        self.model.expires_on = POLICIES[policy][1]
        self.model.shortfall, self.model.grace = shortfall.value, grace
        self.model.per_day = per_day

    # What always holds

    @invariant()
    def the_account_is_what_the_model_says(self) -> None:
        account = self.services.ledger.account(self.program.name, self.member)
        if account is None:
            return  # before begin()
        settled = account.settled(self.clock.moment, self.program.zone)
        assert lots_of(settled.lots) == self.model.lots
        assert {waits(name): points for name, points in settled.pending.items()} == self.model.pending
        assert {reference: (hold.expires_at, lots_of(hold.lots)) for reference, hold in settled.holds.items()} == {
            reference: (end, dict(pieces)) for reference, (end, pieces) in self.model.holds.items()
        }
        assert account.owed >= settled.owed == self.model.owed
        assert {activity.value for activity in account.frozen} == self.model.frozen
        assert account.counters.get("photo/n", 0) == self.model.photos_left()
        assert account.counters.get("~referral/nL", 0) == self.model.friends
        assert account.referral is None or account.referral.paid == (self.model.sponsor == "paid")
        assert (None if account.tier is None else account.tier.name) == self.model.tier
        assert len(account.counters) < 3 * BACKDATING_DAYS
        view = read_balance(self.services, self.program, self.member)
        balance, expiring = view.balance, view.expiring
        assert (balance.available, balance.pending, balance.held, balance.owed) == self.model.balance
        assert min(self.model.balance) >= 0
        assert not (balance.available and balance.owed)
        assert sum(points for _, points in expiring) <= balance.available

    @invariant()
    def the_entries_prove_the_account(self) -> None:
        self.steps += 1
        if self.steps % self.proved_every:
            return
        account = self.services.ledger.account(self.program.name, self.member)
        if account is None:
            return
        entries = list(entries_newest_first(self.services, self.program, self.member))[::-1]
        # One effect per reference, and none that nobody asked for.
        assert [entry.name for entry in entries] == [done.entry.name for done in self.done]
        assert entries == [done.entry for done in self.done]
        orders = [read_order(self.services, self.program, self.member, reference) for reference in self.model.redeemed]
        assert [found.order.state.value for found in orders] == [
            "cancelled" if reference in self.model.cancelled else self.model.handled.get(reference, "placed")
            for reference in self.model.redeemed
        ]
        assert findings(self.services, self.program, self.member) == []
        for where in ("lots", "pending", "held"):
            summed: dict[str, int] = {}
            for entry in entries:
                for name, points in getattr(entry.moves, where).items():
                    summed[name] = summed.get(name, 0) + points
            assert {name: points for name, points in summed.items() if points} == getattr(account, where)
        assert sum(entry.moves.owed for entry in entries) == account.owed
        head = ""
        for seq, entry in enumerate(entries, start=1):
            assert (entry.seq, entry.previous_digest, entry.computed_digest()) == (seq, head, entry.digest)
            head = entry.digest
        assert (account.seq, account.head) == (len(entries), head)
        due = account.next_due(self.program.zone)
        assert due is None or (account.due_at is not None and account.due_at <= due)

    # How

    def _send[Command](
        self,
        send: Callable[[Command], Booked],
        command: Command,
        other: Command | None,
        expected: Callable[[], Ended],
        *,
        settles: bool = True,
        again: bool = True,
    ) -> Entry | None:
        """The request, beside what the model expects of it: the same change of points, or a refusal with that code."""
        before = self._account()
        self.tally.operations += 1
        try:
            ended = expected()
        except Refused as refusal:
            try:
                send(command)
            except PointsError as refused:
                assert refused.code == refusal.code  # noqa: PT017 - the code is the point
            else:
                raise AssertionError(f"expected {refusal.code}") from refusal
            assert self._account() == before
            return None
        try:
            booked = send(command)
        except PointsError as refused:
            raise AssertionError(f"refused: {refused.code}") from refused
        entry = booked.entry
        assert not booked.replayed
        assert entry.points == ended.change
        assert entry.program_version == self.program.version
        assert entry.at == self.clock.moment
        balance = entry.balance
        assert (balance.available, balance.pending, balance.held, balance.owed) == self.model.balance
        if ended.spent is not None:
            # The very lots, drawn soonest expiry first and then oldest.
            assert lots_of(entry.spent_lots()) == dict(ended.spent)
        done = Done(
            again=(lambda: send(command)) if again else None,
            other=None if other is None else (lambda: send(other)),
            entry=entry,
        )
        self._booked(done, settles=settles)
        return entry

    def _booked(self, done: Done, *, settles: bool) -> None:
        self.done.append(done)
        self.model.entries += 1
        if settles:
            self.model.has_settled()

    def _account(self) -> Account:
        account = self.services.ledger.account(self.program.name, self.member)
        assert account is not None
        return account

    def _reference(self) -> str:
        return f"x-{next(_numbers)}"


def machine(
    wire: Callable[[SetClock], Services], *, tally: Tally | None = None, proved_every: int = 1
) -> type[LedgerMachine]:
    """The machine over a store, as hypothesis wants it."""

    class Wired(LedgerMachine):
        def __init__(self) -> None:
            super().__init__(wire, tally=tally, proved_every=proved_every)

    return Wired


def waits(name: str) -> tuple[date, Lot]:
    """A pending bucket: the day it becomes available, and its lot."""
    return date.fromisoformat(name[:10]), lot_named(name[11:])


def lots_of(lots: Mapping[str, int]) -> dict[Lot, int]:
    return {lot_named(name): points for name, points in lots.items()}


def lots_gained(entry: Entry) -> set[Lot]:
    return {lot for lot, points in lots_of(entry.moves.by_lot()).items() if points > 0}


def one[Item](items: list[Item], pick: int) -> Item:
    return items[pick % len(items)]
