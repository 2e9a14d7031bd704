"""The queues of the channels: setting a message aside, and having it come back later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from points.adapters.delivery.calls import once

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

REASON: Final = "reason"
"""The attribute of a dead letter that says why it is one."""


@dataclass(frozen=True, slots=True)
class QueueUrls:
    queue: str
    dead_letters: str

    @property
    def name(self) -> str:
        return self.queue.rpartition("/")[2]


class SqsChannelQueues:
    """Implements :class:`points.application.delivery.ports.ChannelQueues`."""

    def __init__(self, client: "SQSClient", *queues: QueueUrls) -> None:
        self._client = client
        self._queues: Mapping[str, QueueUrls] = {each.name: each for each in queues}

    def set_aside(self, queue: str, body: str, reason: str) -> None:
        once(
            self._client.send_message,
            QueueUrl=self._queues[queue].dead_letters,
            MessageBody=body,
            MessageAttributes={REASON: {"DataType": "String", "StringValue": reason}},
        )

    def postpone(self, queue: str, receipt: str, seconds: int) -> None:
        once(
            self._client.change_message_visibility,
            QueueUrl=self._queues[queue].queue,
            ReceiptHandle=receipt,
            VisibilityTimeout=seconds,
        )
