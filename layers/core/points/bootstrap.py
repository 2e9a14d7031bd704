"""The only place that wires: ports to the stores, parsers and clocks that implement them."""

from functools import cache

from points.adapters.backoff import JitteredBackoff
from points.adapters.cached_programs import CachedPrograms
from points.adapters.clock import SystemClock
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.ledger import DynamoDBLedger
from points.adapters.dynamodb.members import DynamoDBMembers
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.program_document import PydanticProgramDocuments
from points.adapters.spent_budgets import RecentlySpentBudgets
from points.application.services import Services
from points.settings import settings


@cache
def services() -> Services:
    """The services of this process. A function asks for them while it starts, so that the client is in its snapshot."""
    backoff, deadline = JitteredBackoff(), InvocationDeadline()
    table = Table(ledger_client(), settings().ledger_table, backoff, deadline)
    versions = DynamoDBProgramVersions(table)
    documents = PydanticProgramDocuments()
    return Services(
        ledger=DynamoDBLedger(table),
        members=DynamoDBMembers(table),
        programs=CachedPrograms(versions, documents),
        versions=versions,
        documents=documents,
        clock=SystemClock(),
        backoff=backoff,
        deadline=deadline,
        spent_budgets=RecentlySpentBudgets(),
    )
