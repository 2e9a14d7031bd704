"""The whole table for the auditor, partition by partition. It scans: no function may do that, and none has the right.

An item that reads, but would be written differently, was not written by this code as it stands: it counts as
unreadable, so that nothing can hide in attributes nobody looks at. So does one whose seal is not that of its content.
Nothing an item says can stop the walk.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import (
    ANY_DAMAGE,
    AccountItem,
    CouponItem,
    DeliveryItem,
    DepartureItem,
    DirectoryItem,
    DraftItem,
    EndpointItem,
    EntitledItem,
    EntryItem,
    FreeCodeItem,
    ImportItem,
    Item,
    LedgerItem,
    LiveItem,
    NoteItem,
    NoticeItem,
    OrderItem,
    PoolItem,
    ProfileItem,
    ProgramItem,
    RefusedItem,
    SharedCounterItem,
    TierItem,
    TimedItem,
    UsedItem,
    VersionItem,
    order_place,
)
from points.adapters.dynamodb.table import Table
from points.application.ports import (
    AccountRecords,
    CounterRecord,
    Draft,
    FreeCode,
    FreeRow,
    Listed,
    ListedOrder,
    ListedProgram,
    PoolRecord,
    ProgramRecords,
    PublishedVersion,
    Stray,
    Walked,
)
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.account import Account
from points.domain.ledger.coupons import Coupon
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.entries import Entry, EntryName
from points.domain.ledger.members import Profile
from points.domain.ledger.orders import Order
from points.domain.ledger.pools import PoolImport
from points.domain.ledger.refusals import RefusedEvent
from points.domain.ledger.usage import Usage
from points.domain.program.succession import Departure, Kept
from points.domain.reminding.notices import Notice

_OTHERWISE = "is not stored the way it would be written"


class DynamoDBWalk:
    """Implements :class:`points.application.ports.LedgerWalk`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def everything(self) -> Iterator[Walked]:
        for pk, items in groupby(self._table.scan(), key=lambda item: str(item["pk"]["S"])):
            yield from _walked(pk, list(items))

    def account(self, program: str, member: str) -> AccountRecords:
        pk = keys.member_pk(program, member)
        items = list(self._table.query("pk = :pk", {":pk": {"S": pk}}))
        # Its entries were read some moments ago: an account read last is never behind them.
        newest = self._table.get(pk, keys.ACCOUNT)
        others = [item for item in items if item["sk"]["S"] != keys.ACCOUNT]
        return _account_records(program, member, others if newest is None else [newest, *others])

    def program(self, program: str) -> ProgramRecords:
        pk = keys.program_pk(program)
        pointer = self._table.get(pk, keys.LIVE)
        items = [item for item in self._table.query("pk = :pk", {":pk": {"S": pk}}) if item["sk"]["S"] != keys.LIVE]
        return _program_records(program, items if pointer is None else [pointer, *items])

    def is_listed(self, program: str, member: str) -> bool:
        return self._table.get(keys.directory_pk(program, keys.directory_shard(member)), member) is not None

    def is_listed_program(self, program: str) -> bool:
        return self._table.get(keys.PROGRAMS, program) is not None

    def is_listed_order(self, order: Order) -> bool:
        place = order_place(order)
        item = self._table.get(place["pk"]["S"], place["sk"]["S"])
        return item is not None and item == OrderItem.of(order).item()

    def code(self, program: str, code: str) -> Coupon | FreeCode | None:
        place = keys.coupon_key(program, code)
        item = self._table.get(place["pk"]["S"], place["sk"]["S"])
        found = None if item is None else _code(item)
        return found if isinstance(found, Coupon | FreeCode) else None

    def is_in_pool(self, row: FreeRow) -> bool:
        place = keys.free_key(row.program, row.pool, row.code)
        return self._table.get(place["pk"]["S"], place["sk"]["S"]) is not None

    def pool(self, program: str, pool: str) -> Sequence[PoolRecord | PoolImport]:
        items = self._table.query("pk = :pk", {":pk": {"S": keys.pool_pk(program, pool)}})
        found = [_of_pool(program, pool, item) for item in items]
        return [each for each in found if isinstance(each, PoolRecord | PoolImport)]

    def counters(self, places: Sequence[CounterRecord]) -> Sequence[CounterRecord]:
        wanted = [keys.shared_key(each.program, each.kind, each.name, each.shard) for each in places]
        walked = (found for item in self._table.get_all(wanted) for found in _walked(item["pk"]["S"], [item]))
        return [found for found in walked if isinstance(found, CounterRecord)]


