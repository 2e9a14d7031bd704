"""Dead letters: listed without moving any, moved without losing or doubling any."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stack import redrive
from stack.redrive import CANNOT_READ, GIVEN_UP, PUT_HERE


class Account:
    """Queues as the template has them, beside one that no queue feeds."""

    def __init__(self) -> None:
        self.sqs: Any = boto3.client("sqs")
        self.urls: dict[str, str] = {}
        for name in ("Email", "Event"):
            dead = self._queue(f"{name}DeadLetterQueue", {})
            arn = self.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 5}
            self._queue(f"{name}Queue", {"RedrivePolicy": json.dumps(policy)})
        self._queue("ScheduleDeadLetterQueue", {})

    def _queue(self, name: str, attributes: dict[str, str]) -> str:
        self.urls[name] = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return self.urls[name]

    def client(self, service: str) -> Any:
        if service == "sqs":
            return self.sqs
        resources = [
            {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": name, "PhysicalResourceId": url}
            for name, url in self.urls.items()
        ]
        table = {"ResourceType": "AWS::DynamoDB::Table", "LogicalResourceId": "Sent", "PhysicalResourceId": "Sent"}
        pages = [{"StackResourceSummaries": resources[:2]}, {"StackResourceSummaries": [*resources[2:], table]}]
        return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: pages))

    def die(self, queue: str, *bodies: str, reason: str | None = None) -> None:
        attributes = {"kept": {"DataType": "String", "StringValue": "yes"}}
        if reason is not None:
            attributes["reason"] = {"DataType": "String", "StringValue": reason}
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.urls[queue], MessageBody=body, MessageAttributes=attributes)

    def bodies(self, queue: str) -> list[str]:
        """Of all that can be seen; they stay."""
        found = []
        while page := self.sqs.receive_message(
            QueueUrl=self.urls[queue], MaxNumberOfMessages=10, VisibilityTimeout=30
        ).get("Messages"):
            found += page
        for message in found:
            self.sqs.change_message_visibility(
                QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return sorted(message["Body"] for message in found)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with mock_aws():
        account = Account()
        receive = account.sqs.receive_message
        # Nobody waits for a queue in memory.
        monkeypatch.setattr(account.sqs, "receive_message", lambda **asked: receive(**asked | {"WaitTimeSeconds": 0}))
        yield account


def test_nothing_is_moved_unless_it_is_named(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    account.die("EmailDeadLetterQueue", '{"member": "secret"}', '{"member": "hidden"}', reason="MessageRejected")
    account.die("EmailDeadLetterQueue", "given up")
    account.die("ScheduleDeadLetterQueue", "run")
    for _ in range(2):
        assert redrive.redrive(account.client, "points") == 0
    told = capsys.readouterr().out
    lines = [line.split() for line in told.splitlines()]
    assert ["EmailQueue", "3", "dead", "letters"] in lines
    assert ["2", "MessageRejected"] in lines
    assert ["1", *GIVEN_UP.split()] in lines
    assert ["EventQueue", "0", "dead", "letters"] in lines
    assert ["ScheduleDeadLetterQueue", "1", "dead", "letters"] in lines
    assert ["1", *PUT_HERE.split()] in lines
    assert "secret" not in told
    assert "hidden" not in told
    assert len(account.bodies("EmailDeadLetterQueue")) == 3
    assert account.bodies("EmailQueue") == []


def test_one_queue_is_moved_with_everything_but_the_reason(account: Account) -> None:
    letters = [f"letter-{number:02d}" for number in range(23)]
    account.die("EmailDeadLetterQueue", *letters, reason="MessageRejected")
    account.die("EventDeadLetterQueue", "event")
    assert redrive.redrive(account.client, "points", queue="EmailQueue") == 0
    assert account.bodies("EmailQueue") == letters
    assert account.bodies("EmailDeadLetterQueue") == []
    assert account.bodies("EventDeadLetterQueue") == ["event"]
    (message, *_) = account.sqs.receive_message(QueueUrl=account.urls["EmailQueue"], MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert message["MessageAttributes"] == {"kept": {"DataType": "String", "StringValue": "yes"}}


def test_all_are_moved_but_those_that_came_from_no_queue(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    for queue in ("EmailDeadLetterQueue", "EventDeadLetterQueue", "ScheduleDeadLetterQueue"):
        account.die(queue, queue)
    assert redrive.redrive(account.client, "points", everything=True) == 0
    assert account.bodies("EmailQueue") == ["EmailDeadLetterQueue"]
    assert account.bodies("EventQueue") == ["EventDeadLetterQueue"]
    assert account.bodies("ScheduleDeadLetterQueue") == ["ScheduleDeadLetterQueue"]
    assert "stay here" in capsys.readouterr().out


def test_what_cannot_be_sent_stays_where_it_is(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.die("EmailDeadLetterQueue", "one", "two", "three")
    send = account.sqs.send_message_batch

    def all_but_one(**asked: Any) -> Any:
        *sent, refused = asked["Entries"]
        answer = send(**asked | {"Entries": sent})
        return answer | {"Failed": [{"Id": refused["Id"], "Code": "InternalError", "SenderFault": False}]}

    monkeypatch.setattr(account.sqs, "send_message_batch", all_but_one)
    assert redrive.redrive(account.client, "points", queue="EmailQueue") == 1
    monkeypatch.undo()
    assert len(account.bodies("EmailQueue")) == 2


def test_cut_off_between_sending_and_deleting_nothing_is_lost(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.die("EmailDeadLetterQueue", "one")

    def cut(**_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(account.sqs, "delete_message_batch", cut)
    with pytest.raises(KeyboardInterrupt):
        redrive.redrive(account.client, "points", queue="EmailQueue")
    assert account.bodies("EmailQueue") == ["one"]
    hidden = "ApproximateNumberOfMessagesNotVisible"
    url = account.urls["EmailDeadLetterQueue"]
    assert account.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[hidden])["Attributes"][hidden] == "1"


def test_what_comes_back_meanwhile_is_not_moved_in_circles(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    account.die("EmailDeadLetterQueue", "one", "two")
    send = account.sqs.send_message_batch

    def refused_at_once(**asked: Any) -> Any:
        account.die("EmailDeadLetterQueue", *(entry["MessageBody"] for entry in asked["Entries"]))
        return send(**asked)

    monkeypatch.setattr(account.sqs, "send_message_batch", refused_at_once)
    assert redrive.redrive(account.client, "points", queue="EmailQueue") == 0
    assert account.bodies("EmailDeadLetterQueue") == ["one", "two"]


def test_a_queue_that_is_not_there_is_said_to_be(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    assert redrive.redrive(account.client, "points", queue="Emails") == CANNOT_READ
    assert "EmailQueue, EventQueue" in capsys.readouterr().out


def test_without_a_stack_it_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redrive, "STACK_FILE", tmp_path / "stack.json")
    assert redrive.main([]) == CANNOT_READ
    assert "make run" in capsys.readouterr().err


def test_many_are_not_all_looked_at(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(redrive, "MAX_LOOKED_AT", 10)
    account.die("EmailDeadLetterQueue", *map(str, range(25)))
    redrive.redrive(account.client, "points")
    assert ["15", "not", "looked", "at"] in [line.split() for line in capsys.readouterr().out.splitlines()]
