"""A ledger on DynamoDB Local with one program, accounts of any age, and a record of every call that reaches it."""

import copy
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import batched
from typing import Any, Final

from points.adapters.backoff import JitteredBackoff
from points.adapters.cached_programs import CachedPrograms
from points.adapters.clock import SystemClock
from points.adapters.code_maker import SecretCodes
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.coupons import DynamoDBCoupons
from points.adapters.dynamodb.ledger import DynamoDBLedger
from points.adapters.dynamodb.members import DynamoDBMembers
from points.adapters.dynamodb.models import AccountItem, EntryItem
from points.adapters.dynamodb.notices import DynamoDBNotices
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.timers import DynamoDBTimers
from points.adapters.program_document import PydanticProgramDocuments
from points.adapters.spent_budgets import RecentlySpentBudgets
from points.adapters.wording import BabelWording
from points.application.administration.edit_draft import save_draft
from points.application.administration.publish_program import publish_draft
from points.application.services import Services
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.movements.adjusting import Adjustment, adjust
from points.domain.movements.earning import Event, earn
from points.domain.program.program import Program
from stack import dynamodb_local
from stack.paths import PROGRAMS
from stack.table import create_table

PROGRAM: Final = "demo"
CLIENT: Final = "benchmark-client"
TABLE: Final = "Benchmark"
_SETTINGS: Final = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "us-east-1",
    "LEDGER_TABLE": TABLE,
    "POWERTOOLS_SERVICE_NAME": "benchmark",
    "POWERTOOLS_METRICS_NAMESPACE": "PointsLedger",
    "POWERTOOLS_TRACE_DISABLED": "true",
    "LOG_LEVEL": "WARNING",
}


@dataclass(slots=True)
class Calls:
    """What was sent to DynamoDB, in order: (operation, parameters)."""

    sent: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def record(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self.sent.append((model.name, copy.deepcopy(params)))

    def of(self, *operations: str) -> list[dict[str, Any]]:
        return [params for name, params in self.sent if name in operations]


@dataclass(frozen=True, slots=True)
class Workbench:
    client: Any
    services: Services
    program: Program

    @contextmanager
    def recorded(self) -> Iterator[Calls]:
        calls = Calls()
        event = "provide-client-params.dynamodb.*"
        self.client.meta.events.register(event, calls.record)
        try:
            yield calls
        finally:
            self.client.meta.events.unregister(event, calls.record)

    def account(self, member: str, *, lots: int = 1, entries: int = 0, points: int = 10**9) -> Account:
        """Store an account with that many live lots and that much history, booked by the real decisions."""
        moment = datetime.now(UTC)
        context = Context(self.program, moment, CLIENT, fingerprint="0" * 64)
        account = Account(PROGRAM, member)
        booked = []
        for number in range(lots):
            expires_on = date(moment.year + 1 + number // 12, number % 12 + 1, 28)
            command = Adjustment(f"lot-{number}", member, points // lots, "benchmark", expires_on)
            decision = adjust(account, command, context)
            account = decision.account
            booked.append(decision.entry)
        for number in range(entries - lots):
            decision = earn(account, Event(f"history-{number}", member, "check_in"), context)
            account = decision.account
            booked.append(decision.entry)
        if lots < len(account.lots):
            # The history earned into a lot of its own; its points go where they do not change the number of lots.
            account = _joined(account)
        self.put([AccountItem.of(account).item(), *(EntryItem.of(entry).item() for entry in booked)])
        return account

    def store(self, account: Account) -> dict[str, Any]:
        """Store it as it is, without any entries, and return the item."""
        item = AccountItem.of(account).item()
        self.put([item])
        return item

    def put(self, items: Iterable[dict[str, Any]]) -> None:
        for batch in batched(items, 25, strict=False):
            requests = {TABLE: [{"PutRequest": {"Item": item}} for item in batch]}
            while requests:
                requests = self.client.batch_write_item(RequestItems=requests).get("UnprocessedItems")


def _joined(account: Account) -> Account:
    names = sorted(account.lots)
    newest = max(names, key=lambda name: account.lots[name])
    extra = min(names, key=lambda name: account.lots[name])
    moved = {extra: -account.lots[extra], newest: account.lots[extra]}
    return replace(account, lots=lot.added(account.lots, moved))


@contextmanager
def running() -> Iterator[Workbench]:
    with dynamodb_local.running() as endpoint:
        os.environ |= {**_SETTINGS, "AWS_ENDPOINT_URL": endpoint}
        client = ledger_client()
        create_table(client, TABLE)
        backoff, deadline = JitteredBackoff(), InvocationDeadline()
        table = Table(client, TABLE, backoff, deadline)
        versions = DynamoDBProgramVersions(table)
        documents = PydanticProgramDocuments()
        services = Services(
            ledger=DynamoDBLedger(table),
            members=DynamoDBMembers(table),
            programs=CachedPrograms(versions, documents),
            versions=versions,
            documents=documents,
            clock=SystemClock(),
            backoff=backoff,
            deadline=deadline,
            spent_budgets=RecentlySpentBudgets(),
            timers=DynamoDBTimers(table),
            directory=versions,
            notices=DynamoDBNotices(table),
            wording=BabelWording(),
            coupons=DynamoDBCoupons(table),
            code_maker=SecretCodes(),
        )
        # Without risk rules: no member does in a day what a benchmark does in a second.
        document = json.loads((PROGRAMS / f"{PROGRAM}.json").read_text("utf-8")) | {"clients": [CLIENT], "risk": []}
        save_draft(services, PROGRAM, document, revision=0, actor=CLIENT, client=CLIENT)
        publish_draft(services, PROGRAM, revision=1, actor=CLIENT, client=CLIENT)
        yield Workbench(client, services, services.programs.live(PROGRAM))
