"""Endpoints: what they are told, by which secrets it is signed, and when they are switched off."""

from datetime import UTC, datetime, timedelta

import pytest

from points.domain.errors import LimitReached
from points.domain.telling.events import EventType
from points.domain.webhooks.endpoints import (
    FAILING_FOR,
    FAILURES_IN_A_ROW,
    MAX_SECRETS,
    MAX_URL_CHANGES,
    Endpoint,
    Off,
    Wanted,
    changed,
    failed,
    gone,
    made,
    rotated,
    succeeded,
)
from tests.support.webhooks import URL

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
EARNED = frozenset({EventType.POINTS_EARNED})


def endpoint(types: frozenset[EventType] | None = None) -> Endpoint:
    return made("demo", "shop", Wanted(URL, types), secret="first", actor="li", now=NOW)


def after(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


# ── what it is told ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_wants_what_was_chosen_or_everything() -> None:
    assert endpoint(EARNED).wants("PointsEarned")
    assert not endpoint(EARNED).wants("PointsExpired")
    assert endpoint().wants("PointsExpired")
    assert endpoint().wants("SomethingNew")


def test_switched_off_it_wants_nothing_and_switched_on_it_begins_anew() -> None:
    off = changed(failed(endpoint(), NOW), Wanted(URL), enabled=False, actor="li", now=NOW)
    assert (off.off, off.off_at, off.failures) == (Off.OPERATOR, NOW, 1)
    assert not off.wants("PointsEarned")
    on = changed(off, Wanted(URL), enabled=True, actor="li", now=after(1))
    assert (on.off, on.off_at, on.failures, on.failing_since) == (None, None, 0, None)
    assert on.wants("PointsEarned")


def test_who_entered_which_url_and_when_is_kept() -> None:
    found = endpoint()
    for minute in range(MAX_URL_CHANGES + 5):
        found = changed(found, Wanted(f"{URL}/{minute}"), enabled=True, actor=f"wang-{minute}", now=after(minute))
    assert len(found.urls) == MAX_URL_CHANGES
    assert (found.urls[0].url, found.urls[0].by, found.urls[0].at) == (f"{URL}/14", "wang-14", after(14))
    assert found.wanted.url == f"{URL}/14"


def test_the_same_again_changes_nothing() -> None:
    found = endpoint(EARNED)
    assert changed(found, Wanted(URL, EARNED), enabled=True, actor="wang", now=after(1)) == found
    other = changed(found, Wanted(URL, EARNED, "new"), enabled=True, actor="wang", now=after(1))
    assert (other.revision, other.urls) == (2, found.urls)


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_secret_before_stays_valid_for_the_time_that_was_said() -> None:
    both = rotated(endpoint(), "second", keep_hours=24, now=NOW)
    assert both.signing_secrets(NOW) == ["second", "first"]
    assert both.signing_secrets(NOW + timedelta(hours=24, microseconds=-1)) == ["second", "first"]
    assert both.signing_secrets(NOW + timedelta(hours=24)) == ["second"]


def test_rotating_again_cuts_off_nobody_and_prolongs_nothing() -> None:
    """The answer with the second secret was lost: nobody has it, and receivers still check with the first."""
    third = rotated(rotated(endpoint(), "second", keep_hours=24, now=NOW), "third", keep_hours=48, now=after(60))
    assert third.signing_secrets(after(61)) == ["third", "second", "first"]
    assert third.signing_secrets(NOW + timedelta(hours=24)) == ["third", "second"]
    assert third.signing_secrets(NOW + timedelta(hours=49)) == ["third"]


def test_a_secret_that_got_out_ends_at_once() -> None:
    both = rotated(endpoint(), "second", keep_hours=24, now=NOW)
    assert rotated(both, "third", keep_hours=0, now=after(1)).signing_secrets(after(1)) == ["third"]


def test_no_more_secrets_than_a_few_are_valid_at_once() -> None:
    found = endpoint()
    for number in range(MAX_SECRETS - 1):
        found = rotated(found, f"new-{number}", keep_hours=24, now=NOW)
    with pytest.raises(LimitReached) as refused:
        rotated(found, "one more", keep_hours=24, now=after(1))
    assert refused.value.numbers == {"limit": "webhook_secrets", "maximum": MAX_SECRETS}
    assert len(found.secrets) == MAX_SECRETS
    later = rotated(found, "one more", keep_hours=24, now=NOW + timedelta(hours=24))
    assert [secret.value for secret in later.secrets] == ["one more", "new-2"]


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def failing(times: int, minutes_between: float) -> Endpoint:
    found = endpoint()
    for number in range(times):
        found = failed(found, after(number * minutes_between))
    return found


def test_one_that_fails_often_and_long_is_switched_off() -> None:
    a_day = FAILING_FOR.total_seconds() / 60
    last = failing(FAILURES_IN_A_ROW, a_day / (FAILURES_IN_A_ROW - 1))
    assert (last.off, last.off_at, last.failures) == (Off.FAILING, after(a_day), FAILURES_IN_A_ROW)


def test_often_alone_is_not_enough_and_neither_is_long() -> None:
    assert failing(10 * FAILURES_IN_A_ROW, 1).off is None
    assert failing(FAILURES_IN_A_ROW - 1, 24 * 60).off is None


def test_one_success_is_enough_to_begin_anew() -> None:
    found = succeeded(failing(FAILURES_IN_A_ROW - 1, 60))
    assert (found.failures, found.failing_since, found.off) == (0, None, None)
    assert failed(found, after(10_000)).off is None
    assert succeeded(found) is found


def test_one_that_is_gone_is_switched_off_at_once() -> None:
    found = gone(endpoint(), NOW)
    assert (found.off, found.off_at) == (Off.GONE, NOW)
    assert gone(found, after(1)) is found
    assert failed(found, after(1)).off is Off.GONE
