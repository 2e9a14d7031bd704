"""The ledger in memory. What it keeps is frozen, so handing it out is handing out values."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from threading import RLock

from points.adapters.memory.coupons import MemoryCoupons
from points.application.ports import AlreadyBooked, BudgetExhausted, Page, Period, RaceLost, StockTaken, Timer, Waiting
from points.domain.calendar import utc_text
from points.domain.errors import OutOfStock, SoldOutToday
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
    TakeBudget,
    TakeDailyStock,
    TakeStock,
)
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.members import MemberFacts
from points.domain.ledger.orders import Order, OrderState, order_names, order_of
from points.domain.ledger.refusals import RefusedEvent
from points.domain.ledger.timers import About
from points.domain.ledger.usage import Usage, Used
from points.domain.program.rewards import Reward
from points.domain.program.succession import daily
from points.domain.reminding.notices import Notice

type _Member = tuple[str, str]
type _Place = tuple[str, OrderState, str]
"""Where an order is found: its program, its state, and when it was placed, by whom, under which reference."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class MemoryLedger:
    """Implements :class:`points.application.ports.Ledger` and ``Timers`` and
    ``Notices``. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = RLock()
        self.coupons = MemoryCoupons()
        self._accounts: dict[_Member, Account] = {}
        self._entries: dict[_Member, list[Entry]] = {}
        self._named: dict[tuple[_Member, EntryName], Entry] = {}
        self._found: dict[_Place, Order] = {}
        self._tier_changes: dict[_Member, list[TierChange]] = {}
        self._stock_taken: dict[tuple[str, str], int] = {}
        self._budget_taken: dict[tuple[str, str], int] = {}
        self._notices: dict[tuple[str, str, About], Notice] = {}
        self._entitled: dict[tuple[_Member, str], Entitlement] = {}
        self._usage: dict[tuple[_Member, Used, str], Usage] = {}
        self._refused: dict[tuple[_Member, str], RefusedEvent] = {}

    def account(self, program: str, member: str) -> Account | None:
        return self._accounts.get((program, member))

    def accounts(self, program: str, members: Sequence[str]) -> Mapping[str, Account]:
        found = {member: self.account(program, member) for member in members}
        return {member: account for member, account in found.items() if account is not None}

    def waiting(
        self, timer: Timer, program: str, shard: int, *, until: datetime, after: str | None = None, limit: int
    ) -> Sequence[Waiting]:
        """In memory everything lies in the first shard."""
        with self._lock:
            accounts = [] if shard else [each for each in self._accounts.values() if each.program == program]
        due = [
            Waiting(account.member, at, f"{utc_text(at)} {account.member}")
            for account in accounts
            if (at := account.due_at if timer is Timer.DUE else account.remind_at) is not None and at <= until
        ]
        later = sorted((each for each in due if after is None or each.key > after), key=lambda each: each.key)
        return later[:limit]

    def set(self, timer: Timer, account: Account, at: datetime | None) -> None:
        with self._lock:
            found = self._accounts.get((account.program, account.member))
            if found is None or found.seq != account.seq:
                raise RaceLost
            moved = replace(found, due_at=at) if timer is Timer.DUE else replace(found, remind_at=at)
            self._accounts[account.program, account.member] = moved

    def put(self, account: Account, notices: Sequence[Notice], *, remind_at: datetime | None) -> None:
        with self._lock:
            self.set(Timer.REMIND, account, remind_at)
            for notice in notices:
                self._notices.setdefault((notice.program, notice.member, notice.about), notice)

    def notice(self, program: str, member: str, about: About) -> Notice | None:
        return self._notices.get((program, member, about))

    def open_account(self, program: str, member: str, facts: MemberFacts) -> bool:
        """An account that has nothing but its facts, where there is none; True when it is new."""
        with self._lock:
            new = (program, member) not in self._accounts
            account = self._accounts.get((program, member)) or Account(program, member)
            self._accounts[program, member] = replace(account, facts=facts)
            return new

    def members(self, program: str) -> Sequence[str]:
        with self._lock:
            return sorted(member for of, member in self._accounts if of == program)

    def entry(self, program: str, member: str, name: EntryName) -> Entry | None:
        return self._named.get(((program, member), name))

    def entry_with_reversals(self, program: str, member: str, name: EntryName) -> tuple[Entry | None, Sequence[Entry]]:
        with self._lock:
            booked = self._entries.get((program, member), [])
            reversals = [entry for entry in booked if entry.name.reverses == name]
            return self.entry(program, member, name), sorted(reversals, key=lambda entry: entry.reference)

    def keep_refused(self, refused: RefusedEvent) -> None:
        with self._lock:
            self._refused[(refused.program, refused.member), refused.reference] = refused

    def forget_reasons(self, program: str, member: str) -> None:
        """What was said goes, what was booked stays."""
        with self._lock:
            owner = (program, member)
            kept = [replace(entry, reason=None) for entry in self._entries.get(owner, [])]
            if kept:
                self._entries[owner] = kept
                self._named |= {(owner, entry.name): entry for entry in kept}

    def commit(self, decision: Decision) -> None:
        decisions = (decision, *decision.others)
        with self._lock:
            if (earlier := self._booked(decision.entry)) is not None:
                raise AlreadyBooked(earlier)
            # All conditions first, then all writes: a movement that fails leaves nothing behind.
            for each in decisions:
                if any(map(self._booked, each.entries)) or not self._is_still(each.before):
                    raise RaceLost
            for each in decisions:
                for effect in each.effects:
                    self._check(each.entry.program, effect)
            for each in decisions:
                self._write(each)

    def _booked(self, entry: Entry) -> Entry | None:
        return self._named.get(((entry.program, entry.member), entry.name))

    def _is_still(self, account: Account) -> bool:
        found = self._accounts.get((account.program, account.member))
        return found is not None and (found.seq, found.facts) == (account.seq, account.facts)

    def _write(self, decision: Decision) -> None:
        owner = (decision.account.program, decision.account.member)
        for effect in decision.effects:
            self._apply(decision.account.program, effect)
        self._accounts[owner] = decision.account
        for entry in decision.entries:
            self._entries.setdefault(owner, []).append(entry)
            self._named[owner, entry.name] = entry
        if (change := tier_change(decision.before, decision.account)) is not None:
            self._tier_changes.setdefault(owner, []).append(change)

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

    def usage(self, program: str, member: str, kind: Used, name: str) -> Usage:
        return self._usage.get(((program, member), kind, name)) or Usage(program, member, kind, name)

    def order_entries(self, program: str, member: str, reference: str) -> Sequence[Entry]:
        with self._lock:
            found = (self.entry(program, member, name) for name in order_names(reference))
            return sorted((entry for entry in found if entry is not None), key=lambda entry: entry.seq)

    def orders(self, program: str, member: str, *, after: str | None = None, limit: int) -> Page[Order]:
        with self._lock:
            booked = self._entries.get((program, member), [])
            placed = sorted(entry.reference for entry in booked if entry.kind is Kind.REDEEM)
            later = [reference for reference in placed if after is None or reference > after]
            page = [order_of(self.order_entries(program, member, reference)) for reference in later[:limit]]
        return Page(page, page[-1].reference if len(later) > limit else None)

    def orders_in(
        self, program: str, state: OrderState, placed: Period, *, after: str | None = None, limit: int
    ) -> Page[Order]:
        with self._lock:
            places = sorted(
                place
                for place, order in self._found.items()
                if place[:2] == (program, state) and placed.start <= order.placed_at < placed.end
            )
            later = [place for place in places if after is None or place[2] > after]
            page = [self._found[place] for place in later[:limit]]
        return Page(page, later[limit - 1][2] if len(later) > limit else None)

    def tier_changes(self, program: str, member: str, *, before_seq: int | None = None, limit: int) -> Page[TierChange]:
        with self._lock:
            changes = self._tier_changes.get((program, member), [])[::-1]
        older = [change for change in changes if before_seq is None or change.seq < before_seq]
        page = older[:limit]
        return Page(page, str(page[-1].seq) if len(older) > limit else None)

    def stock_taken(self, program: str, rewards: Sequence[Reward], day: date) -> Mapping[str, StockTaken]:
        return {
            reward.name: StockTaken(
                self._stock_taken.get((program, reward.name), 0),
                self._stock_taken.get((program, daily(reward.name, day.isoformat())), 0),
            )
            for reward in rewards
        }

    def entitlements(self, program: str, member: str, rewards: Sequence[str]) -> Mapping[str, Entitlement]:
        found = {reward: self._entitled.get(((program, member), reward)) for reward in rewards}
        return {reward: entitlement for reward, entitlement in found.items() if entitlement is not None}

    def all_entitlements(self, program: str, member: str, *, after: str | None, limit: int) -> Page[Entitlement]:
        with self._lock:
            rewards = sorted(reward for owner, reward in self._entitled if owner == (program, member))
            later = [reward for reward in rewards if after is None or reward > after]
            page = [self._entitled[(program, member), reward] for reward in later[:limit]]
        return Page(page, page[-1].reward if len(later) > limit else None)

    def usages(self, program: str, member: str, kind: Used, names: Sequence[str]) -> Mapping[str, Usage]:
        return {name: self.usage(program, member, kind, name) for name in names}

    def _check(self, program: str, effect: Effect) -> None:
        match effect:
            case IssueCoupon() | EndCoupon():
                self.coupons.check(effect)
            case TakeStock():
                taken = self._stock_taken.get((program, effect.reward.name), 0)
                if effect.reward.stock is not None and taken + effect.quantity > effect.reward.stock:
                    raise OutOfStock(f"{effect.reward.name} is out of stock", reward=effect.reward.name)
            case TakeDailyStock(reward, quantity, day):
                taken = self._stock_taken.get((program, daily(reward.name, day.isoformat())), 0)
                if taken + quantity > (reward.stock_per_day or 0):
                    raise SoldOutToday(f"nothing is left of {reward.name} on {day}", reward=reward.name)
            case TakeBudget(campaign, points):
                taken = self._budget_taken.get((program, campaign.name), 0)
                if campaign.budget is not None and taken + points > campaign.budget:
                    raise BudgetExhausted(campaign.name, points)
            case PlaceOrder(order):
                if _place(order) in self._found:
                    raise RaceLost
            case MoveOrder(before, after):
                if _place(before) not in self._found or _place(after) in self._found:
                    raise RaceLost
            case ReturnStock() | ReturnDailyStock() | ReturnBudget() | SetUsage() | SetEntitlement() | EndEntitlement():
                pass

    def _apply(self, program: str, effect: Effect) -> None:
        match effect:
            case TakeStock(quantity=quantity):
                shelf = (program, effect.reward.name)
                self._stock_taken[shelf] = self._stock_taken.get(shelf, 0) + quantity
            case TakeBudget(campaign, points):
                budget = (program, campaign.name)
                self._budget_taken[budget] = self._budget_taken.get(budget, 0) + points
            case TakeDailyStock(reward, quantity, day):
                self._take_of_day(program, reward.name, day, quantity)
            case ReturnDailyStock(name, quantity, day):
                self._take_of_day(program, name, day, -quantity)
            case ReturnStock(reward=name, quantity=quantity):
                shelf = (program, name)
                self._stock_taken[shelf] = self._stock_taken.get(shelf, 0) - quantity
            case ReturnBudget(campaign=name, points=points):
                budget = (program, name)
                self._budget_taken[budget] = self._budget_taken.get(budget, 0) - points
            case IssueCoupon() | EndCoupon():
                self.coupons.apply(effect)
            case SetEntitlement(each):
                self._entitled[(each.program, each.member), each.reward] = each
            case EndEntitlement(each):
                self._entitled.pop(((each.program, each.member), each.reward), None)
            case SetUsage(usage):
                self._usage[(usage.program, usage.member), usage.kind, usage.name] = usage
            case PlaceOrder(order):
                self._found[_place(order)] = order
            case MoveOrder(before, after):
                del self._found[_place(before)]
                self._found[_place(after)] = after

    def _take_of_day(self, program: str, reward: str, day: date, quantity: int) -> None:
        shelf = (program, daily(reward, day.isoformat()))
        self._stock_taken[shelf] = self._stock_taken.get(shelf, 0) + quantity


def _place(order: Order) -> _Place:
    return (
        order.program,
        order.state,
        f"{(order.placed_at - _EPOCH) // _MICROSECOND:018d}#{order.member}#{order.reference}",
    )
