"""Orders, one or a member's list."""

from points.application.ports import Page
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.orders import Order
from points.domain.program.program import Program


def read_order(services: Services, program: Program, member: str, reference: str) -> Order:
    """Raises NotFound."""
    order = services.ledger.order(program.name, member, reference)
    if order is None:
        raise NotFound(f"there is no order {reference}", resource="order")
    return order


def list_orders(services: Services, program: Program, member: str, *, after: str | None, limit: int) -> Page[Order]:
    """By reference. Raises NotFound for an unknown member."""
    account_of(services, program, member)
    return services.ledger.orders(program.name, member, after=after, limit=limit)
