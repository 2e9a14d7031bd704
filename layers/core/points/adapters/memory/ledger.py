"""The ledger in memory. What it keeps is frozen, so handing it out is handing out values."""

from collections.abc import Mapping, Sequence
from threading import RLock

from points.application.ports import AlreadyBooked, Page, RaceLost
from points.domain.account import Account
from points.domain.booking import CancelOrder, Decision, Effect, PlaceOrder, ReturnStock, TakeStock
from points.domain.entries import Entry, EntryName
from points.domain.errors import OrderNotCancellable, OutOfStock
from points.domain.orders import Order, OrderState
from points.domain.program import Reward

type _Member = tuple[str, str]


class MemoryLedger:
    """Implements :class:`points.application.ports.Ledger`. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._accounts: dict[_Member, Account] = {}
        self._entries: dict[_Member, list[Entry]] = {}
        self._named: dict[tuple[_Member, EntryName], Entry] = {}
        self._orders: dict[_Member, dict[str, Order]] = {}
        self._stock_taken: dict[tuple[str, str], int] = {}

    def account(self, program: str, member: str) -> Account | None:
        return self._accounts.get((program, member))

    def open_account(self, program: str, member: str) -> bool:
        """An empty account where there is none; True when it is new."""
        with self._lock:
            if (program, member) in self._accounts:
                return False
            self._accounts[program, member] = Account(program, member)
            return True

    def entry(self, program: str, member: str, name: EntryName) -> Entry | None:
        return self._named.get(((program, member), name))

    def entry_with_reversals(self, program: str, member: str, name: EntryName) -> tuple[Entry | None, Sequence[Entry]]:
        with self._lock:
            booked = self._entries.get((program, member), [])
            reversals = [entry for entry in booked if entry.name.reverses == name]
            return self.entry(program, member, name), sorted(reversals, key=lambda entry: entry.reference)

    def commit(self, decision: Decision) -> None:
        entry = decision.entry
        owner = (entry.program, entry.member)
        with self._lock:
            if (earlier := self._named.get((owner, entry.name))) is not None:
                raise AlreadyBooked(earlier)
            if owner not in self._accounts or self._accounts[owner].seq != decision.before.seq:
                raise RaceLost
            # All conditions first, then all writes: a movement that fails leaves nothing behind.
            for effect in decision.effects:
                self._check(entry.program, effect)
            for effect in decision.effects:
                self._apply(entry.program, effect)
            self._accounts[owner] = decision.account
            self._entries.setdefault(owner, []).append(entry)
            self._named[owner, entry.name] = entry

    def entries(
        self, program: str, member: str, *, before_seq: int | None = None, kind: str | None = None, limit: int
    ) -> Page[Entry]:
        with self._lock:
            booked = self._entries.get((program, member), [])
            # An entry's place in the list is its seq: the newest is last and none is missing.
            end = len(booked) if before_seq is None else max(0, min(len(booked), before_seq - 1))
            page = booked[max(0, end - limit) : end][::-1]
        items = [entry for entry in page if kind is None or entry.kind == kind]
        return Page(items, str(page[-1].seq) if page and page[-1].seq > 1 else None)

    def order(self, program: str, member: str, reference: str) -> Order | None:
        return self._orders.get((program, member), {}).get(reference)

    def orders(self, program: str, member: str, *, after: str | None = None, limit: int) -> Page[Order]:
        with self._lock:
            orders = dict(self._orders.get((program, member), {}))
        references = sorted(reference for reference in orders if after is None or reference > after)
        page = references[:limit]
        return Page([orders[reference] for reference in page], page[-1] if len(references) > limit else None)

    def stock_taken(self, program: str, rewards: Sequence[Reward]) -> Mapping[str, int]:
        return {reward.name: self._stock_taken.get((program, reward.name), 0) for reward in rewards}

    def _check(self, program: str, effect: Effect) -> None:
        match effect:
            case TakeStock():
                taken = self._stock_taken.get((program, effect.reward.name), 0)
                if effect.reward.stock is not None and taken + effect.quantity > effect.reward.stock:
                    raise OutOfStock(f"{effect.reward.name} is out of stock", reward=effect.reward.name)
            case PlaceOrder(order):
                if order.reference in self._orders.get((order.program, order.member), {}):
                    raise RaceLost
            case CancelOrder(order):
                found = self.order(order.program, order.member, order.reference)
                if found is None or found.state is not OrderState.PLACED:
                    raise OrderNotCancellable("the order is not placed any more")
            case ReturnStock():
                pass

    def _apply(self, program: str, effect: Effect) -> None:
        match effect:
            case TakeStock(quantity=quantity):
                shelf = (program, effect.reward.name)
                self._stock_taken[shelf] = self._stock_taken.get(shelf, 0) + quantity
            case ReturnStock(reward=reward, quantity=quantity):
                shelf = (program, reward)
                self._stock_taken[shelf] = self._stock_taken.get(shelf, 0) - quantity
            case PlaceOrder(order) | CancelOrder(order):
                self._orders.setdefault((order.program, order.member), {})[order.reference] = order
