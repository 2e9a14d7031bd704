"""Queues the outbox writes to: one for each channel people are told by, and one for what could not be told."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from points.adapters.batch_sending import BatchSender, Sized
from points.application.outbox.ports import Failure, Message
from points.application.ports import ARRIVED, Outcome
from points.domain.canonical import Plain
from points.domain.reminding.notices import name_of

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

NO_QUEUE: Final = Outcome("no_queue_for_channel")
_NO_ANSWER: Final = Outcome("no_answer", passing=True)


class Queue:
    """One SQS queue."""

    def __init__(self, client: "SQSClient", url: str, sender: BatchSender) -> None:
        self._client = client
        self._url = url
        self._sender = sender

    def send(self, bodies: Sequence[Mapping[str, Plain]]) -> list[Outcome]:
        """Each as JSON; one outcome for each."""
        texts = [json.dumps(body, separators=(",", ":")) for body in bodies]
        # ASCII: as many bytes as characters.
        return self._sender.send([Sized(text, len(text)) for text in texts], self._send)

    def _send(self, texts: Sequence[str]) -> Sequence[Outcome]:
        answer = self._client.send_message_batch(
            QueueUrl=self._url, Entries=[{"Id": str(place), "MessageBody": text} for place, text in enumerate(texts)]
        )
        outcomes = {entry["Id"]: ARRIVED for entry in answer.get("Successful", [])}
        for failed in answer.get("Failed", []):
            outcomes[failed["Id"]] = Outcome(failed["Code"], passing=not failed["SenderFault"])
        return [outcomes.get(str(place), _NO_ANSWER) for place in range(len(texts))]


class ChannelQueues:
    """Implements :class:`points.application.outbox.ports.Channels`."""

    def __init__(self, queues: Mapping[str, Queue]) -> None:
        self._queues = queues

    def send(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        outcomes = [NO_QUEUE] * len(messages)
        for channel, queue in self._queues.items():
            places = [place for place, message in enumerate(messages) if message.channel == channel]
            if places:
                sent = queue.send([_body(messages[place]) for place in places])
                for place, outcome in zip(places, sent, strict=True):
                    outcomes[place] = outcome
        return outcomes


class SetAsideQueue:
    """Implements :class:`points.application.outbox.ports.SetAside`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def put(self, failures: Sequence[Failure]) -> Sequence[Outcome]:
        return self._queue.send([_of(failure) for failure in failures]) if failures else []


def _body(message: Message) -> Mapping[str, str]:
    """Who is to be told of which notice, and how. What it says, the worker reads where it stands."""
    notice = message.notice
    return {
        "program": notice.program,
        "member": notice.member,
        "notice": name_of(notice.about),
        "channel": message.channel,
    }


def _of(failure: Failure) -> Mapping[str, str]:
    return {"pk": failure.pk, "sk": failure.sk, "sequence_number": failure.number, "reason": failure.reason}
