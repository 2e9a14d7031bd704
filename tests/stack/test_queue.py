"""The event queue as deployed: bulk events come in by SQS, fail alone, and mean the same as through the API."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from stack import outputs
from stack.api import Api
from stack.outputs import Stack
from tests.stack.support import audit, available, entries, eventually, insist, member_with, purchase

VISIBILITY_SECONDS = 1
"""Instead of minutes between the five tries of a message."""


@dataclass(frozen=True)
class Queues:
    client: Any
    events: str
    dead_letters: str

    def send(self, *bodies: object) -> None:
        """Up to ten messages in one call; text goes as it is."""
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        answer = self.client.send_message_batch(
            QueueUrl=self.events,
            Entries=[{"Id": str(number), "MessageBody": text} for number, text in enumerate(texts)],
        )
        assert not answer.get("Failed")

    def is_drained(self) -> bool:
        """Nothing waits and nothing is being worked on."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client.get_queue_attributes(QueueUrl=self.events, AttributeNames=names)["Attributes"]
        return all(found[name] == "0" for name in names)

    def take_dead_letters(self) -> list[str]:
        """Their bodies; they are gone afterwards."""
        bodies: list[str] = []
        while messages := self.client.receive_message(QueueUrl=self.dead_letters, MaxNumberOfMessages=10).get(
            "Messages", []
        ):
            for message in messages:
                bodies.append(message["Body"])
                self.client.delete_message(QueueUrl=self.dead_letters, ReceiptHandle=message["ReceiptHandle"])
        return bodies


@pytest.fixture(scope="module")
def queues(published: Stack) -> Iterator[Queues]:
    client = outputs.client("sqs", published["endpoint_url"])
    url = published["queue_url"]
    name = "VisibilityTimeout"
    deployed = client.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
    client.set_queue_attributes(QueueUrl=url, Attributes={name: str(VISIBILITY_SECONDS)})
    yield Queues(client, url, published["dead_letter_queue_url"])
    client.set_queue_attributes(QueueUrl=url, Attributes={name: deployed})


def queued(member: str, reference: str, amount: str) -> dict[str, Any]:
    return {"program": "demo", **purchase(member, reference, amount)}


@pytest.mark.parametrize(
    ("name", "poison"),
    [
        ("broken", '{"program": "demo", "reference": "p", "member": '),
        ("unknown", json.dumps({"program": "demo", "reference": "p", "member": "q-unknown", "behaviour": "levitate"})),
    ],
    ids=["broken JSON", "unknown behaviour"],
)
def test_a_poisonous_message_ends_in_the_dead_letter_queue_alone(
    published: Stack, backend: Api, queues: Queues, name: str, poison: str
) -> None:
    member = member_with(backend, f"q-{name}", 0)
    good = [queued(member, f"r-{number}", "10.00") for number in range(9)]

    queues.send(*good[:4], poison, *good[4:])

    eventually(lambda: available(backend, member) == 90, what="the nine good events are booked")
    dead = eventually(queues.take_dead_letters, what="the poison is given up on")
    eventually(queues.is_drained, what="the queue is empty")
    assert [*dead, *queues.take_dead_letters()] == [poison]
    assert sorted(entry["reference"] for entry in entries(backend, member)) == [f"r-{number}" for number in range(9)]
    assert not audit(published).findings


def test_a_reference_pays_once_however_often_and_by_whichever_door_it_comes(
    published: Stack, backend: Api, queues: Queues
) -> None:
    member = member_with(backend, "q-both-doors", 0)
    event = purchase(member, "order", "25.00")
    message = {"program": "demo", **event}

    with ThreadPoolExecutor(4) as pool:
        queues.send(message, message)
        heard = list(pool.map(lambda _: insist(backend, "POST", "/events", event), range(4)))
        queues.send(message)
    eventually(queues.is_drained, what="the queue is empty")

    assert {answer.status for answer in heard} <= {200, 201}
    assert all(answer.body == heard[0].body for answer in heard)
    assert [entry["reference"] for entry in entries(backend, member)] == ["order"]
    assert available(backend, member) == 25
    assert queues.take_dead_letters() == []
    assert not audit(published).findings


def test_what_came_by_the_queue_is_a_replay_at_the_api(backend: Api, queues: Queues) -> None:
    member = member_with(backend, "q-first", 0)
    queues.send(queued(member, "order", "25.00"))
    eventually(lambda: available(backend, member) == 25, what="the event is booked")

    again = backend.call("POST", "/events", purchase(member, "order", "25.00"))
    other = backend.call("POST", "/events", purchase(member, "order", "26.00"))

    assert (again.status, again.replayed, again.body["entry"]["actor"]) == (200, True, "queue")
    assert (other.status, other.body["code"]) == (409, "reference_reused")
    assert available(backend, member) == 25
