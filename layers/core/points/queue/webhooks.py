"""The two queues of webhooks: events, as the bus tells them, and deliveries that are due.

Messages of one end for themselves: what fails is reported alone and comes back until the queue gives it to its dead
letters. A delivery that cannot be made now is no failure of the message: it is sent again for later. Logs name the
endpoint and the delivery, never the URL, which may hold a key of its owner's, and nothing of the event.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from points.application.ports import Deadline
from points.application.webhooks.deliver import Delivered, deliver
from points.application.webhooks.fan_out import fan_out
from points.application.webhooks.ports import Message, Webhooks
from points.domain.calendar import from_utc_text
from points.domain.canonical import Plain
from points.domain.errors import InvalidRequest, PointsError
from points.domain.webhooks.deliveries import State
from points.domain.webhooks.events import LedgerEvent, event_of

NAMESPACE = "PointsLedger"
SOURCE = "points-ledger"

SWITCHED_OFF = "WebhookEndpointsSwitchedOff"
"""The metric an alarm watches."""

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)

type _Counts = Counter[str]


class _Refused(Exception):
    """Ends one message, logged already."""


def take_messages(
    webhooks: Webhooks, deadline: Deadline, event: dict[str, Any], context: LambdaContext, *, deliveries_queue: str
) -> dict[str, Any]:
    """Lambda's answer to either queue. ``deliveries_queue`` is the name of the one of deliveries."""
    deadline.begin(context.get_remaining_time_in_millis() / 1_000)
    counts: _Counts = Counter()
    deliveries = str(event["Records"][0]["eventSourceARN"]).endswith(f":{deliveries_queue}")

    def take(record: SQSRecord) -> None:
        _carefully(
            record, lambda: _deliver(webhooks, record, counts) if deliveries else _fan_out(webhooks, record, counts)
        )

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(event["Records"], take):
        processor.process()
    failures = processor.response()["batchItemFailures"]
    counts["Calls"], counts["FailedMessages"] = len(event["Records"]), len(failures)
    _tell(counts, "webhook deliveries" if deliveries else "webhook events")
    return {"batchItemFailures": failures}


def _carefully(record: SQSRecord, take: Callable[[], None]) -> None:
    try:
        take()
    except PointsError as refusal:
        faults = refusal.faults if isinstance(refusal, InvalidRequest) else ()
        places = [f"{fault.path} {fault.code}" for fault in faults]
        logger.warning("webhook message refused", message_id=record.message_id, code=refusal.code, faults=places)
        raise _Refused(refusal.code) from refusal
    except Exception:
        logger.exception("webhook message failed", message_id=record.message_id)
        raise


def _fan_out(webhooks: Webhooks, record: SQSRecord, counts: _Counts) -> None:
    counts["Deliveries"] += fan_out(webhooks, _event(record))


def _event(record: SQSRecord) -> LedgerEvent:
    """Raises InvalidRequest for what is no event of ours."""
    told = _object(record).get("detail")
    if not isinstance(told, dict) or _object(record).get("source") != SOURCE:
        raise InvalidRequest.at("/detail", "is not an event of the ledger")
    return event_of(told)


def _deliver(webhooks: Webhooks, record: SQSRecord, counts: _Counts) -> None:
    message = _message(record)
    done = deliver(webhooks, message)
    counts["Attempts"] += done.tried
    counts[SWITCHED_OFF] += done.switched_off
    delivery = done.delivery
    if delivery is not None:
        counts["DeliveriesMade"] += delivery.state is State.DELIVERED
        counts["DeliveriesGivenUp"] += delivery.state is State.DEAD
        if delivery.state is not State.DELIVERED:
            _log(message, done)


def _log(message: Message, done: Delivered) -> None:
    delivery = done.delivery
    if delivery is None:
        return
    about: dict[str, Any] = {"program": message.program, "endpoint": message.endpoint, "delivery": message.delivery}
    logger.info("webhook not delivered", **about, state=delivery.state.value, status=delivery.status, why=delivery.why)
    if done.switched_off:
        logger.warning("webhook endpoint switched off", **about)


def _message(record: SQSRecord) -> Message:
    """Raises InvalidRequest for what :mod:`points.adapters.webhooks.queue` did not write."""
    match _object(record):
        case {
            "program": str(program),
            "endpoint": str(endpoint),
            "delivery": str(delivery),
            "round": int(number),
            "due_at": str(due_at),
        }:
            try:
                return Message(program, endpoint, delivery, number, from_utc_text(due_at))
            except ValueError:
                pass
    raise InvalidRequest("the message is not about a delivery")


def _object(record: SQSRecord) -> Mapping[str, Plain]:
    try:
        value = json.loads(record.body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidRequest("the message is not a JSON object")
    return value


def _tell(counts: _Counts, operation: str) -> None:
    metrics.add_dimension("operation", operation)
    for name, number in counts.items():
        metrics.add_metric(name, MetricUnit.Count, number)
    metrics.flush_metrics()
