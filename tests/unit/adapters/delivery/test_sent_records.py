"""Once: whatever is repeated, duplicated, cut off or lost, by Powertools' idempotency over a table."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest
import time_machine
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from points.adapters.delivery.sent_records import KEPT_SECONDS, ONCE_SECONDS, RECORD_CALL, PowertoolsSentRecords
from points.application.delivery.ports import Delivery, NotNow, Refused, Sending
from points.domain.ledger.timers import Dormant, Expiring
from stack import template

NOW = datetime(2026, 12, 24, 4, 0, tzinfo=UTC)
LAST_DAY = date(2026, 12, 31)
DELIVERY = Delivery("demo", "member-1", Expiring(LAST_DAY, 7), "email")
LEFT = 25.0


class Letters:
    def __init__(self, *failures: BaseException) -> None:
        self.sent = 0
        self.failures = list(failures)

    def send(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sent += 1
        return f"letter-{self.sent}"


class Cut(BaseException):
    """As Lambda does it: nothing runs any more."""


@pytest.fixture
def table() -> Iterator[str]:
    properties = template.load()["Resources"]["Sent"]["Properties"]
    with mock_aws():
        client: Any = boto3.client("dynamodb")
        client.create_table(
            TableName="Sent",
            **{name: properties[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")},
        )
        yield "Sent"


@pytest.fixture
def store(table: str) -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(table, boto_config=RECORD_CALL)


def records(store: DynamoDBPersistenceLayer, left: float = LEFT) -> PowertoolsSentRecords:
    return PowertoolsSentRecords(store, lambda: left)


def stored(table: str) -> list[dict[str, Any]]:
    client: Any = boto3.client("dynamodb")
    items: list[dict[str, Any]] = client.scan(TableName=table)["Items"]
    return items


def failing(store: DynamoDBPersistenceLayer, monkeypatch: pytest.MonkeyPatch, *methods: str) -> None:
    def fail(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1")

    for method in methods:
        monkeypatch.setattr(store, method, fail)


def test_the_first_is_sent_and_no_other(store: DynamoDBPersistenceLayer) -> None:
    letters = Letters()
    done = [records(store).once(DELIVERY, letters.send) for _ in range(3)]
    assert done == [Sending.NOW, Sending.BEFORE, Sending.BEFORE]
    assert letters.sent == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(DELIVERY, program="other"),
        replace(DELIVERY, member="member-2"),
        replace(DELIVERY, channel="sms"),
        replace(DELIVERY, about=Expiring(LAST_DAY, 1)),
        replace(DELIVERY, about=Expiring(LAST_DAY + timedelta(days=1), 7)),
        replace(DELIVERY, about=Dormant(LAST_DAY, 7)),
    ],
)
def test_what_differs_in_anything_is_another(store: DynamoDBPersistenceLayer, other: Delivery) -> None:
    letters = Letters()
    records(store).once(DELIVERY, letters.send)
    assert records(store).once(other, letters.send) is Sending.NOW
    assert letters.sent == 2


def test_what_failed_is_not_noted(store: DynamoDBPersistenceLayer, table: str) -> None:
    letters = Letters(NotNow("Throttled"), Refused("MessageRejected"), ZeroDivisionError())
    for error in (NotNow, Refused, ZeroDivisionError):
        with pytest.raises(error):
            records(store).once(DELIVERY, letters.send)
        assert stored(table) == []
    assert records(store).once(DELIVERY, letters.send) is Sending.NOW


def test_while_one_is_at_it_another_comes_back(store: DynamoDBPersistenceLayer) -> None:
    letters = Letters()

    def meanwhile() -> str:
        with pytest.raises(NotNow, match="AlreadyInProgress"):
            records(store).once(DELIVERY, letters.send)
        return letters.send()

    assert records(store).once(DELIVERY, meanwhile) is Sending.NOW
    assert letters.sent == 1


def test_what_was_cut_off_is_tried_again_once_its_time_is_over(store: DynamoDBPersistenceLayer) -> None:
    letters = Letters(Cut())
    with time_machine.travel(NOW, tick=False) as clock:
        with pytest.raises(Cut):
            records(store).once(DELIVERY, letters.send)
        clock.shift(LEFT - 1)
        with pytest.raises(NotNow):
            records(store).once(DELIVERY, letters.send)
        clock.shift(2)
        assert records(store).once(DELIVERY, letters.send) is Sending.NOW


def test_a_letter_whose_answer_was_lost_may_go_out_twice(store: DynamoDBPersistenceLayer) -> None:
    """The limit that stays: who heard nothing cannot know, and the carrier takes no key that would tell."""
    taken = []

    def send() -> str:
        taken.append(1)
        if len(taken) == 1:
            raise NotNow("ReadTimeoutError")
        return "letter"

    with pytest.raises(NotNow):
        records(store).once(DELIVERY, send)
    assert records(store).once(DELIVERY, send) is Sending.NOW
    assert len(taken) == 2
    assert records(store).once(DELIVERY, send) is Sending.BEFORE


def test_nothing_is_sent_that_cannot_be_noted_before(
    store: DynamoDBPersistenceLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = Letters()
    failing(store, monkeypatch, "_put_record")
    with pytest.raises(NotNow):
        records(store).once(DELIVERY, letters.send)
    assert letters.sent == 0


def test_what_could_not_be_noted_afterwards_was_sent_all_the_same(
    store: DynamoDBPersistenceLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = Letters()
    failing(store, monkeypatch, "_update_record")
    assert records(store).once(DELIVERY, letters.send) is Sending.UNRECORDED
    assert letters.sent == 1


def test_a_refusal_stays_one_where_the_note_could_not_be_taken_back(
    store: DynamoDBPersistenceLayer, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(store, monkeypatch, "_delete_record")
    with pytest.raises(Refused, match="MessageRejected"):
        records(store).once(DELIVERY, Letters(Refused("MessageRejected")).send)


def test_nothing_is_begun_that_may_not_end(store: DynamoDBPersistenceLayer, table: str) -> None:
    letters = Letters()
    with pytest.raises(NotNow, match="no_time_left"):
        records(store, ONCE_SECONDS - 1).once(DELIVERY, letters.send)
    assert (letters.sent, stored(table)) == (0, [])
    assert records(store, float("inf")).once(DELIVERY, letters.send) is Sending.NOW


def test_a_record_names_nobody_and_goes_by_itself(store: DynamoDBPersistenceLayer, table: str) -> None:
    with time_machine.travel(NOW, tick=False):
        records(store).once(DELIVERY, Letters().send)
    (record,) = stored(table)
    assert record["id"]["S"].startswith("sent#")
    assert len(record["id"]["S"]) == len("sent#") + 64
    assert "member-1" not in str(record)
    expires = template.load()["Resources"]["Sent"]["Properties"]["TimeToLiveSpecification"]["AttributeName"]
    assert int(record[expires]["N"]) == int(NOW.timestamp()) + KEPT_SECONDS
