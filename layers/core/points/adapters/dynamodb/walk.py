"""The whole table for the auditor, partition by partition. It scans: no function may do that, and none has the right.

An item that reads, but would be written differently, was not written by this code as it stands: it counts as
unreadable, so that nothing can hide in attributes nobody looks at.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from pynamodb.exceptions import PynamoDBException

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.failures import translated
from points.adapters.dynamodb.models import AccountItem, EntryItem, Item, LedgerItem, OrderItem
from points.adapters.dynamodb.table import Table
from points.application.ports import AccountRecords
from points.domain.account import Account
from points.domain.entries import Entry
from points.domain.orders import Order

_MEMBER = "#M#"
_STOCK = "#STOCK#"


class DynamoDBWalk:
    """Implements :class:`points.application.ports.LedgerWalk`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def accounts(self) -> Iterator[AccountRecords]:
        for pk, items in groupby(self._scan(), key=lambda item: str(item["pk"]["S"])):
            if _MEMBER in pk:
                yield _records(pk, items)

    def account(self, program: str, member: str) -> AccountRecords:
        pk = keys.member_pk(program, member)
        items = list(self._table.query("pk = :pk", {":pk": {"S": pk}}))
        # Its entries were read some moments ago: an account read last is never behind them.
        newest = self._table.get(pk, keys.ACCOUNT)
        others = [item for item in items if item["sk"]["S"] != keys.ACCOUNT]
        return _records(pk, others if newest is None else [newest, *others])

    def stock_taken(self) -> Mapping[tuple[str, str], int]:
        taken: dict[tuple[str, str], int] = {}
        for item in self._scan("contains(pk, :stock)", {":stock": {"S": _STOCK}}):
            program, reward, _ = keys.stock_of(item["pk"]["S"])
            taken[program, reward] = taken.get((program, reward), 0) + int(item["taken"]["N"])
        return taken

    def _scan(self, only: str | None = None, values: Item | None = None) -> Iterator[Item]:
        request: dict[str, Any] = {"TableName": self._table.name, "ConsistentRead": True}
        if only is not None:
            request |= {"FilterExpression": only, "ExpressionAttributeValues": values}
        while True:
            with translated():
                answer = self._table.client.scan(**request)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _records(pk: str, items: Iterable[Item]) -> AccountRecords:
    program, member = keys.member_of(pk)
    account: Account | None = None
    entries: list[Entry] = []
    orders: list[Order] = []
    unreadable: list[tuple[str, str]] = []
    for item in items:
        sk = str(item["sk"]["S"])
        try:
            if sk == keys.ACCOUNT:
                account = _read(AccountItem, item, AccountItem.account)
            elif sk.startswith(keys.ENTRY_PREFIX):
                entries.append(_read(EntryItem, item, EntryItem.entry))
            elif sk.startswith(keys.ORDER_PREFIX):
                orders.append(_read(OrderItem, item, OrderItem.order))
        except (ValueError, TypeError, KeyError, AttributeError, PynamoDBException) as error:
            unreadable.append((sk, f"{type(error).__name__}: {error}"))
    return AccountRecords(program, member, account, entries, orders, unreadable)


def _read[Stored: LedgerItem, Value](model: type[Stored], item: Item, value: Callable[[Any], Value]) -> Value:
    read: Value = value(model.read(item))
    written: Any = getattr(model, "of")(read)  # noqa: B009 - every model that is audited has it
    if written.item() != item:
        raise ValueError("is not stored the way it would be written")
    return read
