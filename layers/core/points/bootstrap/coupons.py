"""The ports of pools and their imports, beside those of every function."""

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from points.adapters.aws_clients import sqs_client
from points.adapters.backoff import JitteredBackoff
from points.adapters.batch_sending import BatchSender
from points.adapters.code_files import S3Client, S3CodeFiles, files_client
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.pools import DynamoDBPools
from points.adapters.dynamodb.table import Table
from points.adapters.queues import Queue
from points.adapters.work_queue import SqsWork
from points.application.coupons.ports import Importing
from points.application.ports import Backoff
from points.application.services import Services
from points.bootstrap import client, services
from points.settings import CouponSettings, coupon_settings, settings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@cache
def importing() -> Importing:
    """Of this process. The function asks for them while it starts, so that all clients are in its snapshot."""
    common = services()
    table = Table(client(), settings().ledger_table, common.backoff, common.deadline)
    return wired(common, table, files_client(), sqs_client(), coupon_settings())


def wired(
    common: Services,
    table: Table,
    files: S3Client,
    sqs: "SQSClient",
    own: CouponSettings,
    backoff: Backoff | None = None,
    *,
    monotonic: Callable[[], float] = time.monotonic,
) -> Importing:
    """Over what a process has of its own."""
    closing = InvocationDeadline(monotonic=monotonic)
    queue = SqsWork(Queue(sqs, own.queue, BatchSender(backoff or JitteredBackoff(), closing)))
    return Importing(
        services=common,
        pools=DynamoDBPools(table),
        files=S3CodeFiles(files, own.bucket, common.deadline),
        queue=queue,
        closing=closing,
    )