def _walked(pk: str, items: Sequence[Item]) -> Iterator[Walked]:
    """What the items of a partition are, by the form of its key."""
    match pk.split("#"):
        case ["P", program, "M", member]:
            yield _account_records(program, member, items)
        case ["P", program]:
            yield _program_records(program, items)
        case ["P", _, "ORDERS", _, _, _]:
            yield from map(_listed_order, items)
        case [keys.PROGRAMS]:
            yield from map(_listed_program, items)
        case ["P", program, "DIRECTORY", _]:
            yield from (_listed(program, item) for item in items)
        case ["P", program, ("STOCK" | "DAILY" | "BUDGET") as kind, name, shard]:
            yield from (_counter(program, Kept(kind), name, shard, item) for item in items)
        case ["P", _, "COUPON", _]:
            yield from map(_code, items)
        case ["P", program, "POOL", pool]:
            yield from (_of_pool(program, pool, item) for item in items)
        case ["P", program, "POOL", pool, _]:
            yield from (_free_row(program, pool, item) for item in items)
        case ["P", _, "WEBHOOKS"]:
            yield from _strays(EndpointItem, items, lambda read: EndpointItem.of(read.endpoint()))
        case ["P", _, "WEBHOOKS", _]:
            yield from _strays(DeliveryItem, items, lambda read: DeliveryItem.of(read.delivery()))
        case _:
            yield from (Stray(_place(item), "is nothing a ledger has") for item in items)


def _strays[Model: LedgerItem](
    kind: type[Model], items: Sequence[Item], again: Callable[[Model], LedgerItem]
) -> Iterator[Stray]:
    """Of what is no part of the ledger: that each can be understood is all there is to say."""
    for item in items:
        if problem := _problem(kind, item, again):
            yield Stray(_place(item), problem)


def _place(item: Item) -> str:
    return f"{item['pk']['S']} {item['sk']['S']}"


def _listed(program: str, item: Item) -> Walked:
    # Made again, it is in the shard its member belongs to: in any other it is not found.
    problem = _problem(DirectoryItem, item, lambda read: DirectoryItem.of(program, read.sk))
    return Stray(_place(item), problem) if problem else Listed(program, str(item["sk"]["S"]))


def _listed_order(item: Item) -> Walked:
    # Made again, it is in the place its order belongs to: in any other it is not found.
    problem = _problem(OrderItem, item, lambda read: OrderItem.of(read.order()))
    return Stray(_place(item), problem) if problem else ListedOrder(OrderItem.read(item).order())


def _listed_program(item: Item) -> Walked:
    problem = _problem(ProgramItem, item, lambda read: ProgramItem.of(read.sk))
    return Stray(_place(item), problem) if problem else ListedProgram(str(item["sk"]["S"]))


def _counter(program: str, kind: Kept, name: str, shard: str, item: Item) -> Walked:
    def again(read: SharedCounterItem) -> SharedCounterItem:
        key = keys.shared_key(program, kind, name, int(shard))
        return SharedCounterItem(pk=key["pk"]["S"], sk=key["sk"]["S"], taken=read.taken)

    if problem := _problem(SharedCounterItem, item, again):
        return Stray(_place(item), problem)
    return CounterRecord(program, kind, name, int(shard), SharedCounterItem.read(item).taken)


def _code(item: Item) -> Walked:
    def again(read: CouponItem) -> CouponItem:
        if not read.is_free:
            return CouponItem.of(read.coupon())
        free = read.free_code()
        return CouponItem.free(free.program, free.code, free.pool, free.imported_by)

    if problem := _problem(CouponItem, item, again):
        return Stray(_place(item), problem)
    read = CouponItem.read(item)
    return read.free_code() if read.is_free else read.coupon()


def _of_pool(program: str, pool: str, item: Item) -> Walked:
    if item["sk"]["S"] == keys.POOL:
        if problem := _problem(PoolItem, item, lambda read: PoolItem.of(program, pool, read.imported)):
            return Stray(_place(item), problem)
        return PoolRecord(program, pool, PoolItem.read(item).imported)
    problem = _problem(ImportItem, item, lambda read: ImportItem.of(read.pool_import()))
    return Stray(_place(item), problem) if problem else ImportItem.read(item).pool_import()


def _free_row(program: str, pool: str, item: Item) -> Walked:
    # Made again, it is in the bucket its code belongs to: in any other it is not found.
    problem = _problem(FreeCodeItem, item, lambda read: FreeCodeItem.of(program, pool, read.sk))
    return Stray(_place(item), problem) if problem else FreeRow(program, str(item["sk"]["S"]), pool)


def _problem[Model: LedgerItem](kind: type[Model], item: Item, again: Callable[[Model], LedgerItem]) -> str:
    """Why an item is not one this code has written, "" for one that is. ``again`` makes it anew from what it says."""
    try:
        return "" if again(kind.read(item)).item() == item else _OTHERWISE
    except ANY_DAMAGE as error:
        return f"{type(error).__name__}: {error}"


