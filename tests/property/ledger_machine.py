"""A state machine that does everything a member's account can go through, beside the plain model of it.

Any store can be put under it: give it what makes :class:`Services` from a clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from points.adapters.memory import MemoryPrograms
from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member, unfreeze_member
from points.application.earning.confirm_points import confirm_points
from points.application.earning.earn_points import earn_points
from points.application.earning.refer_member import refer_member
from points.application.earning.reverse_entry import reverse_entry
from points.application.expiry.review_tier import review_tier
from points.application.members.enrol_member import enrol_member
from points.application.members.read_balance import read_balance
from points.application.movement import Booked
from points.application.reading import entries_newest_first
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.read_order import read_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.errors import LimitReached, NothingDue, PointsError
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.members import Profile
from points.domain.money import Rounding
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.confirming import Confirmation
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.movements.referring import Invitation
from points.domain.movements.reversing import Reversal
from points.domain.program import expiry
from points.domain.program.behaviours import Behaviour
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.dates import EVERY_DAY
from points.domain.program.program import Program
from points.domain.program.referral import ReferralRules
from points.domain.program.refunds import ShortfallPolicy
from points.domain.program.rewards import Reward
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Streak, Value
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.builders import NEW_YORK, SHANGHAI, SetClock, paying, program
from tests.property import ledger_model as model
from tests.property.ledger_model import Captured, Earned, Lot, Model, Refused
from tests.support.proof import findings

POLICIES: list[tuple[expiry.ExpiryPolicy, Callable[[date], date]]] = [
    (expiry.EndOfYear(1), model.end_of_next_year),
    (expiry.EndOfMonth(12), model.end_of_month_next_year),
    (expiry.AfterDays(10), model.days_later(10)),
    (expiry.AfterMonths(1), model.months_later(1)),
    (expiry.YearlyClearing(2, 29), model.cleared_in_february),
    (expiry.NeverExpires(), model.never),
]
VALUES: dict[str, Value] = {
    "purchase": PerAmount(1, 100, Rounding.DOWN),
    "bonus": PerAmount(3, 200, Rounding.HALF_UP, minimum_minor=300),
    "review": Fixed(20),
    "photo": PerOccurrences(50, 3),
    "order": PerAmount(1, 100, Rounding.UP),
    "flash": Fixed(30),
    "share": Fixed(4),
    "visit": Streak((1, 2, 5)),
}
CAPS = (Cap(Window.DAY, occurrences=3), Cap(Window.WEEK, points=21))
"""Of shares."""
TASK = Task("three_reviews", frozenset({"review"}), Counted.QUANTITY, target=3, window=Window.MONTH, points=9)
DOUBLE = Campaign(
    "double", frozenset({"purchase"}), EVERY_DAY, multiplier=2_000, budget=120, caps=(Cap(Window.WEEK, points=50),)
)
TREAT = Campaign("treat", frozenset({"visit"}), EVERY_DAY, bonus=5, caps=(Cap(Window.MONTH, occurrences=2),))
RISK = RiskRule("rich", Velocity.POINTS, Window.DAY, 150, RiskAction.PEND, pending_days=5)
REFERRAL = ReferralRules(newcomer_points=6, referrer_points=11, qualifying_behaviour="review", maximum_per_referrer=3)
TIERS = Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100), Level("V3", 400)), months=12, calendar_year=True)
PENDING_DAYS = {"order": 7, "flash": 1}
FLASH = (expiry.AfterDays(3), model.days_later(3))
RULES = tuple(
    paying(
        value,
        name,
        caps=CAPS if name == "share" else (),
        pending_days=PENDING_DAYS.get(name, 0),
        expiry=FLASH[0] if name == "flash" else None,
    )
    for name, value in VALUES.items()
)
PRICES = {"coupon": 12, "e-reader": 18}
REWARDS = {"coupon": Reward("coupon", 12), "e-reader": Reward("e-reader", 18, stock=3)}
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
BACKDATING_DAYS = 30

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
        self.program = program(
            name=f"p-{self.member}",
            behaviours={name: Behaviour(name, core=True) for name in VALUES},
            rules=RULES,
            tasks=(TASK,),
            campaigns=(DOUBLE, TREAT),
            tiers=TIERS,
            risk=(RISK,),
            referral=REFERRAL,
            rewards=REWARDS,
            refund_days=45,
            backdating_days=BACKDATING_DAYS,
        )
        self.expires_on = POLICIES[0][1]
        self.model = Model(self.clock.moment, self.program.zone)
        self.done: list[Done] = []
        self.friends: list[Friend] = []
        self.versions: list[Program] = []
        self.captured: list[Captured] = []
        self.redeemed: dict[str, tuple[int, model.Pieces, str]] = {}
        self.cancelled: set[str] = set()
        self.held: dict[str, str] = {}
        """Every hold ever made: open, overdue (nobody moved anything since), captured, released or let go."""

    @initialize(zone=st.sampled_from([SHANGHAI, NEW_YORK]), start=st.sampled_from(STARTS), brought=st.booleans())
    def begin(self, zone: Any, start: datetime, brought: bool) -> None:
        self.program = replace(self.program, zone=zone)
        self._publish()
        self.clock.moment = start
        self.model = Model(start, zone)
        assert enrol_member(self.services, self.program, self.member, Profile())
        if brought:
            sponsor = f"{self.member}-sponsor"
            enrol_member(self.services, self.program, sponsor, Profile())
            invitation = Invitation(self._reference(), self.member, sponsor)
            self._send(
                lambda command: refer_member(self.services, self.program, command, actor="t"),
                invitation,
                None,
                lambda: 0,
            )
            self.model.sponsor = "open"

    def _publish(self) -> None:
        self.versions.append(self.program)
        self.services = replace(self.services, programs=MemoryPrograms(*self.versions))

    # What happens

    @rule(
        behaviour=st.sampled_from(sorted(VALUES)),
        cents=st.integers(0, 12_000),
        quantity=st.integers(1, 4),
        hours_ago=st.integers(0, 24 * BACKDATING_DAYS + 6),
        dated=st.booleans(),
    )
    def earn(self, behaviour: str, cents: int, quantity: int, hours_ago: int, dated: bool) -> None:
        value = VALUES[behaviour]
        by_amount = isinstance(value, PerAmount)
        occurred_at = self.clock.moment - timedelta(hours=hours_ago) if dated else None
        event = Event(
            self._reference(),
            self.member,
            behaviour,
            amount=f"{cents // 100}.{cents % 100:02}" if by_amount else None,
            quantity=None if by_amount else quantity,
            occurred_at=occurred_at,
        )
        earned = Earned(event.reference, behaviour, date.min, quantity, cents if by_amount else 0, {})
        entry = self._send(
            lambda command: earn_points(self.services, self.program, command, actor="t"),
            event,
            replace(event, attributes={"other": 1}),
            lambda: self._earn(earned, cents, occurred_at or self.clock.moment),
        )
        if entry is not None:
            assert {line.rule: line.points for line in entry.lines} == {
                **earned.lines,
                **({"three_reviews": 9} if earned.reference in self.model.bonuses else {}),
                **({"invitation": earned.invitation} if earned.invitation else {}),
            }
            earned.waiting = {waits(name): points for name, points in entry.moves.pending.items() if points > 0}
            earned.lots = {lot(name) for name, points in entry.moves.by_lot().items() if points > 0}

    def _earn(self, earned: Earned, cents: int, occurred_at: datetime) -> int:
        if occurred_at < self.clock.moment - timedelta(days=BACKDATING_DAYS):
            raise Refused("occurred_too_early")
        if "earning" in self.model.frozen:
            raise Refused("member_frozen")
        earned.day = day = self._day(occurred_at)
        behaviour, state = earned.behaviour, self.model
        worth = self._worth(earned, cents)
        extra = state.double_worth(day, worth) if behaviour == "purchase" else 0
        treat = state.treat_worth(day) if behaviour == "visit" and worth else 0
        earned.lines = {
            name: points for name, points in ((behaviour, worth), ("double", extra), ("treat", treat)) if points
        }
        state.budget -= extra
        state.events.append(earned)
        bonus = 0
        if behaviour == "review" and (day.year, day.month) not in state.rewarded and state.task_is_met(day):
            bonus = state.bonuses[earned.reference] = 9
            state.rewarded.add((day.year, day.month))
        if behaviour == "review" and state.sponsor == "open":
            state.sponsor, earned.invitation = "paid", 6
        total = earned.paid + bonus + earned.invitation
        state.events.remove(earned)
        earned.suspicious = state.is_suspicious(day, total)
        state.events.append(earned)
        days = PENDING_DAYS.get(behaviour, 0)
        for name, points in earned.lines.items():
            self._credit(points, day, days if name != "treat" else 0, earned, flash=behaviour == "flash")
        for points in (bonus, earned.invitation):
            # An invitation's points are dated as the event is.
            self._credit(points, day, 0, earned)
        state.forget()
        state.count(day, total)
        state.rise(day)
        return total

    def _credit(self, points: int, day: date, days: int, earned: Earned, *, flash: bool = False) -> None:
        """What waits, waits for its rule's days from the event's and for suspicion's from now; what is paid can be
        spent until the day after it comes, whatever its policy says."""
        today = self.model.today
        available_on = max(day + timedelta(days=days), today + timedelta(days=5 if earned.suspicious else 0))
        waits = bool(days) or earned.suspicious
        last = max((FLASH[1] if flash else self.expires_on)(day), self._tomorrow(available_on if waits else today))
        if points:
            self.model.earn(points, (last, f"{day:%Y-%m}"), available_on if waits else None)

    def _tomorrow(self, day: date) -> date:
        return max(day, self.model.today) + timedelta(days=1)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.program.zone).date()

    def _worth(self, earned: Earned, cents: int) -> int:
        quantity = earned.quantity
        match earned.behaviour:
            case "purchase":
                points = cents // 100
            case "order":
                points = -(-cents // 100)
            case "bonus":
                points = int(Fraction(cents * 3, 200) + Fraction(1, 2)) if cents >= 300 else 0
            case "review":
                points = 20 * quantity
            case "flash":
                points = 30 * quantity
            case "share":
                points, earned.times = self.model.shares_worth(earned.day, quantity)
            case "visit":
                points = self.model.visits_worth(earned.day, (1, 2, 5))
                earned.first_of_its_day = bool(points)
            case _:
                earned.rounds = max(0, (self.model.photos_left() + quantity) // 3)
                points = 50 * earned.rounds
        return points

    @precondition(lambda self: self._can_try(min(PRICES.values())))
    @rule(reward=st.sampled_from(sorted(REWARDS)), quantity=st.integers(1, 2))
    def redeem(self, reward: str, quantity: int) -> None:
        command = Redemption(self._reference(), self.member, reward, quantity)

        def expected() -> int:
            if "redeeming" in self.model.frozen:
                raise Refused("member_frozen")
            price = PRICES[reward] * quantity
            self.model.forget()
            pieces = self.model.spend(price)
            if reward == "e-reader" and quantity > self.model.stock:
                self.model._put(pieces)
                raise Refused("out_of_stock")
            self.model.stock -= quantity if reward == "e-reader" else 0
            self.redeemed[command.reference] = (quantity, pieces, reward)
            return -price

        self._send(
            lambda command: redeem_reward(self.services, self.program, command, actor="t"),
            command,
            replace(command, quantity=quantity + 1),
            expected,
            spent=lambda: self.redeemed[command.reference][1],
        )

    @precondition(lambda self: self.redeemed)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        order = one(list(self.redeemed), pick)
        if order in self.cancelled:
            return  # replays are another rule's
        quantity, pieces, reward = self.redeemed[order]
        self.model.stock += quantity if reward == "e-reader" else 0
        self.cancelled.add(order)
        self._send(
            lambda command: cancel_order(self.services, self.program, command, reason=None, actor="t"),
            Cancellation(self.member, order),
            None,
            lambda: self.model.give_back(pieces),
        )
        assert read_order(self.services, self.program, self.member, order).state == "cancelled"

    @precondition(lambda self: self._can_try(1))
    @rule(points=sizes, all_of_it=st.booleans(), seconds=st.sampled_from([None, 3600, 5 * 24 * 3600, 30 * 24 * 3600]))
    def hold(self, points: int, all_of_it: bool, seconds: int | None) -> None:
        if all_of_it:  # a refund that comes now has to be owed
            points = self.model.balance[0] or points
        command = HoldRequest(self._reference(), self.member, points, seconds)

        def expected() -> int:
            if "redeeming" in self.model.frozen:
                raise Refused("member_frozen")
            self.model.forget()
            self.model.hold(command.reference, points, seconds or 900)
            self.held[command.reference] = "open"
            return 0

        self._send(
            lambda command: hold_points(self.services, self.program, command, actor="t"),
            command,
            replace(command, points=points + 1),
            expected,
        )

    @precondition(lambda self: self.held)
    @rule(pick=picks, points=st.none() | sizes)
    def capture(self, pick: int, points: int | None) -> None:
        hold = self._some_hold(pick)
        if self.held[hold] == "captured":
            return
        spent: list[model.Pieces] = []

        def expected() -> int:
            self._only_if_open(hold)
            if "redeeming" in self.model.frozen:
                raise Refused("member_frozen")
            change, pieces = self.model.capture(hold, points)
            self.held[hold] = "captured"
            spent.append(pieces)
            self.captured.append(Captured(hold, pieces))
            return change

        self._send(
            lambda command: capture_hold(self.services, self.program, command, actor="t"),
            HoldEnd(self.member, hold, points),
            HoldEnd(self.member, hold, (points or 0) + 1),
            expected,
            spent=lambda: spent[0],
        )

    @precondition(lambda self: self.held)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        hold = self._some_hold(pick)
        if self.held[hold] == "released":
            return

        def expected() -> int:
            if self.held[hold] == "overdue":  # time has given its points back already
                self.held[hold] = "released"
                return 0
            self._only_if_open(hold)
            self.held[hold] = "released"
            return self.model.release(hold)

        self._send(
            lambda command: release_hold(self.services, self.program, command, actor="t"),
            HoldEnd(self.member, hold),
            None,
            expected,
        )

    def _can_try(self, points: int) -> bool:
        """Having too little is tried now and then, not at every turn."""
        return self.model.balance[0] >= points or len(self.done) % 4 == 0

    def _some_hold(self, pick: int) -> str:
        """An open one mostly, where there is one."""
        open_holds = [hold for hold, state in self.held.items() if state == "open"]
        return one(open_holds if open_holds and pick % 4 else list(self.held), pick)

    def _only_if_open(self, hold: str) -> None:
        codes = {"captured": "already_captured", "released": "already_released"}
        if self.held[hold] != "open":
            raise Refused(codes.get(self.held[hold], "hold_expired"))

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
            lambda: self._refunded(earned, command.points, cents if by == "amount" else None),
        )
        assert earned.reversed <= earned.paid

    def _refunded(self, earned: Earned, points: int | None, minor: int | None) -> int:
        self.model.forget()
        return self.model.reverse(earned, points, minor)

    @precondition(lambda self: any(earned.waiting and not earned.confirmed for earned in self.model.events))
    @rule(pick=picks, by_operator=st.booleans())
    def confirm(self, pick: int, by_operator: bool) -> None:
        earned = one([each for each in self.model.events if each.waiting and not each.confirmed], pick)
        self._send(
            lambda command: confirm_points(self.services, self.program, command, actor="t", by_operator=by_operator),
            Confirmation(self.member, earned.reference),
            None,
            lambda: self.model.confirm(earned, by_operator=by_operator),
        )

    @rule(buys=st.booleans())
    def a_friend_comes(self, buys: bool) -> None:
        friend = Friend(f"{self.member}-friend-{len(self.friends)}")
        enrol_member(self.services, self.program, friend.member, Profile())
        invitation = Invitation(self._reference(), friend.member, self.member)
        self.tally.operations += 1
        if self.model.friends == 3:
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
        if self.model.friends == 3 or "earning" in self.model.frozen:
            return
        day = self.model.today
        last = max(self.expires_on(day), self._tomorrow(day))
        self.model.earn(11, (last, f"{day:%Y-%m}"), None)
        self.model.count(day, 11)
        self.model.rise(day)
        self.model.friends += 1
        entry = self._beside(Kind.REFERRAL_REWARD, f"{friend.member}/{friend.bought}", 11)
        friend.lots, friend.on = {lot(name) for name, points in entry.moves.by_lot().items() if points > 0}, day

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
        self.done.append(Done(None, None, entry))
        if kind is not Kind.REFERRAL:
            self._let_go()
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

    @precondition(lambda self: self.captured)
    @rule(pick=picks, points=st.none() | sizes)
    def give_back(self, pick: int, points: int | None) -> None:
        captured = one(self.captured, pick)
        of = EntryName(Kind.CAPTURE, captured.reference)
        command = Reversal(self._reference(), self.member, of, points=points)
        self._send(
            lambda command: reverse_entry(self.services, self.program, command, actor="t"),
            command,
            replace(command, reason="other"),
            lambda: self.model.reverse_capture(captured, points),
        )

    @rule(points=sizes, lasts=st.none() | st.integers(-1, 40), take=st.booleans())
    def adjust(self, points: int, lasts: int | None, take: bool) -> None:
        today = self.model.today
        last = None if take or lasts is None else today + timedelta(days=lasts)
        command = Adjustment(self._reference(), self.member, -points if take else points, "why", last)

        def expected() -> int:
            if take:
                self.model.spend(points)
                return -points
            if last is not None and last < today:
                raise Refused("invalid_request")
            given = last or max(self.expires_on(today), self._tomorrow(today))
            return self.model.earn(points, (given, f"{today:%Y-%m}"), None)

        self._send(
            lambda command: adjust_points(self.services, self.program, command, actor="t"),
            command,
            replace(command, reason="other"),
            expected,
        )

    # Not while something is frozen already, and not at every turn: a frozen member does little.
    @precondition(lambda self: not self.model.frozen and len(self.done) % 5 == 4)
    @rule(activities=st.sets(st.sampled_from(Activity), min_size=1))
    def freeze(self, activities: set[Activity]) -> None:
        def expected() -> int:
            self.model.frozen |= {activity.value for activity in activities}
            return 0

        self._freeze(freeze_member, activities, expected)

    @precondition(lambda self: self.model.frozen)
    @rule(activities=st.just(set(Activity)) | st.sets(st.sampled_from(Activity), min_size=1))
    def unfreeze(self, activities: set[Activity]) -> None:
        def expected() -> int:
            self.model.frozen -= {activity.value for activity in activities}
            return 0

        self._freeze(unfreeze_member, activities, expected)

    def _freeze(self, use_case: Callable[..., Booked], activities: set[Activity], expected: Callable[[], int]) -> None:
        command = Freeze(self._reference(), self.member, "why", frozenset(activities))
        self._send(
            lambda command: use_case(self.services, self.program, command, actor="t"),
            command,
            replace(command, reason="other"),
            expected,
            settles=False,
        )

    @rule()
    def review_the_tier(self) -> None:
        before = self._account()
        review_on = None if before.tier is None else before.tier.review_on
        if review_on is None or review_on > self.model.today:
            self.tally.operations += 1
            try:
                review_tier(self.services, self.program, self.member, actor="t")
            except NothingDue:
                assert self._account() == before
                return
            raise AssertionError("a review before its day")

        def expected() -> int:
            self.model.review(review_on)
            return 0

        self._send(
            lambda _: review_tier(self.services, self.program, self.member, actor="t"),
            review_on,
            None,
            expected,
            settles=False,
            again=False,
        )

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
        self.review_the_tier()

    def _wait_until(self, moment: datetime) -> None:
        self.clock.moment = moment
        self.model.wait_until(moment)
        for hold, state in self.held.items():
            if state == "open" and hold not in self.model.holds:
                self.held[hold] = "overdue"

    @rule(
        policy=st.sampled_from(POLICIES),
        shortfall=st.sampled_from(ShortfallPolicy),
        grace=st.sampled_from([None, 0, 14]),
    )
    def the_rules_change(
        self, policy: tuple[expiry.ExpiryPolicy, Callable[[date], date]], shortfall: ShortfallPolicy, grace: int | None
    ) -> None:
        """R-EXP-2: a new version, and the model's lots stay as they are."""
        self.program = replace(
            self.program,
            version=self.program.version + 1,
            expiry=policy[0],
            shortfall=shortfall,
            expired_return_days=grace,
        )
        self._publish()
        self.expires_on = policy[1]
        self.model.shortfall, self.model.grace = shortfall.value, grace

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
        orders = [read_order(self.services, self.program, self.member, reference) for reference in self.redeemed]
        assert len(orders) == len(self.redeemed)
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
        expected: Callable[[], int],
        *,
        spent: Callable[[], model.Pieces] | None = None,
        settles: bool = True,
        again: bool = True,
    ) -> Entry | None:
        """The request, beside what the model expects of it: the same change of points, or a refusal with that code."""
        before = self._account()
        self.tally.operations += 1
        try:
            change = expected()
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
        assert entry.points == change
        assert entry.program_version == self.program.version
        assert entry.at == self.clock.moment
        balance = entry.balance
        assert (balance.available, balance.pending, balance.held, balance.owed) == self.model.balance
        if spent is not None:
            # The very lots, drawn soonest expiry first and then oldest.
            assert lots_of(entry.spent_lots()) == dict(spent())
        self.done.append(
            Done(
                again=(lambda: send(command)) if again else None,
                other=None if other is None else (lambda: send(other)),
                entry=entry,
            )
        )
        if settles:
            self._let_go()
        return entry

    def _let_go(self) -> None:
        """A movement has found what time had ended."""
        for hold, state in self.held.items():
            if state == "overdue":
                self.held[hold] = "let go"

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


def lot(name: str) -> Lot:
    """``2027-12-31/2026-11`` as the model names it."""
    last, _, month = name.partition("/")
    return date.fromisoformat(last), month


def waits(name: str) -> tuple[date, Lot]:
    """A pending bucket: the day it becomes available, and its lot."""
    return date.fromisoformat(name[:10]), lot(name[11:])


def lots_of(lots: Mapping[str, int]) -> dict[Lot, int]:
    return {lot(name): points for name, points in lots.items()}


def one[Item](items: list[Item], pick: int) -> Item:
    return items[pick % len(items)]
