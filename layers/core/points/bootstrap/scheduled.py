"""Wires scheduled work: the services, the queue its messages go through, and what is done with an account."""

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from points.adapters.aws_clients import sqs_client
from points.adapters.backoff import JitteredBackoff
from points.adapters.batch_sending import BatchSender
from points.adapters.deadline import InvocationDeadline
from points.adapters.queues import Queue
from points.adapters.work_queue import SqsWork
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.ports import Backoff, Timer
from points.application.reminders.remind_member import remind_member
from points.application.reminders.retime_program import begin_retiming
from points.application.services import Services
from points.application.sweeping import Handle, Scheduled
from points.bootstrap import services
from points.domain.reminding.owing import is_quiet
from points.settings import sweep_settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@cache
def expiry() -> Scheduled:
    """Asked for while the function starts, so that the clients are in its snapshot."""
    return scheduled(services(), sqs_client(), sweep_settings().queue, Timer.DUE)


@cache
def reminders() -> Scheduled:
    return scheduled(services(), sqs_client(), sweep_settings().queue, Timer.REMIND)


def scheduled(
    services: Services,
    sqs: "SQSClient",
    queue_url: str,
    timer: Timer,
    backoff: Backoff | None = None,
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> Scheduled:
    """Over what a process has of its own."""
    closing = InvocationDeadline(monotonic=monotonic)
    sender = BatchSender(backoff or JitteredBackoff(), closing)
    handles: dict[Timer, Handle] = {
        Timer.DUE: lambda program, member, read, now: bring_up_to_date(services, program, member, now, read=read),
        Timer.REMIND: lambda program, member, read, now: remind_member(services, program, member, now, read=read),
    }
    queue = SqsWork(Queue(sqs, queue_url, sender))
    beside = (lambda name, now: begin_retiming(services, queue, name, now)) if timer is Timer.REMIND else None
    rests = is_quiet if timer is Timer.REMIND else None
    return Scheduled(services, queue, timer, handles[timer], beside, rests, closing)