@dataclass(slots=True)
class _Partition:
    """The items of one partition, read one by one. What says everything it has to, but not the way it would be written,
    counts and shows; what does not, shows only."""

    unreadable: list[tuple[str, str]] = field(default_factory=list)
    found: dict[type[LedgerItem], list[Any]] = field(default_factory=dict)

    def add(self, item: Item, readers: Sequence["_Reader[Any, Any]"]) -> None:
        sk = str(item["sk"]["S"])
        reader = next((reader for reader in readers if reader.reads(sk)), None)
        if reader is None:
            self.unreadable.append((sk, "is nothing that belongs here"))
            return
        try:
            value = reader.value(reader.kind.read(item))
            again = reader.again(value).item()
        except ANY_DAMAGE as error:
            self.unreadable.append((sk, f"{type(error).__name__}: {error}"))
            return
        self.found.setdefault(reader.kind, []).append(value)
        if again != item:
            self.unreadable.append((sk, _OTHERWISE))

    def all(self, kind: type[LedgerItem]) -> list[Any]:
        return self.found.get(kind, [])

    def one(self, kind: type[LedgerItem]) -> Any:
        return next(iter(self.all(kind)), None)


@dataclass(frozen=True, slots=True)
class _Reader[Model: LedgerItem, Value]:
    """How items below a sort key are read, and made again from what was read. ``prefix``: any that begins so."""

    kind: type[Model]
    sort_key: str
    value: Callable[[Model], Value]
    again: Callable[[Value], LedgerItem]
    prefix: bool = False

    def reads(self, sk: str) -> bool:
        return sk.startswith(self.sort_key) if self.prefix else sk == self.sort_key


def _account_records(program: str, member: str, items: Iterable[Item]) -> AccountRecords:
    readers: list[_Reader[Any, Any]] = [
        _Reader[AccountItem, Account](AccountItem, keys.ACCOUNT, AccountItem.account, AccountItem.of),
        _Reader[ProfileItem, Profile](
            ProfileItem, keys.PROFILE, ProfileItem.profile, lambda profile: ProfileItem.of(program, member, profile)
        ),
        _Reader[EntryItem, Entry](EntryItem, keys.ENTRY_PREFIX, EntryItem.entry, EntryItem.of, prefix=True),
        _Reader[TierItem, TierChange](
            TierItem, keys.TIER_PREFIX, TierItem.change, lambda each: TierItem.of(program, member, each), prefix=True
        ),
        _Reader[RefusedItem, RefusedEvent](
            RefusedItem, keys.REFUSED_PREFIX, RefusedItem.refused, RefusedItem.of, prefix=True
        ),
        _Reader[NoteItem, tuple[EntryName, str]](
            NoteItem,
            keys.NOTE_PREFIX,
            lambda note: (keys.note_name(note.sk), note.text),
            lambda note: NoteItem.saying(program, member, *note),
            prefix=True,
        ),
        _Reader[UsedItem, Usage](UsedItem, keys.USED_PREFIX, UsedItem.usage, UsedItem.of, prefix=True),
        _Reader[EntitledItem, Entitlement](
            EntitledItem, keys.ENTITLED_PREFIX, EntitledItem.entitlement, EntitledItem.of, prefix=True
        ),
        _Reader[NoticeItem, Notice](NoticeItem, keys.NOTICE_PREFIX, NoticeItem.notice, NoticeItem.of, prefix=True),
    ]
    partition = _Partition()
    for item in items:
        partition.add(item, readers)
    return AccountRecords(
        program,
        member,
        account=partition.one(AccountItem),
        entries=partition.all(EntryItem),
        tier_changes=partition.all(TierItem),
        notes=dict(partition.all(NoteItem)),
        profile=partition.one(ProfileItem),
        notices=partition.all(NoticeItem),
        usages=partition.all(UsedItem),
        entitlements=partition.all(EntitledItem),
        unreadable=partition.unreadable,
    )


def _program_records(program: str, items: Iterable[Item]) -> ProgramRecords:
    readers: list[_Reader[Any, Any]] = [
        _Reader[LiveItem, tuple[int, int]](
            LiveItem,
            keys.LIVE,
            lambda live: (live.version, live.revision),
            lambda live: LiveItem.pointing(program, *live),
        ),
        _Reader[TimedItem, str](
            TimedItem, keys.TIMED, lambda timed: timed.settings, lambda settings: TimedItem.by(program, settings)
        ),
        _Reader[DraftItem, Draft](DraftItem, keys.DRAFT, DraftItem.draft, lambda draft: DraftItem.of(program, draft)),
        _Reader[VersionItem, PublishedVersion](
            VersionItem,
            keys.CONFIG_PREFIX,
            VersionItem.published,
            lambda version: VersionItem.of(program, version),
            prefix=True,
        ),
        _Reader[DepartureItem, Departure](
            DepartureItem,
            keys.DEPARTURE_PREFIX,
            DepartureItem.departure,
            lambda departure: DepartureItem.of(program, departure),
            prefix=True,
        ),
    ]
    partition = _Partition()
    for item in items:
        partition.add(item, readers)
    return ProgramRecords(
        program,
        versions=sorted(partition.all(VersionItem), key=lambda version: int(version.version)),
        live=partition.one(LiveItem),
        draft=partition.one(DraftItem),
        departures=partition.all(DepartureItem),
        timed_by=partition.one(TimedItem),
        unreadable=partition.unreadable,
    )
