"""The one client every read and write goes through.

botocore alone: importing boto3 would only add to every cold start. Where DynamoDB is, and who we are, botocore
finds out by itself (``AWS_ENDPOINT_URL``, ``AWS_REGION``, the role of the function).
"""

from typing import TYPE_CHECKING, cast

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONNECT_SECONDS = 1
READ_SECONDS = 2
"""A transaction takes some 20 ms. An answer that takes longer than this is lost; the movement finds out and repeats."""

ATTEMPTS = 2
"""Tries per call within botocore: one more hides a dropped connection. The rest is :mod:`points.application.movement`,
which knows what may be repeated and decides from a fresh read."""

PAUSE_SECONDS = 1
"""What botocore waits at most between the two."""

CALL_SECONDS = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + PAUSE_SECONDS
"""No call takes longer, whatever happens to it."""


def ledger_client(*, connections: int = 10) -> "DynamoDBClient":
    """``connections`` is how many calls may be under way at once without waiting for each other."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        # A repeated transaction carries the token of the first, so a repetition within botocore never applies twice.
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        max_pool_connections=connections,
        tcp_keepalive=True,
        # Every value is made by our own attributes, which are stricter: checking it again costs more than making it.
        parameter_validation=False,
    )
    return cast("DynamoDBClient", botocore.session.get_session().create_client("dynamodb", config=config))
