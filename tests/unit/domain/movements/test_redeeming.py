"""R-RED: only points that exist are spent, and a cancelled order gives back the very lots (R-RED-2)."""

from dataclasses import replace

import pytest

from points.domain.errors import InsufficientPoints, InvalidRequest, MemberFrozen, OrderNotCancellable, UnknownReward
from points.domain.ledger.account import Activity, Balance
from points.domain.ledger.booking import MoveOrder, PlaceOrder, ReturnStock, TakeStock
from points.domain.ledger.orders import CANCELLATION, OrderState, placed_order
from points.domain.movements.redeeming import (
    MAX_REWARD_QUANTITY,
    Redemption,
    cancel,
    redeem,
)
from points.domain.program.expiry import AfterDays
from points.domain.program.rewards import Reward
from tests.builders import LOT, NOW, Walk, account, context, program


def walk_with_lots() -> Walk:
    walk = Walk(program(rewards={"r": Reward("r", 10), "few": Reward("few", 10, stock=5)}))
    walk.give(5, "2026-03-31")
    walk.give(8, "2026-06-30")
    walk.give(7, "2027-12-31")
    return walk


def test_r_red_7_soonest_expiry_first() -> None:
    walk = walk_with_lots()
    redeemed = walk.redeem("r")
    assert redeemed.points == -10
    assert redeemed.moves.lots == {"2026-03-31/2026-03": -5, "2026-06-30/2026-03": -5}
    assert redeemed.spent_lots() == {"2026-03-31/2026-03": 5, "2026-06-30/2026-03": 5}


def test_r_red_8_no_negative_balance() -> None:
    walk = walk_with_lots()
    with pytest.raises(InsufficientPoints) as refused:
        walk.redeem("r", quantity=3)
    assert refused.value.numbers == {"available": 20, "required": 30}
    walk.redeem("r", quantity=2)
    assert walk.balance == Balance()


def test_r_exp_3_expired_points_cannot_be_spent_though_nobody_swept() -> None:
    walk = walk_with_lots().until("2026-04-01 00:00")
    redeemed = walk.redeem("r")
    assert redeemed.spent_lots() == {"2026-06-30/2026-03": 8, "2027-12-31/2026-03": 2}
    with pytest.raises(InsufficientPoints) as refused:
        walk.redeem("r")
    assert refused.value.numbers == {"available": 5, "required": 10}


def test_matured_points_can_be_spent_and_pending_ones_cannot() -> None:
    walk = Walk()
    walk.earn("order", "50.00")
    with pytest.raises(InsufficientPoints):
        walk.until("2026-03-21").redeem()
    assert walk.until("2026-03-22").redeem().spent_lots() == {LOT: 50}


def test_the_order_and_the_stock_are_part_of_the_movement() -> None:
    walk = walk_with_lots()
    decision = redeem(walk.account, Redemption("r-1", "m-1", "few", 2), walk.context)
    order, stock = decision.effects
    assert isinstance(order, PlaceOrder)
    assert isinstance(stock, TakeStock)
    assert (order.order.state, order.order.points, stock.quantity) == (OrderState.PLACED, 20, 2)
    assert placed_order(decision.entry) == order.order

    back = cancel(decision.account, order.order, decision.entry, walk.context, reason="changed my mind")
    cancelled = replace(order.order, state=OrderState.CANCELLED)
    assert back.effects == (MoveOrder(order.order, cancelled), ReturnStock("few", 2))
    assert str(back.entry.name) == f"redeem#r-1#REVERSAL#{CANCELLATION}"


def test_what_was_unlimited_when_bought_goes_back_on_no_shelf() -> None:
    walk = walk_with_lots()
    redeemed = walk.redeem("r")
    walk.rules = program(rewards={"r": Reward("r", 10, stock=5)})
    back = cancel(walk.account, walk.orders[redeemed.reference], redeemed, walk.context, reason=None)
    assert [type(effect) for effect in back.effects] == [MoveOrder]


@pytest.mark.parametrize("quantity", [0, -1, MAX_REWARD_QUANTITY + 1])
def test_quantities(quantity: int) -> None:
    with pytest.raises(InvalidRequest):
        walk_with_lots().redeem("r", quantity=quantity)


