"""Points plus cash in every store: an order waits for its money, and exactly one of payment, cancellation and time-out
ends that (R-RED-1)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from points.adapters.dynamodb.table import Table
from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member, unfreeze_member
from points.application.expiry.bring_up_to_date import ACTOR, bring_up_to_date
from points.application.movement import Booked
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.handle_order import Handling, handle_order
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.pay_order import Payment, pay_order
from points.application.redemption.read_order import read_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.errors import (
    HeldForOrder,
    InvalidRequest,
    LimitReached,
    MemberFrozen,
    NotFound,
    OrderNotCancellable,
    OrderNotMovable,
    OutOfStock,
    PaymentTooLate,
    PointsError,
    ReferenceReused,
    SoldOutToday,
)
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Kind
from points.domain.ledger.orders import OrderState
from points.domain.limits import MAX_OPEN_HOLDS
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.program.limiting import MemberLimit
from points.domain.program.program import Program
from points.domain.program.rewards import FirstRedemption, Reward, RewardKind
from points.domain.program.windows import Window
from tests.builders import SetClock
from tests.store.support import MEMBER, NOW, PROGRAM, Store, dynamodb_store, memory_store
from tests.support.proof import findings

REWARDS = (
    Reward(
        "camera",
        100,
        cash=9_900,
        stock=5,
        stock_shards=2,
        stock_per_day=4,
        limits=(MemberLimit(Window.LIFETIME, 3),),
    ),
    Reward("year", 50, cash=500, kind=RewardKind.MEMBERSHIP, months=12),
    Reward("fame", 50, cash=1, kind=RewardKind.BADGE),
    Reward("mug", 10),
)
SHOP = replace(
    PROGRAM,
    rewards={reward.name: reward for reward in REWARDS},
    first_redemption=FirstRedemption(10),
    hold_seconds=600,
)
EARLY, LATE = date(2026, 11, 30), date(2027, 12, 31)


class Shop:
    """One member with points in two lots, and a clock that is set."""

    def __init__(self, store: Store, program: Program = SHOP) -> None:
        self.clock = SetClock(NOW)
        self.store, self.program = store, program
        store.enrolled()
        for name, points, day in (("early", 150, EARLY), ("late", 850, LATE)):
            self.give(name, points, day)

    @property
    def services(self) -> Services:
        return replace(self.store.services(self.program), clock=self.clock)

    @property
    def account(self) -> Account:
        return self.store.account()

    def give(self, name: str, points: int, day: date) -> None:
        adjust_points(self.services, self.program, Adjustment(name, MEMBER, points, "why", day), actor="a")

    def redeem(
        self, reference: str, reward: str = "camera", quantity: int = 1, expires_in: int | None = None
    ) -> Booked:
        command = Redemption(reference, MEMBER, reward, quantity, expires_in)
        return redeem_reward(self.services, self.program, command, actor="a")

    def pay(self, reference: str, payment: str | None = None) -> Booked:
        return pay_order(self.services, self.program, Payment(MEMBER, reference, payment), actor="till")

    def cancel(self, reference: str) -> Booked:
        return cancel_order(self.services, self.program, Cancellation(MEMBER, reference), reason=None, actor="a")

    def sweep(self) -> list[str]:
        return [str(entry.name) for entry in bring_up_to_date(self.services, self.program, MEMBER, self.clock.now())]

    def state(self, reference: str) -> OrderState:
        return read_order(self.services, self.program, MEMBER, reference).order.state

    def wait(self, **duration: float) -> None:
        self.clock.moment += timedelta(**duration)

    def taken(self, reward: str = "camera") -> tuple[int, int]:
        today = self.clock.now().astimezone(self.program.zone).date()
        taken = self.store.ledger.stock_taken(self.program.name, [self.program.rewards[reward]], today)[reward]
        return taken.in_all, taken.of_day

    def is_as_before(self, before: Account) -> bool:
        """But for what says that something happened."""
        return (
            replace(
                self.account,
                seq=before.seq,
                head=before.head,
                due_at=before.due_at,
                remind_at=before.remind_at,
                active_on=before.active_on,
            )
            == before
        )

    def agrees(self) -> bool:
        return findings(self.services, self.program, MEMBER) == []


@pytest.fixture
def shop(store: Store) -> Shop:
    return Shop(store)


def test_points_are_held_until_the_money_comes(shop: Shop) -> None:
    placed = shop.redeem("r1", quantity=2).entry
    # Nothing is spent yet, and less is held: it is their first redemption.
    assert (placed.points, placed.balance.available, placed.balance.held) == (0, 820, 180)
    order = read_order(shop.services, shop.program, MEMBER, "r1").order
    assert (order.state, order.points, order.cash) == (OrderState.AWAITING_PAYMENT, 180, 19_800)
    assert order.pay_until == NOW + timedelta(seconds=600) == shop.account.due_at
    assert shop.taken() == (2, 2)
    paid = shop.pay("r1", "bank-1").entry
    assert (paid.points, paid.kind, paid.actor) == (-180, Kind.PAY, "till")
    assert (paid.balance.available, paid.balance.held) == (820, 0)
    assert shop.state("r1") is OrderState.PLACED
    assert shop.agrees()
    # Sent again it is the same payment; under another name it is not.
    assert shop.pay("r1", "bank-1").replayed
    with pytest.raises(ReferenceReused):
        shop.pay("r1", "bank-2")
    # Exactly those points come back that were spent, each to its lot.
    assert shop.cancel("r1").entry.points == 180
    assert shop.account.lots == {"2026-11-30/2026-11": 150, "2027-12-31/2026-11": 850}
    assert shop.taken() == (0, 0)
    assert shop.agrees()


def test_a_cancellation_before_payment_leaves_everything_as_it_was(shop: Shop) -> None:
    before = shop.account
    shop.redeem("r1", quantity=3)
    assert shop.cancel("r1").entry.points == 0
    assert shop.is_as_before(before)
    assert (shop.taken(), shop.state("r1")) == ((0, 0), OrderState.CANCELLED)
    with pytest.raises(OrderNotMovable):
        shop.pay("r1")
    # AND the next is the first again, and counts from nothing.
    assert shop.redeem("r2", quantity=3).entry.details["discount"] == 30
    assert shop.agrees()


@pytest.mark.parametrize("swept", [False, True])
def test_a_payment_after_its_time_is_refused_whether_or_not_the_sweep_has_come(shop: Shop, swept: bool) -> None:
    before = shop.account
    shop.redeem("r1", expires_in=60)
    shop.wait(seconds=60)
    if swept:
        assert shop.sweep() == ["redeem#r1#REVERSAL#cancel"]
    with pytest.raises(PaymentTooLate) as refused:
        shop.pay("r1")
    assert refused.value.numbers == {"expired_at": "2026-11-21T03:05:05.678901Z"}
    assert shop.state("r1") is (OrderState.CANCELLED if swept else OrderState.AWAITING_PAYMENT)
    # Until then the points are held: time alone lets nothing go that an order hangs on.
    assert shop.account.balance(shop.clock.now(), shop.program.zone).held == (0 if swept else 90)
    assert shop.agrees()
    if swept:
        assert shop.is_as_before(before)
        assert (shop.taken(), shop.sweep()) == ((0, 0), [])


def test_the_end_of_a_moment_before_is_in_time(shop: Shop) -> None:
    shop.redeem("r1", expires_in=60)
    shop.wait(seconds=59.999999)
    assert shop.sweep() == []
    assert shop.pay("r1").entry.points == -90


def test_who_cancels_what_has_timed_out_is_told_of_that(shop: Shop) -> None:
    shop.redeem("r1")
    shop.wait(hours=1)
    shop.sweep()
    told = shop.cancel("r1")
    assert (told.replayed, told.entry.actor, told.entry.details["timed_out"]) == (True, ACTOR, True)


def test_whoever_cancels_in_time_or_late_is_first(shop: Shop) -> None:
    shop.redeem("r1")
    shop.wait(hours=1)
    assert "timed_out" not in shop.cancel("r1").entry.details
    assert shop.sweep() == []
    assert shop.agrees()


def test_many_orders_time_out_at_once(shop: Shop) -> None:
    """Of one reward, whose counters each of them gives back to: one transaction could not."""
    before = shop.account
    for number in range(3):
        shop.redeem(f"r{number}")
    shop.redeem("y", "year")
    shop.redeem("f", "fame")
    shop.wait(days=1)
    assert shop.taken() == (3, 0)
    assert sorted(shop.sweep()) == sorted(f"redeem#{name}#REVERSAL#cancel" for name in ("r0", "r1", "r2", "y", "f"))
    assert shop.is_as_before(before)
    assert shop.account.due_at is not None
    assert shop.account.due_at > shop.clock.now()
    # The day's stock went back to the day it was taken on.
    shop.clock.moment = NOW
    assert shop.taken() == (0, 0)
    assert shop.agrees()


def test_points_that_expired_while_they_were_held_expire_when_they_come_back(shop: Shop) -> None:
    shop.redeem("r1", expires_in=12 * 24 * 3600)
    assert shop.account.holds["order/r1"].lots == {"2026-11-30/2026-11": 90}
    shop.clock.moment = NOW + timedelta(days=12)
    names = shop.sweep()
    assert names[0] == "redeem#r1#REVERSAL#cancel"
    assert names[1].startswith("expire#")
    assert shop.account.lots == {"2027-12-31/2026-11": 850}
    assert shop.agrees()


def test_what_is_held_can_be_spent_though_its_date_has_passed(shop: Shop) -> None:
    """They were spent in time: the money was late."""
    shop.redeem("r1", expires_in=12 * 24 * 3600)
    shop.clock.moment = NOW + timedelta(days=11)
    shop.sweep()
    assert shop.pay("r1").entry.points == -90
    assert shop.agrees()


def test_holds_of_orders_are_no_checkouts(shop: Shop) -> None:
    shop.redeem("r1")
    for end in (capture_hold, release_hold):
        with pytest.raises(HeldForOrder) as refused:
            end(shop.services, shop.program, HoldEnd(MEMBER, "r1"), actor="a")
        assert refused.value.numbers == {"order": "r1"}
        with pytest.raises(NotFound):
            end(shop.services, shop.program, HoldEnd(MEMBER, "order/r1"), actor="a")
    with pytest.raises(InvalidRequest):
        hold_points(shop.services, shop.program, HoldRequest("order/r2", MEMBER, 5), actor="a")
    # A checkout of the same name is another thing.
    hold_points(shop.services, shop.program, HoldRequest("r1", MEMBER, 5), actor="a")
    assert capture_hold(shop.services, shop.program, HoldEnd(MEMBER, "r1"), actor="a").entry.points == -5
    assert shop.pay("r1").entry.points == -90
    assert shop.agrees()


def test_what_waits_for_money_is_not_handled(shop: Shop) -> None:
    shop.redeem("r1")
    for kind in (Kind.FULFIL, Kind.SHIP, Kind.DELIVER):
        with pytest.raises(OrderNotMovable):
            handle_order(shop.services, shop.program, kind, Handling(MEMBER, "r1"), reason=None, actor="op")
    shop.pay("r1")
    handle_order(shop.services, shop.program, Kind.SHIP, Handling(MEMBER, "r1"), reason=None, actor="op")
    handle_order(shop.services, shop.program, Kind.DELIVER, Handling(MEMBER, "r1"), reason=None, actor="op")
    with pytest.raises(OrderNotCancellable):
        shop.cancel("r1")
    assert shop.agrees()


def test_the_frozen_pay_when_they_are_free_again(shop: Shop) -> None:
    shop.redeem("r1")
    freeze_member(shop.services, shop.program, Freeze("f", MEMBER, "fraud"), actor="op")
    with pytest.raises(MemberFrozen):
        shop.pay("r1")
    unfreeze_member(shop.services, shop.program, Freeze("u", MEMBER, "cleared"), actor="op")
    assert shop.pay("r1").entry.points == -90


@pytest.mark.parametrize(
    ("reward", "expires_in", "quantity"),
    [("mug", 60, 1), ("camera", 0, 1), ("camera", 30 * 24 * 3600 + 1, 1), ("fame", None, 2)],
)
def test_what_cannot_be_ordered_so_leaves_nothing(
    shop: Shop, reward: str, expires_in: int | None, quantity: int
) -> None:
    before = shop.account
    with pytest.raises(InvalidRequest):
        shop.redeem("r1", reward, quantity, expires_in)
    assert (shop.account, shop.taken()) == (before, (0, 0))


def test_more_money_than_there_is(store: Store) -> None:
    dear = replace(SHOP, rewards={"moon": Reward("moon", 1, cash=10**12)})
    shop = Shop(store, dear)
    with pytest.raises(InvalidRequest):
        shop.redeem("r1", "moon", 101)
    assert shop.redeem("r1", "moon", 100).entry.details["cash_minor"] == 10**14


def test_a_refused_order_leaves_nothing(shop: Shop) -> None:
    shop.redeem("r1", quantity=3)
    before, taken = shop.account, shop.taken()
    with pytest.raises(LimitReached):
        shop.redeem("r2")
    more = replace(shop.program, rewards={"camera": replace(REWARDS[0], limits=())})
    shop.program = more
    with pytest.raises(SoldOutToday):
        shop.redeem("r2", quantity=2)
    shop.wait(days=1)
    with pytest.raises(OutOfStock) as refused:
        shop.redeem("r2", quantity=3)
    assert type(refused.value) is OutOfStock
    assert (shop.account, taken) == (before, (3, 3))
    assert shop.taken() == (3, 0)


def test_as_many_as_there_is_room_for() -> None:
    shop = Shop(memory_store())
    shop.give("enough", 1_000, LATE)
    for number in range(MAX_OPEN_HOLDS):
        shop.redeem(f"y{number}", "year")
    with pytest.raises(LimitReached) as refused:
        shop.redeem("one-more", "year")
    assert refused.value.numbers["limit"] == "open_holds"
    shop.wait(days=1)
    assert len(shop.sweep()) == MAX_OPEN_HOLDS
    assert shop.agrees()


@pytest.mark.parametrize("change", ["dearer", "cheaper", "gone", "for points", "another kind"])
def test_the_reward_may_become_anything_while_an_order_waits(shop: Shop, change: str) -> None:
    """What was ordered costs and gives what it said, and can be taken back."""
    before = shop.account
    shop.redeem("paid", quantity=2)
    shop.redeem("cancelled")
    camera = shop.program.rewards["camera"]
    later = {
        "dearer": {"camera": replace(camera, price=900, cash=99_000)},
        "cheaper": {"camera": replace(camera, price=1, cash=1)},
        "gone": {},
        "for points": {"camera": replace(camera, cash=None, stock=None, stock_per_day=None, limits=())},
        "another kind": {"camera": replace(camera, kind=RewardKind.SERVICE)},
    }[change]
    shop.program = replace(shop.program, rewards=later, version=2)
    assert shop.pay("paid").entry.points == -180
    shop.cancel("cancelled")
    shop.cancel("paid")
    shop.program = SHOP
    assert shop.is_as_before(before)
    assert shop.taken() == (0, 0)


# ── what is issued when it is paid ───────────────────────────────────────────────────────────────────────────────────


def test_a_membership_begins_with_the_payment(shop: Shop) -> None:
    shop.redeem("y", "year", expires_in=10 * 24 * 3600)
    assert shop.store.ledger.entitlements("demo", MEMBER, ["year"]) == {}
    # WHEN the program has given it up meanwhile
    shop.program = replace(shop.program, rewards={})
    shop.clock.moment = NOW + timedelta(days=5)
    paid = shop.pay("y").entry
    assert shop.state("y") is OrderState.FULFILLED
    assert paid.details["entitled"] == {"since": "2026-11-26", "months": 12}
    (held,) = shop.store.ledger.entitlements("demo", MEMBER, ["year"]).values()
    assert held.until == date(2027, 11, 25)
    shop.cancel("y")
    assert shop.store.ledger.entitlements("demo", MEMBER, ["year"]) == {}
    shop.program = SHOP
    assert shop.agrees()


def test_a_badge_waits_for_whoever_ordered_it_first(shop: Shop) -> None:
    shop.redeem("f", "fame")
    with pytest.raises(PointsError) as refused:
        shop.redeem("again", "fame")
    assert refused.value.code == "already_owned"
    (held,) = shop.store.ledger.entitlements("demo", MEMBER, ["fame"]).values()
    assert not held.is_held(NOW.date())
    shop.wait(hours=1)
    shop.sweep()
    shop.redeem("again", "fame")
    shop.pay("again")
    (held,) = shop.store.ledger.entitlements("demo", MEMBER, ["fame"]).values()
    assert (held.order, held.is_held(NOW.date())) == ("again", True)
    shop.cancel("again")
    assert shop.store.ledger.entitlements("demo", MEMBER, ["fame"]) == {}
    assert shop.agrees()


# ── exactly one ──────────────────────────────────────────────────────────────────────────────────────────────────────

_ROUNDS = 6


@pytest.mark.dynamodb
@pytest.mark.parametrize("late", [False, True])
def test_one_of_payment_cancellation_and_time_out_wins(dynamodb_table: Table, late: bool) -> None:
    """In time or late, by several at once: the order ends once, and everything agrees with how."""
    shop = Shop(dynamodb_store(dynamodb_table))
    before = shop.account
    for number in range(_ROUNDS):
        reference = f"r{number}"
        shop.redeem(reference, expires_in=60)
        if late:
            shop.wait(seconds=61)

        def ends(reference: str = reference) -> Iterator[Callable[[], object]]:
            for _ in range(2):
                yield lambda: shop.pay(reference, "bank")
                yield lambda: shop.cancel(reference)
                yield shop.sweep

        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(end) for end in ends()]
        for each in done:
            if (error := each.exception()) is not None:
                assert isinstance(error, PointsError), error
        state = shop.state(reference)
        assert state in ({OrderState.CANCELLED} if late else {OrderState.CANCELLED, OrderState.PLACED})
        if state is OrderState.PLACED:
            assert shop.account.balance(shop.clock.now(), shop.program.zone).available == 910
            shop.cancel(reference)
        assert shop.is_as_before(before)
        assert shop.taken() == (0, 0)
    assert shop.agrees()
