"""How a hold can end, told apart by what is in the ledger; and each end is its own idempotency key."""

from datetime import timedelta

import pytest

from points.application.administration.adjust_points import adjust_points
from points.application.members.enrol_member import enrol_member
from points.application.movement import Booked
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.services import Services
from points.domain.errors import (
    AlreadyCaptured,
    AlreadyReleased,
    HoldExpired,
    InsufficientPoints,
    NotFound,
    ReferenceReused,
)
from points.domain.ledger.members import Profile
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.holding import HoldRequest
from tests.builders import SetClock, program, services

RULES = program()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def wired(clock: SetClock) -> Services:
    wired = services(clock=clock)
    enrol_member(wired, RULES, "m-1", Profile())
    adjust_points(wired, RULES, Adjustment("a", "m-1", 100, "start"), actor="t")
    return wired


def hold(wired: Services, points: int = 100, reference: str = "h") -> Booked:
    return hold_points(wired, RULES, HoldRequest(reference, "m-1", points), actor="t")


def capture(wired: Services, points: int | None = None, reference: str = "h") -> Booked:
    return capture_hold(wired, RULES, HoldEnd("m-1", reference, points), actor="t")


def release(wired: Services, reference: str = "h") -> Booked:
    return release_hold(wired, RULES, HoldEnd("m-1", reference), actor="t")


def test_a_hold_of_everything_can_be_sent_twice(wired: Services) -> None:
    first = hold(wired)
    assert hold(wired) == Booked(first.entry, replayed=True)
    with pytest.raises(ReferenceReused):
        hold(wired, 99)
    with pytest.raises(InsufficientPoints):
        hold(wired, 1, "h-2")


def test_captured(wired: Services) -> None:
    hold(wired)
    captured = capture(wired, 40)
    assert capture(wired, 40) == Booked(captured.entry, replayed=True)
    with pytest.raises(ReferenceReused):  # the same capture, of another number of points
        capture(wired, 41)
    with pytest.raises(AlreadyCaptured):
        release(wired)


def test_released(wired: Services) -> None:
    hold(wired)
    released = release(wired)
    assert release(wired) == Booked(released.entry, replayed=True)
    with pytest.raises(AlreadyReleased):
        capture(wired)


def test_a_hold_that_ended_is_not_opened_again(wired: Services) -> None:
    first = hold(wired)
    release(wired)
    assert hold(wired) == Booked(first.entry, replayed=True)
    with pytest.raises(AlreadyReleased):
        capture(wired)


def test_run_out(wired: Services, clock: SetClock) -> None:
    hold(wired)
    clock.moment += timedelta(minutes=15)
    with pytest.raises(HoldExpired):
        capture(wired)
    assert release(wired).entry.details["timed_out"] is True
    # The release is what ended it, and what every later attempt is told.
    with pytest.raises(AlreadyReleased):
        capture(wired)


def test_run_out_and_let_go_by_another_movement(wired: Services, clock: SetClock) -> None:
    hold(wired)
    clock.moment += timedelta(minutes=15)
    hold(wired, 100, "h-2")
    for end in (capture, release):
        with pytest.raises(HoldExpired) as refused:
            end(wired)
        assert refused.value.numbers == {"expired_at": "2026-03-15T04:15:00.000000Z"}


def test_never_made(wired: Services) -> None:
    for end in (capture, release):
        with pytest.raises(NotFound) as refused:
            end(wired)
        assert refused.value.numbers == {"resource": "hold"}
