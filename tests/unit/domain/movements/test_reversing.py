"""R-EARN-11: refunds take back what was earned; partial ones in any order end at exactly the total, never more."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.errors import AlreadyReversed, InsufficientPoints, InvalidRequest
from points.domain.ledger.account import Balance
from points.domain.ledger.entries import Entry
from points.domain.money import Rounding
from points.domain.movements.reversing import nominal_reversed
from points.domain.program.refunds import ShortfallPolicy
from points.domain.program.rules import Fixed, PerAmount
from tests.builders import LOT, Walk, paying, program, small


def reversals(walk: Walk, original: Entry) -> list[Entry]:
    return [entry for entry in walk.entries if entry.name.reverses == original.name]


def test_a_full_refund_takes_back_everything() -> None:
    walk = Walk()
    entry = walk.reverse(walk.earn("purchase", "128.50"))
    assert (entry.points, entry.details) == (-128, {"nominal": 128, "amount_minor": 12850, "last": True})
    assert walk.balance == Balance()
    assert not walk.account.lots


def test_ten_refunds_of_one_take_as_much_as_one_of_ten() -> None:
    # 10 元 earn 15 points: each 元 is worth one and a half.
    rules = small(paying(PerAmount(3, 200, Rounding.DOWN)))
    one, ten = Walk(rules), Walk(rules)
    earned = one.earn("b", "10.00")
    taken = [one.reverse(earned, amount="1.00").points for _ in range(10)]
    assert taken == [-2, -1, -2, -1, -2, -1, -2, -1, -2, -1]
    assert ten.reverse(ten.earn("b", "10.00"), amount="10.00").points == sum(taken) == -15


def test_refunds_too_small_for_a_point_are_not_lost() -> None:
    # 100 元 earn one point; a hundred refunds of 1 take exactly that one, and the first one takes it.
    rules = small(paying(PerAmount(1, 10_000, Rounding.DOWN)))
    walk = Walk(rules)
    earned = walk.earn("b", "100.00")
    assert [walk.reverse(earned, amount="1.00").points for _ in range(100)] == [-1] + [0] * 99
    with pytest.raises(AlreadyReversed) as refused:
        walk.reverse(earned, amount="0.01")
    assert refused.value.numbers == {"remaining_amount": "0.00", "required_amount": "0.01"}


STEPS = st.lists(st.tuples(st.sampled_from(["points", "amount"]), st.integers(1, 6000)), min_size=1, max_size=12)


@given(STEPS, st.integers(1, 7), st.sampled_from([50, 100, 333]), st.sampled_from(Rounding))
def test_any_order_of_partial_refunds_ends_at_exactly_the_total(
    steps: list[tuple[str, int]], points: int, per_minor: int, rounding: Rounding
) -> None:
    rules = small(paying(PerAmount(points, per_minor, rounding)))
    walk = Walk(rules)
    earned = walk.earn("b", "123.45")
    for by, size in steps:
        how: dict[str, Any] = {"points": size} if by == "points" else {"amount": rules.currency.text(size)}
        try:
            entry = walk.reverse(earned, **how)
        except AlreadyReversed:
            continue
        assert entry.points <= 0
        assert nominal_reversed(reversals(walk, earned)) <= earned.points
        refunded = sum(int(str(e.details.get("amount_minor", 0))) for e in reversals(walk, earned))
        # Never less than the refunded money was worth, so that what is left belongs to the money that is left.
        assert nominal_reversed(reversals(walk, earned)) * 12345 >= earned.points * refunded
    if nominal_reversed(reversals(walk, earned)) < earned.points:
        walk.reverse(earned)
    assert sum(entry.points for entry in walk.entries) == 0
    assert walk.balance == Balance()


@given(st.permutations(["3.10", "10.00", "0.05", "40.00", "46.85"]))
def test_the_order_of_refunds_does_not_matter_in_the_end(amounts: list[str]) -> None:
    walk = Walk()
    earned = walk.earn("purchase", "100.00")
    for amount in amounts:
        walk.reverse(earned, amount=amount)
    assert sum(entry.points for entry in walk.entries) == 0


def test_amounts_after_points_only_take_what_the_points_did_not() -> None:
    walk = Walk()
    earned = walk.earn("purchase", "100.00")
    assert walk.reverse(earned, points=50).points == -50
    assert walk.reverse(earned, amount="40.00").points == 0
    assert walk.reverse(earned, amount="20.00").points == -10
    assert walk.reverse(earned, amount="40.00").points == -40
    with pytest.raises(AlreadyReversed):
        walk.reverse(earned, points=1)


@pytest.mark.parametrize("again", [{}, {"points": 1}, {"amount": "0.01"}])
def test_nothing_is_reversed_twice(again: dict[str, Any]) -> None:
    walk = Walk()
    earned = walk.earn("purchase", "100.00")
    walk.reverse(earned, amount="30.00")
    walk.reverse(earned)
    with pytest.raises(AlreadyReversed):
        walk.reverse(earned, **again)
    assert walk.balance == Balance()


def test_more_than_is_left_is_refused_with_the_numbers() -> None:
    walk = Walk()
    earned = walk.earn("purchase", "100.00")
    walk.reverse(earned, points=60)
    with pytest.raises(AlreadyReversed) as refused:
        walk.reverse(earned, points=41)
    assert refused.value.numbers == {"remaining": 40, "required": 41}
    with pytest.raises(AlreadyReversed) as refused:
        walk.reverse(earned, amount="100.01")
    assert refused.value.numbers == {"remaining_amount": "100.00", "required_amount": "100.01"}


@pytest.mark.parametrize(
    ("how", "path"),
    [
        ({"amount": "0.00"}, "/amount"),
        ({"amount": "1e1"}, "/amount"),
        ({"amount": "-1"}, "/amount"),
        ({"points": 0}, "/points"),
        ({"points": -1}, "/points"),
    ],
)
def test_what_is_no_refund(how: dict[str, Any], path: str) -> None:
    walk = Walk()
    earned = walk.earn("purchase", "100.00")
    with pytest.raises(InvalidRequest) as refused:
        walk.reverse(earned, **how)
    assert refused.value.faults[0].path == path


def test_what_had_no_amount_is_reversed_by_points() -> None:
    walk = Walk()
    earned = walk.earn("review")
    with pytest.raises(InvalidRequest):
        walk.reverse(earned, amount="1.00")
    assert walk.reverse(earned, points=5).points == -5
    assert walk.reverse(earned).points == -15


def test_fixed_points_follow_an_amount_that_was_named() -> None:
    rules = small(paying(Fixed(10)))
    walk = Walk(rules)
    earned = walk.earn("b", "3.00")
    assert [walk.reverse(earned, amount="1.00").points for _ in range(3)] == [-4, -3, -3]


def test_an_event_that_paid_nothing_can_be_refunded_once() -> None:
    walk = Walk()
    earned = walk.earn("purchase", "0.50")
    assert walk.reverse(earned).points == 0
    with pytest.raises(AlreadyReversed):
        walk.reverse(earned)


def test_r_earn_10_a_refund_before_maturity_cancels_the_pending_points() -> None:
    walk = Walk()
    walk.give(100)
    earned = walk.earn("order", "30.00")
    entry = walk.reverse(earned, amount="10.00")
    assert entry.moves.pending == {f"2026-03-22>{LOT}": -10}
    assert walk.balance == Balance(available=100, pending=20)
    # AND after it, the points it became
    walk.until("2026-03-22").reverse(earned)
    assert walk.balance == Balance(available=100)


def test_a_refund_cancels_only_its_own_pending_points() -> None:
    # GIVEN points that matured and are spent, and others still pending
    walk = Walk()
    earned = walk.earn("order", "50.00")
    walk.wait(days=1).earn("order", "80.00")
    walk.until("2026-03-22").redeem()
    # WHEN the first is refunded THEN the others wait on, and the debt is theirs to repay
    walk.reverse(earned)
    assert walk.balance == Balance(pending=80, owed=50)
    assert walk.until("2026-03-23").balance == Balance(available=30)


def test_a_refund_takes_from_the_lot_it_made_first() -> None:
    # GIVEN sooner lots than the one the purchase made, which has been drawn from
    walk = Walk()
    walk.give(50, "2026-06-30")
    earned = walk.earn("purchase", "60.00")
    walk.give(50, "2028-12-31")
    # WHEN it is refunded THEN its own lot goes, the others stay
    assert walk.reverse(earned).moves.lots == {LOT: -60}


def test_a_refund_takes_from_other_lots_what_its_own_has_not() -> None:
    walk = Walk()
    earned = walk.earn("purchase", "60.00")
    walk.redeem()
    walk.give(30, "2026-06-30")
    walk.give(30, "2028-12-31")
    assert walk.reverse(earned).moves.lots == {LOT: -10, "2026-06-30/2026-03": -30, "2028-12-31/2026-03": -20}


def test_shortfall_owe() -> None:
    walk = Walk(program(shortfall=ShortfallPolicy.OWE))
    earned = walk.earn("purchase", "60.00")
    walk.redeem()
    entry = walk.reverse(earned)
    assert (entry.points, entry.moves.owed) == (-60, 50)
    assert walk.balance == Balance(owed=50)
    walk.earn("purchase", "70.00")
    assert walk.balance == Balance(available=20)


def test_shortfall_take_available() -> None:
    walk = Walk(program(shortfall=ShortfallPolicy.TAKE_AVAILABLE))
    earned = walk.earn("purchase", "60.00")
    walk.redeem()
    entry = walk.reverse(earned)
    assert (entry.points, entry.details["nominal"], entry.details["waived"]) == (-10, 60, 50)
    assert walk.balance == Balance()
    # What was waived counts as reversed: it is not taken from later earnings.
    walk.earn("purchase", "70.00")
    with pytest.raises(AlreadyReversed):
        walk.reverse(earned)


def test_shortfall_refuse() -> None:
    walk = Walk(program(shortfall=ShortfallPolicy.REFUSE))
    earned = walk.earn("purchase", "60.00")
    walk.redeem()
    with pytest.raises(InsufficientPoints) as refused:
        walk.reverse(earned)
    assert refused.value.numbers == {"available": 10, "required": 60}
    walk.reverse(earned, amount="10.00")
    assert walk.balance == Balance()


def test_expired_points_count_as_spent() -> None:
    walk = Walk(program(shortfall=ShortfallPolicy.OWE))
    earned = walk.earn("purchase", "60.00")
    walk.until("2028-01-01").reverse(earned)
    assert walk.balance == Balance(owed=60)


def test_held_points_are_not_taken() -> None:
    walk = Walk()
    earned = walk.earn("purchase", "60.00")
    held = walk.hold(40)
    walk.reverse(earned)
    assert walk.balance == Balance(held=40, owed=40)
    walk.release(held)
    assert walk.balance == Balance()


def test_a_reversed_capture_restores_the_very_lots_longest_lived_first() -> None:
    walk = Walk()
    walk.give(10, "2026-03-31")
    walk.give(10, "2026-06-30")
    walk.give(10, "2027-12-31")
    before = walk.account.lots
    captured = walk.capture(walk.hold(25))
    assert walk.reverse(captured, points=7).moves.lots == {"2026-06-30/2026-03": 2, "2027-12-31/2026-03": 5}
    assert walk.reverse(captured, points=10).moves.lots == {"2026-03-31/2026-03": 2, "2026-06-30/2026-03": 8}
    assert walk.reverse(captured).moves.lots == {"2026-03-31/2026-03": 8}
    assert walk.account.lots == before
    with pytest.raises(AlreadyReversed):
        walk.reverse(captured)


def test_a_reversed_partial_capture_gives_back_what_was_captured() -> None:
    walk = Walk()
    walk.give(30)
    captured = walk.capture(walk.hold(20), 5)
    with pytest.raises(AlreadyReversed):
        walk.reverse(captured, points=6)
    walk.reverse(captured)
    assert walk.available == 30


def test_a_capture_has_no_amount() -> None:
    walk = Walk()
    walk.give(30)
    with pytest.raises(InvalidRequest):
        walk.reverse(walk.capture(walk.hold(20)), amount="1.00")


def test_only_earnings_and_captures_are_reversed() -> None:
    walk = Walk()
    walk.give(100)
    held = walk.hold(1)
    earned = walk.earn("review")
    others = [
        walk.give(5),
        walk.redeem(),
        held,
        walk.release(held),
        walk.freeze(),
        walk.unfreeze(),
        walk.reverse(earned),
    ]
    for entry in others:
        with pytest.raises(InvalidRequest) as refused:
            walk.reverse(entry)
        assert refused.value.faults[0].path == "/of/kind"


def test_refunds_after_the_rules_changed_follow_what_was_paid() -> None:
    walk = Walk()
    earned = walk.earn("purchase", "100.00")
    walk.rules = program(behaviours={}, rules=(), version=2)
    assert walk.reverse(earned, amount="25.00").points == -25
    assert walk.reverse(earned).points == -75


def test_a_reversal_is_by_amount_or_by_points() -> None:
    walk = Walk()
    earned = walk.earn("purchase", "100.00")
    with pytest.raises(InvalidRequest) as refused:
        walk.reverse(earned, amount="30.00", points=30)
    assert [fault.path for fault in refused.value.faults] == ["/points"]
    assert walk.available == 100
