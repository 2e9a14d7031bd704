"""Coupons beside a plain model, in any order: bought, cancelled, handled, used, expired, pools filled and run dry."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from points.application.administration.adjust_points import adjust_points
from points.application.coupons.ports import Pools
from points.application.members.enrol_member import enrol_member
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.handle_order import Handling, handle_order
from points.application.redemption.read_coupons import list_coupons, read_coupon
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.write_off_coupon import write_off_coupon
from points.application.services import Services
from points.domain.calendar import local_day
from points.domain.errors import PointsError
from points.domain.ledger.coupons import codes_in
from points.domain.ledger.entries import Kind
from points.domain.ledger.lots import total
from points.domain.ledger.members import Profile
from points.domain.ledger.pools import PoolImport
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.redeeming import Redemption
from points.domain.movements.writing_off import WriteOff
from points.domain.program.coupons import CouponRules
from points.domain.program.expiry import NeverExpires
from points.domain.program.program import Program
from points.domain.program.rewards import Reward, RewardKind
from tests.builders import SetClock, program
from tests.support.proof import findings

MEMBERS: Final = ("m-1", "m-2")
START: Final = datetime(2026, 11, 21, 4, tzinfo=UTC)
CUT = Reward("cut", 7, stock=12, kind=RewardKind.COUPON, coupon=CouponRules(valid_days=3))
FILM = Reward("film", 11, kind=RewardKind.VOUCHER, coupon=CouponRules("films"))
SHOP: Final = program(rewards={"cut": CUT, "film": FILM}, expiry=NeverExpires())
POINTS: Final = 1_000

_runs = count()


@dataclass
class Known:
    """One coupon, as the model has it. ``used`` is the reference that did."""

    member: str
    order: str
    last_day: Any
    used: str = ""
    is_void: bool = False


type Open = Callable[[SetClock], tuple[Services, Pools]]


class CouponMachine(RuleBasedStateMachine):
    """``open`` gives the stores; each run has members and codes of its own, so that one table serves many."""

    open: Open

    @initialize()
    def begin(self) -> None:
        self.clock = SetClock(START)
        self.services, self.pools = self.open(self.clock)
        self.run = next(_runs)
        self.shop: Program = replace(SHOP, name=f"shop-{self.run}")
        self.numbers = count()
        self.coupons: dict[str, Known] = {}
        self.orders: dict[str, tuple[str, str, list[str], int]] = {}
        self.cancelled: set[str] = set()
        self.delivered: set[str] = set()
        self.free: set[str] = set()
        self.imported = 0
        self.spent = dict.fromkeys(MEMBERS, 0)
        self.stock = 0
        wanted = PoolImport(self.shop.name, "films", "first", "x.csv", "op", START, START)
        self.step = self.pools.begin(wanted)
        for member in MEMBERS:
            enrol_member(self.services, self.shop, member, Profile())
            adjust_points(self.services, self.shop, Adjustment("a", member, POINTS, "welcome"), actor="op")

    def told(self, call: Callable[[], Any]) -> Any:
        """What was booked, or the code of the refusal."""
        try:
            return call()
        except PointsError as refused:
            return refused.code

    @rule(fresh=st.integers(0, 5), again=st.booleans())
    def fill(self, fresh: int, again: bool) -> None:
        """A step of an import; with a code that was there before nothing of it is written."""
        codes = [f"FILM-{self.run}-{next(self.numbers)}" for _ in range(fresh)]
        known = sorted(self.free | {code for code in self.coupons if code.startswith("FILM")})[:1] if again else []
        after = replace(self.step, imported=self.step.imported + fresh, revision=self.step.revision + 1)
        refused = self.pools.advance(after, [*codes, *known])
        assert set(refused) == set(known)
        if not known:
            self.step = after
            self.free |= set(codes)
            self.imported += fresh

    @rule(member=st.sampled_from(MEMBERS), reward=st.sampled_from(["cut", "film"]), quantity=st.integers(1, 4))
    def buy(self, member: str, reward: str, quantity: int) -> None:
        reference = f"r{next(self.numbers)}"
        command = Redemption(reference, member, reward, quantity)
        booked = self.told(lambda: redeem_reward(self.services, self.shop, command, actor="a"))
        price = self.shop.rewards[reward].price * quantity
        enough = len(self.free) >= quantity if reward == "film" else self.stock + quantity <= 12
        if self.spent[member] + price > POINTS:
            assert booked == "insufficient_points"
        elif not enough:
            assert booked == "out_of_stock"
        else:
            codes = list(codes_in(booked.entry))
            assert len(set(codes)) == quantity
            assert not set(codes) & self.coupons.keys()
            assert reward == "cut" or set(codes) <= self.free
            self.free -= set(codes)
            last_day = self._today() + timedelta(days=3) if reward == "cut" else None
            self.coupons |= {code: Known(member, reference, last_day) for code in codes}
            self.orders[reference] = (member, reward, codes, price)
            self.spent[member] += price
            self.stock += quantity if reward == "cut" else 0
            again = redeem_reward(self.services, self.shop, command, actor="a")
            assert (again.replayed, again.entry) == (True, booked.entry)

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 99))
    def cancel(self, pick: int) -> None:
        reference = sorted(self.orders)[pick % len(self.orders)]
        member, reward, codes, price = self.orders[reference]
        command = Cancellation(member, reference)
        booked = self.told(lambda: cancel_order(self.services, self.shop, command, reason=None, actor="a"))
        if reference in self.cancelled:
            assert booked.replayed
        elif reference in self.delivered:
            assert booked == "order_not_cancellable"
        elif any(self.coupons[code].used for code in codes):
            assert booked == "coupon_used"
        else:
            self.cancelled.add(reference)
            self.spent[member] -= price
            self.stock -= len(codes) if reward == "cut" else 0
            for code in codes:
                self.coupons[code].is_void = True

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 99))
    def deliver(self, pick: int) -> None:
        reference = sorted(self.orders)[pick % len(self.orders)]
        member, *_ = self.orders[reference]
        booked = self.told(
            lambda: handle_order(
                self.services, self.shop, Kind.DELIVER, Handling(member, reference, None), reason=None, actor="op"
            )
        )
        if reference in self.cancelled:
            assert booked == "order_not_movable"
        elif reference not in self.delivered:
            self.delivered.add(reference)

    @precondition(lambda self: self.coupons)
    @rule(pick=st.integers(0, 99), till=st.sampled_from(["till-1", "till-2"]))
    def use(self, pick: int, till: str) -> None:
        code = sorted(self.coupons)[pick % len(self.coupons)]
        known = self.coupons[code]
        booked = self.told(
            lambda: write_off_coupon(self.services, self.shop, WriteOff(code, till), note=None, actor=till)
        )
        if known.used:
            assert booked.replayed if known.used == till else booked == "coupon_used"
        elif known.is_void:
            assert booked == "coupon_void"
        elif known.last_day is not None and known.last_day < self._today():
            assert booked == "coupon_expired"
        else:
            assert booked.entry.member == known.member
            known.used = till

    @precondition(lambda self: self.free)
    @rule(pick=st.integers(0, 99))
    def ask_for_a_free_one(self, pick: int) -> None:
        code = sorted(self.free)[pick % len(self.free)]
        assert self.told(lambda: read_coupon(self.services, self.shop, code)) == "unknown_coupon"

    @rule(days=st.integers(1, 3))
    def time_passes(self, days: int) -> None:
        self.clock.moment += timedelta(days=days)

    def _today(self) -> Any:
        return local_day(self.clock.moment, self.shop.zone)

    @invariant()
    def codes_are_what_the_model_says(self) -> None:
        if not hasattr(self, "shop"):
            return
        lying = self.services.coupons.free(self.shop.name, "films", 10_000, start=0, avoiding=())
        assert sorted(lying) == sorted(self.free)
        counted = self.pools.count(self.shop.name, "films")
        assert (counted.imported, counted.free) == (self.imported, len(self.free))
        kept = self.services.coupons.coupons(self.shop.name, sorted(self.coupons))
        for code, known in self.coupons.items():
            state = "written_off" if known.used else "void" if known.is_void else "issued"
            assert (kept[code].member, kept[code].order, kept[code].state) == (known.member, known.order, state)

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        for member in MEMBERS:
            account = self.services.ledger.account(self.shop.name, member)
            assert account is not None
            assert total(account.lots) == POINTS - self.spent[member]
            assert findings(self.services, self.shop, member) == []
            listed = list_coupons(self.services, self.shop, member, limit=100).items
            own = {code for code, known in self.coupons.items() if known.member == member}
            assert {found.coupon.code for found in listed} == own or len(own) > len(listed)


def machine(opened: Open) -> type[CouponMachine]:
    return type("Coupons", (CouponMachine,), {"open": staticmethod(opened)})
