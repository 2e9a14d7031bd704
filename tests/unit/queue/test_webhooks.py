"""The queues of webhooks: each message for itself, what fails reported alone, URLs and members in no log."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from points.adapters.deadline import InvocationDeadline
from points.application.webhooks.manage_endpoints import make_endpoint
from points.application.webhooks.ports import Message, Webhooks
from points.domain.calendar import utc_text
from points.domain.errors import LedgerUnavailable
from points.domain.webhooks.deliveries import Answered
from points.domain.webhooks.endpoints import Wanted
from points.queue.webhooks import take_messages
from tests.support.api import CONTEXT, TestClock
from tests.support.webhooks import Receiver, memory_webhooks, sent, told

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
SECRET_URL = "https://hooks.example.com/T0/B0/a-key-of-its-owner"


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def webhooks(receiver: Receiver) -> Webhooks:
    webhooks = memory_webhooks(TestClock(NOW), receiver)
    make_endpoint(webhooks, "demo", "shop", Wanted(SECRET_URL), actor="li")
    return webhooks


def take(webhooks: Webhooks, queue: str, *bodies: Any) -> list[int]:
    """The places of the messages that are reported as failed."""
    records = [
        {
            "messageId": str(place),
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
            "body": body if isinstance(body, str) else json.dumps(body),
            "receiptHandle": "x",
            "attributes": {},
        }
        for place, body in enumerate(bodies)
    ]
    answer = take_messages(webhooks, InvocationDeadline(), {"Records": records}, CONTEXT, deliveries_queue="Deliveries")
    return [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]


def envelope(number: int = 0, **change: Any) -> dict[str, Any]:
    return {"source": "points-ledger", "detail": told(NOW, id=f"evt_{number:032d}"), **change}


def due(message: Message) -> dict[str, Any]:
    return {
        "program": message.program,
        "endpoint": message.endpoint,
        "delivery": message.delivery,
        "round": message.round,
        "due_at": utc_text(message.due_at),
    }


def metrics_of(text: str) -> dict[str, Any]:
    return {name: value for line in text.splitlines() for name, value in json.loads(line).items() if name != "_aws"}


def test_events_become_deliveries_and_deliveries_are_made(
    webhooks: Webhooks, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    assert take(webhooks, "Events", envelope(1), envelope(2)) == []
    first, second = sent(webhooks)
    assert metrics_of(capsys.readouterr().out)["Deliveries"] == [2.0]
    assert take(webhooks, "Deliveries", due(first)) == []
    assert take(webhooks, "Deliveries", due(second)) == []
    assert len(receiver.posts) == 2
    told_of = metrics_of(capsys.readouterr().out)
    assert (told_of["operation"], told_of["DeliveriesMade"]) == ("webhook deliveries", [1.0])


POISON: list[Any] = [
    "not json",
    "",
    "[]",
    "null",
    "[" * 100_000,
    '"\\ud800"',
    {},
    {"source": "points-ledger"},
    {"source": "points-ledger", "detail": []},
    envelope(source="somebody.else"),
    envelope(detail={}),
    envelope(detail=told(NOW) | {"id": 42}),
    envelope(detail=told(NOW) | {"data": {"points": 0.5}}),
]


@pytest.mark.parametrize("poison", POISON)
def test_a_poisonous_event_is_reported_alone(webhooks: Webhooks, poison: Any) -> None:
    assert take(webhooks, "Events", envelope(1), poison, envelope(2)) == [1]
    assert len(sent(webhooks)) == 2


@pytest.mark.parametrize(
    "change",
    [{"program": None}, {"round": "0"}, {"due_at": "soon"}, {"delivery": 1}, {"endpoint": []}],
)
def test_a_poisonous_delivery_is_reported(webhooks: Webhooks, change: dict[str, Any]) -> None:
    good = due(Message("demo", "shop", f"{0:016d}.evt_{0:032d}", 0, NOW))
    assert take(webhooks, "Deliveries", good) == []
    assert take(webhooks, "Deliveries", good | change) == [0]
    for poison in POISON[:7]:
        assert take(webhooks, "Deliveries", poison) == [0]


def test_what_fails_for_now_comes_back(webhooks: Webhooks) -> None:
    class Down:
        def all(self, program: str) -> Any:  # noqa: ARG002
            raise LedgerUnavailable

    assert take(replace(webhooks, recent=Down()), "Events", envelope(1), envelope(2)) == [0, 1]
    assert take(webhooks, "Events", envelope(1), envelope(2)) == []


def test_a_delivery_that_fails_is_no_failure_of_its_message(webhooks: Webhooks, receiver: Receiver) -> None:
    receiver.ok = Answered(500)
    take(webhooks, "Events", envelope())
    (message,) = sent(webhooks)
    assert take(webhooks, "Deliveries", due(message)) == []
    (later,) = sent(webhooks)
    assert later.due_at == NOW + timedelta(seconds=10)


def test_an_endpoint_that_is_switched_off_is_counted_for_the_alarm(
    webhooks: Webhooks, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.ok = Answered(410)
    take(webhooks, "Events", envelope())
    capsys.readouterr()
    take(webhooks, "Deliveries", due(sent(webhooks)[0]))
    counted = metrics_of(capsys.readouterr().out)
    assert counted["WebhookEndpointsSwitchedOff"] == [1.0]
    assert counted["DeliveriesGivenUp"] == [1.0]


def test_logs_name_the_endpoint_and_nothing_of_its_owner_or_the_member(
    webhooks: Webhooks, receiver: Receiver, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    receiver.ok = Answered(410)
    caplog.set_level("INFO")
    take(webhooks, "Events", envelope(), envelope(detail=told(NOW) | {"id": "m-1"}))
    take(webhooks, "Deliveries", due(sent(webhooks)[0]))
    logged = [vars(record) for record in caplog.records]
    assert {"webhook not delivered", "webhook endpoint switched off", "webhook message refused"} <= {
        record["message"] for record in logged
    }
    everything = str(logged) + capsys.readouterr().out
    assert "shop" in everything
    for kept in ("m-1", "a-key-of-its-owner", "whsec_"):
        assert kept not in everything
