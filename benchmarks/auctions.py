"""Write units and reads of bids, computed from the very items that are sent, and of settling an auction."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from benchmarks.figures import Figure
from benchmarks.workbench import CLIENT, Workbench
from points.adapters.dynamodb.item_size import history_write_units, transaction_write_units
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.redemption.place_bid import place_bid
from points.domain.ledger.members import Profile
from points.domain.movements.bidding import Bid
from points.domain.program.auctions import Auction

_AUCTION = "e-reader-for-a-night-0001"
_FIRST, _SECOND = "bidder-0123456789-abcd-1", "bidder-0123456789-abcd-2"

STOCK_UNITS = 2
ORDER_UNITS = 2


def measure(bench: Workbench) -> list[Figure]:
    now = bench.services.clock.now()
    auction = Auction(_AUCTION, "e-reader", now, now + timedelta(hours=2), minimum_bid=1_000, step=100)
    program = replace(bench.program, auctions={auction.name: auction})
    for member in (_FIRST, _SECOND):
        bench.account(member, lots=24, entries=24, points=240_000)
        enrol_member(bench.services, program, member, Profile())

    def bid(number: int, member: str, points: int) -> Callable[[], object]:
        request = Bid(f"bid-2026-11-11-{number:06d}", auction.name, member, points)
        return lambda: place_bid(bench.services, program, request, actor=CLIENT)

    def settle() -> None:
        bring_up_to_date(bench.services, program, _SECOND, auction.closes_at)

    return [
        *_figures("the first bid", bench, bid(1, _FIRST, 1_000), bar=7, reads=2),
        *_figures("a leader's own next bid", bench, bid(2, _FIRST, 2_000), bar=7, reads=2),
        *_figures("a bid that overtakes a leader", bench, bid(3, _SECOND, 3_000), bar=12, reads=3),
        # Account 2, two entries 4, history 2, auction 2; the order and the stock counter as in any redemption.
        *_figures("an auction settled", bench, settle, bar=10 + ORDER_UNITS + STOCK_UNITS, reads=3),
    ]


def _figures(name: str, bench: Workbench, move: Callable[[], object], *, bar: int, reads: int) -> list[Figure]:
    with bench.recorded() as calls:
        move()
    (transaction,) = calls.of("TransactWriteItems")
    puts = [part["Put"]["Item"] for part in transaction["TransactItems"] if "Put" in part]
    counters = sum("Update" in part for part in transaction["TransactItems"])
    units = transaction_write_units(puts) + history_write_units(puts) + STOCK_UNITS * counters
    looked = len(calls.of("GetItem", "Query", "BatchGetItem", "TransactGetItems"))
    return [
        Figure(f"write units, {name}", units, "", bar, note="of members with 24 lots"),
        Figure(f"reads, {name}", looked, "", reads),
    ]
