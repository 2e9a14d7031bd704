"""What a sweep costs: counted, not timed. It grows with those who are due, never with those who are not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.workbench import CLIENT, PROGRAM, Calls, Workbench
from points.adapters.dynamodb.item_size import KILOBYTE, history_write_units, item_size, transaction_write_units
from points.adapters.dynamodb.keys import member_pk, timer_shard_of
from points.adapters.dynamodb.models import AccountItem, ProfileItem
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.ports import TIMER_SHARDS, Timer
from points.application.reminders.remind_member import remind_member
from points.application.sweeping import Handle, Scheduled, Sweep, sweep
from points.domain.calendar import day_start, local_day
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.members import Profile
from points.domain.movements.adjusting import Adjustment, adjust
from points.domain.program.program import Program

MEMBERS: Final = 100_000
DUE: Final = 1_000
LIVES_DAYS: Final = 2
"""Until the points of those who are due expire; everybody else's live for years."""

type Item = dict[str, Any]

MOVED_ROW: Final = 2
"""Of an index, when its key changes: the old row goes, the new one comes. Either alone is half of it."""


class _NoQueue:
    def send(self, work: Sequence[Any]) -> None:
        raise AssertionError(f"there was time for all of it: {work}")


@dataclass(frozen=True, slots=True)
class _Population:
    """``due`` is when the points of some of them have expired, ``told`` when they have been reminded of it."""

    bench: Workbench
    program: Program
    now: datetime

    @property
    def due(self) -> datetime:
        return self._midnight(LIVES_DAYS + 1)

    @property
    def told(self) -> datetime:
        """At noon of the day before the last."""
        return self._midnight(LIVES_DAYS - 1) + timedelta(hours=12)

    def _midnight(self, days: int) -> datetime:
        return day_start(local_day(self.now, self.program.zone) + timedelta(days=days), self.program.zone)

    def store(self) -> None:
        """Accounts as movements leave them. Those who are due are spread among the others."""
        few, many = (AccountItem.of(self._account(days)).item() for days in (LIVES_DAYS, 1_000))
        assert max(map(item_size, (few, many))) < KILOBYTE
        self.bench.put(chain.from_iterable(self._of(number, few, many) for number in range(MEMBERS)))

    def _of(self, number: int, few: Item, many: Item) -> Iterator[Item]:
        member = f"swept-{number:07d}"
        is_due = number % (MEMBERS // DUE) == 0
        shard = {"S": timer_shard_of(PROGRAM, member)}
        place = {"pk": {"S": member_pk(PROGRAM, member)}, "due_shard": shard, "remind_shard": shard}
        yield {**(few if is_due else many), **place}
        if is_due:
            yield ProfileItem.of(PROGRAM, member, Profile()).item()

    def _account(self, days: int) -> Account:
        context = Context(self.program, self.now, CLIENT, fingerprint="0" * 64)
        account = Account(PROGRAM, "swept")
        for number, lives in enumerate((days, 1_100)):
            day = context.today + timedelta(days=lives)
            account = adjust(account, Adjustment(f"a-{number}", "swept", 5_000, "benchmark", day), context).account
        return account


def measure(bench: Workbench) -> list[Figure]:
    population = _Population(bench, bench.program, datetime.now(UTC))
    population.store()
    due = population.due
    return [
        *_reads("idle run", _run(bench, Timer.DUE, due - timedelta(seconds=1)), due=0),
        *_reminders(_run(bench, Timer.REMIND, population.told)),
        *_expiry(_run(bench, Timer.DUE, due)),
        *_reads("the same once more", _run(bench, Timer.DUE, due), due=0),
    ]


def _run(bench: Workbench, timer: Timer, now: datetime) -> Calls:
    """Every shard of the program, as the messages of one run would have it."""
    services = bench.services
    handles: dict[Timer, Handle] = {
        Timer.DUE: lambda program, member, read, now: bring_up_to_date(services, program, member, now, read=read),
        Timer.REMIND: lambda program, member, read, now: remind_member(services, program, member, now, read=read),
    }
    work = Scheduled(services, _NoQueue(), timer, handles[timer])
    with bench.recorded() as calls:
        for shard in range(TIMER_SHARDS):
            swept = sweep(work, Sweep(PROGRAM, shard, now))
            assert swept.complete
            assert not swept.failed
    return calls


def _reads(name: str, calls: Calls, *, due: int) -> list[Figure]:
    """One query for each shard and page of 50, each account that is due read once, and the program."""
    accounts = sum(len(keys) for keys in _batches(calls))
    pages = TIMER_SHARDS + due // 50
    return [
        Figure(f"{name}: queries", len(calls.of("Query")), "", pages, note=f"{MEMBERS:,} members, {due:,} of them due"),
        Figure(f"{name}: accounts read", accounts, "", due),
        Figure(f"{name}: other reads", len(calls.of("GetItem", "TransactGetItems")), "", TIMER_SHARDS),
        Figure(f"{name}: writes", len(calls.of("TransactWriteItems", "UpdateItem", "PutItem")), "", due),
    ]


def _batches(calls: Calls) -> Iterator[Sequence[Any]]:
    for request in calls.of("BatchGetItem"):
        for table in request["RequestItems"].values():
            yield table["Keys"]


def _expiry(calls: Calls) -> list[Figure]:
    transactions = calls.of("TransactWriteItems")
    assert len(transactions) == DUE
    units = 0
    for transaction in transactions:
        puts = [part["Put"]["Item"] for part in transaction["TransactItems"]]
        units += transaction_write_units(puts) + history_write_units(puts) + MOVED_ROW
    note = "account and entry 4, `history` 1, `due` 2"
    return [
        *_reads(f"{DUE:,} expire", calls, due=DUE),
        Figure("write units for each member expired, indexes included", units / DUE, "", 7, note=note),
    ]


def _reminders(calls: Calls) -> list[Figure]:
    """Each is told once, and their profile is asked at that moment."""
    transactions = calls.of("TransactWriteItems")
    assert len(transactions) == DUE
    units = 0
    for transaction in transactions:
        puts = [part["Put"]["Item"] for part in transaction["TransactItems"] if "Put" in part]
        updates = sum("Update" in part for part in transaction["TransactItems"])
        # The account is below a kilobyte, and so it is after the update.
        units += transaction_write_units(puts) + 2 * updates + MOVED_ROW
    queries, accounts, others, writes = _reads(f"{DUE:,} are reminded", calls, due=DUE)
    note = "account and notice 4, `remind` 2"
    return [
        queries,
        accounts,
        replace(others, bar=DUE + TIMER_SHARDS, note="each one's profile"),
        writes,
        Figure("write units for each member reminded, indexes included", units / DUE, "", 6, note=note),
    ]
