"""R-RED-4: hold at checkout; capture (also partially), release, or let go when time runs out."""

from datetime import timedelta

import pytest

from points.domain.errors import (
    AlreadyCaptured,
    AlreadyReleased,
    HoldExpired,
    InsufficientPoints,
    InvalidRequest,
    LimitReached,
    MemberFrozen,
    NotFound,
)
from points.domain.ledger.account import Activity, Balance
from points.domain.limits import MAX_HOLD_SECONDS, MAX_OPEN_HOLDS, MAX_POINTS
from points.domain.movements.holding import capture, release
from points.domain.program.refunds import ShortfallPolicy
from tests.builders import NOW, Walk, program

SOON, LATER = "2026-03-31/2026-03", "2026-06-30/2026-03"


def walk_with_lots(**rules: object) -> Walk:
    walk = Walk(program(**rules))
    walk.give(10, "2026-03-31")
    walk.give(10, "2026-06-30")
    return walk


def test_held_points_are_set_aside_lot_by_lot() -> None:
    walk = walk_with_lots()
    held = walk.hold(15)
    assert held.points == 0
    assert held.moves.lots == {SOON: -10, LATER: -5}
    assert held.moves.held == {SOON: 10, LATER: 5}
    assert walk.balance == Balance(available=5, held=15)
    assert held.details == {"points": 15, "expires_at": "2026-03-15T04:15:00.000000Z"}
    with pytest.raises(InsufficientPoints):
        walk.hold(6)


def test_a_capture_spends_the_very_lots() -> None:
    walk = walk_with_lots()
    held = walk.hold(15)
    captured = walk.capture(held)
    assert captured.points == -15
    assert captured.spent_lots() == {SOON: 10, LATER: 5}
    assert walk.account.lots == {LATER: 5}
    assert not walk.account.holds


@pytest.mark.parametrize(
    ("points", "left"), [(1, {SOON: 9, LATER: 10}), (10, {LATER: 10}), (12, {LATER: 8}), (15, {LATER: 5})]
)
def test_a_partial_capture_gives_back_the_rest(points: int, left: dict[str, int]) -> None:
    walk = walk_with_lots()
    captured = walk.capture(walk.hold(15), points)
    assert captured.points == -points
    assert walk.account.lots == left
    assert walk.balance == Balance(available=20 - points)


def test_a_release_restores_the_very_lots() -> None:
    walk = walk_with_lots()
    before = walk.account.lots
    released = walk.release(walk.hold(15))
    assert (released.points, released.reason) == (0, None)
    assert walk.account.lots == before


@pytest.mark.parametrize("points", [0, -1, MAX_POINTS + 1])
def test_how_many(points: int) -> None:
    walk = walk_with_lots()
    with pytest.raises(InvalidRequest):
        walk.hold(points)
    held = walk.hold(5)
    with pytest.raises(InvalidRequest):
        walk.capture(held, points)


def test_no_more_than_is_held_is_captured() -> None:
    walk = walk_with_lots()
    held = walk.hold(15)
    with pytest.raises(InsufficientPoints) as refused:
        walk.capture(held, 16)
    assert refused.value.numbers == {"available": 15, "required": 16}


@pytest.mark.parametrize("seconds", [0, -1, MAX_HOLD_SECONDS + 1])
def test_how_long(seconds: int) -> None:
    with pytest.raises(InvalidRequest):
        walk_with_lots().hold(5, expires_in=seconds)


def test_open_holds_are_limited() -> None:
    walk = walk_with_lots()
    walk.give(1)
    for _ in range(MAX_OPEN_HOLDS):
        walk.hold(1)
    with pytest.raises(LimitReached):
        walk.wait(seconds=899).hold(1)
    walk.wait(seconds=1).hold(1)  # the others have run out
    assert len(walk.account.holds) == 1


