"""R-RISK-2, R-OPS: points given and taken by hand, as entries with a reason."""

import pytest

from points.domain.errors import InsufficientPoints, InvalidRequest, LimitReached
from points.domain.ledger.account import Balance
from points.domain.limits import MAX_POINTS
from tests.builders import LOT, Walk, account


def test_points_are_given_under_the_programs_expiry_or_their_own() -> None:
    walk = Walk()
    entry = walk.give(10)
    walk.give(5, "2026-03-15")
    assert walk.account.lots == {LOT: 10, "2026-03-15/2026-03": 5}
    assert (entry.points, entry.reason) == (10, "because")


def test_points_are_taken_in_spending_order_and_never_below_zero() -> None:
    walk = Walk()
    walk.give(10)
    walk.give(5, "2026-04-30")
    assert walk.give(-7).moves.lots == {"2026-04-30/2026-03": -5, LOT: -2}
    with pytest.raises(InsufficientPoints) as refused:
        walk.give(-9)
    assert refused.value.numbers == {"available": 8, "required": 9}
    walk.give(-8)
    assert walk.balance == Balance()


def test_held_and_pending_points_are_not_taken() -> None:
    walk = Walk()
    walk.give(10)
    walk.hold(4)
    walk.earn("order", "10.00")
    with pytest.raises(InsufficientPoints):
        walk.give(-7)
    walk.give(-6)
    assert walk.balance == Balance(pending=10, held=4)


@pytest.mark.parametrize("points", [0, MAX_POINTS + 1, -MAX_POINTS - 1])
def test_how_many(points: int) -> None:
    with pytest.raises(InvalidRequest):
        Walk().give(points)


def test_as_many_as_an_account_can_hold() -> None:
    walk = Walk()
    walk.give(MAX_POINTS)
    with pytest.raises(LimitReached):
        walk.give(1)


def test_expiry_dates() -> None:
    walk = Walk()
    with pytest.raises(InvalidRequest, match="past"):
        walk.give(1, "2026-03-14")
    walk.give(1, "9999-12-31")
    with pytest.raises(InvalidRequest, match="given"):
        walk.give(-1, "2026-12-31")
    assert walk.account.expiring(walk.now, walk.rules.zone) == []


def test_frozen_members_can_be_adjusted() -> None:
    walk = Walk()
    walk.freeze()
    walk.give(10)
    walk.give(-10)
    assert walk.balance == Balance()


def test_given_points_repay_debt_first_and_what_matured_before_them() -> None:
    walk = Walk(account=account(pending={"2026-03-15>2026-03-20/2026-03": 10}, owed=15))
    walk.give(10)
    assert walk.account.lots == {LOT: 5}
    assert walk.balance == Balance(available=5)
