"""Events from the queue: the body of ``POST /events`` plus ``program``. Each message stands for itself.

What fails is reported alone and comes back until the queue gives it to its dead letters; a message delivered twice
finds its entry and succeeds. Logs name the message and the code, never the member.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from points.application.earning.earn_points import earn_points
from points.application.services import Services
from points.domain.errors import InvalidRequest, PointsError
from points.http.edge.gate import faults_of
from points.http.edge.problems import EdgeError
from points.http.schemas.earning import QueuedEventBody

ACTOR = "queue"
"""Recorded in the entry: who may send to the queue is the stack's business, no token says which client it was."""

NAMESPACE = "PointsLedger"

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


class _Refused(Exception):
    """Ends one message, logged already; the code is all that is told further."""


def book_messages(services: Services, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Lambda's answer to the queue: ``{"batchItemFailures": […]}``. What there is no time for comes back."""
    services.deadline.begin(context.get_remaining_time_in_millis() / 1_000)
    # A batch of nothing but refusals is an answer like any other, not a failure of the function.
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(event["Records"], lambda record: _book(services, record)):
        processor.process()
    failures = processor.response()["batchItemFailures"]
    _count(len(event["Records"]), len(failures))
    return {"batchItemFailures": failures}


def _book(services: Services, record: SQSRecord) -> None:
    try:
        body = _read(record)
        program = services.programs.live(body.program)
        earn_points(services, program, body.event(), actor=ACTOR)
    except PointsError as refusal:
        faults = refusal.faults if isinstance(refusal, InvalidRequest) else ()
        places = [f"{fault.path} {fault.code}" for fault in faults]
        logger.warning("event refused", message_id=record.message_id, code=refusal.code, faults=places)
        raise _Refused(refusal.code) from refusal
    except Exception:
        logger.exception("event failed", message_id=record.message_id)
        raise


def _read(record: SQSRecord) -> QueuedEventBody:
    """Raises InvalidRequest."""
    try:
        return QueuedEventBody.model_validate_json(record.body.encode("utf-8", "surrogatepass"))
    except ValidationError as error:
        try:
            faults = faults_of(error)
        except EdgeError as malformed:
            faults = list(malformed.problem.faults)
        raise InvalidRequest("the message is not a valid event", faults=faults) from None


def _count(messages: int, failures: int) -> None:
    metrics.add_dimension("operation", "queue")
    metrics.add_metric("Calls", MetricUnit.Count, messages)
    metrics.add_metric("FailedMessages", MetricUnit.Count, failures)
    metrics.flush_metrics()
