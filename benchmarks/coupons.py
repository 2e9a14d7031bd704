"""Write units of what coupons do, computed from the very items that are sent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.workbench import CLIENT, TABLE, Workbench
from points.adapters.dynamodb.item_size import history_write_units, transaction_write_units
from points.adapters.dynamodb.pools import DynamoDBPools
from points.adapters.dynamodb.table import Table
from points.application.coupons.ports import MAX_TOGETHER
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.write_off_coupon import write_off_coupon
from points.domain.ledger.coupons import codes_in
from points.domain.ledger.pools import PoolImport
from points.domain.movements.redeeming import Redemption
from points.domain.movements.writing_off import WriteOff
from points.domain.program.coupons import CouponRules
from points.domain.program.rewards import Reward, RewardKind

POOL: Final = "cinema"
SMALL_UNITS: Final = 2
"""Of a part that is no put: a row that is deleted, a number that is added to."""

_MEMBER: Final = "member-0123456789-coupons"


def measure(bench: Workbench) -> list[Figure]:
    bench.account(_MEMBER, lots=24, entries=10_000, points=24_000)
    made = Reward("cut", 100, kind=RewardKind.COUPON, coupon=CouponRules(valid_days=30))
    from_pool = Reward("film", 100, kind=RewardKind.VOUCHER, coupon=CouponRules(POOL))
    program = replace(bench.program, rewards={"cut": made, "film": from_pool})
    services = bench.services
    each = _import(bench)

    def redeem(reward: str, reference: str) -> Callable[[], object]:
        return lambda: redeem_reward(services, program, Redemption(reference, _MEMBER, reward), actor=CLIENT)

    figures = [each]
    for name, reward, reference, bar in (
        ("redemption with a coupon from a pool", "film", "redeem-2026-11-11-00001", 11),
        ("redemption with a generated coupon", "cut", "redeem-2026-11-11-00002", 9),
    ):
        figures.append(_units(name, bench, redeem(reward, reference), bar))
    bought = redeem_reward(services, program, Redemption("redeem-2026-11-11-00003", _MEMBER, "cut"), actor=CLIENT)
    use = WriteOff(codes_in(bought.entry)[0], "till-7-20261111-0001")
    figures.append(
        _units("write-off", bench, lambda: write_off_coupon(services, program, use, note=None, actor=CLIENT), 7)
    )
    cancelled = Cancellation(_MEMBER, "redeem-2026-11-11-00001")
    figures.append(
        _units(
            "cancellation of a coupon from a pool",
            bench,
            lambda: cancel_order(services, program, cancelled, reason=None, actor=CLIENT),
            11,
        )
    )
    return figures


def _import(bench: Workbench) -> Figure:
    """One step of an import, by the code."""
    table = Table(bench.client, TABLE, bench.services.backoff, bench.services.deadline)
    pools, now = DynamoDBPools(table), bench.services.clock.now()
    begun = pools.begin(PoolImport(bench.program.name, POOL, "first", "cinema.csv", CLIENT, now, now))
    codes = [f"CINEMA-2026-{number:06d}" for number in range(MAX_TOGETHER)]
    with bench.recorded() as calls:
        pools.advance(replace(begun, imported=len(codes), revision=2), codes)
    (transaction,) = calls.of("TransactWriteItems")
    return Figure("write units, a code imported", _sum(transaction["TransactItems"]) / len(codes), "", 4.2)


def _units(name: str, bench: Workbench, move: Callable[[], object], bar: int) -> Figure:
    with bench.recorded() as calls:
        move()
    (transaction,) = calls.of("TransactWriteItems")
    return Figure(f"write units, {name}", _sum(transaction["TransactItems"]), "", bar)


def _sum(parts: list[Any]) -> int:
    puts = [part["Put"]["Item"] for part in parts if "Put" in part]
    others = sum("Put" not in part for part in parts)
    return transaction_write_units(puts) + history_write_units(puts) + SMALL_UNITS * others
