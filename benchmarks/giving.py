"""What it costs that members give points to each other, or share them, counted in the very items sent."""

from collections.abc import Callable
from dataclasses import replace

from benchmarks.figures import Figure
from benchmarks.workbench import CLIENT, Workbench
from points.adapters.dynamodb.item_size import history_write_units, transaction_write_units
from points.application.earning.earn_points import earn_points
from points.application.members.manage_pools import Ownership, join_pool, set_pool
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.transfer_points import Return, take_transfer_back, transfer_points
from points.domain.movements.earning import Event
from points.domain.movements.pooling import Joining
from points.domain.movements.redeeming import Redemption
from points.domain.movements.transferring import Transfer
from points.domain.program.program import Program
from points.domain.program.transferring import TransferRules

_REFERENCE = "transfer-2026-11-11-0001"
_LOTS = 24


def measure(bench: Workbench) -> list[Figure]:
    return [*_transfers(bench), *_pools(bench)]


def _pools(bench: Workbench) -> list[Figure]:
    """A family with as much history and as many lots as anybody: 8 units more than alone, and 2 of the order."""
    first, second = (f"member-0123456789-family-{number}" for number in range(2))
    for member in (first, second):
        bench.account(member, lots=_LOTS, entries=10_000, points=24_000)
    set_pool(bench.services, bench.program, Ownership("family-0123456789", first), actor=CLIENT)
    for member in (first, second):
        joining = Joining("family-2026-11-11-000001", member, "family-0123456789")
        join_pool(bench.services, bench.program, joining, actor=CLIENT)
    event = Event("order-2026-11-11-000001", first, "purchase", amount="3000.00")
    redemption = Redemption("redeem-2026-11-11-00001", second, "coupon-200-50")
    return [
        *_units_of(
            "earning in a pool",
            bench,
            lambda: earn_points(bench.services, bench.program, event, actor=CLIENT),
            bar=13,
            reads=2,
        ),
        *_units_of(
            "redemption from a pool, with its order",
            bench,
            lambda: redeem_reward(bench.services, bench.program, redemption, actor=CLIENT),
            bar=15,
            reads=2,
        ),
    ]


def _transfers(bench: Workbench) -> list[Figure]:
    """With and without limits: each of the two kinds is an item of its own."""
    giver, receiver = (f"member-0123456789-giving-{number}" for number in range(2))
    for member in (giver, receiver):
        bench.account(member, lots=_LOTS, entries=10_000, points=24_000)
    limited = bench.program
    plain = replace(limited, transfers=TransferRules())
    figures: list[Figure] = []
    for name, program, bar, reads in (("no limits", plain, 10, 2), ("limits of the demo", limited, 14, 4)):
        reference = f"{_REFERENCE}-{bar}"
        wanted = Transfer(reference, giver, receiver, 2_000)
        back = Return(giver, reference)

        def give(wanted: Transfer = wanted, program: Program = program) -> None:
            transfer_points(bench.services, program, wanted, actor=CLIENT)

        def take(back: Return = back, program: Program = program) -> None:
            take_transfer_back(bench.services, program, back, reason="benchmark", actor=CLIENT)

        figures += _units_of(f"transfer, {name}", bench, give, bar=bar, reads=reads)
        figures += _units_of(f"its way back, {name}", bench, take, bar=bar + 2, reads=reads + 1)
    return figures


def _units_of(name: str, bench: Workbench, move: Callable[[], object], *, bar: int, reads: int) -> list[Figure]:
    with bench.recorded() as calls:
        move()
    (transaction,) = calls.of("TransactWriteItems")
    puts = [part["Put"]["Item"] for part in transaction["TransactItems"]]
    read = len(calls.of("GetItem", "Query", "BatchGetItem"))
    units = transaction_write_units(puts) + history_write_units(puts)
    return [Figure(f"write units, {name}", units, "", bar), Figure(f"reads, {name}", read, "", reads)]
