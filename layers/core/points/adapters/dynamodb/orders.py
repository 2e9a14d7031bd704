"""Orders in DynamoDB: read from their entries, and found by operators in the state they are in.

An order's entries are several items, and may be read while another one is being written. What is found first can
therefore lack what was booked before the latest of it, and only that: it is looked for once more, and nothing later is
taken in. So what is answered is the order as it was, right after that latest entry.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import moment, stored_moment
from points.adapters.dynamodb.models import EntryItem, Item, OrderItem, order_place
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import ORDER_SHARDS, Page, Period, RaceLost
from points.domain.ledger.booking import MoveOrder, PlaceOrder
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.orders import TRANSITIONS, Order, OrderState, order_names, order_of, order_of_name

MONTHS_AT_ONCE: Final = 4
"""Months looked into for one page of a state: a listing that finds little returns a short page, not a slow one."""

_ABSENT: Final = "attribute_not_exists(pk)"
_PRESENT: Final = "attribute_exists(pk)"
_DECEMBER: Final = 12
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def append_order(transaction: Transaction, effect: PlaceOrder | MoveOrder) -> None:
    """The account's own condition already lets one movement through at a time; these say that nothing else went
    wrong."""
    match effect:
        case PlaceOrder(order):
            _append_row(transaction, order)
        case MoveOrder(before, after):
            transaction.delete(order_place(before), condition=_PRESENT, failed=lambda _: RaceLost())
            _append_row(transaction, after)


def _append_row(transaction: Transaction, order: Order) -> None:
    transaction.put(OrderItem.of(order).item(), condition=_ABSENT, failed=lambda _: RaceLost())


# ── by their entries ─────────────────────────────────────────────────────────────────────────────────────────────────


def order_items(table: Table, program: str, member: str, reference: str) -> Sequence[Item]:
    """The entries of one order as items, in the order of their seq; nothing where there is none."""
    pk = keys.member_pk(program, member)
    found = table.get_all([keys.key(pk, keys.entry_sk(name)) for name in order_names(reference)])
    return _completed(table, pk, {reference: list(found)})[reference]


def orders_of_member(table: Table, program: str, member: str, *, after: str | None, limit: int) -> Page[Order]:
    pk = keys.member_pk(program, member)
    placed = _redemptions(table, pk, after=after, limit=limit)
    page = list(placed)[:limit]
    if not page:
        return Page([])
    beside = (kind for kind in TRANSITIONS if kind not in _BELOW)
    moves = chain.from_iterable(_range(table, pk, kind, page[0], page[-1]) for kind in beside)
    found = {reference: [*placed[reference]] for reference in page}
    for item in moves:
        found.setdefault(_reference(item), []).append(item)
    complete = _completed(table, pk, {reference: found[reference] for reference in page})
    orders = [order_of(EntryItem.read(item).entry() for item in complete[reference]) for reference in page]
    return Page(orders, page[-1] if len(placed) > limit else None)


_BELOW: Final = frozenset({Kind.REVERSAL})
"""Lies below the redemption and comes with it."""


def _redemptions(table: Table, pk: str, *, after: str | None, limit: int) -> Mapping[str, Sequence[Item]]:
    """By reference, each with its cancellation: one more than asked for tells whether there is a next page."""
    placed: dict[str, list[Item]] = {}
    first = f"{keys.ENTRY_PREFIX}{Kind.REDEEM}#" if after is None else keys.entry_range(_redeemed(after))[1]
    last = f"{keys.ENTRY_PREFIX}{Kind.REDEEM}$"
    # Each has at most one entry below it.
    for item in _between(table, pk, first, last, limit=2 * (limit + 1)):
        reference = _reference(item)
        if reference not in placed and len(placed) > limit:
            break
        placed.setdefault(reference, []).append(item)
    return placed


def _range(table: Table, pk: str, kind: Kind, first: str, last: str) -> Iterator[Item]:
    return _between(table, pk, *(keys.entry_sk(EntryName(kind, reference)) for reference in (first, last)))


def _between(table: Table, pk: str, first: str, last: str, *, limit: int | None = None) -> Iterator[Item]:
    values: Item = {":pk": {"S": pk}, ":first": {"S": first}, ":last": {"S": last}}
    return table.query("pk = :pk AND sk BETWEEN :first AND :last", values, limit=limit)


def _completed(table: Table, pk: str, found: Mapping[str, list[Item]]) -> Mapping[str, list[Item]]:
    """Each order's entries up to the latest that was found. Only one that has been moved can lack anything."""
    missing = [name for reference, items in found.items() if len(items) > 1 for name in _lacking(reference, items)]
    again = table.get_all([keys.key(pk, keys.entry_sk(name)) for name in missing]) if missing else []
    complete = {reference: list(items) for reference, items in found.items()}
    for item in again:
        items = complete[_reference(item)]
        if _seq(item) < max(map(_seq, found[_reference(item)])):
            items.append(item)
    return {reference: sorted(items, key=_seq) for reference, items in complete.items()}


def _lacking(reference: str, items: Iterable[Item]) -> Iterator[EntryName]:
    there = {keys.entry_name(item["sk"]["S"]) for item in items}
    return (name for name in order_names(reference) if name not in there)


def _redeemed(reference: str) -> EntryName:
    return EntryName(Kind.REDEEM, reference)


def _reference(item: Item) -> str:
    reference = order_of_name(keys.entry_name(item["sk"]["S"]))
    if reference is None:
        raise AssertionError(f"{item['sk']['S']} is no order's")
    return reference


def _seq(item: Item) -> int:
    return int(item["seq"]["N"])


# ── by their state ───────────────────────────────────────────────────────────────────────────────────────────────────


def orders_in(
    table: Table, program: str, state: OrderState, placed: Period, *, after: str | None, limit: int
) -> Page[Order]:
    """A position is the sort key of an order, or the moment at which a month begins."""
    # Nothing was placed before there were such keys.
    first, last = (_position(max(at, _EARLIEST)) for at in (placed.start, placed.end))
    if after is not None:
        # ``$`` comes right after what was last seen.
        first = max(first, f"{after}$" if "#" in after else after)
    found: list[Item] = []
    for looked_into, (month, begins) in enumerate(_months(first, last)):
        if looked_into == MONTHS_AT_ONCE:
            return Page(_read(found), begins)
        wanted = limit + 1 - len(found)
        shards = (
            _between(table, keys.orders_pk(program, state, month, shard), first, last, limit=wanted)
            for shard in range(ORDER_SHARDS)
        )
        found += sorted(chain.from_iterable(shards), key=lambda item: item["sk"]["S"])[:wanted]
        if len(found) > limit:
            return Page(_read(found[:limit]), found[limit - 1]["sk"]["S"])
    return Page(_read(found))


def _read(items: Iterable[Item]) -> Sequence[Order]:
    return [OrderItem.read(item).order() for item in items]


def _months(first: str, last: str) -> Iterator[tuple[str, str]]:
    """The months from one position to another: the name of each, and the position at which it begins."""
    if first >= last:
        return
    earliest = moment(str(int(first[: keys.MOMENT_DIGITS])))
    begins = datetime(earliest.year, earliest.month, 1, tzinfo=UTC)
    while _position(begins) < last:
        yield f"{begins:%Y-%m}", _position(begins)
        begins = _next_month(begins)


def _next_month(begins: datetime) -> datetime:
    year, month = (begins.year + 1, 1) if begins.month == _DECEMBER else (begins.year, begins.month + 1)
    return datetime(year, month, 1, tzinfo=UTC)


def _position(at: datetime) -> str:
    return keys.padded_moment(stored_moment(at))
