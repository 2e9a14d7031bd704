"""A page of deliveries: so much is looked at, and no more."""

from collections.abc import Iterable

from points.application.ports import Page
from points.domain.webhooks.deliveries import Delivery, State

LOOKED_AT = 200
"""Deliveries a page looks at, at most, to find those of one state."""


def first_page(newest: Iterable[Delivery], state: State | None, looked_at: int, limit: int) -> Page[Delivery]:
    """``next_key`` is the last one that was looked at, whether it is on the page or not."""
    items: list[Delivery] = []
    last: Delivery | None = None
    for place, delivery in enumerate(newest):
        if last is not None and (len(items) == limit or place == looked_at):
            return Page(items, last.name)
        if state is None or delivery.state is state:
            items.append(delivery)
        last = delivery
    return Page(items)
