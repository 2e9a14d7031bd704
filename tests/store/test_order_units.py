"""What orders cost in write units, from the very parts that are sent: 7 to place one, 9 with limited stock."""

from collections.abc import Callable
from typing import Any

import pytest

from points.adapters.dynamodb.item_size import KILOBYTE, history_write_units, item_size, transaction_write_units
from points.adapters.dynamodb.table import Table
from points.application.administration.adjust_points import adjust_points
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.handle_order import Handling, handle_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.domain.ledger.entries import Kind
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.redeeming import Redemption
from tests.store.support import PROGRAM, dynamodb_store

UNITS_EACH = 2
"""Of a part that is less than a kilobyte: the rows that are taken away, and the counters."""

LONGEST = 64
MEMBER = "m" * LONGEST


def redeem(reward: str) -> Callable[[Services, str], object]:
    return lambda services, order: redeem_reward(services, PROGRAM, Redemption(order, MEMBER, reward), actor="a" * 26)


def handle(kind: Kind, *, tracking: str | None = None, reason: str | None = None) -> Callable[[Services, str], object]:
    return lambda services, order: handle_order(
        services, PROGRAM, kind, Handling(MEMBER, order, tracking), reason=reason, actor="a" * 26
    )


def cancel(services: Services, order: str) -> object:
    return cancel_order(services, PROGRAM, Cancellation(MEMBER, order), reason=None, actor="a" * 26)


@pytest.fixture
def sent(dynamodb_table: Table) -> list[dict[str, Any]]:
    """The transactions that reach the table, as they come."""
    transactions: list[dict[str, Any]] = []
    dynamodb_table.client.meta.events.register(
        "provide-client-params.dynamodb.TransactWriteItems", lambda params, **_: transactions.append(params)
    )
    return transactions


@pytest.mark.parametrize(
    ("before", "movement", "units"),
    [
        ((), redeem("coupon"), 7),
        ((), redeem("single"), 9),
        ((redeem("coupon"),), handle(Kind.FULFIL), 9),
        ((redeem("coupon"),), handle(Kind.SHIP, tracking="t" * LONGEST), 9),
        ((redeem("coupon"), handle(Kind.SHIP)), handle(Kind.DELIVER), 9),
        ((redeem("coupon"),), handle(Kind.SHIP, reason="r" * 500), 11),
        ((redeem("coupon"),), cancel, 9),
        ((redeem("single"),), cancel, 11),
    ],
    ids=["place", "place, limited", "fulfil", "ship", "deliver", "ship, with a reason", "cancel", "cancel, limited"],
)
def test_what_an_order_costs(
    dynamodb_table: Table,
    sent: list[dict[str, Any]],
    before: tuple[Callable[[Services, str], object], ...],
    movement: Callable[[Services, str], object],
    units: int,
) -> None:
    """All names as long as they may be: nothing of it comes near to a second kilobyte."""
    store, order = dynamodb_store(dynamodb_table), "r" * LONGEST
    services = store.services()
    store.enrolled(MEMBER)
    adjust_points(services, PROGRAM, Adjustment("some", MEMBER, 100, "to begin with"), actor="a")
    for step in before:
        step(services, order)
    sent.clear()

    movement(services, order)

    (transaction,) = sent
    parts = transaction["TransactItems"]
    puts = [part["Put"]["Item"] for part in parts if "Put" in part]
    assert all(item_size(item) < KILOBYTE for item in puts)
    others = len(parts) - len(puts)
    assert transaction_write_units(puts) + history_write_units(puts) + UNITS_EACH * others == units
