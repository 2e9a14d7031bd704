"""The table's stream to the outbox: records to changes, and what became of them to Lambda's answer.

Only what is inserted is told of; the event source filters for that, and this does so again for those that do not. Logs
name a record's sequence number and why it failed, never its key: the key names a member.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from points.application.outbox.ports import Outbox, Unreadable
from points.application.outbox.tell_changes import Change, Report, tell_changes

NAMESPACE = "PointsLedger"

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


class NothingTold(Exception):
    """Not even the first change of a batch could be told, and it was not the change's fault."""


def tell(outbox: Outbox, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Lambda's answer to the stream: ``{"batchItemFailures": […]}`` with the first record that has to come again; with
    it come all records after it.

    Raises NothingTold where that is the first of all. To Lambda it is the same, the whole batch comes again, but as a
    failure of the function it raises its alarm at once; and an event source that takes no partial answers, as an
    emulator's, does not take it for a success.
    """
    outbox.deadline.begin(context.get_remaining_time_in_millis() / 1_000)
    changes = list(_changes(outbox, event["Records"]))
    report = tell_changes(outbox, changes)
    _log(changes, report)
    _count(changes, report)
    if report.reached == len(changes):
        return {"batchItemFailures": []}
    if report.reached == 0:
        raise NothingTold(report.fault)
    return {"batchItemFailures": [{"itemIdentifier": changes[report.reached].number}]}


def _changes(outbox: Outbox, records: Iterable[dict[str, Any]]) -> Iterable[Change]:
    """What was inserted and can be told of, or should be and cannot."""
    for record in records:
        if record["eventName"] != "INSERT":
            continue
        written = record["dynamodb"]
        fact, fault = None, ""
        try:
            fact = outbox.images.fact(written["NewImage"])
        except Unreadable as unreadable:
            fault = unreadable.reason
        if fact is not None or fault:
            key = written["Keys"]
            yield Change(written["SequenceNumber"], key["pk"]["S"], key["sk"]["S"], fact, fault)


def _log(changes: Sequence[Change], report: Report) -> None:
    for failure in report.set_aside:
        logger.error("record set aside", sequence_number=failure.number, reason=failure.reason)
    if report.reached < len(changes):
        number = changes[report.reached].number
        logger.warning("stream stopped", sequence_number=number, reason=report.fault)


def _count(changes: Sequence[Change], report: Report) -> None:
    metrics.add_dimension("operation", "stream")
    metrics.add_metric("EventsTold", MetricUnit.Count, report.events)
    metrics.add_metric("MessagesSent", MetricUnit.Count, report.messages)
    metrics.add_metric("SetAsideRecords", MetricUnit.Count, len(report.set_aside))
    metrics.add_metric("FailedRecords", MetricUnit.Count, len(changes) - report.reached)
    metrics.flush_metrics()
