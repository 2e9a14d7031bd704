"""Accounts, entries and orders in DynamoDB. A movement is one transaction: the account, its entry, what is at stake."""

from collections.abc import Mapping, Sequence

from points.adapters.dynamodb import keys, stock
from points.adapters.dynamodb.attributes import number, stored_moment
from points.adapters.dynamodb.models import AccountItem, EntryItem, Item, OrderItem
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import AlreadyBooked, Page, RaceLost
from points.domain.account import Account
from points.domain.booking import CancelOrder, Decision, PlaceOrder, ReturnStock, TakeStock
from points.domain.entries import Entry, EntryName
from points.domain.errors import OrderNotCancellable
from points.domain.orders import Order, OrderState
from points.domain.program import Reward

MAX_SHELF_ROUNDS = 4
"""Times the counters of a limited reward are read anew for one movement, before it waits its turn like any race."""

_ABSENT = "attribute_not_exists(pk)"

type _Picks = Sequence[Sequence[stock.Pick]]


class DynamoDBLedger:
    """Implements :class:`points.application.ports.Ledger`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def account(self, program: str, member: str) -> Account | None:
        item = self._table.get(keys.member_pk(program, member), keys.ACCOUNT)
        return None if item is None else AccountItem.read(item).account()

    def entry(self, program: str, member: str, name: EntryName) -> Entry | None:
        item = self._table.get(keys.member_pk(program, member), keys.entry_sk(name))
        return None if item is None else EntryItem.read(item).entry()

    def entry_with_reversals(self, program: str, member: str, name: EntryName) -> tuple[Entry | None, Sequence[Entry]]:
        first, last = keys.entry_range(name)
        items = self._table.query(
            "pk = :pk AND sk BETWEEN :first AND :last",
            {":pk": {"S": keys.member_pk(program, member)}, ":first": {"S": first}, ":last": {"S": last}},
        )
        entries = [EntryItem.read(item).entry() for item in items]
        original = next((entry for entry in entries if entry.name == name), None)
        return original, [entry for entry in entries if entry.name.reverses == name]

    def commit(self, decision: Decision) -> None:
        takes = [effect for effect in decision.effects if isinstance(effect, TakeStock)]
        picks: _Picks = [stock.first_pick(take, decision.entry) for take in takes]
        for _ in range(MAX_SHELF_ROUNDS):
            try:
                self._transaction(decision, picks).commit()
            except stock.ShelfEmpty:
                picks = self._picks_elsewhere(decision.entry, takes)
            else:
                return
        raise RaceLost

    def _picks_elsewhere(self, entry: Entry, takes: Sequence[TakeStock]) -> _Picks:
        """Raises OutOfStock where all shards together have not enough."""
        taken = stock.read_taken(self._table, entry.program, [take.reward for take in takes])
        return [stock.picks_by_room(take, entry, taken[take.reward.name]) for take in takes]

    def _transaction(self, decision: Decision, picks: _Picks) -> Transaction:
        transaction = Transaction(self._table)
        entry = decision.entry
        transaction.put(
            EntryItem.of(entry).item(),
            condition=_ABSENT,
            failed=lambda found: AlreadyBooked(self._earlier(entry, found)),
            decisive=True,
        )
        transaction.put(
            AccountItem.of(decision.account).item(),
            condition="n = :before",
            values={":before": {"N": number(decision.before.seq)}},
            failed=lambda _: RaceLost(),
        )
        shelves = iter(picks)
        for effect in decision.effects:
            match effect:
                case TakeStock():
                    stock.append_take(transaction, entry.program, effect, next(shelves))
                case ReturnStock():
                    stock.append_return(transaction, entry.program, effect)
                case PlaceOrder(order):
                    transaction.put(OrderItem.of(order).item(), condition=_ABSENT, failed=lambda _: RaceLost())
                case CancelOrder(order):
                    _append_cancellation(transaction, order)
        return transaction

    def _earlier(self, entry: Entry, found: Item | None) -> Entry:
        """The entry that stands where ours was to go. Read again where the answer does not bring it along."""
        earlier = self.entry(entry.program, entry.member, entry.name) if not found else EntryItem.read(found).entry()
        if earlier is None:
            raise AssertionError(f"{entry.name} exists and cannot be read: entries are never deleted")
        return earlier

    def entries(
        self, program: str, member: str, *, before_seq: int | None = None, kind: str | None = None, limit: int
    ) -> Page[Entry]:
        condition, values = "pk = :pk", {":pk": {"S": keys.member_pk(program, member)}}
        if before_seq is not None:
            condition, values = f"{condition} AND seq < :before", {**values, ":before": {"N": number(before_seq)}}
        rows = list(self._table.query(condition, values, index="history", backwards=True, limit=limit))
        # The index holds keys only, and the kind is in the key: what is not wanted is never read.
        wanted = [
            keys.key(row["pk"]["S"], row["sk"]["S"])
            for row in rows
            if kind is None or keys.entry_name(row["sk"]["S"]).kind == kind
        ]
        entries = [EntryItem.read(item).entry() for item in self._table.get_all(wanted)]
        last = int(rows[-1]["seq"]["N"]) if rows else 0
        return Page(entries, str(last) if last > 1 else None)

    def order(self, program: str, member: str, reference: str) -> Order | None:
        item = self._table.get(keys.member_pk(program, member), keys.order_sk(reference))
        return None if item is None else OrderItem.read(item).order()

    def orders(self, program: str, member: str, *, after: str | None = None, limit: int) -> Page[Order]:
        pk = keys.member_pk(program, member)
        # One more than asked for: it tells whether there is a next page.
        items = list(
            self._table.query(
                "pk = :pk AND begins_with(sk, :orders)",
                {":pk": {"S": pk}, ":orders": {"S": keys.ORDER_PREFIX}},
                after=None if after is None else keys.key(pk, keys.order_sk(after)),
                limit=limit + 1,
            )
        )
        orders = [OrderItem.read(item).order() for item in items[:limit]]
        return Page(orders, orders[-1].reference if len(items) > limit else None)

    def stock_taken(self, program: str, rewards: Sequence[Reward]) -> Mapping[str, int]:
        taken = stock.read_taken(self._table, program, rewards)
        return {name: sum(by_shard) for name, by_shard in taken.items()}


def _append_cancellation(transaction: Transaction, order: Order) -> None:
    transaction.update(
        keys.key(keys.member_pk(order.program, order.member), keys.order_sk(order.reference)),
        expression="SET s = :cancelled, u = :at",
        condition="s = :placed",
        values={
            ":cancelled": {"S": order.state.value},
            ":placed": {"S": OrderState.PLACED.value},
            ":at": {"N": stored_moment(order.updated_at)},
        },
        failed=lambda _: OrderNotCancellable("the order is not placed any more"),
    )
