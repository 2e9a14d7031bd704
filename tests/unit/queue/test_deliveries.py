"""Reminders by the queue: what is sent, set aside or comes back, each message for itself, and logs that name nobody."""

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from points.application.delivery.ports import EMAIL, SMS, DeliveryServices, NotNow, Refused
from points.application.ports import RaceLost
from points.domain.errors import LedgerUnavailable, NotFound, Throttled
from points.queue import deliveries
from points.queue.deliveries import (
    FIRST_PAUSE_SECONDS,
    INVALID,
    LONGEST_PAUSE_SECONDS,
    LONGEST_WAIT_SECONDS,
    deliver_messages,
    pause_seconds,
)
from stack.paths import ROOT
from tests.builders import local
from tests.support.delivery import AT_NIGHT, MEMBER, PROFILE, Post, reminders, reminding

CONTEXT: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 25_000)
WEEK_BEFORE = "expiring#2027-12-31#007"
GOOD = {"program": "demo", "member": MEMBER, "notice": WEEK_BEFORE, "channel": EMAIL}
SECRETS = [MEMBER, str(PROFILE.email), str(PROFILE.phone), "240 points"]


def records(*bodies: Any, receives: int = 1, queue: str = "emails") -> dict[str, Any]:
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    return {
        "Records": [
            {
                "messageId": str(place),
                "receiptHandle": f"receipt-{place}",
                "body": text,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
            }
            for place, text in enumerate(texts)
        ]
    }


def deliver(services: DeliveryServices, *bodies: Any, receives: int = 1) -> list[int]:
    """The places of the messages that come back."""
    answer = deliver_messages(services, records(*bodies, receives=receives), CONTEXT)
    return [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    lines = [vars(record) for record in caplog.records if record.name == deliveries.logger.name]
    assert not [secret for secret in SECRETS for line in lines if secret in str({**line, "msg": line["message"]})]
    return lines


@pytest.fixture(autouse=True)
def _every_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")


def test_a_reminder_is_sent_once_however_often_its_message_comes() -> None:
    post = Post()
    assert deliver(post.services, GOOD, GOOD) == []
    assert deliver(post.services, GOOD) == []
    assert len(post.mail.sent) == 1


def test_each_channel_has_its_own(caplog: pytest.LogCaptureFixture) -> None:
    post = Post()
    assert deliver(post.services, GOOD, GOOD | {"channel": SMS}) == []
    assert (len(post.mail.sent), len(post.texts.sent)) == (1, 1)
    assert [line["message"] for line in logged(caplog)] == ["reminder sent"] * 2


def test_not_to_send_is_a_success_with_a_reason(caplog: pytest.LogCaptureFixture) -> None:
    post = Post(profile=None)
    assert deliver(post.services, GOOD) == []
    assert not post.queues.dead
    (line,) = logged(caplog)
    assert (line["message"], line["reason"], line["levelname"]) == ("reminder not sent", "erased", "INFO")


def test_a_channel_that_is_not_set_up_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    post = Post()
    assert deliver(replace(post.services, outlets={}), GOOD) == []
    (line,) = logged(caplog)
    assert (line["reason"], line["levelname"]) == ("channel_not_set_up", "WARNING")


# ── set aside ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "poison",
    [
        "",
        "no json",
        "[]",
        "null",
        "[" * 100_000,
        "\ud83d",
        {},
        {name: value for name, value in GOOD.items() if name != "member"},
        GOOD | {"channel": "pigeon"},
        GOOD | {"notice": "expiring#2027-12-31"},
        GOOD | {"notice": "expiring#2027-02-31#001"},
        GOOD | {"notice": 7},
        GOOD | {"member": "m#1"},
        GOOD | {"program": "../demo"},
        GOOD | {"more": "than asked for"},
    ],
)
def test_what_cannot_be_read_is_set_aside_and_the_others_are_sent(
    caplog: pytest.LogCaptureFixture, poison: Any
) -> None:
    post = Post()
    assert deliver(post.services, poison, GOOD) == []
    assert len(post.mail.sent) == 1
    ((queue, body, reason),) = post.queues.dead
    assert (queue, reason) == ("emails", INVALID)
    assert body == (poison if isinstance(poison, str) else json.dumps(poison))
    logged(caplog)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (GOOD | {"notice": "expiring#2027-12-31#003"}, "no_such_notice"),
        (GOOD | {"program": "other"}, "no_such_notice"),
        (GOOD | {"member": "nobody"}, "no_such_notice"),
    ],
)
def test_what_asks_for_nothing_there_is_is_set_aside(message: dict[str, str], reason: str) -> None:
    post = Post()
    assert deliver(post.services, message) == []
    assert [(body, why) for _, body, why in post.queues.dead] == [(json.dumps(message), reason)]


def test_a_letter_that_is_refused_is_set_aside_at_once_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    post = Post()
    post.mail.failing.append(Refused("MessageRejected"))
    assert deliver(post.services, GOOD, GOOD | {"channel": SMS}) == []
    assert post.queues.dead == [("emails", json.dumps(GOOD), "MessageRejected")]
    assert not post.queues.postponed
    assert len(post.texts.sent) == 1
    assert [(line["message"], line.get("reason")) for line in logged(caplog)] == [
        ("reminder refused", "MessageRejected"),
        ("reminder sent", None),
    ]
    # … and once somebody has put it right, it is sent.
    assert deliver(post.services, GOOD) == []
    assert len(post.mail.sent) == 1


