"""R-RED-2: every step an order can take, and every one it cannot."""

from dataclasses import replace
from itertools import product

import pytest

from points.domain.auditing.ordering import listing_findings, orders_told, step_findings
from points.domain.errors import OrderNotCancellable, OrderNotMovable
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.orders import TRANSITIONS, Order, OrderState, history_of, order_of
from points.domain.movements.handling import handle
from points.domain.movements.redeeming import cancel
from points.domain.program.rewards import Reward
from tests.builders import Walk, program

LEADS_ON = {
    (OrderState.PLACED, Kind.FULFIL): OrderState.FULFILLED,
    (OrderState.PLACED, Kind.SHIP): OrderState.SHIPPED,
    (OrderState.FULFILLED, Kind.SHIP): OrderState.SHIPPED,
    (OrderState.FULFILLED, Kind.DELIVER): OrderState.DELIVERED,
    (OrderState.SHIPPED, Kind.DELIVER): OrderState.DELIVERED,
    (OrderState.PLACED, Kind.REVERSAL): OrderState.CANCELLED,
    (OrderState.FULFILLED, Kind.REVERSAL): OrderState.CANCELLED,
    (OrderState.SHIPPED, Kind.REVERSAL): OrderState.CANCELLED,
}
"""By hand, and not from the code's own table: what the requirement says."""

WAYS = {
    OrderState.PLACED: (),
    OrderState.FULFILLED: (Kind.FULFIL,),
    OrderState.SHIPPED: (Kind.FULFIL, Kind.SHIP),
    OrderState.DELIVERED: (Kind.SHIP, Kind.DELIVER),
    OrderState.CANCELLED: (Kind.SHIP, Kind.REVERSAL),
}
"""Into each state."""


def bought() -> tuple[Walk, Entry]:
    walk = Walk(program(rewards={"mug": Reward("mug", 10, stock=5)}))
    walk.give(30)
    return walk, walk.redeem("mug", quantity=2)


def step(walk: Walk, redeemed: Entry, kind: Kind) -> Entry:
    order = walk.orders[redeemed.reference]
    if kind is Kind.REVERSAL:
        return walk.booked(cancel(walk.account, order, redeemed, walk.context, reason=None))
    return walk.booked(handle(walk.account, order, kind, walk.context, tracking=None, reason=None))


@pytest.mark.parametrize(("state", "kind"), list(product(WAYS, TRANSITIONS)), ids=str)
def test_every_step_from_every_state(state: OrderState, kind: Kind) -> None:
    walk, redeemed = bought()
    entries = [redeemed, *(step(walk, redeemed, way) for way in WAYS[state])]
    order = walk.orders[redeemed.reference]
    assert order.state is state
    assert order_of(entries) == order

    if (expected := LEADS_ON.get((state, kind))) is None:
        with pytest.raises((OrderNotMovable, OrderNotCancellable)) as refused:
            step(walk, redeemed, kind)
        assert refused.value.numbers == {"state": state.value}
        assert walk.orders[redeemed.reference] == order
        return
    walk.wait(hours=1)
    entries.append(step(walk, redeemed, kind))
    moved = walk.orders[redeemed.reference]
    assert moved == replace(order, state=expected, updated_at=walk.now)
    assert order_of(entries) == moved
    assert [each.state for each in history_of(entries)][-1] is expected
    assert list(step_findings(entries)) == []
    assert walk.balance.available == (30 if expected is OrderState.CANCELLED else 10)


def test_nothing_moves_with_a_step_but_a_cancellation() -> None:
    walk, redeemed = bought()
    before = walk.account
    shipped = step(walk, redeemed, Kind.SHIP)
    assert shipped.points == 0
    assert shipped.moves.lots == {}
    assert (walk.account.lots, walk.account.active_on) == (before.lots, before.active_on)


def test_the_history_says_who_did_what_and_why() -> None:
    walk, redeemed = bought()
    order = walk.orders[redeemed.reference]
    shipped = walk.booked(handle(walk.account, order, Kind.SHIP, walk.context, tracking="SF 1", reason="in time"))
    (placed, sent) = history_of([shipped, redeemed])
    assert (placed.state, placed.at, placed.reason) == (OrderState.PLACED, redeemed.at, None)
    assert (sent.state, sent.actor, sent.reason, sent.tracking) == (OrderState.SHIPPED, "tester", "in time", "SF 1")


# ── what an audit finds ──────────────────────────────────────────────────────────────────────────────────────────────


def told() -> Order:
    _, redeemed = bought()
    (order,) = orders_told([redeemed])
    return order


def test_a_step_that_was_never_possible_shows() -> None:
    walk, redeemed = bought()
    delivered = [step(walk, redeemed, Kind.SHIP), step(walk, redeemed, Kind.DELIVER)]
    without_shipping = [redeemed, delivered[1]]
    assert [finding.code for finding in step_findings(without_shipping)] == ["order_step_wrong"]
    assert [finding.code for finding in step_findings(delivered)] == ["original_missing"]


@pytest.mark.parametrize(
    ("listed", "codes"),
    [
        ([], ["order_missing"]),
        ([told()], []),
        ([told(), replace(told(), state=OrderState.SHIPPED)], ["order_state_wrong"]),
        ([replace(told(), state=OrderState.SHIPPED)], ["order_state_wrong"]),
        ([replace(told(), quantity=3)], ["order_differs"]),
        ([told(), replace(told(), reference="other")], ["entry_missing"]),
    ],
)
def test_rows_that_do_not_say_what_the_entries_say(listed: list[Order], codes: list[str]) -> None:
    assert [finding.code for finding in listing_findings([told()], listed)] == codes
