"""The outbox as deployed: what is booked reaches whoever subscribed, and what goes wrong on the way is not lost."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from points.adapters.dynamodb.models import EntryItem, NoticeItem
from points.domain.ledger.timers import Expiring
from points.domain.reminding.notices import Notice
from stack import outputs, retell
from stack.api import Api
from stack.deploy import STACK_NAME
from stack.outputs import Stack
from tests.builders import NOW, Walk, account
from tests.stack.support import eventually, member_with, purchase

SUBSCRIBER = "outbox-subscriber"


@dataclass(frozen=True)
class Subscriber:
    """A queue that hears everything the bus is told."""

    client: Any
    url: str

    def take(self) -> list[dict[str, Any]]:
        """What has come since; it is gone afterwards."""
        return [json.loads(body) for body in take(self.client, self.url)]

    def hears(self, wanted: Callable[[dict[str, Any]], bool], *, count: int) -> list[dict[str, Any]]:
        heard: list[dict[str, Any]] = []

        def enough() -> bool:
            heard.extend(event for event in self.take() if wanted(event))
            return len(heard) >= count

        eventually(enough, what=f"{count} events are heard")
        return heard


def take(client: Any, url: str) -> list[str]:
    bodies = []
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            bodies.append(message["Body"])
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def of(member: str) -> Callable[[dict[str, Any]], bool]:
    return lambda event: bool(event["detail"]["member"] == member)


@pytest.fixture(scope="module")
def deployed(published: Stack) -> dict[str, str]:
    found = outputs.stack_outputs(STACK_NAME, published["endpoint_url"])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def subscriber(published: Stack, deployed: dict[str, str]) -> Iterator[Subscriber]:
    """As docs/events/README.md tells to."""
    sqs, events = (outputs.client(name, published["endpoint_url"]) for name in ("sqs", "events"))
    url = sqs.create_queue(QueueName=SUBSCRIBER)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    bus = deployed["EventBusName"]
    events.put_rule(Name=SUBSCRIBER, EventBusName=bus, EventPattern=json.dumps({"source": ["points-ledger"]}))
    events.put_targets(Rule=SUBSCRIBER, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    yield Subscriber(sqs, url)
    events.remove_targets(Rule=SUBSCRIBER, EventBusName=bus, Ids=["queue"])
    events.delete_rule(Name=SUBSCRIBER, EventBusName=bus)
    sqs.delete_queue(QueueUrl=url)


def test_what_is_booked_is_heard_once_and_in_order(backend: Api, subscriber: Subscriber) -> None:
    member = member_with(backend, "out-story", 5_000)
    redemption = {"reference": "r-1", "reward": "coupon-200-50"}
    assert backend.call("POST", f"/members/{member}/redemptions", redemption).status == 201
    assert backend.call("POST", f"/members/{member}/orders/r-1/cancel", {}).status in {200, 201}

    heard = subscriber.hears(of(member), count=5)
    assert [event["detail-type"] for event in heard] == [
        "PointsEarned", "PointsRedeemed", "OrderPlaced", "EntryReversed", "OrderCancelled",
    ]  # fmt: skip
    assert {event["source"] for event in heard} == {"points-ledger"}
    details = [event["detail"] for event in heard]
    assert [detail["seq"] for detail in details] == [1, 2, 2, 3, 3]
    assert [detail["type"] for detail in details] == [event["detail-type"] for event in heard]
    assert len({detail["id"] for detail in details}) == 5
    assert details[0]["data"]["balance"]["available"] == 5_000


def test_an_item_that_cannot_be_told_is_set_aside_and_the_next_one_is_heard(
    published: Stack, deployed: dict[str, str], backend: Api, subscriber: Subscriber
) -> None:
    sqs, dynamodb = (outputs.client(name, published["endpoint_url"]) for name in ("sqs", "dynamodb"))
    forged = replace(Walk().give(100), member="out-forged", points=1_000_000)
    item = EntryItem.of(forged).item()
    dynamodb.put_item(TableName=published["table"], Item=item)
    member = member_with(backend, "out-after", 10)

    assert [event["detail-type"] for event in subscriber.hears(of(member), count=1)] == ["PointsEarned"]
    (body,) = eventually(lambda: take(sqs, deployed["SetAsideQueueUrl"]), what="the record is set aside")
    message = json.loads(body)
    assert (message["pk"], message["sk"], message["reason"]) == (
        "P#demo#M#out-forged", "ENTRY#adjust#a-1", "unreadable ValueError",
    )  # fmt: skip
    dynamodb.delete_item(TableName=published["table"], Key={"pk": item["pk"], "sk": item["sk"]})


def test_what_was_set_aside_is_told_once_it_can_be(
    published: Stack, deployed: dict[str, str], subscriber: Subscriber
) -> None:
    def clients(service: str) -> Any:
        return outputs.client(service, published["endpoint_url"])

    entry = Walk(account=account(member="out-mended")).give(100)
    item = EntryItem.of(entry).item()
    dynamodb, broken = clients("dynamodb"), {**item, "p": {"N": "1000000"}}
    dynamodb.put_item(TableName=published["table"], Item=broken)
    try:
        eventually(lambda: retell.retell(clients, deployed) == 1, what="the record is set aside, and stays")
        dynamodb.put_item(TableName=published["table"], Item=item)
        assert retell.retell(clients, deployed) == 0
        (event,) = subscriber.hears(of("out-mended"), count=1)
        assert (event["detail-type"], event["detail"]["data"]["points"]) == ("PointsAdjusted", 100)
    finally:
        dynamodb.delete_item(TableName=published["table"], Key={name: item[name] for name in ("pk", "sk")})


def test_a_notice_is_heard(published: Stack, subscriber: Subscriber) -> None:
    """That it goes to the channels it names as well: ``test_delivery.py``, where they lead to somebody."""
    dynamodb = outputs.client("dynamodb", published["endpoint_url"])
    notice = Notice("demo", "out-notice", Expiring(date(2026, 12, 31), 7), NOW, 300)
    item = NoticeItem.of(notice).item()
    dynamodb.put_item(TableName=published["table"], Item=item)

    (event,) = subscriber.hears(of("out-notice"), count=1)
    assert (event["detail-type"], event["detail"]["seq"]) == ("PointsExpiring", None)
    dynamodb.delete_item(TableName=published["table"], Key={"pk": item["pk"], "sk": item["sk"]})


@contextmanager
def out_of_reach(stack: Stack, function: str) -> Iterator[None]:
    """The bus answers nobody while this lasts."""
    client = outputs.client("lambda", stack["endpoint_url"])
    before = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]

    def run_with(variables: dict[str, str]) -> None:
        client.update_function_configuration(FunctionName=function, Environment={"Variables": variables})
        version = client.publish_version(FunctionName=function)["Version"]
        client.update_alias(FunctionName=function, Name="live", FunctionVersion=version)

    run_with({**before, "AWS_ENDPOINT_URL_EVENTBRIDGE": "http://127.0.0.1:9"})
    try:
        yield
    finally:
        run_with(before)


def test_while_the_bus_is_out_of_reach_the_stream_waits(
    published: Stack, deployed: dict[str, str], backend: Api, subscriber: Subscriber
) -> None:
    client = outputs.client("lambda", published["endpoint_url"])
    function = deployed["OutboxFunctionName"]
    mappings = client.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    assert len(mappings) == 1, mappings

    def state() -> str:
        return str(client.get_event_source_mapping(UUID=mappings[0]["UUID"])["LastProcessingResult"])

    with out_of_reach(published, function):
        member = member_with(backend, "out-waiting", 10)
        eventually(lambda: state() == "FAILED", what="the outbox fails")
        for number in range(3):
            event = purchase(member, f"order-{number}", "5.00")
            assert backend.call("POST", "/events", event).status == 201
        assert [event for event in subscriber.take() if of(member)(event)] == []

    heard = subscriber.hears(of(member), count=4)
    assert [event["detail"]["seq"] for event in heard] == [1, 2, 3, 4]
