"""Queues of the outbox: a message names a notice, a record set aside names its key, and a call may fail in part."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

from botocore.session import get_session
from botocore.stub import Stubber

from points.adapters.batch_sending import ATTEMPTS, BatchSender
from points.adapters.queues import NO_QUEUE, ChannelQueues, Queue, SetAsideQueue
from points.application.outbox.ports import Failure, Message
from points.application.ports import ARRIVED
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.reminding.notices import Notice
from tests.builders import NOW, NoWait, SetDeadline

NOTICE = Notice("demo", "m-1", Expiring(date(2026, 12, 31), 7), NOW, 300, "coupon", ("email",))
DORMANT = replace(NOTICE, about=Dormant(date(2026, 11, 25), 1))
MAIL, TEXT = Message("email", NOTICE), Message("sms", DORMANT)


class Sqs:
    """A client that fails the messages of these places, call by call: place → whether it is the sender's fault."""

    def __init__(self, *failures: dict[int, bool], silent: bool = False) -> None:
        self.calls: list[tuple[str, list[Any]]] = []
        self._failures = list(failures)
        self._silent = silent

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803 - the client's own names
        self.calls.append((QueueUrl, [json.loads(entry["MessageBody"]) for entry in Entries]))
        if self._silent:
            return {}
        failed = self._failures.pop(0) if self._failures else {}
        places = range(len(Entries))
        return {
            "Successful": [{"Id": str(place)} for place in places if place not in failed],
            "Failed": [
                {"Id": str(place), "Code": "InternalError", "SenderFault": fault} for place, fault in failed.items()
            ],
        }


def queue(client: Any, url: str = "https://queue/email") -> Queue:
    return Queue(client, url, BatchSender(NoWait(), SetDeadline()))


def channels(client: Any) -> ChannelQueues:
    return ChannelQueues({"email": queue(client), "sms": queue(client, "https://queue/sms")})


def test_each_channel_has_its_queue() -> None:
    client = Sqs()
    assert channels(client).send([MAIL, TEXT, MAIL]) == [ARRIVED] * 3
    mail = {"program": "demo", "member": "m-1", "notice": "expiring#2026-12-31#007", "channel": "email"}
    text = {"program": "demo", "member": "m-1", "notice": "dormant#2026-11-25#001", "channel": "sms"}
    assert client.calls == [("https://queue/email", [mail, mail]), ("https://queue/sms", [text])]


def test_a_channel_without_a_queue_is_hopeless() -> None:
    client = Sqs()
    assert channels(client).send([Message("pigeon", NOTICE), MAIL]) == [NO_QUEUE, ARRIVED]
    assert NO_QUEUE.is_hopeless


def test_nothing_is_not_sent() -> None:
    client = Sqs()
    assert channels(client).send([]) == []
    assert SetAsideQueue(queue(client)).put([]) == []
    assert client.calls == []


def test_what_the_queue_could_not_take_is_sent_again() -> None:
    client = Sqs({1: False}, {0: False})
    assert channels(client).send([MAIL, MAIL, MAIL]) == [ARRIVED] * 3
    assert [len(bodies) for _, bodies in client.calls] == [3, 1, 1]


def test_what_the_sender_did_wrong_stays_so() -> None:
    client = Sqs({0: True})
    first, second = channels(client).send([MAIL, MAIL])
    assert (first.fault, first.is_hopeless, second) == ("InternalError", True, ARRIVED)
    assert len(client.calls) == 1


def test_a_message_the_queue_says_nothing_of_has_not_arrived() -> None:
    client = Sqs(silent=True)
    (outcome,) = channels(client).send([MAIL])
    assert (outcome.fault, outcome.passing, len(client.calls)) == ("no_answer", True, ATTEMPTS)


def test_one_channel_that_is_out_of_reach_does_not_keep_the_other_waiting() -> None:
    client = Sqs(*[{0: False}] * ATTEMPTS)
    mail, text = channels(client).send([MAIL, TEXT])
    assert (mail.passing, text.arrived) == (True, True)


def test_what_is_set_aside_is_named_by_its_key_and_nothing_else() -> None:
    client = Sqs()
    failures = [Failure("42", "P#demo#M#m-1", f"ENTRY#earn#{number}", "too_large") for number in range(12)]
    assert SetAsideQueue(queue(client)).put(failures) == [ARRIVED] * 12
    assert [len(bodies) for _, bodies in client.calls] == [10, 2]
    assert client.calls[0][1][0] == {
        "pk": "P#demo#M#m-1", "sk": "ENTRY#earn#0", "sequence_number": "42", "reason": "too_large",
    }  # fmt: skip


def test_the_client_takes_what_it_is_given() -> None:
    client = get_session().create_client("sqs", region_name="us-east-1")
    with Stubber(client) as stubber:
        answer = {"Successful": [{"Id": "0", "MessageId": "1", "MD5OfMessageBody": "x"}], "Failed": []}
        stubber.add_response("send_message_batch", answer)
        assert queue(client).send([{"a": "b"}]) == [ARRIVED]
