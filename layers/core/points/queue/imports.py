"""Imports of codes from their queue: one message is one import, to be gone on with.

What fails comes back until the queue gives it to its dead letters: beginning the import again sends it again.
"""

from typing import Any, Final

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from points.application.coupons.ports import Importing
from points.application.coupons.run_import import ImportWork, run_import
from points.domain.errors import PointsError
from points.domain.ledger.pools import ImportState

NAMESPACE: Final = "PointsLedger"
FAILED: Final = "FailedImports"

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)


class ImportMessage(BaseModel):
    """What :func:`points.application.coupons.start_import.work_of` says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    program: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    pool: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,47}$")
    reference: str = Field(alias="import", pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~-]{0,63}$")

    def work(self) -> ImportWork:
        return ImportWork(self.program, self.pool, self.reference)


def import_messages(importing: Importing, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Lambda's answer to the queue: ``{"batchItemFailures": […]}``."""
    importing.begin(context.get_remaining_time_in_millis() / 1_000)
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(event["Records"], lambda record: _go_on(importing, record)):
        processor.process()
    failures = processor.response()["batchItemFailures"]
    metrics.add_dimension("operation", "import")
    metrics.add_metric("FailedMessages", MetricUnit.Count, len(failures))
    metrics.flush_metrics()
    return {"batchItemFailures": failures}


def _go_on(importing: Importing, record: SQSRecord) -> None:
    work = ImportMessage.model_validate_json(record.body).work()
    try:
        progress = run_import(importing, work)
    except PointsError as failure:
        logger.warning("import comes back", program=work.program, pool=work.pool, code=failure.code)
        raise
    except Exception:
        logger.exception("import failed", program=work.program, pool=work.pool)
        raise
    facts = {"program": work.program, "pool": work.pool, "state": progress.state.value, "imported": progress.imported}
    if progress.state is ImportState.FAILED:
        logger.warning("import has failed", extra={**facts, "reason": progress.failure})
        metrics.add_metric(FAILED, MetricUnit.Count, 1)
    else:
        logger.info("import has gone on", extra=facts)
