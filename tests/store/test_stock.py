"""Limited stock: never oversold, never refused while there is enough, whatever the number of shards."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from points.adapters.dynamodb import stock
from points.adapters.dynamodb.table import Table
from points.application.adjust_points import adjust_points
from points.application.cancel_order import Cancellation, cancel_order
from points.application.redeem_reward import redeem_reward
from points.domain.adjusting import Adjustment
from points.domain.booking import TakeStock
from points.domain.errors import OutOfStock
from points.domain.program import Reward
from points.domain.redeeming import Redemption, redeem
from tests.store.support import MEMBER, PROGRAM, Store, context, dynamodb_store

THREADS = 16


def rich(store: Store, member: str = MEMBER) -> None:
    store.enrolled(member)
    adjust_points(store.services(), PROGRAM, Adjustment("a1", member, 100_000, "welcome"), actor="a")


def taken(store: Store, name: str) -> int:
    return store.ledger.stock_taken(PROGRAM.name, [PROGRAM.rewards[name]])[name]


@pytest.mark.parametrize(("stock_left", "shards"), [(30, 4), (3, 1), (0, 2), (2, 5), (10**12, 7)])
def test_shares_add_up_to_the_stock(stock_left: int, shards: int) -> None:
    reward = Reward("x", 1, stock=stock_left, stock_shards=shards)
    shares = [stock.share(reward, shard) for shard in range(shards)]
    assert sum(shares) == stock_left
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize("name", ["single", "mug"])
def test_what_is_there_can_be_had_and_no_more(store: Store, name: str) -> None:
    rich(store)
    services = store.services()
    left = PROGRAM.rewards[name].stock
    assert left is not None
    for number in range(left):
        redeem_reward(services, PROGRAM, Redemption(f"r{number}", MEMBER, name), actor="a")
    assert taken(store, name) == left
    before = store.account()
    with pytest.raises(OutOfStock):
        redeem_reward(services, PROGRAM, Redemption("late", MEMBER, name), actor="a")
    assert store.account() == before
    assert store.ledger.order(PROGRAM.name, MEMBER, "late") is None
    assert redeem_reward(services, PROGRAM, Redemption("r0", MEMBER, name), actor="a").replayed


def test_a_quantity_may_come_from_several_shards(store: Store) -> None:
    """GIVEN four shards of 7 or 8 WHEN 20 are wanted, then 10 THEN they are had, and not one more."""
    rich(store)
    services = store.services()
    redeem_reward(services, PROGRAM, Redemption("r1", MEMBER, "mug", 20), actor="a")
    with pytest.raises(OutOfStock):
        redeem_reward(services, PROGRAM, Redemption("r2", MEMBER, "mug", 11), actor="a")
    redeem_reward(services, PROGRAM, Redemption("r3", MEMBER, "mug", 10), actor="a")
    assert taken(store, "mug") == 30


def test_cancelled_units_can_be_had_again(store: Store) -> None:
    rich(store)
    services = store.services()
    for number in range(3):
        redeem_reward(services, PROGRAM, Redemption(f"r{number}", MEMBER, "mug", 10), actor="a")
    for number in (0, 2):
        cancel_order(services, PROGRAM, Cancellation(MEMBER, f"r{number}"), reason=None, actor="a")
        cancel_order(services, PROGRAM, Cancellation(MEMBER, f"r{number}"), reason=None, actor="a")
    assert taken(store, "mug") == 10
    for number in range(20):
        redeem_reward(services, PROGRAM, Redemption(f"again-{number}", MEMBER, "mug"), actor="a")
    with pytest.raises(OutOfStock):
        redeem_reward(services, PROGRAM, Redemption("late", MEMBER, "mug"), actor="a")
    assert taken(store, "mug") == 30


def test_members_of_one_sale_are_spread_over_the_shards(store: Store) -> None:
    reward = PROGRAM.rewards["mug"]
    shards = set()
    for number in range(40):
        rich_account = replace(store.enrolled(f"m{number}"), lots={"2027-12-31/2026-11": 100})
        entry = redeem(rich_account, Redemption("flash-sale", f"m{number}", "mug"), context()).entry
        (pick,) = stock.first_pick(TakeStock(reward, 1), entry)
        shards.add(pick.shard)
    assert shards == set(range(reward.stock_shards))


@pytest.mark.dynamodb
def test_16_threads_never_oversell(dynamodb_table: Table) -> None:
    """GIVEN 30 mugs in 4 shards WHEN 16 members want 3 each, some two at a time, THEN exactly 30 are sold."""
    store = dynamodb_store(dynamodb_table)
    services = store.services()
    members = [f"m{number}" for number in range(THREADS)]
    for member in members:
        rich(store, member)

    def buy(member: str) -> int:
        bought = 0
        for reference, quantity in (("r1", 2), ("r2", 1)):
            try:
                redeem_reward(services, PROGRAM, Redemption(reference, member, "mug", quantity), actor="a")
            except OutOfStock:
                continue
            bought += quantity
        return bought

    with ThreadPoolExecutor(THREADS) as pool:
        bought = dict(zip(members, pool.map(buy, members), strict=True))
    assert sum(bought.values()) == taken(store, "mug") == 30
    for member, units in bought.items():
        orders = store.ledger.orders(PROGRAM.name, member, limit=10).items
        assert sum(order.quantity for order in orders) == units
        assert store.account(member).lots == {"2027-12-31/2026-11": 100_000 - 10 * units}
