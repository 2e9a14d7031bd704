"""R-RED-5: a play costs points and gives what the seed draws; its number decides, and nothing gives it back."""

from dataclasses import replace
from fractions import Fraction

import pytest

from points.domain.errors import (
    DrawClosed,
    DrawNotBegun,
    InsufficientPoints,
    InvalidRequest,
    LimitReached,
    MemberFrozen,
    NotEligible,
    RiskRefused,
    UnknownDraw,
)
from points.domain.ledger.booking import PlaceOrder, ReturnPrize, ReturnStock, SetUsage, TakePrize, TakeStock
from points.domain.ledger.entries import EntryName, Kind, Line
from points.domain.movements.granting import taken_back
from points.domain.movements.playing import Play, play
from points.domain.program.conditions import Operator
from points.domain.program.drawing import drawn_prize
from points.domain.program.draws import Prize
from points.domain.program.limiting import MemberLimit
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.windows import Window
from tests.builders import LOT, NOW, asks
from tests.support.drawing import COUPON, HUNDRED, NONE, PHONE, REWARDS, SEED, only, player, rules, secret, wheel


def test_nothing_costs_what_it_costs() -> None:
    walk = player(only(NONE))
    entry = walk.play()
    assert (entry.kind, entry.points, entry.lines, walk.available) == (Kind.PLAY, -10, (), 990)
    assert entry.details == {
        "draw": "wheel", "number": 1, "prize": "none", "cost": 10, "seed_digest": secret().digest,
    }  # fmt: skip
    assert walk.effects == [SetUsage(walk.usage)]
    assert entry.spent_lots() == {LOT: 10}


def test_points_are_there_at_once_in_a_lot_of_their_own_day() -> None:
    walk = player(only(HUNDRED))
    entry = walk.play()
    assert (entry.points, entry.lines, walk.available) == (90, (Line("hundred", 100),), 1_090)
    # What was spent cannot be read off the moves where it went to the lot that was won.
    assert entry.spent_lots() == {LOT: 10}


def test_points_that_are_won_count_towards_no_tier() -> None:
    walk = player(only(HUNDRED))
    counted = walk.account.counters
    walk.play()
    assert walk.account.counters == counted


def test_points_that_are_won_repay_what_is_owed() -> None:
    walk = player(only(HUNDRED, cost=0), points=0)
    bought = walk.earn("purchase", "30.00")
    walk.give(20)
    walk.redeem("coupon")
    walk.reverse(bought)
    assert walk.balance.owed == 30
    walk.play()
    assert (walk.balance.owed, walk.balance.available) == (0, 70)


def test_a_reward_is_an_order_of_its_own() -> None:
    walk = player(only(PHONE))
    entry = walk.play()
    order = walk.entries[-2]
    assert order.name == EntryName(Kind.REDEEM, "~wheel.1")
    assert (order.points, order.seq, entry.seq) == (0, 2, 3)
    assert entry.previous_digest == order.digest
    assert order.details == {
        "reward": "phone", "quantity": 1, "price": 0, "limited": True, "drawn": "wheel/phone", "prize_limited": True,
    }  # fmt: skip
    assert (entry.points, entry.details["reward"], entry.details["ordered"]) == (-10, "phone", "~wheel.1")
    draw = walk.rules.draws["wheel"]
    placed = next(effect.order for effect in walk.effects if isinstance(effect, PlaceOrder))
    assert (placed.reference, placed.points, placed.reward) == ("~wheel.1", 0, "phone")
    assert TakeStock(REWARDS["phone"], 1) in walk.effects
    assert TakePrize(draw, draw.prize("phone")) in walk.effects


def test_the_order_of_a_prize_is_cancelled_and_the_cost_stays_spent() -> None:
    walk = player(only(PHONE))
    walk.play()
    cancelled = walk.cancel(walk.entries[-2])
    assert (cancelled.points, walk.available) == (0, 990)
    assert walk.usage.lifetime == 1


def test_what_comes_back_with_a_cancelled_order() -> None:
    walk = player(only(PHONE))
    walk.play()
    back = taken_back(walk.account, walk.entries[-2], walk.context)
    assert list(back.effects) == [ReturnStock("phone", 1), ReturnPrize("wheel/phone")]
    walk = player(only(COUPON, HUNDRED))
    walk.play()
    assert list(taken_back(walk.account, walk.entries[-2], walk.context).effects) == []


def test_a_prize_that_has_run_out_is_replaced() -> None:
    """What was drawn is told all the same: that is what the seed says."""
    walk = player(only(COUPON, HUNDRED, PHONE))
    entry = walk.play(gone={"coupon"})
    assert (entry.details["prize"], entry.details["given"], entry.points) == ("coupon", "hundred", 90)
    assert "ordered" not in entry.details
    assert walk.play(gone={"phone"}).details["ordered"] == "~wheel.2"


def test_the_number_decides_and_the_reference_does_not() -> None:
    draw = wheel(cost=0)
    walk = player(draw)
    drawn = [walk.play().details["prize"] for _ in range(40)]
    assert drawn == [drawn_prize(draw, SEED, "demo", "m-1", number).name for number in range(1, 41)]
    assert len(set(drawn)) > 1


def test_first_and_last_day() -> None:
    walk = player(only(NONE)).until("2026-02-28 23:59")
    with pytest.raises(DrawNotBegun) as early:
        walk.play()
    assert early.value.numbers == {"begins_on": "2026-03-01"}
    walk.until("2026-03-01 00:00").play()
    walk.until("2026-03-31 23:59").play()
    with pytest.raises(DrawClosed) as late:
        walk.until("2026-04-01 00:00").play()
    assert late.value.numbers == {"ended_on": "2026-03-31"}


