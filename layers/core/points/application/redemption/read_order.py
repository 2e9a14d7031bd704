"""Orders: one with its history, or a member's list."""

from collections.abc import Sequence
from dataclasses import dataclass

from points.application.ports import Page
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.entries import Entry
from points.domain.ledger.orders import Order, OrderState, Step, history_of, order_of
from points.domain.program.program import Program

_MAX_PAGES = 10
"""Pages read for one answer: a state that is rare returns a short page with a cursor, not a slow request."""


@dataclass(frozen=True, slots=True)
class OrderHistory:
    order: Order
    steps: Sequence[Step]


def read_order(services: Services, program: Program, member: str, reference: str) -> OrderHistory:
    """Raises NotFound."""
    entries = entries_of_order(services, program, member, reference)
    return OrderHistory(order_of(entries), history_of(entries))


def order_after(services: Services, program: Program, entry: Entry, reference: str) -> Order:
    """An order right after one of its entries, whatever has become of it since."""
    entries = entries_of_order(services, program, entry.member, reference)
    return order_of(each for each in entries if each.seq <= entry.seq)


def entries_of_order(services: Services, program: Program, member: str, reference: str) -> Sequence[Entry]:
    """Raises NotFound."""
    entries = services.ledger.order_entries(program.name, member, reference)
    if not entries:
        raise NotFound(f"there is no order {reference}", resource="order")
    return entries


def list_orders(
    services: Services,
    program: Program,
    member: str,
    *,
    state: OrderState | None = None,
    after: str | None,
    limit: int,
) -> Page[Order]:
    """By reference; ``state`` narrows. Raises NotFound for an unknown member."""
    account_of(services, program, member)
    found: list[Order] = []
    for _ in range(_MAX_PAGES):
        page = services.ledger.orders(program.name, member, after=after, limit=limit)
        for order in page.items:
            if state is None or order.state is state:
                found.append(order)
            if len(found) == limit:
                last = order is page.items[-1] and page.next_key is None
                return Page(found, None if last else order.reference)
        if page.next_key is None:
            return Page(found)
        after = page.next_key
    return Page(found, after)
