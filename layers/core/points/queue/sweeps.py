"""Sweeps from their queue: one message is one shard, or one account that failed among others.

What fails as a whole comes back until the queue gives it to its dead letters. Logs name the program, the shard and the
code, never the member.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from points.application.ports import DIRECTORY_SHARDS, TIMER_SHARDS
from points.application.reminders.retime_program import Retiming, retime
from points.application.sweeping import Run, Scheduled, Sweep, Swept, start_run, sweep
from points.domain.errors import PointsError
from points.queue.events import NAMESPACE

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


class RunBody(BaseModel):
    """What :meth:`points.application.sweeping.Run.work` says: the rest of a run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: AwareDatetime
    after: str | None = None

    def run(self) -> Run:
        return Run(self.time, self.after)


class SweepBody(RunBody):
    """What :meth:`points.application.sweeping.Sweep.work` says."""

    program: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    shard: int = Field(ge=0, lt=TIMER_SHARDS)
    member: str | None = None

    def sweep(self) -> Sweep:
        return Sweep(self.program, self.shard, self.time, self.after, self.member)


class RetimingBody(RunBody):
    """What :meth:`points.application.reminders.retime_program.Retiming.work` says."""

    program: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    directory_shard: int = Field(ge=0, lt=DIRECTORY_SHARDS)

    def retiming(self) -> Retiming:
        return Retiming(self.program, self.directory_shard, self.time, self.after)


_BODY: TypeAdapter[SweepBody | RetimingBody | RunBody] = TypeAdapter(SweepBody | RetimingBody | RunBody)


def sweep_messages(work: Scheduled, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Lambda's answer to the queue: ``{"batchItemFailures": […]}``."""
    work.begin(context.get_remaining_time_in_millis() / 1_000)
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(event["Records"], lambda record: _sweep(work, record)):
        processor.process()
    failures = processor.response()["batchItemFailures"]
    metrics.add_metric("FailedMessages", MetricUnit.Count, len(failures))
    metrics.flush_metrics()
    return {"batchItemFailures": failures}


def _sweep(work: Scheduled, record: SQSRecord) -> None:
    body = _BODY.validate_json(record.body)
    if isinstance(body, RetimingBody):
        retime(work.services, work.queue, body.retiming())
        return
    if not isinstance(body, SweepBody):
        start_run(work, body.run())
        return
    wanted = body.sweep()
    try:
        swept = sweep(work, wanted)
    except PointsError as failure:
        logger.warning("sweep failed", program=wanted.program, shard=wanted.shard, code=failure.code)
        raise
    except Exception:
        logger.exception("sweep failed", program=wanted.program, shard=wanted.shard)
        raise
    _tell(work, wanted, swept)


def _tell(work: Scheduled, wanted: Sweep, swept: Swept) -> None:
    for failure in swept.failed.values():
        logger.error("account failed", program=wanted.program, shard=wanted.shard, exc_info=failure)
    metrics.add_dimension("operation", work.timer.value)
    metrics.add_metric("Handled", MetricUnit.Count, swept.handled)
    metrics.add_metric("FailedAccounts", MetricUnit.Count, len(swept.failed))
    # How long the earliest of what was found had been waiting. A run for another day tells nothing about this one.
    waited = 0.0 if swept.oldest is None else (work.services.clock.now() - swept.oldest).total_seconds()
    metrics.add_metric("OldestWaiting", MetricUnit.Seconds, max(0.0, waited))
