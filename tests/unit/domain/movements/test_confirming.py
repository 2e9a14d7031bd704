"""R-EARN-10: a confirmation ends the waiting of one earning's points."""

from points.domain.ledger.entries import Entry, Kind
from points.domain.program.rules import Fixed
from tests.builders import LOT, Walk, account, paying, small

WAITING = f"2026-03-22>{LOT}"


def test_confirmed_points_are_available_at_once() -> None:
    walk = Walk()
    earned = walk.earn("order", "100.00")
    entry = walk.confirm(earned)
    assert (entry.kind, entry.reference, entry.points) == (Kind.CONFIRM, earned.reference, 0)
    assert (walk.account.lots, walk.account.pending, walk.available) == ({LOT: 100}, {}, 100)


def test_only_those_of_that_earning() -> None:
    walk = Walk()
    one, other = walk.earn("order", "100.00"), walk.earn("order", "30.00")
    walk.confirm(other)
    assert (walk.available, walk.account.pending) == (30, {WAITING: 100})
    walk.confirm(one)
    assert (walk.available, walk.account.pending) == (130, {})


def test_what_was_taken_back_before_is_not_confirmed() -> None:
    walk = Walk()
    one, other = walk.earn("order", "100.00"), walk.earn("order", "30.00")
    walk.reverse(one, amount="40.00")
    assert walk.confirm(one).details["confirmed"] == 60
    assert (walk.available, walk.account.pending) == (60, {WAITING: 30})
    walk.reverse(other)
    assert walk.confirm(other).details["confirmed"] == 0
    assert (walk.available, walk.account.pending) == (60, {})


def test_a_refund_after_the_confirmation_leaves_what_waits_of_others() -> None:
    walk = Walk()
    one = walk.earn("order", "100.00")
    walk.earn("order", "30.00")
    walk.confirm(one)
    walk.reverse(one)
    assert (walk.account.lots, walk.account.pending) == ({}, {WAITING: 30})


def test_what_has_matured_needs_no_confirmation() -> None:
    walk = Walk()
    earned = walk.earn("order", "100.00")
    walk.until("2026-03-22 00:00")
    assert walk.confirm(earned).details["confirmed"] == 0
    assert walk.available == 100


def test_confirmed_points_repay_a_debt_first() -> None:
    walk = Walk(account=account(owed=30))
    walk.confirm(walk.earn("order", "100.00"))
    assert (walk.available, walk.balance.owed) == (70, 0)


def test_an_earning_may_wait_in_several_places() -> None:
    rules = (
        paying(Fixed(1)),
        paying(Fixed(2), name="three", pending_days=3),
        paying(Fixed(4), name="nine", pending_days=9),
    )
    walk = Walk(small(*rules))
    earned: Entry = walk.earn("b")
    walk.until("2026-03-18 09:00")  # the first of them has matured
    assert walk.confirm(earned).details["confirmed"] == 4
    assert (walk.available, walk.account.pending) == (7, {})
