"""Reminders from the queues of the channels: ``{"program", "member", "notice", "channel"}``. Each stands for itself.

What was sent, or need not be sent any more, is done with. What will never be taken is set aside among the dead letters
at once, with its reason. What may be taken later comes back after growing pauses, until the queue gives it up. Logs
name the message and a code, never the member, nor what a carrier says: its sentences quote addresses.
"""

import traceback
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from zlib import crc32

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import StringConstraints, ValidationError

from points.application.delivery.deliver_notice import NotSent, Reason, Sent, Wait, deliver_notice
from points.application.delivery.ports import Delivery, DeliveryServices, NotNow, Refused
from points.application.ports import RaceLost
from points.domain.errors import PointsError, StoreFailure
from points.domain.reminding.notices import about_named
from points.http.schemas.common import PROGRAM, Identifier, RequestModel

NAMESPACE: Final = "PointsLedger"

FIRST_PAUSE_SECONDS: Final = 60
PAUSE_GROWS_BY: Final = 3
LONGEST_PAUSE_SECONDS: Final = 6 * 3600
"""1, 3, 9, 27, 81, 243, 360, 360, 360 minutes: the ten tries a queue gives a message take a day. Meanwhile even a daily
quota that is used up comes back."""

LONGEST_WAIT_SECONDS: Final = 11 * 3600
"""For the end of quiet hours; SQS hides a message for 12 hours at most."""

INVALID: Final = "invalid_message"

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


class DeliveryMessage(RequestModel):
    program: Annotated[str, StringConstraints(pattern=PROGRAM)]
    member: Identifier
    notice: Annotated[str, StringConstraints(max_length=64)]
    channel: Literal["email", "sms"]

    def delivery(self) -> Delivery:
        """Raises ValueError."""
        return Delivery(self.program, self.member, about_named(self.notice), self.channel)


class _ComesBack(Exception):
    """Ends one message for now, logged already."""


def deliver_messages(services: DeliveryServices, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Lambda's answer to the queue: ``{"batchItemFailures": […]}``."""
    services.deadline.begin(context.get_remaining_time_in_millis() / 1_000)
    # That all of them come back is an answer like any other, not a failure of the function.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(event["Records"], lambda record: _deliver(services, record)):
        processor.process()
    failures = processor.response()["batchItemFailures"]
    metrics.add_dimension("operation", "deliver")
    metrics.add_metric("Calls", MetricUnit.Count, len(event["Records"]))
    metrics.add_metric("FailedMessages", MetricUnit.Count, len(failures))
    metrics.flush_metrics()
    return {"batchItemFailures": failures}


def _deliver(services: DeliveryServices, record: SQSRecord) -> None:
    try:
        outcome = deliver_notice(services, _read(record))
    except (Refused, NotNow, RaceLost, PointsError) as error:
        code = getattr(error, "code", "race_lost")
        if isinstance(error, NotNow | RaceLost | StoreFailure):
            _come_back(services, record, code)
        _set_aside(services, record, code)
    except Exception as error:
        # Its place, without its words: what was being sent, and to whom, may be among them.
        stack = traceback.format_tb(error.__traceback__)
        logger.error("reminder failed", message_id=record.message_id, error=type(error).__name__, stack=stack)  # noqa: TRY400
        _come_back(services, record, "unexpected")
    else:
        match outcome:
            case Sent(recorded):
                _tell(record, "reminder sent", recorded=recorded)
                metrics.add_metric("RemindersSent", MetricUnit.Count, 1)
            case NotSent(reason):
                _tell(record, "reminder not sent", reason=reason.value, warn=reason is Reason.CHANNEL_NOT_SET_UP)
                metrics.add_metric("RemindersNotSent", MetricUnit.Count, 1)
            case Wait(until):
                _wait(services, record, until)


def _read(record: SQSRecord) -> Delivery:
    """Raises Refused: what cannot be read now never will."""
    try:
        return DeliveryMessage.model_validate_json(record.body.encode("utf-8", "surrogatepass")).delivery()
    except (ValidationError, ValueError):
        raise Refused(INVALID) from None


def _set_aside(services: DeliveryServices, record: SQSRecord, reason: str) -> None:
    """Into the dead letters first, then done with: cut off in between, it is refused once more and lies there twice,
    which the records of what was sent make harmless."""
    try:
        services.queues.set_aside(_queue(record), record.body, reason)
    except NotNow as failure:
        _come_back(services, record, failure.code)
    _tell(record, "reminder refused", reason=reason, warn=True)
    metrics.add_metric("RemindersRefused", MetricUnit.Count, 1)


def _come_back(services: DeliveryServices, record: SQSRecord, code: str) -> None:
    seconds = pause_seconds(int(record.attributes.approximate_receive_count), record.message_id)
    _tell(record, "reminder comes back", reason=code, seconds=seconds, warn=True)
    _postpone(services, record, seconds)


def _wait(services: DeliveryServices, record: SQSRecord, until: datetime) -> None:
    seconds = (until - services.clock.now()) // timedelta(seconds=1) + 1
    # Not all of them in the first second after it.
    seconds += crc32(record.message_id.encode()) % FIRST_PAUSE_SECONDS
    _tell(record, "reminder waits for the end of quiet hours", seconds=seconds)
    _postpone(services, record, min(seconds, LONGEST_WAIT_SECONDS))


def _postpone(services: DeliveryServices, record: SQSRecord, seconds: int) -> None:
    """Always raises _ComesBack: the message is not done with."""
    try:
        services.queues.postpone(_queue(record), record.receipt_handle, seconds)
    except NotNow:
        # It comes back anyway, when its visibility ends.
        logger.warning("reminder could not be postponed", message_id=record.message_id)
    raise _ComesBack


def pause_seconds(receives: int, message_id: str) -> int:
    """Longer each time, and up to a quarter shorter by the message's name: what failed together does not come back
    together."""
    grown = FIRST_PAUSE_SECONDS * int(PAUSE_GROWS_BY ** min(receives - 1, 20))
    longest = min(grown, LONGEST_PAUSE_SECONDS)
    return longest - crc32(message_id.encode()) % (longest // 4)


def _queue(record: SQSRecord) -> str:
    return record.event_source_arn.rpartition(":")[2]


def _tell(record: SQSRecord, what: str, *, warn: bool = False, **facts: str | int) -> None:
    (logger.warning if warn else logger.info)(what, extra={"message_id": record.message_id, **facts})
