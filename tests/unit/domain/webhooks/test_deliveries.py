"""What becomes of a delivery: claimed, settled, tried again, given up, sent again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from points.domain.webhooks.deliveries import (
    LEASE,
    MAX_ATTEMPTS,
    MAX_PAUSE_SECONDS,
    MAX_RETRY_AFTER_SECONDS,
    TRIED_FOR,
    Answered,
    Delivery,
    NotAnswered,
    Outcome,
    State,
    again,
    claimed,
    delivery_name,
    delivery_of,
    given_up,
    longest_pause_seconds,
    pause_seconds,
    settled,
)
from points.domain.webhooks.endpoints import Wanted, made
from points.domain.webhooks.events import event_of, ping
from tests.support.webhooks import EVENT_ID, URL, told

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
SHOP = made("demo", "shop", Wanted(URL), secret="s", actor="li", now=NOW)


def delivery() -> Delivery:
    return delivery_of(event_of(told(NOW)), SHOP, NOW)


def longest(bound: int) -> int:
    return bound - 1


def shortest(bound: int) -> int:  # noqa: ARG001
    return 0


def tried(outcome: Outcome, roll: Callable[[int], int] = longest) -> Delivery:
    return settled(claimed(delivery(), NOW), outcome, NOW, roll)


# ── one attempt ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_one_is_due_at_once() -> None:
    new = delivery()
    assert (new.state, new.attempts, new.revision) == (State.PENDING, 0, 1)
    assert new.is_due(NOW)
    assert not new.is_over
    assert new.event == EVENT_ID


def test_names_sort_by_when_it_happened() -> None:
    moments = [NOW - timedelta(days=20_000), NOW, NOW + timedelta(microseconds=1), NOW + timedelta(days=90_000)]
    names = [delivery_name(event_of(told(moment))) for moment in moments]
    assert names == sorted(names)
    assert names[1] == f"1795600800000000.{EVENT_ID}"


def test_an_attempt_is_claimed_and_due_again_should_nobody_come_back() -> None:
    attempt = claimed(delivery(), NOW)
    assert (attempt.attempts, attempt.first_at, attempt.last_at, attempt.revision) == (1, NOW, NOW, 2)
    assert not attempt.is_due(NOW + LEASE - timedelta(microseconds=1))
    assert attempt.is_due(NOW + LEASE)
    assert claimed(attempt, NOW + LEASE).first_at == NOW


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_2xx_is_delivered(status: int) -> None:
    after = tried(Answered(status))
    assert (after.state, after.status, after.why, after.next_at) == (State.DELIVERED, status, None, None)
    assert after.is_over


@pytest.mark.parametrize(
    ("outcome", "status", "why"),
    [
        (Answered(101), 101, "status"),
        (Answered(199), 199, "status"),
        (Answered(301), 301, "redirect"),
        (Answered(308), 308, "redirect"),
        (Answered(400), 400, "status"),
        (Answered(401), 401, "status"),
        (Answered(429), 429, "status"),
        (Answered(500), 500, "status"),
        (Answered(999), 999, "status"),
        (NotAnswered("timeout"), None, "timeout"),
        (NotAnswered("tls"), None, "tls"),
        (NotAnswered("address"), None, "address"),
    ],
)
def test_anything_else_is_tried_again(outcome: Outcome, status: int | None, why: str) -> None:
    after = tried(outcome)
    assert (after.state, after.status, after.why) == (State.FAILED, status, why)
    assert after.next_at == NOW + timedelta(seconds=10)


def test_410_is_final() -> None:
    after = tried(Answered(410))
    assert (after.state, after.status, after.why, after.next_at) == (State.DEAD, 410, "gone", None)


def test_a_ping_is_tried_once() -> None:
    pinged = claimed(delivery_of(ping("demo", "shop", NOW), SHOP, NOW), NOW)
    assert settled(pinged, Answered(500), NOW, longest).state is State.DEAD
    assert settled(pinged, Answered(200), NOW, longest).state is State.DELIVERED


# ── pauses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_pauses_treble_up_to_four_hours() -> None:
    bounds = [longest_pause_seconds(attempts) for attempts in range(1, 11)]
    assert bounds == [10, 30, 90, 270, 810, 2_430, 7_290, 14_400, 14_400, 14_400]
    assert longest_pause_seconds(10**9) == MAX_PAUSE_SECONDS


def test_any_pause_up_to_the_bound_is_as_likely() -> None:
    random = Random(1)  # noqa: S311
    pauses = [pause_seconds(2, random.randrange) for _ in range(3_000)]
    assert (min(pauses), max(pauses)) == (1, 30)
    assert min(pauses.count(each) for each in range(1, 31)) > 80


@pytest.mark.parametrize(
    ("status", "asked", "seconds"),
    [
        (429, 120, 120),
        (503, 120, 120),
        (503, 3, 10),
        (429, None, 10),
        (429, 10**9, MAX_RETRY_AFTER_SECONDS),
        (500, 120, 10),
        (200, 120, None),
    ],
)
def test_an_endpoint_may_ask_for_some_time(status: int, asked: int | None, seconds: int | None) -> None:
    next_at = tried(Answered(status, asked)).next_at
    assert next_at == (None if seconds is None else NOW + timedelta(seconds=seconds))


def to_the_end(roll: Callable[[int], int], outcome: Outcome) -> list[datetime]:
    """The moments of all attempts, where each fails."""
    current, moments = delivery(), []
    while current.next_at is not None:
        moments.append(current.next_at)
        current = settled(claimed(current, current.next_at), outcome, current.next_at, roll)
    assert current.state is State.DEAD
    assert current.attempts == len(moments)
    return moments


@pytest.mark.parametrize("seed", range(50))
def test_it_is_tried_for_a_day_whatever_the_dice_say(seed: int) -> None:
    moments = to_the_end(Random(seed).randrange, NotAnswered("connect"))  # noqa: S311
    assert moments[-1] - moments[0] == TRIED_FOR
    assert 12 < len(moments) < MAX_ATTEMPTS


def test_the_number_of_attempts_has_a_bound_of_its_own() -> None:
    assert len(to_the_end(shortest, Answered(500))) == MAX_ATTEMPTS
    assert len(to_the_end(longest, Answered(500))) == 14


def test_an_attempt_that_comes_late_is_the_last() -> None:
    late = NOW + timedelta(days=3)
    first = tried(Answered(500))
    assert settled(claimed(first, late), Answered(500), late, longest).state is State.DEAD
    assert settled(claimed(first, late), Answered(200), late, longest).state is State.DELIVERED


# ── given up and sent again ─────────────────────────────────────────────────────────────────────────────────────────


def test_given_up_without_an_attempt() -> None:
    after = given_up(delivery(), "endpoint_off")
    assert (after.state, after.why, after.attempts, after.is_over) == (State.DEAD, "endpoint_off", 0, True)


@pytest.mark.parametrize("outcome", [Answered(200), Answered(500), Answered(410)])
def test_sent_again_it_has_another_day(outcome: Outcome) -> None:
    later = NOW + timedelta(days=2)
    after = again(tried(outcome), SHOP, later)
    assert (after.state, after.attempts, after.round, after.next_at) == (State.PENDING, 0, 1, later)
    assert after.body == delivery().body
    failing = settled(claimed(after, later), Answered(500), later, longest)
    assert (failing.state, failing.first_at) == (State.FAILED, later)


def test_sent_again_before_it_was_tried_it_is_the_same() -> None:
    assert again(delivery(), SHOP, NOW) == delivery()
    once = again(tried(Answered(500)), SHOP, NOW)
    assert again(once, SHOP, NOW + timedelta(seconds=1)) == once


def test_sent_again_it_goes_to_the_endpoint_there_is_now() -> None:
    other = replace(SHOP, made_at=NOW + timedelta(days=1))
    after = again(delivery(), other, NOW + timedelta(days=2))
    assert (after.endpoint_made_at, after.round) == (other.made_at, 1)
