"""`make bench`: print every figure beside its bar; exit 1 when one misses it."""

import sys

from benchmarks import cold_start, giving, rules, speed, sweeps, units, workbench
from benchmarks.figures import show


def main() -> int:
    with workbench.running() as bench:
        kept = [
            show("Units, computed from the items that are sent", units.measure(bench)),
            show("Giving points to others, and sharing them", giving.measure(bench)),
            show("Rules", rules.measure(bench)),
            show("Processor time", speed.processor_time(bench)),
            show("Throughput on DynamoDB Local", speed.throughput(bench)),
            show("Does it stay as fast?", speed.flatness(bench)),
            show("Sweeps, counted", sweeps.measure(bench)),
        ]
    kept.append(show("Cold start, processor time in processes of their own", cold_start.measure()))
    print("\nEvery figure keeps its bar." if all(kept) else "\nA figure misses its bar.")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
