"""A program's orders in one state: what operators work through."""

from datetime import datetime, timedelta
from typing import Final

from points.application.ports import Page, Period
from points.application.services import Services
from points.domain.errors import InvalidRequest
from points.domain.ledger.orders import Order, OrderState
from points.domain.program.program import Program

MAX_DAYS: Final = 366
"""Between the first and the last order of one listing."""

USUAL: Final = timedelta(days=31)
_AHEAD: Final = timedelta(minutes=5)
"""What was placed by a clock that is a little fast is seen at once, too."""


def find_orders(
    services: Services,
    program: Program,
    state: OrderState,
    *,
    from_: datetime | None,
    to: datetime | None,
    after: str | None,
    limit: int,
) -> Page[Order]:
    """By when they were placed, the oldest first: from ``from_`` (31 days back unless given) until ``to`` (now). Raises
    InvalidRequest for a period of more than 366 days."""
    until = services.clock.now() + _AHEAD if to is None else to
    since = until - USUAL if from_ is None else from_
    if until - since > timedelta(days=MAX_DAYS):
        raise InvalidRequest.at("?from", f"lies more than {MAX_DAYS} days before the end")
    return services.ledger.orders_in(program.name, state, Period(since, until), after=after, limit=limit)
