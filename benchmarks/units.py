"""Write units and reads per movement, computed from the very items that are sent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from benchmarks import coupons
from benchmarks.figures import Figure
from benchmarks.fullest import LONGEST, MOMENT, ORDINARY, Sizes, fullest
from benchmarks.workbench import CLIENT, PROGRAM, Calls, Workbench
from points.adapters.dynamodb.item_size import (
    KILOBYTE,
    UNITS_PER_KILOBYTE,
    history_write_units,
    item_size,
    transaction_write_units,
)
from points.application.earning.earn_points import earn_points
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.handle_order import Handling, handle_order
from points.application.redemption.redeem_reward import redeem_reward
from points.domain.ledger.entries import Kind
from points.domain.movements.earning import Event
from points.domain.movements.redeeming import Redemption

COUNTER_UNITS = 2
"""A stock counter is a few dozen bytes, updated within a transaction."""

ORDER_UNITS = 2
"""The row by which operators find an order, written or removed."""


@dataclass(frozen=True, slots=True)
class _Case:
    """An account of a certain age. The dearest reward costs all that 24 lots hold, so it crosses every one of them;
    it is also the one with limited stock."""

    name: str
    lots: int
    entries: int
    reward: str
    beside: int


_CASES = (
    _Case("1st entry, no lots", 0, 0, "coupon-200-50", ORDER_UNITS),
    _Case("1 lot, 10,000 entries", 1, 10_000, "coupon-200-50", ORDER_UNITS),
    _Case("24 lots, 10,000 entries", 24, 10_000, "e-reader", ORDER_UNITS + COUNTER_UNITS),
)


_FULLEST = (("ordinary names", ORDINARY, 6), ("the longest names", LONGEST, 10))
"""Kilobytes of an account at all its limits at once. Each costs two units more, and nobody has such an account."""


def measure(bench: Workbench) -> list[Figure]:
    return [
        *_of_ages(bench),
        *_of_orders(bench),
        *chain.from_iterable(_at_all_limits(bench, *each) for each in _FULLEST),
        *coupons.measure(bench),
    ]


def _at_all_limits(bench: Workbench, name: str, sizes: Sizes, kilobytes: int) -> list[Figure]:
    full, services = fullest(sizes), replace(bench.services, clock=_StoppedClock())
    account, program = full.account, full.program
    item = bench.store(account)
    held = sum(len(hold.lots) for hold in account.holds.values())
    note = f"{held} lots in {len(account.holds)} holds, {len(account.lots)} others, {len(account.pending)} pending"
    event = Event("e".ljust(sizes.reference, "x"), account.member, full.behaviour)
    redemption = Redemption("r".ljust(sizes.reference, "x"), account.member, full.reward)
    bar = UNITS_PER_KILOBYTE * kilobytes + 3
    return [
        Figure(f"account at all its limits, {name}", item_size(item), "B", kilobytes * KILOBYTE, note=note),
        *units_of(
            f"earning, all limits, {name}",
            bench,
            account.member,
            lambda: earn_points(services, program, event, actor=CLIENT),
            program=program.name,
            bar=bar,
        ),
        *units_of(
            f"redemption, all limits, {name}",
            bench,
            account.member,
            lambda: redeem_reward(services, program, redemption, actor=CLIENT),
            program=program.name,
            beside=ORDER_UNITS,
            bar=bar,
        ),
    ]


class _StoppedClock:
    @staticmethod
    def now() -> datetime:
        return MOMENT


def _of_ages(bench: Workbench) -> list[Figure]:
    figures = []
    for number, case in enumerate(_CASES):
        # 24 characters, as long as the ids of most systems.
        member = f"member-0123456789-abcde-{number}"
        bench.account(member, lots=case.lots, entries=case.entries, points=24_000)
        event = Event("order-2026-11-11-000001", member, "purchase", amount="3000.00")
        redemption = Redemption("redeem-2026-11-11-00001", member, case.reward)

        def earn(event: Event = event) -> None:
            earn_points(bench.services, bench.program, event, actor=CLIENT)

        def redeem(redemption: Redemption = redemption) -> None:
            redeem_reward(bench.services, bench.program, redemption, actor=CLIENT)

        figures += units_of(f"earning, {case.name}", bench, member, earn)
        figures += units_of(f"redemption, {case.name}", bench, member, redeem, beside=case.beside)
    return figures


def _of_orders(bench: Workbench) -> list[Figure]:
    """What becomes of an order: its row goes from one place to another, which is two more than placing it costs."""
    member, order = "member-0123456789-orders", "redeem-2026-11-11-00001"
    bench.account(member, lots=24, entries=0, points=24_000)
    redeem_reward(bench.services, bench.program, Redemption(order, member, "coupon-200-50"), actor=CLIENT)

    def ship() -> None:
        handling = Handling(member, order, "SF1020304050607")
        handle_order(bench.services, bench.program, Kind.SHIP, handling, reason=None, actor=CLIENT)

    def cancel() -> None:
        cancel_order(bench.services, bench.program, Cancellation(member, order), reason=None, actor=CLIENT)

    # The account, the order's entries, and once more those that may have come in between.
    return [
        *units_of("shipping an order", bench, member, ship, beside=2 * ORDER_UNITS, most_reads=3),
        *units_of("cancelling an order", bench, member, cancel, beside=2 * ORDER_UNITS, most_reads=3),
    ]


def units_of(
    name: str,
    bench: Workbench,
    member: str,
    move: Callable[[], object],
    *,
    program: str = PROGRAM,
    beside: int = 0,
    bar: int = 5,
    most_reads: int = 1,
) -> list[Figure]:
    """``beside``: units of the order's rows and the stock counter, which come on top of the bar."""
    due_before = _due(bench, program, member)
    with bench.recorded() as calls:
        move()
    (transaction,) = calls.of("TransactWriteItems")
    puts = [part["Put"]["Item"] for part in transaction["TransactItems"] if "Put" in part]
    counters = sum("Update" in part for part in transaction["TransactItems"])
    removed = sum("Delete" in part for part in transaction["TransactItems"])
    units = transaction_write_units(puts) + history_write_units(puts) + COUNTER_UNITS * counters + ORDER_UNITS * removed
    note = "account {} B, entry {} B".format(*_sizes(puts))
    if beside:
        note += f"; order and stock {beside} more"
    if _due(bench, program, member) != due_before:
        note += f"; `due` index {1 if due_before is None else 2} more"
    return [
        Figure(f"write units, {name}", units - beside, "", bar, note=note),
        Figure(f"reads, {name}", _reads(calls), "", most_reads),
    ]


def _due(bench: Workbench, program: str, member: str) -> object:
    account = bench.services.ledger.account(program, member)
    return None if account is None else account.due_at


def _sizes(puts: list[dict[str, Any]]) -> tuple[int, int]:
    account = next(item_size(item) for item in puts if item["sk"]["S"] == "ACCOUNT")
    entry = next(item_size(item) for item in puts if item["sk"]["S"].startswith("ENTRY#"))
    return account, entry


def _reads(calls: Calls) -> int:
    return len(calls.of("GetItem", "Query", "BatchGetItem", "TransactGetItems"))
