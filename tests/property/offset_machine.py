"""A state machine of one member who pays parts of orders with points, beside a plain model of it.

The model knows orders and nothing else: what a day has seen is added up from them each time it is asked, and what comes
back of an order is its share of what has come back so far. Any store can be put under it: give it what makes
:class:`Services` from a clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import count
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from points.adapters.memory import MemoryPrograms
from points.application.administration.adjust_points import adjust_points
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.movement import Booked
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.quote_offset import QuoteRequest, quote_offset
from points.application.redemption.refund_order import refund_order
from points.application.services import Services
from points.domain.errors import PointsError
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Entry
from points.domain.ledger.members import Profile
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.holding import HoldRequest
from points.domain.movements.refunding import OrderRefund
from points.domain.program.expiry import NeverExpires
from points.domain.program.offsets import OffsetRules
from points.domain.program.program import Program
from tests.builders import SetClock, program
from tests.support.proof import findings

STARTS = datetime(2026, 3, 14, 4, tzinfo=UTC)
WAITS = [timedelta(seconds=59), timedelta(minutes=15), timedelta(hours=5), timedelta(hours=13), timedelta(days=3)]
_numbers = count(1)

cents = st.integers(1, 4_000)
picks = st.integers(0, 1_000)
rules = st.builds(
    OffsetRules,
    minimum_order=st.sampled_from([0, 0, 500]),
    maximum_share_percent=st.sampled_from([50, 100, 33]),
    step=st.sampled_from([1, 1, 10, 7]),
    minimum_points=st.sampled_from([1, 20]),
    points_per_day=st.sampled_from([None, 100, 150, 400]),
)


@dataclass
class Order:
    """``captured`` None while it is held, and for ever once it was let go."""

    reference: str
    cents: int
    day: date
    ratio: int
    points: int
    until: datetime
    gone: bool = False
    captured: int | None = None
    came_back: int = 0
    """Of its amount, in cents."""
    points_back: int = 0
    money_back: int = 0

    def is_open(self, now: datetime) -> bool:
        return not self.gone and self.captured is None and now < self.until

    @property
    def discount(self) -> int:
        return int(Fraction((self.captured or 0) * 100, self.ratio))


@dataclass
class Model:
    now: datetime
    zone: ZoneInfo
    points: int = 0
    """All the member has, held ones included."""
    orders: list[Order] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def held(self) -> int:
        return sum(order.points for order in self.orders if order.is_open(self.now))

    def used(self) -> int:
        """Of today: what is held, and what was captured less what came back of it."""
        return sum(
            order.points if order.is_open(self.now) else (order.captured or 0) - order.points_back
            for order in self.orders
            if order.day == self.today
        )

    def usable(self, order: int, asked: int | None, offset: OffsetRules, ratio: int) -> int:
        """The most, found by trying every number from the top."""
        most = self.points - self.held if asked is None else min(asked, self.points - self.held)
        if offset.points_per_day is not None:
            most = min(most, offset.points_per_day - self.used())
        for points in range(most, 0, -1):
            value = Fraction(points * 100, ratio)
            if (
                order >= offset.minimum_order
                and value <= Fraction(offset.maximum_share_percent * order, 100)
                and points % offset.step == 0
                and points >= offset.minimum_points
                and value >= 1
            ):
                return points
        return 0


def offset_machine(wire: Callable[[SetClock], Services], *, proved_every: int = 1) -> type[RuleBasedStateMachine]:
    """``wire`` makes the services; every run has a program of its own, so a store can be used again."""

    class OffsetMachine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.clock = SetClock(STARTS)
            self.steps = 0
            self.done: list[tuple[Callable[[], Booked], Entry]] = []
            first = program(name=f"o-{next(_numbers)}", expiry=NeverExpires(), offset=OffsetRules(), spendable_days=0)
            self.versions: list[Program] = [first]
            self.services = replace(wire(self.clock), programs=MemoryPrograms(first))
            self.model = Model(STARTS, first.zone)
            assert enrol_member(self.services, first, "m-1", Profile())

        @property
        def program(self) -> Program:
            return self.versions[-1]

        @property
        def account(self) -> Account:
            account = self.services.ledger.account(self.program.name, "m-1")
            assert account is not None
            return account

        def reference(self) -> str:
            return f"r-{next(_numbers)}"

        # ── what is done ─────────────────────────────────────────────────────────────────────────────────────────

        def do(self, send: Callable[[], Booked]) -> Entry:
            booked = send()
            assert not booked.replayed
            self.done.append((send, booked.entry))
            return booked.entry

        def refused(self, send: Callable[[], object], *codes: str) -> None:
            before = self.account
            try:
                send()
            except PointsError as error:
                assert error.code in codes  # noqa: PT017 - the code is the point
            else:
                raise AssertionError(f"expected one of {codes}")
            assert self.account == before

        @rule(points=st.integers(1, 600))
        def give(self, points: int) -> None:
            program, command = self.program, Adjustment(self.reference(), "m-1", points, "because")
            self.do(lambda: adjust_points(self.services, program, command, actor="t"))
            self.model.points += points

        @rule(order=cents, asked=st.none() | st.integers(1, 300), seconds=st.sampled_from([60, 3_600, 200_000]))
        def hold(self, order: int, asked: int | None, seconds: int) -> None:
            program, amount = self.program, f"{order // 100}.{order % 100:02d}"
            request = HoldRequest(self.reference(), "m-1", asked, seconds, amount)

            def send() -> Booked:
                return hold_points(self.services, program, request, actor="t")

            if program.offset is None:
                self.refused(send, "invalid_request")
                return
            usable = self.model.usable(order, asked, program.offset, program.ratio)
            quoted = quote_offset(self.services, program, QuoteRequest("m-1", amount, asked), actor="t")
            assert (quoted.points, quoted.discount) == (usable, usable * 100 // program.ratio)
            if not usable or usable != (asked or usable):
                self.refused(send, "offset_refused")
                return
            if len(self.account.holds) >= 15:
                return  # how many may be open is another's business
            entry = self.do(send)
            assert entry.details["points"] == usable
            until = self.model.now + timedelta(seconds=seconds)
            self.model.orders.append(Order(entry.reference, order, self.model.today, program.ratio, usable, until))

        def one(self, pick: int, orders: list[Order]) -> Order:
            return orders[pick % len(orders)]

        @precondition(lambda self: self.model.orders)
        @rule(pick=picks, part=st.none() | st.integers(1, 300))
        def capture(self, pick: int, part: int | None) -> None:
            order, program = self.one(pick, self.model.orders), self.program
            end = HoldEnd("m-1", order.reference, part)

            def send() -> Booked:
                return capture_hold(self.services, program, end, actor="t")

            if order.captured is not None:
                return  # replays are another rule's
            if not order.is_open(self.model.now):
                self.refused(send, "hold_expired", "already_released")
            elif part is not None and part > order.points:
                self.refused(send, "insufficient_points")
            else:
                entry = self.do(send)
                order.captured = part or order.points
                assert entry.details["discount_minor"] == order.discount
                self.model.points -= order.captured

        @precondition(lambda self: self.model.orders)
        @rule(pick=picks)
        def release(self, pick: int) -> None:
            order, program = self.one(pick, self.model.orders), self.program
            end = HoldEnd("m-1", order.reference)
            if order.captured is not None:
                self.refused(lambda: release_hold(self.services, program, end, actor="t"), "already_captured")
            elif order.is_open(self.model.now):
                self.do(lambda: release_hold(self.services, program, end, actor="t"))
                order.gone = True

        @precondition(lambda self: any(order.captured for order in self.model.orders))
        @rule(pick=picks, amount=cents, whole=st.booleans())
        def refund(self, pick: int, amount: int, whole: bool) -> None:
            order = self.one(pick, [order for order in self.model.orders if order.captured])
            left = order.cents - order.came_back
            amount = left if whole and left else amount
            program, text = self.program, f"{amount // 100}.{amount % 100:02d}"
            request = OrderRefund(self.reference(), "m-1", order.reference, text)

            def send() -> Booked:
                return refund_order(self.services, program, request, actor="t")

            if amount > left:
                self.refused(send, "already_reversed")
                return
            entry = self.do(send)
            points, money = entry.details["nominal"], entry.details["money_minor"]
            assert isinstance(points, int)
            assert isinstance(money, int)
            assert points >= 0
            assert 0 <= money <= amount
            order.came_back += amount
            order.points_back += points
            order.money_back += money
            self.model.points += points
            share = Fraction(order.came_back, order.cents)
            assert order.points_back == int(share * (order.captured or 0))
            assert order.came_back - order.money_back == int(share * order.discount)
            assert bool(entry.details.get("last")) == (amount == left)
            if amount == left:
                assert (order.points_back, order.money_back) == (order.captured, order.cents - order.discount)

        # ── what happens to it ───────────────────────────────────────────────────────────────────────────────────

        @rule(wait=st.sampled_from(WAITS))
        def time_passes(self, wait: timedelta) -> None:
            self.clock.moment += wait
            self.model.now = self.clock.moment

        @rule()
        def sweep(self) -> None:
            bring_up_to_date(self.services, self.program, "m-1", self.clock.moment)

        @rule(offset=st.none() | rules, ratio=st.sampled_from([7, 10, 100, 1_000]))
        def publish(self, offset: OffsetRules | None, ratio: int) -> None:
            """Under a live member: another cap, another ratio, or no offset at all."""
            later = replace(self.program, version=self.program.version + 1, offset=offset, ratio=ratio)
            self.versions.append(later)
            self.services = replace(self.services, programs=MemoryPrograms(*self.versions))

        @precondition(lambda self: self.done)
        @rule(pick=picks)
        def replay(self, pick: int) -> None:
            send, entry = self.done[pick % len(self.done)]
            before = self.account
            assert send() == Booked(entry, replayed=True)
            assert self.account == before

        # ── what always holds ────────────────────────────────────────────────────────────────────────────────────

        @invariant()
        def agrees(self) -> None:
            account = self.account
            balance = account.balance(self.clock.moment, self.program.zone)
            assert (balance.available, balance.held) == (self.model.points - self.model.held, self.model.held)
            assert len([key for key in account.counters if key.startswith("~offset")]) <= 2
            self.steps += 1
            if self.steps % proved_every == 0:
                assert findings(self.services, self.program, "m-1") == []

    return OffsetMachine
