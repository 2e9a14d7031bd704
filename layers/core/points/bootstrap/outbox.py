"""Wires the outbox: the ports of its wing to the bus and the queues."""

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from points.adapters.aws_clients import events_client, sqs_client
from points.adapters.backoff import JitteredBackoff
from points.adapters.batch_sending import BatchSender
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.images import StreamImages
from points.adapters.event_bus import EventBridgeBus
from points.adapters.queues import ChannelQueues, Queue, SetAsideQueue
from points.application.outbox.ports import Outbox
from points.application.ports import Backoff
from points.settings import OutboxSettings, outbox_settings

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient


@cache
def outbox() -> Outbox:
    """The outbox of this process, asked for while the function starts, so that the clients are in its snapshot."""
    return wired(events_client(), sqs_client(), outbox_settings(), monotonic=time.monotonic, backoff=JitteredBackoff())


def wired(
    events: "EventBridgeClient",
    sqs: "SQSClient",
    settings: OutboxSettings,
    *,
    monotonic: Callable[[], float],
    backoff: Backoff,
) -> Outbox:
    """The outbox over what a process has of its own."""
    deadline = InvocationDeadline(monotonic=monotonic)
    sender = BatchSender(backoff, deadline)
    return Outbox(
        images=StreamImages(),
        bus=EventBridgeBus(events, settings.event_bus, sender),
        channels=ChannelQueues({name: Queue(sqs, url, sender) for name, url in settings.channel_queues.items()}),
        set_aside=SetAsideQueue(Queue(sqs, settings.set_aside_queue, sender)),
        deadline=deadline,
    )
