"""Orders in every store: found in the state they are in, at one moment, and moved once whoever races (R-RED-2)."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.keys import Key
from points.adapters.dynamodb.models import Item
from points.adapters.dynamodb.table import Table
from points.application.administration.adjust_points import adjust_points
from points.application.movement import Booked
from points.application.ports import Page, Period
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.find_orders import find_orders
from points.application.redemption.handle_order import Handling, handle_order
from points.application.redemption.read_order import list_orders, read_order
from points.application.redemption.redeem_reward import redeem_reward
from points.domain.errors import Conflict as Busy
from points.domain.errors import InvalidRequest, NotFound, OrderNotCancellable, OrderNotMovable, ReferenceReused
from points.domain.ledger.entries import Kind
from points.domain.ledger.orders import Order, OrderState
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.redeeming import Redemption
from tests.store.support import MEMBER, PROGRAM, SteppingClock, Store, dynamodb_store
from tests.support.proof import findings

ALWAYS = Period(datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))


def pages(read: Callable[[str | None], Page[Order]]) -> Iterator[list[Order]]:
    after: str | None = None
    while True:
        page = read(after)
        yield list(page.items)
        if (after := page.next_key) is None:
            return


def in_state(store: Store, state: OrderState, placed: Period = ALWAYS, *, limit: int = 100) -> list[Order]:
    def read(after: str | None) -> Page[Order]:
        return store.ledger.orders_in(PROGRAM.name, state, placed, after=after, limit=limit)

    return [order for page in pages(read) for order in page]


def bought(store: Store, *references: str, member: str = MEMBER, at: datetime | None = None) -> None:
    services = replace(store.services(), clock=SteppingClock(at)) if at else store.services()
    for reference in references:
        adjust_points(services, PROGRAM, Adjustment(f"for-{reference}", member, 25, "welcome"), actor="a")
        redeem_reward(services, PROGRAM, Redemption(reference, member, "coupon"), actor="a")


def handled(store: Store, kind: Kind, reference: str, *, tracking: str | None = None, by: str = "op") -> Booked:
    return handle_order(
        store.services(), PROGRAM, kind, Handling(MEMBER, reference, tracking), reason="because", actor=by
    )


def test_an_order_is_found_in_the_state_it_is_in(store: Store) -> None:
    store.enrolled()
    bought(store, "r1")
    for kind, state in (
        (Kind.FULFIL, OrderState.FULFILLED),
        (Kind.SHIP, OrderState.SHIPPED),
        (Kind.DELIVER, OrderState.DELIVERED),
    ):
        tracking = "SF 1" if kind is Kind.SHIP else None
        booked = handled(store, kind, "r1", tracking=tracking)
        # Sent again it is the same step; with another parcel it is not.
        assert handled(store, kind, "r1", tracking=tracking) == replace(booked, replayed=True)
        with pytest.raises(ReferenceReused):
            handled(store, kind, "r1", tracking="SF 2")
        found = read_order(store.services(), PROGRAM, MEMBER, "r1")
        assert found.order.state is state
        assert [(other, in_state(store, other)) for other in OrderState if other is not state] == [
            (other, []) for other in OrderState if other is not state
        ]
        assert in_state(store, state) == [found.order]
    found = read_order(store.services(), PROGRAM, MEMBER, "r1")
    assert [(step.state.value, step.actor, step.reason, step.tracking) for step in found.steps] == [
        ("placed", "a", None, None),
        ("fulfilled", "op", "because", None),
        ("shipped", "op", "because", "SF 1"),
        ("delivered", "op", "because", None),
    ]
    with pytest.raises(OrderNotCancellable):
        cancel_order(store.services(), PROGRAM, Cancellation(MEMBER, "r1"), reason=None, actor="a")
    assert findings(store.services(), PROGRAM, MEMBER) == []


def test_nothing_can_be_done_with_an_order_there_is_not(store: Store) -> None:
    store.enrolled()
    for ask in (
        lambda: handled(store, Kind.SHIP, "nothing"),
        lambda: read_order(store.services(), PROGRAM, MEMBER, "nothing"),
    ):
        with pytest.raises(NotFound):
            ask()
    assert store.account().seq == 0


def test_a_members_orders_each_in_its_state_page_by_page(store: Store) -> None:
    store.enrolled()
    references = [f"r{number}" for number in range(6)]
    bought(store, *references)
    handled(store, Kind.SHIP, "r1")
    handled(store, Kind.SHIP, "r4")
    handled(store, Kind.DELIVER, "r4")
    cancel_order(store.services(), PROGRAM, Cancellation(MEMBER, "r3"), reason=None, actor="a")
    # What begins alike, and what is no order, is none of them.
    adjust_points(store.services(), PROGRAM, Adjustment("r0", MEMBER, 1, "why"), actor="a")

    read = lambda after: list_orders(store.services(), PROGRAM, MEMBER, after=after, limit=4)  # noqa: E731
    assert [[(order.reference, order.state.value) for order in page] for page in pages(read)] == [
        [("r0", "placed"), ("r1", "shipped"), ("r2", "placed"), ("r3", "cancelled")],
        [("r4", "delivered"), ("r5", "placed")],
    ]
    placed = lambda after: list_orders(  # noqa: E731
        store.services(), PROGRAM, MEMBER, state=OrderState.PLACED, after=after, limit=2
    )
    assert [[order.reference for order in page] for page in pages(placed)] == [["r0", "r2"], ["r5"]]


def test_a_programs_orders_by_state_across_months_and_shards(store: Store) -> None:
    """GIVEN orders of many members over seven months THEN each page goes on where the last one ended, oldest first."""
    members = [f"m{number}" for number in range(9)]
    for number, member in enumerate(members):
        store.enrolled(member)
        bought(store, "r", member=member, at=datetime(2026, 1, 28, tzinfo=UTC) + timedelta(days=23 * number))
    expected = [(member, "r") for member in members]
    for limit in (1, 2, 4, 9):
        assert in_state(store, OrderState.PLACED, limit=limit) == in_state(store, OrderState.PLACED), limit
    found = in_state(store, OrderState.PLACED)
    assert [(order.member, order.reference) for order in found] == expected
    assert [order.placed_at for order in found] == sorted(order.placed_at for order in found)
    second = found[1].placed_at
    assert in_state(store, OrderState.PLACED, Period(second, found[3].placed_at)) == found[1:3]
    assert in_state(store, OrderState.PLACED, Period(second, second)) == []
    assert in_state(store, OrderState.SHIPPED) == []


def test_a_listing_has_a_length(store: Store) -> None:
    store.enrolled()
    bought(store, "r1")
    services = store.services()
    found = find_orders(services, PROGRAM, OrderState.PLACED, from_=None, to=None, after=None, limit=10)
    assert [order.reference for order in found.items] == ["r1"]
    now = services.clock.now()
    with pytest.raises(InvalidRequest):
        find_orders(services, PROGRAM, OrderState.PLACED, from_=now - timedelta(days=367), to=now, after=None, limit=10)


class Torn(Table):
    """Misses, the first time it is asked for several items, what ``hidden`` names; ``meanwhile`` happens after that."""

    def __init__(self, table: Table, hidden: str, meanwhile: Callable[[], object]) -> None:
        super().__init__(table.client, table.name, table.backoff, InvocationDeadline())
        self._hidden = hidden
        self._meanwhile = [meanwhile]

    def get_all(self, wanted: Sequence[Key]) -> list[Item]:
        found = super().get_all(wanted)
        if not self._meanwhile:
            return found
        self._meanwhile.pop()()
        return [item for item in found if item["sk"]["S"] != self._hidden]


def test_an_order_is_read_as_it_was_at_one_moment(dynamodb_table: Table) -> None:
    """GIVEN a reading that misses a step before one that it sees, and a step that comes while it reads THEN the first
    is in the answer and the second is not."""
    store = dynamodb_store(dynamodb_table)
    store.enrolled()
    bought(store, "r1")
    handled(store, Kind.FULFIL, "r1")
    handled(store, Kind.SHIP, "r1")
    torn = Torn(dynamodb_table, "ENTRY#fulfil#r1", lambda: handled(store, Kind.DELIVER, "r1"))

    found = read_order(dynamodb_store(torn).services(), PROGRAM, MEMBER, "r1")

    assert [step.state.value for step in found.steps] == ["placed", "fulfilled", "shipped"]
    assert read_order(store.services(), PROGRAM, MEMBER, "r1").order.state is OrderState.DELIVERED


@pytest.mark.parametrize("until", [datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)])
def test_a_listing_may_begin_before_there_was_anything(store: Store, until: datetime) -> None:
    """The usual 31 days before the first moment that can be asked for lie before the first that a key can have."""
    services = store.services()
    found = find_orders(services, PROGRAM, OrderState.PLACED, from_=None, to=until, after=None, limit=10)
    assert found == Page([])


@pytest.mark.parametrize("wishes", [(Kind.SHIP, Kind.REVERSAL), (Kind.DELIVER, Kind.REVERSAL), (Kind.SHIP, Kind.SHIP)])
def test_whoever_races_an_order_moves_once(dynamodb_table: Table, wishes: tuple[Kind, Kind]) -> None:
    """Sixteen clerks, each with one of two wishes, on Amazon's own engine: the states that follow are possible ones."""
    store = dynamodb_store(dynamodb_table)
    store.enrolled()
    bought(store, "r1")
    handled(store, Kind.FULFIL, "r1")

    def ask(clerk: int) -> str:
        services = store.services()
        wish = wishes[clerk % 2]
        for _ in range(20):
            try:
                if wish is Kind.REVERSAL:
                    cancel_order(services, PROGRAM, Cancellation(MEMBER, "r1"), reason=None, actor=f"clerk-{clerk}")
                else:
                    tracking = f"SF {clerk}"
                    handle_order(
                        services, PROGRAM, wish, Handling(MEMBER, "r1", tracking), reason=None, actor=f"clerk-{clerk}"
                    )
            except Busy:
                continue
            except (OrderNotMovable, OrderNotCancellable, ReferenceReused) as refused:
                return refused.code
            return "done"
        return "busy"

    with ThreadPoolExecutor(16) as pool:
        heard = list(pool.map(ask, range(16)))

    assert "busy" not in heard
    found = read_order(store.services(), PROGRAM, MEMBER, "r1")
    moved = found.steps[2:]
    # Cancelling again is the same cancellation: all who wished it are told so, or none.
    winners = {step.actor for step in moved}
    assert len(moved) in {1, 2}
    assert winners
    assert [state for state in OrderState if in_state(store, state)] == [found.order.state]
    available = sum(store.account().lots.values())
    assert available == (25 if found.order.state is OrderState.CANCELLED else 0)
    assert findings(store.services(), PROGRAM, MEMBER) == []
    if Kind.DELIVER in wishes:
        assert len(moved) == 1
