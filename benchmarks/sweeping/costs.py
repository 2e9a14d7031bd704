"""What runs of a whole population take: calls, units, dollars and time.

Prices are those of on-demand capacity in us-east-1. How long a call takes is assumed, not measured.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from math import ceil
from typing import Final, Self
from zoneinfo import ZoneInfo

from benchmarks.sweeping.effort import READ_KILOBYTES, Effort
from benchmarks.sweeping.lives import run_of
from benchmarks.sweeping.members import START
from points.adapters.dynamodb.item_size import KILOBYTE
from points.application.ports import TIMER_SHARDS, Timer
from points.application.sweeping import RESERVE_SECONDS
from points.domain.calendar import day_start

PAGE: Final = 50
"""Rows asked for at once, and accounts read at once (:mod:`points.application.sweeping`)."""

QUEUE_BATCH: Final = 10
"""Messages sent in one request."""

SHARD_LIMIT: Final = 1_000
"""Write units a second that one partition of an index takes."""

# ── prices, in dollars ───────────────────────────────────────────────────────────────────────────────────────────────

WRITE_UNIT: Final = 0.625e-6
READ_UNIT: Final = 0.125e-6
QUEUE_REQUEST: Final = 0.40e-6
INVOCATION: Final = 0.20e-6
GIGABYTE_SECOND: Final = 0.0000133334
GIGABYTES: Final = 1
"""Of a function, as the template says."""

# ── assumptions, in seconds ──────────────────────────────────────────────────────────────────────────────────────────

QUERY_TIME: Final = 0.005
BATCH_TIME: Final = 0.015
"""Of reading one page of accounts."""
ITEM_TIME: Final = 0.004
"""Of reading one item."""
TRANSACTION_TIME: Final = 0.020
UPDATE_TIME: Final = 0.008
OWN_TIME: Final = 0.003
"""Of the worker's own processor, for each account."""
SEND_TIME: Final = 0.010
BEGIN_TIME: Final = 0.020
"""Until an invocation gets to its work."""
INVOCATION_TIME: Final = 60 - RESERVE_SECONDS
"""After which a worker hands over what is left: the function's time-out in the template, less what is reserved."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What runs took. ``index_read_units`` are among the ``read_units``, and ``shard_writes`` among the
    ``write_units``: those of the index that led to the accounts."""

    accounts: float = 0
    queries: float = 0
    index_read_units: float = 0
    read_units: float = 0
    transactions: float = 0
    updates: float = 0
    notices: float = 0
    write_units: float = 0
    shard_writes: float = 0
    queue_requests: float = 0
    invocations: float = 0
    worker_seconds: float = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, name) + getattr(other, name) for name in _FIELDS))

    @property
    def dollars(self) -> float:
        return (
            self.write_units * WRITE_UNIT
            + self.read_units * READ_UNIT
            + self.queue_requests * QUEUE_REQUEST
            + self.invocations * INVOCATION
            + self.worker_seconds * GIGABYTES * GIGABYTE_SECOND
        )

    def seconds(self, workers: int) -> float:
        """From the first to the last account. A shard is one worker's at a time, so more than there are shards would
        have nothing to do."""
        return self.worker_seconds / min(workers, TIMER_SHARDS)


_FIELDS: Final = tuple(field.name for field in fields(Swept))


def run_taking(effort: Effort, scale: float = 1) -> Swept:
    """One run of an index over all its shards: of ``scale`` times the accounts of ``effort``. A hash puts members on
    shards, so these have about the same number of them."""
    accounts = effort.accounts * scale
    rows, more = divmod(round(accounts), TIMER_SHARDS)
    shards = ((TIMER_SHARDS - more, rows), (more, rows + 1))
    row_bytes = effort.row_bytes / effort.accounts if effort.accounts else 0.0
    account_seconds = sum(number * ceil(each / PAGE) for number, each in shards) * BATCH_TIME + scale * (
        effort.transactions * TRANSACTION_TIME
        + effort.updates * UPDATE_TIME
        + effort.profile_reads * ITEM_TIME
        + effort.accounts * OWN_TIME
    )
    # Time being up in the midst of a page, the next message begins with a query of its own.
    handed_over = TIMER_SHARDS * (account_seconds / TIMER_SHARDS // INVOCATION_TIME)
    messages, first_sends = TIMER_SHARDS + handed_over, ceil(TIMER_SHARDS / QUEUE_BATCH)
    queries = sum(number * (each // PAGE + 1) for number, each in shards) + handed_over
    index_read_units = sum(number * _read_units_of(each, row_bytes) for number, each in shards)
    index_read_units += handed_over * _UNITS_OF_NOTHING
    return Swept(
        accounts=accounts,
        queries=queries,
        index_read_units=index_read_units,
        # Beside the accounts the directory of programs, by the run, and which version is live, by every message.
        read_units=index_read_units + scale * (effort.account_reads + effort.profile_reads) + 1 + messages,
        transactions=effort.transactions * scale,
        updates=effort.updates * scale,
        notices=effort.notices * scale,
        write_units=effort.write_units * scale,
        shard_writes=effort.index_writes * scale,
        # Sent, received and deleted.
        queue_requests=first_sends + handed_over + 2 * messages,
        invocations=1 + messages,
        worker_seconds=account_seconds
        + queries * QUERY_TIME
        + (1 + messages) * (BEGIN_TIME + ITEM_TIME)
        + (first_sends + handed_over) * SEND_TIME,
    )


_UNITS_OF_NOTHING: Final = 0.5
"""Read units of a query that finds nothing."""


def _read_units_of(rows: int, row_bytes: float) -> float:
    """Of all pages of a shard, the last of which is not full. Half a unit for each four kilobytes that are read as they
    happen to be."""
    full, rest = divmod(rows, PAGE)
    units = [ceil(number * row_bytes / (READ_KILOBYTES * KILOBYTE)) / 2 for number in (PAGE, rest)]
    return full * units[0] + max(units[1], _UNITS_OF_NOTHING)


def runs_of_days(days: int, zone: ZoneInfo) -> Mapping[date, range]:
    """The runs of each program-local day that is counted."""
    dates = [START + timedelta(days=number) for number in range(days + 1)]
    firsts = [run_of(day_start(day, zone)) for day in dates]
    return {day: range(first, last) for day, first, last in zip(dates, firsts, firsts[1:], strict=False)}


def days_taking(
    efforts: Mapping[tuple[Timer, int], Effort], timer: Timer, days: int, zone: ZoneInfo, scale: float = 1
) -> dict[date, Swept]:
    nothing = Effort()
    return {
        day: summed(run_taking(efforts.get((timer, run), nothing), scale) for run in runs)
        for day, runs in runs_of_days(days, zone).items()
    }


def summed(parts: Iterable[Swept]) -> Swept:
    return sum(parts, start=Swept())
