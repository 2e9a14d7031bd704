"""Clients of what stands beside the ledger: queues and the bus.

One call takes no longer than one to the ledger, so that one deadline of an invocation holds for all of them.
"""

from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config

from points.adapters.dynamodb.client import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_sqs import SQSClient


def events_client() -> "EventBridgeClient":
    return cast("EventBridgeClient", _client("events"))


def sqs_client() -> "SQSClient":
    return cast("SQSClient", _client("sqs"))


def _client(service: str) -> object:
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        tcp_keepalive=True,
    )
    return botocore.session.get_session().create_client(service, config=config)
