"""Deliveries in their queue: due when they are, by endpoint, and none lost without a word."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from points.adapters.deadline import InvocationDeadline
from points.adapters.webhooks.queue import MAX_DELAY_SECONDS, SQSDeliveryQueue, delay_seconds, queue_client
from points.application.webhooks.ports import Message
from points.domain.errors import LedgerUnavailable, Throttled

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


def message(endpoint: str = "shop", due_at: datetime = NOW) -> Message:
    return Message("demo", endpoint, f"{0:016d}.evt_{0:032d}", 0, due_at)


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield queue_client()


def queue(client: Any, deadline: InvocationDeadline | None = None) -> SQSDeliveryQueue:
    addresses = [client.create_queue(QueueName=name)["QueueUrl"] for name in ("deliveries", "dead-letters")]
    deliveries, dead_letters = addresses
    return SQSDeliveryQueue(
        client, deliveries=deliveries, dead_letters=dead_letters, deadline=deadline or InvocationDeadline()
    )


def received(client: Any, name: str) -> list[dict[str, Any]]:
    url = client.get_queue_url(QueueName=name)["QueueUrl"]
    found: list[dict[str, Any]] = []
    while messages := client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    ).get("Messages"):
        found += messages
    return found


def test_each_delivery_is_a_message_in_the_group_of_its_endpoint(client: Any) -> None:
    queue(client).send([message(f"e{number}") for number in range(12)], NOW)
    found = received(client, "deliveries")
    assert sorted(each["Attributes"]["MessageGroupId"] for each in found) == sorted(f"demo.e{n}" for n in range(12))
    assert json.loads(found[0]["Body"]) == {
        "program": "demo",
        "endpoint": "e0",
        "delivery": f"{0:016d}.evt_{0:032d}",
        "round": 0,
        "due_at": "2026-11-25T10:00:00.000000Z",
    }


def test_one_that_is_due_later_is_not_there_yet(client: Any) -> None:
    queue(client).send([message("now"), message("later", NOW + timedelta(hours=3))], NOW)
    assert [json.loads(each["Body"])["endpoint"] for each in received(client, "deliveries")] == ["now"]


@pytest.mark.parametrize(
    ("microseconds", "seconds"),
    [(-(10**9), 0), (0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2), (900_000_000, 900), (10**12, MAX_DELAY_SECONDS)],
)
def test_it_waits_until_it_is_due_as_far_as_a_queue_can(microseconds: int, seconds: int) -> None:
    assert delay_seconds(NOW + timedelta(microseconds=microseconds), NOW) == seconds


def test_what_was_given_up_lies_in_the_other_queue(client: Any) -> None:
    queue(client).bury(message())
    (found,) = received(client, "dead-letters")
    assert json.loads(found["Body"])["delivery"] == message().delivery
    assert received(client, "deliveries") == []


def test_what_the_queue_does_not_take_is_told(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = queue(client)
    monkeypatch.setattr(client, "send_message_batch", lambda **_: {"Failed": [{"Id": "0"}]})
    with pytest.raises(LedgerUnavailable):
        ours.send([message()], NOW)
    monkeypatch.undo()
    error = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}

    def throttled(**_: object) -> None:
        raise client.exceptions.ClientError(error, "SendMessage")

    monkeypatch.setattr(client, "send_message", throttled)
    with pytest.raises(Throttled):
        ours.bury(message())


def test_no_call_starts_that_cannot_end(client: Any) -> None:
    deadline = InvocationDeadline()
    ours = queue(client, deadline)
    deadline.begin(1)
    with pytest.raises(LedgerUnavailable, match="no time left"):
        ours.send([message()], NOW)
    with pytest.raises(LedgerUnavailable, match="no time left"):
        ours.bury(message())
    assert received(client, "deliveries") == received(client, "dead-letters") == []
