"""``python -m tests.fuzz``: hostile traffic, as much as is asked for. Exits 1 at the first thing that must not be."""

import argparse
import sys
import time
from datetime import UTC, datetime

from tests.fuzz.grammar import told
from tests.fuzz.hostile import Figures, Violation, assault


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--requests", type=int, default=100_000)
    options.add_argument("--seed", default=f"{datetime.now(UTC):%Y%m%d}", help="that of the day unless given")
    options.add_argument("--only", type=int, help="one round of that seed, as a violation names it")
    given = options.parse_args()
    print(f"seed {given.seed}")
    started = time.process_time()
    try:
        figures = assault(given.requests, given.seed, only=given.only, progress=True)
    except Violation as violation:
        print(f"\nVIOLATION\n{violation}")
        return 1
    print(f"\r{'':40}\r", end="", file=sys.stderr)
    report(figures, time.process_time() - started)
    return 0


def report(figures: Figures, seconds: float) -> None:
    print(f"{figures.requests:,} requests in {seconds:.0f} s of one core, {figures.requests / seconds:,.0f} a second")
    print("\n".join(told(figures.answers)))
    print("by status: " + ", ".join(f"{status} {number:,}" for status, number in figures.by_status().items()))
    print("spoilt: " + ", ".join(f"{what} {number:,}" for what, number in figures.spoilt.most_common()))
    print(f"{figures.refused:,} refused, none of which wrote; {figures.written:,} wrote; 0 answers of 5xx")
    for route in figures.never():
        print(f"never: {route}")


if __name__ == "__main__":
    sys.exit(main())