def test_a_hold_runs_out_by_itself() -> None:
    walk = walk_with_lots()
    held = walk.hold(15)
    assert walk.wait(seconds=899, milliseconds=999).balance.held == 15
    assert walk.wait(milliseconds=1).balance == Balance(available=20)
    with pytest.raises(HoldExpired) as refused:
        walk.capture(held)
    assert refused.value.numbers == {"expired_at": held.details["expires_at"]}


def test_the_next_movement_lets_an_overdue_hold_go() -> None:
    walk = walk_with_lots()
    held = walk.hold(15)
    walk.wait(minutes=15)
    entry = walk.give(1)
    assert entry.moves.held == {SOON: -10, LATER: -5}
    assert (entry.points, walk.account.holds) == (1, {})
    for end in (walk.capture, walk.release):
        with pytest.raises(HoldExpired):
            end(held)


def test_an_overdue_hold_can_still_be_released_by_name() -> None:
    walk = walk_with_lots()
    held = walk.hold(15)
    released = walk.wait(minutes=15).release(held)
    assert (released.details["timed_out"], released.points) == (True, 0)
    assert walk.balance == Balance(available=20)


def test_the_end_of_a_hold_is_told_apart() -> None:
    walk = walk_with_lots()
    captured, released = walk.hold(1), walk.hold(2)
    walk.capture(captured)
    walk.release(released)
    for end in (walk.capture, walk.release):
        with pytest.raises(AlreadyCaptured):
            end(captured)
        with pytest.raises(AlreadyReleased):
            end(released)
    with pytest.raises(NotFound):
        capture(walk.account, "no", None, walk.context, ended=None, held=None)
    with pytest.raises(NotFound):
        release(walk.account, "no", walk.context, ended=None, held=None)


def test_points_that_expire_while_held_can_be_captured_but_not_had_back() -> None:
    # GIVEN a hold over the last day of some of its points
    walk = walk_with_lots()
    kept, lost = walk.hold(5, 30 * 24 * 3600), walk.hold(5, 30 * 24 * 3600)
    walk.until("2026-04-01")
    # THEN the checkout they were promised to can still take them
    assert walk.capture(kept).points == -5
    # AND without it they go back to their lot, which is dead
    walk.release(lost)
    assert walk.balance == Balance(available=10)
    assert walk.account.lots == {SOON: 5, LATER: 10}


def test_r_risk_1_freezing_stops_holds_and_captures_not_releases() -> None:
    walk = walk_with_lots()
    held = walk.hold(5)
    walk.freeze(Activity.REDEEMING)
    with pytest.raises(MemberFrozen):
        walk.hold(1)
    with pytest.raises(MemberFrozen):
        walk.capture(held)
    walk.release(held)
    assert walk.available == 20


@pytest.mark.parametrize("end", ["release", "capture", "time"])
def test_r_earn_11_what_a_hold_gives_back_repays_debt_first(end: str) -> None:
    # GIVEN all points held, and a refund that must be owed
    walk = Walk(program(shortfall=ShortfallPolicy.OWE))
    earned = walk.earn("review")
    held = walk.hold(20)
    walk.reverse(earned, points=15)
    assert walk.balance == Balance(held=20, owed=15)
    # WHEN the hold gives points back
    if end == "release":
        walk.release(held)
    elif end == "capture":
        walk.capture(held, 1)
    else:
        walk.wait(minutes=15)
    # THEN nobody holds spendable points while owing some
    assert walk.balance == Balance(available=5 if end != "capture" else 4)


def test_ending_one_hold_lets_overdue_ones_go_too() -> None:
    walk = walk_with_lots()
    short, long = walk.hold(5, 60), walk.hold(5, 3600)
    walk.wait(minutes=2)
    captured = walk.capture(long)
    assert captured.spent_lots() == {SOON: 5}
    assert walk.account.holds == {}
    with pytest.raises(HoldExpired):
        walk.release(short)


def test_the_timer_knows_the_end_of_a_hold() -> None:
    walk = walk_with_lots()
    walk.hold(5, 60)
    assert walk.account.due_at == NOW + timedelta(seconds=60)
