"""Limited stock and budgets: never more than there is, never refused while there is enough, whatever the number of
shards. The same mechanism serves both, so each test of it holds for the other."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from points.adapters.dynamodb.shared_counters import Pick, Shelf, Take, budget_shelf, read_taken
from points.adapters.dynamodb.table import Table
from points.application.administration.adjust_points import adjust_points
from points.application.earning.earn_points import earn_points
from points.application.ports import BudgetExhausted
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.redeem_reward import redeem_reward
from points.domain.errors import OutOfStock
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Entry, Line
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event, earn
from points.domain.movements.redeeming import Redemption, redeem
from points.domain.program.program import Program
from points.domain.program.succession import Kept, Limit
from tests.store.support import MEMBER, NOVEMBER, NOW, PROGRAM, Store, context, dynamodb_store, festival

THREADS = 16


def rich(store: Store, member: str = MEMBER) -> None:
    store.enrolled(member)
    adjust_points(store.services(), PROGRAM, Adjustment("a1", member, 100_000, "welcome"), actor="a")


def taken(store: Store, name: str) -> int:
    return store.ledger.stock_taken(PROGRAM.name, [PROGRAM.rewards[name]], NOW.date())[name].in_all


@pytest.mark.parametrize(("stock_left", "shards"), [(30, 4), (3, 1), (0, 2), (2, 5), (10**12, 7)])
def test_shares_add_up_to_the_limit(stock_left: int, shards: int) -> None:
    limit = Limit(shards, stock_left)
    shares = [limit.share(shard) for shard in range(shards)]
    assert sum(shares) == stock_left
    assert max(shares) - min(shares) <= 1


@pytest.mark.parametrize(
    ("amount", "taken", "expected"),
    [
        # The own shard first, the next one that has room for all of it, or from each what it has.
        (5, [0, 0, 0, 0], {0: 5}),
        (5, [6, 6, 6, 3], {3: 5}),
        (5, [8, 7, 6, 4], {1: 1, 2: 2, 3: 2}),
        # A counter below zero, and one beyond its share, as after stock came back or was reduced.
        (9, [9, 9, -1, 9], {2: 9}),
        (2, [9, 9, 7, 7], {2: 1, 3: 1}),
    ],
)
def test_where_to_take_it(amount: int, taken: list[int], expected: dict[int, int]) -> None:
    """Shards by their place in the order in which they are asked; each has a share of 8."""
    entry = earn(Account(PROGRAM.name, MEMBER), Event("e1", MEMBER, "check_in"), context()).entry
    take = Take(Shelf("demo", Kept.BUDGET, "x", Limit(4, 32)), amount, entry)
    by_shard = [taken[take.order.index(shard)] for shard in range(4)]
    assert take.picks_by_room(by_shard) == [Pick(take.order[place], count) for place, count in expected.items()]
    with pytest.raises(BudgetExhausted):
        Take(take.shelf, 33, entry).picks_by_room([0, 0, 0, 0])


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
    assert store.ledger.order_entries(PROGRAM.name, MEMBER, "late") == []
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


def test_members_of_one_sale_are_spread_over_the_shards() -> None:
    """Over all of them at first, and over all others from wherever nothing is left."""
    shelf = Shelf("demo", Kept.STOCK, "mug", Limit(4, 30))
    orders = Counter[tuple[int, ...]]()
    for number in range(800):
        account = Account(PROGRAM.name, f"m{number}", lots={"2027-12-31/2026-11": 100})
        entry = redeem(account, Redemption("flash-sale", account.member, "mug"), context()).entry
        order = Take(shelf, 1, entry).order
        assert sorted(order) == [0, 1, 2, 3]
        orders[tuple(order[:2])] += 1
    assert set(orders) == {(one, other) for one in range(4) for other in range(4) if one != other}
    assert min(orders.values()) > 30


def with_festival(budget: int, shards: int, bonus: int = 90) -> Program:
    return replace(PROGRAM, campaigns=(festival(budget, shards, bonus),))


def paid_by_festival(entry: Entry) -> int:
    return sum(line.points for line in entry.lines if line.rule == "festival")


@pytest.mark.parametrize("shards", [1, 3])
def test_a_budget_pays_while_there_is_any_and_no_more(store: Store, shards: int) -> None:
    """GIVEN 250 points WHEN each check-in is worth 90 of them THEN two are paid, and later 70 to who asks for 70."""
    store.enrolled()
    program = with_festival(250, shards)
    entries = [
        earn_points(store.services(program), program, Event(f"e{number}", MEMBER, "check_in"), actor="a").entry
        for number in range(4)
    ]
    assert [paid_by_festival(entry) for entry in entries] == [90, 90, 0, 0]
    assert entries[2].lines == (Line("check_in", 10),)
    assert entries[2].details["unpaid"] == {"festival": "budget_exhausted"}
    for bonus, paid in ((70, 70), (1, 0)):
        smaller = with_festival(250, shards, bonus)
        event = Event(f"smaller-{bonus}", MEMBER, "check_in")
        assert paid_by_festival(earn_points(store.services(smaller), smaller, event, actor="a").entry) == paid
    if store.table is not None:
        shelf = budget_shelf(PROGRAM.name, program.campaigns[0])
        assert sum(read_taken(store.table, [shelf])[shelf]) == 250
    replay = earn_points(store.services(program), program, Event("e0", MEMBER, "check_in"), actor="a")
    assert (replay.replayed, replay.entry) == (True, entries[0])


def test_a_movement_that_the_budget_cannot_pay_is_not_written(store: Store) -> None:
    account = store.enrolled()
    decision = earn(account, Event("e1", MEMBER, "check_in"), context(program=with_festival(89, 2)))
    with pytest.raises(BudgetExhausted) as exhausted:
        store.ledger.commit(decision)
    assert exhausted.value.campaign == "festival"
    assert store.account() == account


def test_of_two_budgets_the_empty_one_is_named(store: Store) -> None:
    """Both campaigns run; the second is used up. The event is paid by the first, and by nothing else."""
    store.enrolled()
    second = replace(festival(5), name="second", bonus=9, dates=NOVEMBER)
    program = replace(PROGRAM, campaigns=(festival(1_000, 2), second))
    entry = earn_points(store.services(program), program, Event("e1", MEMBER, "check_in"), actor="a").entry
    assert entry.lines == (Line("check_in", 10), Line("festival", 90))


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