def test_refusals() -> None:
    walk = walk_with_lots()
    with pytest.raises(UnknownReward):
        walk.redeem("nothing")
    walk.freeze(Activity.REDEEMING)
    with pytest.raises(MemberFrozen):
        walk.redeem("r")


def test_r_red_2_cancelling_returns_points_to_their_lots() -> None:
    walk = walk_with_lots()
    before = walk.account.lots
    redeemed = walk.redeem("r")
    # WHEN other things happen in between, and the member is frozen
    walk.earn("review")
    walk.freeze()
    returned = walk.cancel(redeemed)
    # THEN the points are where they were, with the expiry they had
    assert returned.points == 10
    assert walk.account.lots == {**before, LOT: before[LOT] + 20}
    with pytest.raises(OrderNotCancellable) as refused:
        walk.cancel(redeemed)
    assert refused.value.numbers == {"state": "cancelled"}


def test_r_red_2_lots_that_expired_meanwhile_are_forfeited() -> None:
    walk = walk_with_lots()
    redeemed = walk.redeem("r")
    walk.until("2026-04-01").cancel(redeemed)
    # They are back in their lot, and the lot is dead.
    assert walk.account.lots["2026-03-31/2026-03"] == 5
    assert walk.available == 15


@pytest.mark.parametrize(("grace", "until"), [(1, "2026-04-01"), (14, "2026-04-14"), (365, "2027-03-31")])
def test_r_red_2_lots_that_expired_meanwhile_come_back_with_grace(grace: int, until: str) -> None:
    walk = walk_with_lots()
    walk.rules = program(rewards=walk.rules.rewards, expired_return_days=grace)
    redeemed = walk.redeem("r")
    walk.until("2026-04-01").cancel(redeemed)
    # From its own last day on, not from today.
    assert walk.account.lots[f"{until}/2026-03+"] == 5
    assert walk.account.lots["2026-06-30/2026-03"] == 8
    assert walk.available == 20
    assert walk.until(f"{until} 23:59").available >= 5


@pytest.mark.parametrize(("grace", "on"), [(0, "2026-04-01"), (14, "2026-04-15")])
def test_r_red_2_grace_that_is_over_is_no_grace(grace: int, on: str) -> None:
    walk = walk_with_lots()
    walk.rules = program(rewards=walk.rules.rewards, expired_return_days=grace)
    redeemed = walk.redeem("r")
    walk.until(on).cancel(redeemed)
    assert walk.available == 15


def test_r_red_2_redeeming_and_cancelling_keeps_no_points_alive() -> None:
    # GIVEN points that are good for 30 days, and 14 days of grace
    rewards = {"all": Reward("all", 100)}
    walk = Walk(program(rewards=rewards, expiry=AfterDays(30), expired_return_days=14))
    walk.give(100)
    # WHEN they are spent again and again, and each order is cancelled just after they have expired
    days = 0
    while walk.available:
        redeemed = walk.redeem("all")
        days = (walk.now - NOW).days
        walk.wait(days=15).cancel(redeemed)
    # THEN they lived as long as the policy and one grace say
    assert days <= 44


def test_r_red_2_a_lot_in_its_last_day_needs_no_grace() -> None:
    walk = walk_with_lots()
    walk.rules = program(rewards=walk.rules.rewards, expired_return_days=14)
    redeemed = walk.redeem("r")
    walk.until("2026-03-31 23:59").cancel(redeemed)
    assert walk.account.lots["2026-03-31/2026-03"] == 5


def test_returned_points_repay_debt_first() -> None:
    # GIVEN a redemption, after which the purchase that paid for it is refunded
    walk = Walk()
    earned = walk.earn("purchase", "80.00")
    redeemed = walk.redeem("coupon")
    walk.reverse(earned)
    assert walk.balance == Balance(owed=50)
    # WHEN the order is cancelled THEN the points pay the debt
    walk.cancel(redeemed)
    assert walk.balance == Balance()


def test_a_return_repays_what_matured_points_repaid_already_only_once() -> None:
    spent = {LOT: 50}
    walk = Walk(account=account(lots=spent))
    redeemed = walk.redeem("coupon")
    walk.account = account(pending={f"2026-03-15>{LOT}": 40}, owed=40)
    back = cancel(walk.account, walk.orders[redeemed.reference], redeemed, context(), reason=None)
    assert back.entry.balance == Balance(available=50)
