"""The queue in which deliveries wait to be due, and the one in which those lie that were given up.

A message waits by the delay it is sent with, at most 15 minutes; one that is due later comes round and is sent again.
It is never hidden by its visibility time-out instead: a hidden message is in flight, SQS allows 120,000 of those, and
one endpoint that is down for a day would use them up for everybody.

The group of a message is its endpoint. On a queue that keeps no order, SQS takes groups for tenants: while one of them
keeps its consumers busy, the messages of the others go first.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

from points.adapters.dynamodb.failures import translated
from points.application.ports import Deadline
from points.application.webhooks.ports import Message
from points.domain.calendar import utc_text
from points.domain.errors import LedgerUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_SECONDS = 900
_BATCH = 10
_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 1, 2, 2
"""As for the ledger: no call takes longer than the deadline takes into account."""

_SECOND = timedelta(seconds=1)


def queue_client() -> "SQSClient":
    config = Config(
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        tcp_keepalive=True,
    )
    return cast("SQSClient", botocore.session.get_session().create_client("sqs", config=config))


class SQSDeliveryQueue:
    """Implements :class:`points.application.webhooks.ports.DeliveryQueue`."""

    def __init__(self, client: "SQSClient", *, deliveries: str, dead_letters: str, deadline: Deadline) -> None:
        """``deliveries`` and ``dead_letters`` are the addresses of the queues."""
        self._client = client
        self._deliveries = deliveries
        self._dead_letters = dead_letters
        self._deadline = deadline

    def send(self, messages: Sequence[Message], now: datetime) -> None:
        for batch in batched(messages, _BATCH, strict=False):
            entries: Any = [
                {"Id": str(place), **_content(message), "DelaySeconds": delay_seconds(message.due_at, now)}
                for place, message in enumerate(batch)
            ]
            self._check_deadline()
            with translated():
                answer = self._client.send_message_batch(QueueUrl=self._deliveries, Entries=entries)
            if answer.get("Failed"):
                # Those that went come twice: nothing is done twice for it.
                raise LedgerUnavailable("the queue did not take every delivery")

    def bury(self, message: Message) -> None:
        content: Any = _content(message)
        self._check_deadline()
        with translated():
            self._client.send_message(QueueUrl=self._dead_letters, **content)

    def _check_deadline(self) -> None:
        if not self._deadline.leaves_time():
            raise LedgerUnavailable("there was no time left to ask the queue")


def delay_seconds(due_at: datetime, now: datetime) -> int:
    """Rounded up: a message that comes a moment early would only be sent once more."""
    seconds = -((now - due_at) // _SECOND)
    return max(0, min(MAX_DELAY_SECONDS, seconds))


def _content(message: Message) -> dict[str, str]:
    told = {
        "program": message.program,
        "endpoint": message.endpoint,
        "delivery": message.delivery,
        "round": message.round,
        "due_at": utc_text(message.due_at),
    }
    group = f"{message.program}.{message.endpoint}"
    return {"MessageBody": json.dumps(told, separators=(",", ":")), "MessageGroupId": group}
