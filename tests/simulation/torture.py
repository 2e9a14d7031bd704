"""`make torture`: many worlds, on as many processes as there are cores, until so many operations are done.

Nothing is told of a world that holds. Of one that does not: its seed, what was wrong, the last entries of the account,
the smallest number of operations and the fewest kinds of faults that still show it, and the command that repeats it.
"""

import argparse
import contextlib
import gc
import io
import logging
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Final

from stack.emulator import CREDENTIALS, REGION

os.environ |= {**CREDENTIALS, "AWS_DEFAULT_REGION": REGION, "POWERTOOLS_TRACE_DISABLED": "true"}
os.environ.setdefault("POWERTOOLS_LOG_LEVEL", "CRITICAL")

from tests.simulation.faults import Fault, possible
from tests.simulation.house import House, Outcome

OPERATIONS_OF_A_WORLD: Final = 5_000
COVERED: Final = 100_000
"""Operations from which on each kind of fault must have met each kind of request."""

SHOWN: Final = 5
"""Violations of one world that are printed."""


def outcome_of(seed: str, operations: int, without: frozenset[Fault] = frozenset()) -> Outcome:
    """One world, lived to its end. What functions write to standard output (metrics, logs) is read by nobody here."""
    gc.collect()
    gc.freeze()
    gc.disable()
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return House(seed, operations, without=without).live()
    finally:
        logging.disable(logging.NOTSET)
        gc.enable()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--seed", default=None, help="of the first world; without it, the day")
    parser.add_argument("--world", type=int, default=OPERATIONS_OF_A_WORLD, help="operations of one world")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--without", default="", help="kinds of faults to leave out, with commas between them")
    options = parser.parse_args(arguments)
    seed = options.seed or f"{datetime.now(UTC).date()}"
    without = frozenset(Fault(name) for name in options.without.split(",") if name)
    if options.operations <= options.world:
        return _told(outcome_of(seed, options.operations, without), options.operations, without)
    return _many(seed, options.operations, options.world, options.processes, without)


# ── many worlds ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _many(seed: str, operations: int, world: int, processes: int, without: frozenset[Fault]) -> int:
    print(f"Worlds of {world:,} operations from seed {seed} on {processes} processes", flush=True)
    total = _Total()
    with contextlib.suppress(KeyboardInterrupt):
        for outcome in _outcomes(seed, operations, world, processes, without):
            total.add(outcome)
            print(f"\r{total.progress(operations)}", end="", flush=True)
            if outcome.violations:
                print()
                return _told(outcome, world, without)
    print()
    print(total.summary())
    missing = total.never_met() if operations >= 20_000 and not without else []
    if missing:
        print(f"{len(missing)} kinds of fault never met a kind of request: {', '.join(missing[:20])}")
    # In a short run a rare call may not meet the rarest of faults.
    return 1 if missing and operations >= COVERED else 0


def _outcomes(seed: str, operations: int, world: int, processes: int, without: frozenset[Fault]) -> Iterator[Outcome]:
    numbers = iter(range(-(-operations // world)))
    # A process that has seen many worlds has grown: another takes its place.
    pool_of = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), max_tasks_per_child=20)
    with pool_of as pool:
        under_way: set[Future[Outcome]] = set()
        while True:
            while len(under_way) < processes and (number := next(numbers, None)) is not None:
                under_way.add(pool.submit(outcome_of, f"{seed}/{number}", world, without))
            if not under_way:
                return
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)


class _Total:
    def __init__(self) -> None:
        self.worlds = self.operations = self.calls = 0
        self.days = 0.0
        self.met: Counter[tuple[str, Fault]] = Counter()
        self.struck: Counter[tuple[str, Fault]] = Counter()
        self.others: Counter[str] = Counter()
        self.began = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        self.worlds += 1
        self.operations += outcome.operations
        self.calls += outcome.calls
        self.days += outcome.days
        self.met += outcome.met
        self.struck += outcome.struck
        self.others += outcome.others

    def progress(self, operations: int) -> str:
        seconds = time.monotonic() - self.began
        return (
            f"{self.operations:,} of {operations:,} operations, {self.met.total():,} faults, {self.worlds} worlds, "
            f"{self.days:,.0f} days, {self.operations / seconds:,.0f} operations a second, no violation"
        )

    def summary(self) -> str:
        faults: Counter[str] = Counter()
        for (_, fault), times in self.met.items():
            faults[fault] += times
        return "\n".join(
            [
                f"{self.operations:,} operations, {self.calls:,} calls of the table, {self.days:,.0f} days, "
                "0 violations",
                *(f"  {name:<28} {times:>9,}" for name, times in sorted((faults + self.others).items())),
            ]
        )

    def never_met(self) -> list[str]:
        """Pairs of a kind of request and a kind of fault that is possible for what such requests do."""
        requests = sorted({request for request, _ in self.met})
        met = [
            f"{request} and {fault}"
            for request in requests
            for fault in Fault
            if not self.met[request, fault] and not _impossible(request, fault)
        ]
        operations = sorted({operation for operation, _ in self.struck})
        return met + [
            f"{operation} and {fault}"
            for operation in operations
            for fault in Fault
            if possible(operation, fault) and not self.struck[operation, fault]
        ]


_OF_WRITES: Final = frozenset({Fault.CONFLICT, Fault.IN_PROGRESS, Fault.TWICE})
_SENDING: Final = ("run", "sweep", "stream")
"""How requests are called that also send something."""


def _impossible(request: str, fault: Fault) -> bool:
    """Some only read, some send something, and a draft is saved by a single write."""
    if fault is Fault.IN_PART:
        return not request.endswith(_SENDING)
    if request.endswith("run") or request == "stream":
        # They write nothing to the table, and what they send may come twice.
        return fault in _OF_WRITES - {Fault.TWICE}
    only_reads = request.startswith("read ") or request == "preview"
    return (only_reads and fault in _OF_WRITES) or (request == "save draft" and fault is Fault.IN_PROGRESS)


# ── one that does not hold ───────────────────────────────────────────────────────────────────────────────────────────


def _told(outcome: Outcome, operations: int, without: frozenset[Fault]) -> int:
    print(f"Seed {outcome.seed}: {outcome.operations:,} operations, trace {outcome.trace[:16]}")
    if not outcome.violations:
        print("0 violations")
        return 0
    _print(outcome)
    print("Looking for less that shows it …", flush=True)
    operations, without = _shrunk(outcome.seed, operations, without)
    smallest = outcome_of(outcome.seed, operations, without)
    print(f"With {operations:,} operations and without {', '.join(sorted(without)) or 'nothing'} left out:")
    _print(smallest)
    left_out = f" --without {','.join(sorted(without))}" if without else ""
    print(f"Commit {_commit()}. Again: make torture ARGS='--seed {outcome.seed} --operations {operations}{left_out}'")
    return 1


def _print(outcome: Outcome) -> None:
    for violation in outcome.violations[:SHOWN]:
        print(f"  VIOLATION {violation}")
    for line in outcome.last_entries:
        print(f"    {line}")


def _shrunk(seed: str, operations: int, without: frozenset[Fault]) -> tuple[int, frozenset[Fault]]:
    """Fewer operations by halving the number, then fewer kinds of faults, one after the other."""
    low, high = 0, operations
    while high - low > max(1, high // 20):
        middle = (low + high) // 2
        if outcome_of(seed, middle, without).violations:
            high = middle
        else:
            low = middle
    for fault in Fault:
        if outcome_of(seed, high, without | {fault}).violations:
            without |= {fault}
    return high, without


def _commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
