"""Orders, told again from the entries that placed and moved them, against where operators find them."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.orders import TRANSITIONS, Order, order_of, order_of_name, placed_order, state_after

type _Place = tuple[str, str, str]
"""Program, member and reference of an order."""


def orders_told(entries: Iterable[Entry]) -> Sequence[Order]:
    """All orders of one account, as far as they can be followed."""
    told: list[Order] = []
    for of in _by_order(entries).values():
        try:
            told.append(order_of(of))
        except CANNOT_FOLLOW:
            continue
    return told


def step_findings(entries: Iterable[Entry]) -> Iterator[Finding]:
    """Each step of an order was taken from a state that leads there."""
    for reference, (first, *moved) in _by_order(entries).items():
        if first.kind is not Kind.REDEEM:
            yield _finding(first, reference, "original_missing", "an order is moved that was never placed")
            continue
        try:
            state = placed_order(first).state
        except CANNOT_FOLLOW as why:
            yield _finding(first, reference, "cannot_be_retold", f"is no order: {why}")
            continue
        for entry in moved:
            if entry.kind not in TRANSITIONS or state not in TRANSITIONS[entry.kind].of:
                yield _finding(entry, reference, "order_step_wrong", f"{entry.name} comes after {state}")
                break
            try:
                state = state_after(entry)
            except CANNOT_FOLLOW as why:
                yield _finding(entry, reference, "cannot_be_retold", f"leads to no state: {why}")
                break


def listing_findings(told: Collection[Order], listed: Collection[Order]) -> Iterator[Finding]:
    """What is wrong with the rows of these orders: each has one, in its state, that says what the entries say."""
    rows: dict[_Place, list[Order]] = {}
    for row in listed:
        rows.setdefault(_place(row), []).append(row)
    orders = {_place(order): order for order in told}
    for place in sorted(rows.keys() | orders.keys()):
        order, found = orders.get(place), rows.get(place, [])
        if not found and order is not None:
            yield _listing(place, "order_missing", f"is not listed as {order.state}")
        for row in found:
            if order is None:
                yield _listing(place, "entry_missing", "an order is listed that was never placed")
            elif row.state is not order.state:
                yield _listing(place, "order_state_wrong", f"is listed as {row.state}, the entries say {order.state}")
            elif row != order:
                yield _listing(place, "order_differs", "is not listed as what was redeemed, or moved then")


def _by_order(entries: Iterable[Entry]) -> Mapping[str, list[Entry]]:
    orders: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.seq):
        reference = order_of_name(entry.name)
        if reference is not None:
            orders.setdefault(reference, []).append(entry)
    return orders


def _place(order: Order) -> _Place:
    return order.program, order.member, order.reference


def _listing(place: _Place, code: str, message: str) -> Finding:
    program, member, reference = place
    return Finding(program, member, str(EntryName(Kind.REDEEM, reference)), code, message)


def _finding(entry: Entry, reference: str, code: str, message: str) -> Finding:
    return Finding(entry.program, entry.member, str(EntryName(Kind.REDEEM, reference)), code, message)
