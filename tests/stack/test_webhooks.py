"""Webhooks as deployed: an event on the bus reaches receivers on this machine, whatever they do with it."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks import Webhook

from points.adapters.webhooks import recent
from points.domain.calendar import utc_text
from stack import outputs
from stack.api import Api
from stack.deploy import STACK_NAME
from stack.outputs import Stack
from tests.outbound.receivers import HOST, MEGABYTE, Behaviour, Received, Server, answering, hanging, serving
from tests.stack.support import audit, eventually

QUEUES = {
    "events": "WebhookEvents",
    "deliveries": "WebhookDeliveries",
    "event letters": "WebhookEventsDeadLetterQueue",
    "delivery letters": "WebhookDeliveriesDeadLetterQueue",
}


@dataclass
class Bus:
    """The bus and the queues behind it, as deployed."""

    stack: Stack
    name: str = field(init=False)
    queues: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.name = self._physical("EventBus")
        self.queues = {name: self._physical(logical) for name, logical in QUEUES.items()}
        self._events = outputs.client("events", self.stack["endpoint_url"])
        self.sqs = outputs.client("sqs", self.stack["endpoint_url"])

    def _physical(self, logical: str) -> str:
        cloudformation = outputs.client("cloudformation", self.stack["endpoint_url"])
        described = cloudformation.describe_stack_resource(StackName=STACK_NAME, LogicalResourceId=logical)
        return str(described["StackResourceDetail"]["PhysicalResourceId"])

    def tell(self, **change: Any) -> str:
        """An event as the outbox tells it; its id."""
        event = {
            "id": f"evt_{uuid4().hex}",
            "type": "PointsEarned",
            "program": "demo",
            "member": "m-1",
            "seq": 1,
            "at": utc_text(datetime.now(UTC)),
            "data": {"points": 5, "note": "积分"},
        } | change
        entry = {
            "EventBusName": self.name,
            "Source": "points-ledger",
            "DetailType": event["type"],
            "Detail": json.dumps(event, ensure_ascii=False),
        }
        assert self._events.put_events(Entries=[entry])["FailedEntryCount"] == 0
        return str(event["id"])

    def letters(self, queue: str) -> list[Any]:
        found = self.sqs.receive_message(QueueUrl=self.queues[queue], MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(each["Body"]) for each in found]


@pytest.fixture(scope="module")
def bus(published: Stack) -> Iterator[Bus]:
    bus = Bus(published)
    # Instead of minutes between the five tries of a message; longer than a busy machine takes to start a function, or
    # what is being worked on would be handed out again.
    attributes = {"VisibilityTimeout": "5"}
    bus.sqs.set_queue_attributes(QueueUrl=bus.queues["events"], Attributes=attributes)
    yield bus
    bus.sqs.set_queue_attributes(QueueUrl=bus.queues["events"], Attributes={"VisibilityTimeout": "180"})


@dataclass
class Endpoints:
    """Receivers that are endpoints of the demo program for the time of a test."""

    api: Api
    servers: dict[str, Server] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def receive(self, name: str, behave: Behaviour, **wanted: Any) -> Server:
        server = self._open.enter_context(serving(behave))
        self.make(name, server.port, **wanted)
        self.servers[name] = server
        return server

    def make(self, name: str, port: int, **wanted: Any) -> None:
        body = {"id": name, "url": f"http://{HOST}:{port}/hooks/{name}", **wanted}
        self.secrets[name] = self.api.expect("POST", "/webhooks", body).body["secret"]
        self._open.callback(self.api.expect, "DELETE", f"/webhooks/{name}", status=(204,))

    def are_seen(self) -> None:
        """A function that is warm remembers for some seconds which endpoints there are."""
        time.sleep(recent.SECONDS + 0.5)

    def deliveries(self, name: str, query: str = "") -> list[Any]:
        items: list[Any] = self.api.expect("GET", f"/webhooks/{name}/deliveries{query}").body["items"]
        return items

    def outcome(self, name: str) -> tuple[str, int | None, str | None]:
        """Of the last attempt of the newest delivery, once there was one."""

        def tried() -> Any:
            newest = self.deliveries(name)[:1]
            return newest[0] if newest and newest[0]["state"] != "pending" else None

        delivery = eventually(tried, what=f"an attempt at {name}", seconds=60)
        return delivery["state"], delivery["status"], delivery["why"]

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def endpoints(admin: Api) -> Iterator[Endpoints]:
    endpoints = Endpoints(admin)
    yield endpoints
    endpoints.close()


def test_an_event_on_the_bus_reaches_whoever_wants_it_signed(published: Stack, bus: Bus, endpoints: Endpoints) -> None:
    wanting = endpoints.receive("wanting", answering("204 No Content"))
    other = endpoints.receive("other", answering("204 No Content"), types=["MemberFrozen"])
    endpoints.are_seen()

    event = bus.tell()

    assert endpoints.outcome("wanting") == ("delivered", 204, None)
    (received,) = wanting.received
    told = Webhook(endpoints.secrets["wanting"]).verify(received.body, received.headers)
    assert (told["id"], told["member"], told["data"]["note"]) == (event, "m-1", "积分")
    assert (endpoints.deliveries("other"), other.received) == ([], [])
    assert not audit(published).findings


def test_each_receiver_is_dealt_with_by_itself(published: Stack, bus: Bus, endpoints: Endpoints) -> None:
    """One hangs, one fails, one sends elsewhere, one answers without end, nobody is at home, one has gone."""
    elsewhere = endpoints.receive("elsewhere", answering("200 OK"), types=["MemberFrozen"])
    place = f"http://{HOST}:{elsewhere.port}/"
    large = endpoints.receive("large", answering("200 OK", body=b"x" * (10 * MEGABYTE)))
    endpoints.receive("hanging", hanging)
    endpoints.receive("failing", answering("500 Internal Server Error"))
    endpoints.receive("redirecting", answering("302 Found", f"Location: {place}"))
    endpoints.receive("gone", answering("410 Gone"))
    with serving(answering("200 OK")) as closed:
        pass
    endpoints.make("closed", closed.port)
    endpoints.receive("well", answering("200 OK"))
    endpoints.are_seen()

    bus.tell()

    assert endpoints.outcome("well") == ("delivered", 200, None)
    assert endpoints.outcome("large") == ("delivered", 200, None)
    assert endpoints.outcome("failing") == ("failed", 500, "status")
    assert endpoints.outcome("redirecting") == ("failed", 302, "redirect")
    assert endpoints.outcome("closed") == ("failed", None, "connect")
    assert endpoints.outcome("gone") == ("dead", 410, "gone")
    assert endpoints.outcome("hanging") == ("failed", None, "timeout")
    assert elsewhere.received == []
    assert large.received[0].sent < 10 * MEGABYTE
    off = endpoints.api.expect("GET", "/webhooks/gone").body
    assert (off["enabled"], off["off"]) == (False, "gone")
    assert not audit(published).findings


def test_what_failed_is_tried_again_with_the_same_body(bus: Bus, endpoints: Endpoints) -> None:
    tries = 0

    def recovering(connection: Any, received: Received) -> None:
        nonlocal tries
        tries += 1
        answering("503 Service Unavailable" if tries == 1 else "200 OK")(connection, received)

    server = endpoints.receive("recovering", recovering)
    endpoints.are_seen()
    event = bus.tell()
    eventually(lambda: len(server.received) == 2, what="the second attempt", seconds=60)
    assert {received.body for received in server.received} == {server.received[0].body}
    assert {received.header("webhook-id") for received in server.received} == {event}
    eventually(lambda: endpoints.deliveries("recovering", "?state=delivered"), what="it is kept as delivered")


def test_an_operator_pings_switches_on_and_sends_again(bus: Bus, endpoints: Endpoints) -> None:
    server = endpoints.receive("operated", answering("204 No Content"))
    api = endpoints.api
    endpoints.are_seen()
    bus.tell()
    assert endpoints.outcome("operated")[0] == "delivered"
    (delivery,) = endpoints.deliveries("operated")
    api.expect("POST", f"/webhooks/operated/deliveries/{delivery['id']}/resend")
    eventually(lambda: len(server.received) == 2, what="it is sent again")
    assert server.received[0].body == server.received[1].body
    rotated = api.expect("POST", "/webhooks/operated/secret", {"keep_hours": 1}).body["secret"]
    url = f"http://{HOST}:{server.port}/hooks/operated"
    api.expect("PUT", "/webhooks/operated", {"url": url, "enabled": False})
    assert api.expect("POST", "/webhooks/operated/test").body["type"] == "Ping"
    eventually(lambda: len(server.received) == 3, what="the ping")
    ping = server.received[2]
    for secret in (endpoints.secrets["operated"], rotated):
        assert Webhook(secret).verify(ping.body, ping.headers)["type"] == "Ping"


def test_a_poisonous_event_ends_in_the_dead_letter_queue_alone(bus: Bus, endpoints: Endpoints) -> None:
    endpoints.receive("beside", answering("200 OK"))
    endpoints.are_seen()
    bus.tell(id="no id of ours")
    bus.tell()
    assert endpoints.outcome("beside") == ("delivered", 200, None)
    (letter,) = eventually(lambda: bus.letters("event letters"), what="the poison is given up on", seconds=120)
    assert letter["detail"]["id"] == "no id of ours"
    assert bus.letters("delivery letters") == []
