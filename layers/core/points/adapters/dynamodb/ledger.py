"""Accounts, entries and orders in DynamoDB.

A movement is one transaction: the account, its entry, what is at stake, and the other accounts that move with it.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date

from points.adapters.dynamodb import coupons, keys, orders, shared_counters
from points.adapters.dynamodb.attributes import number
from points.adapters.dynamodb.models import (
    ANY_DAMAGE,
    AccountItem,
    EntitledItem,
    EntryItem,
    Item,
    NoteItem,
    RefusedItem,
    TierItem,
    UsedItem,
    same_account,
)
from points.adapters.dynamodb.shared_counters import NotEnoughHere, Pick, Take
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import AlreadyBooked, Page, Period, RaceLost, StockTaken
from points.domain.evaluation.standing import TierChange, tier_change
from points.domain.ledger.account import Account
from points.domain.ledger.booking import (
    Decision,
    Effect,
    EndCoupon,
    EndEntitlement,
    IssueCoupon,
    MoveOrder,
    PlaceOrder,
    ReturnBudget,
    ReturnDailyStock,
    ReturnStock,
    SetEntitlement,
    SetUsage,
)
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.entries import Entry, EntryName
from points.domain.ledger.orders import Order, OrderState
from points.domain.ledger.refusals import RefusedEvent
from points.domain.ledger.usage import Usage, Used
from points.domain.program.rewards import Reward

MAX_COUNTER_ROUNDS = 4
"""Times shared counters are read anew for one movement, before it waits its turn like any race."""

_ABSENT = "attribute_not_exists(pk)"

type _Picks = Sequence[tuple[Take, Sequence[Pick]]]


class DynamoDBLedger:
    """Implements :class:`points.application.ports.Ledger`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def account(self, program: str, member: str) -> Account | None:
        item = self._table.get(keys.member_pk(program, member), keys.ACCOUNT)
        return None if item is None else AccountItem.read(item).account()

    def accounts(self, program: str, members: Sequence[str]) -> Mapping[str, Account]:
        wanted = [keys.key(keys.member_pk(program, member), keys.ACCOUNT) for member in dict.fromkeys(members)]
        found = dict[str, Account]()
        for item in self._table.get_all(wanted):
            # What is wrong with one of them is for whoever asks for that one.
            with suppress(*ANY_DAMAGE):
                account = AccountItem.read(item).account()
                found[account.member] = account
        return found

    def entry(self, program: str, member: str, name: EntryName) -> Entry | None:
        item = self._table.get(keys.member_pk(program, member), keys.entry_sk(name))
        return None if item is None else self._with_reasons([item])[0]

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
        takes = [take for each in (decision, *decision.others) for take in shared_counters.takes_of(each)]
        picks: _Picks = [(take, take.first_picks()) for take in takes]
        for _ in range(MAX_COUNTER_ROUNDS):
            try:
                self._transaction(decision, picks).commit()
            except NotEnoughHere:
                picks = self._picks_elsewhere(decision, takes)
            else:
                return
        raise RaceLost

    def _picks_elsewhere(self, decision: Decision, takes: Sequence[Take]) -> _Picks:
        """Raises OutOfStock and BudgetExhausted where all shards together have not enough, or it lies about in more of
        them than one transaction can take from."""
        picks = [(take, take.picks_by_room(shared_counters.taken_together(self._table, take.shelf))) for take in takes]
        if sum(len(from_shards) for _, from_shards in picks) > self._transaction(decision, ()).room:
            widest, _ = max(picks, key=lambda each: len(each[1]))
            raise widest.exhausted()
        return picks

    def _transaction(self, decision: Decision, picks: _Picks) -> Transaction:
        transaction = Transaction(self._table)
        entry = decision.entry
        transaction.put(
            EntryItem.of(entry).item(),
            condition=_ABSENT,
            failed=lambda found: AlreadyBooked(self._earlier(entry, found)),
            decisive=True,
        )
        for entry in decision.preceding:
            # It has its place in the chain in its name: one that is there was booked by a movement not seen yet.
            transaction.put(EntryItem.of(entry).item(), condition=_ABSENT, failed=lambda _: RaceLost())
        for other in decision.others:
            # Its name says nothing about this request: one that is there belongs to a movement we have not seen yet.
            transaction.put(EntryItem.of(other.entry).item(), condition=_ABSENT, failed=lambda _: RaceLost())
        for each in (decision, *decision.others):
            _append_account(transaction, each)
            for booked in each.entries:
                _append_note(transaction, booked)
        for take, from_shards in picks:
            shared_counters.append_take(transaction, take, from_shards)
        for each in (decision, *decision.others):
            for effect in each.effects:
                _append_effect(transaction, each.entry.program, effect)
        return transaction

    def _earlier(self, entry: Entry, found: Item | None) -> Entry:
        """The entry that stands where ours was to go. Read again where the answer does not bring it along."""
        earlier = self._with_reasons([found])[0] if found else self.entry(entry.program, entry.member, entry.name)
        if earlier is None:
            raise AssertionError(f"{entry.name} exists and cannot be read: entries are never deleted")
        return earlier

    def _with_reasons(self, items: Sequence[Item]) -> list[Entry]:
        """The entries of one member, with the reasons people gave for them, as far as these have not been erased."""
        read = [EntryItem.read(item) for item in items]
        notes = [keys.key(each.pk, keys.note_sk(keys.entry_name(each.sk))) for each in read if each.reason_digest]
        texts = {item["sk"]["S"]: NoteItem.read(item).text for item in self._table.get_all(notes)} if notes else {}
        return [each.entry(texts.get(keys.note_sk(keys.entry_name(each.sk)))) for each in read]

    def keep_refused(self, refused: RefusedEvent) -> None:
        self._table.put(RefusedItem.of(refused).item())

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
        entries = self._with_reasons(self._table.get_all(wanted))
        last = int(rows[-1]["seq"]["N"]) if rows else 0
        return Page(entries, str(last) if last > 1 else None)

    def usage(self, program: str, member: str, kind: Used, name: str) -> Usage:
        item = self._table.get(keys.member_pk(program, member), keys.used_sk(kind, name))
        return Usage(program, member, kind, name) if item is None else UsedItem.read(item).usage()

    def order_entries(self, program: str, member: str, reference: str) -> Sequence[Entry]:
        return self._with_reasons(orders.order_items(self._table, program, member, reference))

    def orders(self, program: str, member: str, *, after: str | None = None, limit: int) -> Page[Order]:
        return orders.orders_of_member(self._table, program, member, after=after, limit=limit)

    def orders_in(
        self, program: str, state: OrderState, placed: Period, *, after: str | None = None, limit: int
    ) -> Page[Order]:
        return orders.orders_in(self._table, program, state, placed, after=after, limit=limit)

    def tier_changes(self, program: str, member: str, *, before_seq: int | None = None, limit: int) -> Page[TierChange]:
        last = keys.LAST_SEQ if before_seq is None else min(before_seq - 1, keys.LAST_SEQ)
        if last < 1:
            return Page([])
        # One more than asked for: it tells whether there is a next page.
        items = list(
            self._table.query(
                "pk = :pk AND sk BETWEEN :first AND :last",
                {
                    ":pk": {"S": keys.member_pk(program, member)},
                    ":first": {"S": keys.tier_sk(1)},
                    ":last": {"S": keys.tier_sk(last)},
                },
                backwards=True,
                limit=limit + 1,
            )
        )
        changes = [TierItem.read(item).change() for item in items[:limit]]
        return Page(changes, str(changes[-1].seq) if len(items) > limit else None)

    def stock_taken(self, program: str, rewards: Sequence[Reward], day: date) -> Mapping[str, StockTaken]:
        always = {each.name: shared_counters.stock_shelf(program, each) for each in rewards if each.stock is not None}
        of_day = {each.name: shared_counters.daily_shelf(program, each, day) for each in rewards if each.stock_per_day}
        read = shared_counters.read_taken(self._table, [*always.values(), *of_day.values()])
        taken = {shelf: sum(by_shard) for shelf, by_shard in read.items()}
        return {
            reward.name: StockTaken(
                in_all=taken[always[reward.name]] if reward.name in always else 0,
                of_day=taken[of_day[reward.name]] if reward.name in of_day else 0,
            )
            for reward in rewards
        }

    def entitlements(self, program: str, member: str, rewards: Sequence[str]) -> Mapping[str, Entitlement]:
        pk = keys.member_pk(program, member)
        items = self._table.get_all([keys.key(pk, keys.entitled_sk(reward)) for reward in rewards])
        found = (EntitledItem.read(item).entitlement() for item in items)
        return {entitlement.reward: entitlement for entitlement in found}

    def all_entitlements(self, program: str, member: str, *, after: str | None, limit: int) -> Page[Entitlement]:
        pk = keys.member_pk(program, member)
        # One more than asked for: it tells whether there is a next page.
        items = list(
            self._table.query(
                "pk = :pk AND begins_with(sk, :entitled)",
                {":pk": {"S": pk}, ":entitled": {"S": keys.ENTITLED_PREFIX}},
                after=None if after is None else keys.key(pk, keys.entitled_sk(after)),
                limit=limit + 1,
            )
        )
        found = [EntitledItem.read(item).entitlement() for item in items[:limit]]
        return Page(found, found[-1].reward if len(items) > limit else None)

    def usages(self, program: str, member: str, kind: Used, names: Sequence[str]) -> Mapping[str, Usage]:
        pk = keys.member_pk(program, member)
        found = [
            UsedItem.read(item).usage()
            for item in self._table.get_all([keys.key(pk, keys.used_sk(kind, name)) for name in names])
        ]
        return {name: Usage(program, member, kind, name) for name in names} | {each.name: each for each in found}


