"""The only place that wires: ports to the stores, parsers and clocks that implement them."""

import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from points.adapters.backoff import JitteredBackoff
from points.adapters.cached_programs import CachedPrograms
from points.adapters.clock import SystemClock
from points.adapters.code_maker import SecretCodes
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.coupons import DynamoDBCoupons
from points.adapters.dynamodb.ledger import DynamoDBLedger
from points.adapters.dynamodb.members import DynamoDBMembers
from points.adapters.dynamodb.notices import DynamoDBNotices
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.timers import DynamoDBTimers
from points.adapters.program_document import PydanticProgramDocuments
from points.adapters.spent_budgets import RecentlySpentBudgets
from points.adapters.wording import BabelWording
from points.application.ports import Backoff, Clock
from points.application.services import Services
from points.settings import settings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@cache
def client() -> "DynamoDBClient":
    """The one of this process, for everything that reaches the table."""
    return ledger_client()


@cache
def services() -> Services:
    """The services of this process. A function asks for them while it starts, so that the client is in its snapshot."""
    return wired(
        client(),
        settings().ledger_table,
        clock=SystemClock(),
        monotonic=time.monotonic,
        backoff=JitteredBackoff(),
    )


def wired(
    client: "DynamoDBClient",
    ledger_table: str,
    *,
    clock: Clock,
    monotonic: Callable[[], float],
    backoff: Backoff,
) -> Services:
    """The services over what a process has of its own: its way to the table, its clocks and its patience."""
    deadline = InvocationDeadline(monotonic=monotonic)
    table = Table(client, ledger_table, backoff, deadline)
    versions = DynamoDBProgramVersions(table)
    documents = PydanticProgramDocuments()
    return Services(
        ledger=DynamoDBLedger(table),
        members=DynamoDBMembers(table),
        programs=CachedPrograms(versions, documents, monotonic=monotonic),
        versions=versions,
        documents=documents,
        clock=clock,
        backoff=backoff,
        deadline=deadline,
        spent_budgets=RecentlySpentBudgets(monotonic=monotonic),
        timers=DynamoDBTimers(table),
        directory=versions,
        notices=DynamoDBNotices(table),
        wording=BabelWording(),
        coupons=DynamoDBCoupons(table),
        code_maker=SecretCodes(),
    )