def test_closed_is_closed_whatever_the_program_says() -> None:
    walk = player(only(NONE))
    walk.play()
    closed = secret(closed_at=NOW, closed_version=1)
    with pytest.raises(DrawClosed):
        walk.play(closed)
    walk.rules = rules(only(NONE, last=wheel().last.replace(year=2030)))
    with pytest.raises(DrawClosed):
        walk.until("2026-05-01").play(closed)


def test_nobody_plays_before_the_seed_is_announced() -> None:
    with pytest.raises(DrawNotBegun):
        player(only(NONE)).play(unannounced=True)


def test_who_may_not_play() -> None:
    walk = player(only(NONE), points=9)
    with pytest.raises(InsufficientPoints) as poor:
        walk.play()
    assert poor.value.numbers == {"available": 9, "required": 10}
    walk.give(100)
    walk.freeze()
    with pytest.raises(MemberFrozen):
        walk.play()
    walk = player(only(NONE, when=asks("real_name_verified", Operator.EQUALS, True)))
    with pytest.raises(NotEligible):
        walk.play()
    walk = player(only(NONE))
    with pytest.raises(UnknownDraw):
        play(walk.account, Play("p", "m-1", "other"), walk.context, seed=secret(), usage=walk.usage)


def test_limits_for_each_member() -> None:
    walk = player(only(NONE, limits=(MemberLimit(Window.DAY, 2), MemberLimit(Window.LIFETIME, 3))))
    walk.play()
    walk.play()
    with pytest.raises(LimitReached) as refused:
        walk.play()
    assert refused.value.numbers == {"limit": "draw/day", "maximum": 2}
    walk.until("2026-03-16").play()
    with pytest.raises(LimitReached) as refused:
        walk.play()
    assert refused.value.numbers == {"limit": "draw/lifetime", "maximum": 3}


def test_a_limit_that_comes_later_knows_of_the_plays_before() -> None:
    walk = player(only(NONE))
    walk.play()
    walk.rules = rules(only(NONE, limits=(MemberLimit(Window.DAY, 1),)))
    with pytest.raises(LimitReached):
        walk.play()


@pytest.mark.parametrize("prize", [NONE, PHONE])
def test_a_play_is_a_redemption_to_those_who_watch(prize: Prize) -> None:
    """Once, also where the prize is an order."""
    watched = RiskRule("haste", Velocity.REDEMPTIONS, Window.DAY, 2, RiskAction.REFUSE)
    walk = player(only(prize), risk=(watched,))
    walk.play()
    walk.play()
    with pytest.raises(RiskRefused):
        walk.play()


def test_a_play_that_goes_too_far_freezes() -> None:
    watched = RiskRule("haste", Velocity.REDEMPTIONS, Window.DAY, 1, RiskAction.FREEZE)
    walk = player(only(NONE), risk=(watched,))
    walk.play()
    assert walk.play().details["risk"] == ["haste"]
    with pytest.raises(MemberFrozen):
        walk.play()


def test_what_time_has_done_is_settled_with_the_order() -> None:
    """A hold that has run out is let go by the first of the two entries, and both agree on the balance."""
    walk = player(only(COUPON, HUNDRED))
    walk.hold(995, expires_in=60)
    walk.wait(minutes=5)
    entry = walk.play()
    assert walk.account.holds == {}
    assert walk.entries[-2].balance.available == 1_000
    assert entry.balance.available == 990


def test_a_draw_for_nothing_needs_no_points() -> None:
    walk = player(only(NONE, cost=0), points=0)
    entry = walk.play()
    assert (entry.points, walk.usage.lifetime) == (0, 1)


def test_a_play_is_something_a_member_does() -> None:
    walk = player(only(NONE))
    walk.until("2026-03-20").play()
    assert walk.account.active_on is not None
    assert walk.account.active_on.isoformat() == "2026-03-20"


def test_it_cannot_be_reversed() -> None:
    walk = player(only(NONE))
    entry = walk.play()
    with pytest.raises(InvalidRequest):
        walk.reverse(entry)


def test_plays_leave_the_account_as_small_as_it_was() -> None:
    """Ten years, once a day: what is counted lies beside the account, and does not grow there either."""
    draw = only(NONE, HUNDRED, cost=1, last=wheel().last.replace(year=2037), limits=(MemberLimit(Window.DAY, 1),))
    walk = player(draw, points=0)
    sizes = set[tuple[int, int]]()
    for _ in range(3_650):
        walk.account = replace(walk.account, lots={LOT[:2] + "99" + LOT[4:]: 100})
        walk.play()
        walk.wait(days=1)
        account = walk.account
        sizes.add((len(account.counters) + len(account.holds) + len(account.pending), len(account.lots)))
        assert len(walk.usage.days) <= 7
    assert walk.usage.lifetime == 3_650
    assert sizes == {(0, 1)}


def test_odds_may_be_anything_exact() -> None:
    """A prize of one in 10^9 is hardly drawn; of all the rest, every play is something."""
    rare = Prize("rare", Fraction(1, 10**9), points=5)
    walk = player(wheel(rare, Prize("none", 1 - rare.odds), cost=0))
    assert {walk.play().details["prize"] for _ in range(50)} == {"none"}