def _append_account(transaction: Transaction, decision: Decision) -> None:
    """The account after the movement, and its tier history where that goes on."""
    account = decision.account
    condition, values = same_account(decision.before)
    transaction.put(AccountItem.of(account).item(), condition=condition, values=values, failed=lambda _: RaceLost())
    if (change := tier_change(decision.before, account)) is not None:
        item = TierItem.of(account.program, account.member, change).item()
        transaction.put(item, condition=_ABSENT, failed=lambda _: RaceLost())


def _append_note(transaction: Transaction, entry: Entry) -> None:
    if entry.reason is not None:
        transaction.put(NoteItem.saying(entry.program, entry.member, entry.name, entry.reason).item())


def _append_effect(transaction: Transaction, program: str, effect: Effect) -> None:
    """Everything that is at stake but what is taken from shared counters, which depends on where there is any."""
    match effect:
        case ReturnStock() | ReturnDailyStock() | ReturnBudget():
            shared_counters.append_return(transaction, program, effect)
        case PlaceOrder() | MoveOrder():
            orders.append_order(transaction, effect)
        case IssueCoupon() | EndCoupon():
            coupons.append_coupon(transaction, effect)
        case SetUsage(usage):
            transaction.put(UsedItem.of(usage).item())
        case SetEntitlement(entitlement):
            transaction.put(EntitledItem.of(entitlement).item())
        case EndEntitlement(entitlement):
            pk = keys.member_pk(entitlement.program, entitlement.member)
            transaction.delete(keys.key(pk, keys.entitled_sk(entitlement.reward)))
        case _:
            pass
