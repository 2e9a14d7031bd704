"""The whole table for the auditor, partition by partition. It scans: no function may do that, and none has the right.

An item that reads, but would be written differently, was not written by this code as it stands: it counts as
unreadable, so that nothing can hide in attributes nobody looks at.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from pynamodb.exceptions import PynamoDBException

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.keys import Shared
from points.adapters.dynamodb.models import AccountItem, EntryItem, Item, LedgerItem, OrderItem, TierItem
from points.adapters.dynamodb.table import Table
from points.application.ports import AccountRecords, SharedCounters
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Entry
from points.domain.ledger.orders import Order

_MEMBER = "#M#"


class DynamoDBWalk:
    """Implements :class:`points.application.ports.LedgerWalk`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def accounts(self) -> Iterator[AccountRecords]:
        for pk, items in groupby(self._table.scan(_MEMBER), key=lambda item: str(item["pk"]["S"])):
            yield _records(pk, items)

    def account(self, program: str, member: str) -> AccountRecords:
        pk = keys.member_pk(program, member)
        items = list(self._table.query("pk = :pk", {":pk": {"S": pk}}))
        # Its entries were read some moments ago: an account read last is never behind them.
        newest = self._table.get(pk, keys.ACCOUNT)
        others = [item for item in items if item["sk"]["S"] != keys.ACCOUNT]
        return _records(pk, others if newest is None else [newest, *others])

    def shared_counters(self) -> SharedCounters:
        taken: dict[Shared, Counter[tuple[str, str]]] = {kind: Counter() for kind in Shared}
        # One pass for all kinds: it reads the whole table, whatever it keeps.
        for item in self._table.scan(*(f"#{kind}#" for kind in Shared)):
            kind = Shared(item["sk"]["S"])
            program, name, _ = keys.shared_of(item["pk"]["S"], kind)
            taken[kind][program, name] += int(item["taken"]["N"])
        return SharedCounters(stock=dict(taken[Shared.STOCK]), budgets=dict(taken[Shared.BUDGET]))


@dataclass(slots=True)
class _Records:
    """The items of one account, read one by one. What reads, but not the way it would be written, counts and shows."""

    account: Account | None = None
    entries: list[Entry] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    tier_changes: list[TierChange] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)

    def add(self, item: Item) -> None:
        sk = str(item["sk"]["S"])
        try:
            written = self._read(sk, item)
            if written is not None and written.item() != item:
                self.unreadable.append((sk, "is not stored the way it would be written"))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, PynamoDBException) as error:
            self.unreadable.append((sk, f"{type(error).__name__}: {error}"))

    def _read(self, sk: str, item: Item) -> LedgerItem | None:
        """What was read as it would be written; None for what is not audited."""
        if sk == keys.ACCOUNT:
            self.account = AccountItem.read(item).account()
            return AccountItem.of(self.account)
        if sk.startswith(keys.ENTRY_PREFIX):
            self.entries.append(EntryItem.read(item).entry())
            return EntryItem.of(self.entries[-1])
        if sk.startswith(keys.ORDER_PREFIX):
            self.orders.append(OrderItem.read(item).order())
            return OrderItem.of(self.orders[-1])
        if sk.startswith(keys.TIER_PREFIX):
            self.tier_changes.append(TierItem.read(item).change())
            return TierItem.of(*keys.member_of(str(item["pk"]["S"])), self.tier_changes[-1])
        return None


def _records(pk: str, items: Iterable[Item]) -> AccountRecords:
    records = _Records()
    for item in items:
        records.add(item)
    return AccountRecords(
        *keys.member_of(pk),
        account=records.account,
        entries=records.entries,
        orders=records.orders,
        tier_changes=records.tier_changes,
        unreadable=records.unreadable,
    )
