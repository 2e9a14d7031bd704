"""Scheduled work as deployed: a run finds the programs, sends its messages, and what is due gets done; what cannot be
done ends among the dead letters."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from points.adapters.dynamodb import keys
from stack import mailbox, outputs, time_lapse
from stack.api import Api
from stack.outputs import Stack
from tests.stack.support import entries, eventually, member_with

SHANGHAI = ZoneInfo("Asia/Shanghai")
LATER = f"{datetime.now(SHANGHAI).year + 2}-01-01T16:01:00Z"
"""When what is earned today has expired: it is good until the end of next year."""


@pytest.fixture
def sqs(published: Stack) -> Any:
    return outputs.client("sqs", published["endpoint_url"])


def test_time_passes_once(published: Stack, backend: Api, capsys: pytest.CaptureFixture[str]) -> None:
    time_lapse.play(published)
    first = capsys.readouterr().out
    assert "PointsExpired -1200" in first
    assert "1,200 积分" in first
    booked, sent = entries(backend, "scenario-later"), mailbox.emails(published["endpoint_url"], "later@example.com")
    assert [entry["kind"] for entry in booked] == ["expire", "earn"]
    time_lapse.play(published)
    assert entries(backend, "scenario-later") == booked
    assert mailbox.emails(published["endpoint_url"], "later@example.com") == sent
    assert sorted("到期" in letter.subject for letter in sent) == [False, True]
    # Whatever day it is there today: the reminder comes 30 days before the last day, which is the end of next year.
    earned_on = datetime.fromisoformat(booked[-1]["at"]).astimezone(SHANGHAI).date()
    away = date(earned_on.year + 1, 12, 31) - timedelta(days=30) - earned_on
    assert f"{away.days} 天" in next(letter.body for letter in sent if "到期" not in letter.subject)


def test_a_run_asks_every_shard_and_finds_nothing_to_do(published: Stack, sqs: Any) -> None:
    for function, at_least in (("expiry", 32), ("reminders", 32)):
        answer = invoked(published, function, {"time": "2026-11-25T12:01:00Z"})
        assert answer["messages"] >= at_least
        drained(published, sqs, function)
        assert waiting(sqs, published["queues"][f"{function}_dead_letter"]) == 0


def test_an_account_that_cannot_be_read_ends_alone_among_the_dead_letters(
    published: Stack, backend: Api, sqs: Any
) -> None:
    """Its neighbours in the shard are swept."""
    shard = 7
    here = [name for name in (f"sweep-{number}" for number in range(400)) if place(name) == shard][:3]
    for member in here:
        member_with(backend, member, 700)
    dynamodb = outputs.client("dynamodb", published["endpoint_url"])
    broken = {"pk": {"S": keys.member_pk("demo", here[0])}, "sk": {"S": keys.ACCOUNT}}
    sound = dynamodb.get_item(TableName=published["table"], Key=broken)["Item"]
    dynamodb.put_item(TableName=published["table"], Item={**sound, "l": {"S": "no lots at all"}})
    try:
        with impatient(sqs, published["queues"]["expiry"]):
            work = {"program": "demo", "shard": shard, "time": LATER}
            sqs.send_message(QueueUrl=published["queues"]["expiry"], MessageBody=json.dumps(work))
            dead = published["queues"]["expiry_dead_letter"]
            eventually(lambda: waiting(sqs, dead) == 1, what="the message about it is given up on", seconds=90)
        (letter,) = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
        assert json.loads(letter["Body"])["member"] == here[0]
        sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
    finally:
        dynamodb.put_item(TableName=published["table"], Item=sound)
    for member in here[1:]:
        assert [entry["kind"] for entry in entries(backend, member)] == ["expire", "earn"]
    assert [entry["kind"] for entry in entries(backend, here[0])] == ["earn"]


def place(member: str) -> int:
    return int(keys.timer_shard_of("demo", member).partition("#")[2])


def invoked(stack: Stack, function: str, event: dict[str, Any]) -> Any:
    answer = outputs.client("lambda", stack["endpoint_url"]).invoke(
        FunctionName=stack["functions"][function], Payload=json.dumps(event)
    )
    return json.loads(answer["Payload"].read())


def waiting(sqs: Any, url: str, *, hidden: bool = False) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]) + (int(found[names[1]]) if hidden else 0)


def drained(stack: Stack, sqs: Any, function: str) -> None:
    url = stack["queues"][function]
    eventually(lambda: waiting(sqs, url, hidden=True) == 0, what=f"the queue of {function} is empty", seconds=120)


@contextmanager
def impatient(sqs: Any, url: str) -> Iterator[None]:
    """A queue whose messages come back after a second instead of six minutes."""
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "1"})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)