def test_what_cannot_be_set_aside_comes_back() -> None:
    post = Post()
    post.queues.broken = True
    post.mail.failing.append(Refused("MessageRejected"))
    assert deliver(post.services, GOOD) == [0]
    assert deliver(post.services, "poison") == [0]


def test_a_program_that_is_gone_sets_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post()

    def missing(*_: Any) -> None:
        raise NotFound("there is no program demo", resource="program")

    monkeypatch.setattr(deliveries, "deliver_notice", missing)
    assert deliver(post.services, GOOD) == []
    assert post.queues.dead[0][2] == "not_found"


# ── comes back ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NotNow("TooManyRequestsException"), "TooManyRequestsException"),
        (NotNow("ReadTimeoutError"), "ReadTimeoutError"),
        (LedgerUnavailable(), "unavailable"),
        (Throttled(), "throttled"),
        (RaceLost(), "race_lost"),
        (ZeroDivisionError(f"{PROFILE.email} / 0"), "unexpected"),
    ],
)
def test_what_fails_for_now_comes_back_later_each_time(
    caplog: pytest.LogCaptureFixture, failure: Exception, code: str
) -> None:
    post = Post()
    for receives in (1, 2, 3):
        post.mail.failing.append(failure)
        assert deliver(post.services, GOOD, receives=receives) == [0]
    pauses = [seconds for _, _, seconds in post.queues.postponed]
    assert pauses == sorted(pauses)
    assert pauses == [pause_seconds(receives, "0") for receives in (1, 2, 3)]
    assert not post.queues.dead
    assert {line["reason"] for line in logged(caplog) if line["message"] == "reminder comes back"} == {code}
    assert deliver(post.services, GOOD, receives=4) == []
    assert len(post.mail.sent) == 1


def test_what_cannot_be_postponed_comes_back_anyway() -> None:
    post = Post()
    post.queues.broken = True
    post.mail.failing.append(NotNow("TooManyRequestsException"))
    assert deliver(post.services, GOOD) == [0]


def test_a_bug_is_logged_by_its_place_and_not_in_its_words(caplog: pytest.LogCaptureFixture) -> None:
    post = Post()
    post.mail.failing.append(ZeroDivisionError(f"{PROFILE.email} / 0"))
    deliver(post.services, GOOD)
    line = next(line for line in logged(caplog) if line["message"] == "reminder failed")
    assert line["error"] == "ZeroDivisionError"
    assert "deliver_notice.py" in str(line["stack"])


def test_one_that_fails_holds_up_nobody() -> None:
    post = Post()
    post.mail.failing.append(NotNow("TooManyRequestsException"))
    assert deliver(post.services, GOOD, GOOD | {"channel": SMS}, "poison") == [0]
    assert len(post.texts.sent) == 1
    assert len(post.queues.dead) == 1


def test_a_batch_that_fails_is_reported_whole_and_fails_nothing_else() -> None:
    post = Post()
    post.mail.failing += [NotNow("a"), NotNow("b")]
    assert deliver(post.services, GOOD, GOOD) == [0, 1]


def test_pauses_grow_up_to_a_bound_and_differ() -> None:
    pauses = [pause_seconds(receives, "message") for receives in range(1, 30)]
    assert all(0 < pause <= LONGEST_PAUSE_SECONDS for pause in pauses)
    assert FIRST_PAUSE_SECONDS * 3 // 4 <= pauses[0] <= FIRST_PAUSE_SECONDS
    assert len({pause_seconds(5, str(message)) for message in range(100)}) > 50
    assert pause_seconds(10**6, "message") <= LONGEST_PAUSE_SECONDS


def test_in_quiet_hours_it_comes_back_when_they_end(caplog: pytest.LogCaptureFixture) -> None:
    post = Post(reminding(reminders=reminders(quiet_hours=AT_NIGHT)), now=local("2027-12-24 23:00"))
    assert deliver(post.services, GOOD) == [0]
    ((_, _, seconds),) = post.queues.postponed
    assert 10 * 3600 < seconds <= 10 * 3600 + FIRST_PAUSE_SECONDS
    assert [line["message"] for line in logged(caplog)] == ["reminder waits for the end of quiet hours"]
    post.clock.moment = local("2027-12-25 09:01")
    assert deliver(post.services, GOOD) == []
    assert len(post.mail.sent) == 1


def test_it_waits_no_longer_than_a_queue_can_hide_it() -> None:
    post = Post(reminding(reminders=reminders(quiet_hours=AT_NIGHT)), now=local("2027-12-24 21:00"))
    deliver(post.services, GOOD)
    assert post.queues.postponed[0][2] == LONGEST_WAIT_SECONDS


# ── the samples ─────────────────────────────────────────────────────────────────────────────────────────────────────


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / "delivery" / f"{name}.json").read_text("utf-8"))
    return event


@pytest.mark.parametrize(("name", "channel"), [("queued_emails", EMAIL), ("queued_text_messages", SMS)])
def test_the_samples_are_what_the_queues_send(monkeypatch: pytest.MonkeyPatch, name: str, channel: str) -> None:
    monkeypatch.setattr("tests.support.delivery.MEMBER", "member-1001")
    post = Post()
    assert deliver_messages(post.services, sample(name), CONTEXT) == {"batchItemFailures": []}
    assert len(post.mail.sent if channel == EMAIL else post.texts.sent) == 1
    reasons = [reason for _, _, reason in post.queues.dead]
    assert reasons == (["no_such_notice", INVALID] if channel == EMAIL else [])
