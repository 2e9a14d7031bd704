"""`make simulate`: what sweeping costs per day, for populations of any size, from a sample that is lived."""

import argparse
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Final

from tqdm import tqdm

from benchmarks.sweeping.lateness import Compared, compared
from benchmarks.sweeping.population import Lived, World, lived, processes
from benchmarks.sweeping.programs import POLICIES
from benchmarks.sweeping.report import Simulated, report
from stack.paths import LOCAL

_LIVED_TWICE: Final = 0.2
"""Of the sample, to see whether it makes any difference to them how late they are swept."""

_REMINDERS: Final = {"off": (False,), "on": (True,), "both": (False, True)}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    sample = min(options.sample, *options.members)
    policies = list(POLICIES) if options.policy == "all" else [options.policy]
    worlds = [
        World(policy, reminders, options.days, options.seed)
        for policy, reminders in product(policies, _REMINDERS[options.reminders])
    ]
    twice = max(1, round(sample * _LIVED_TWICE))
    lives: list[Lived] = []
    late: dict[str, Compared] = {}
    members = sample * len(worlds) + twice * len(policies)
    # A file, other than a terminal, keeps every state of the bar.
    often = 0.2 if sys.stderr.isatty() else 20
    work = tqdm(total=members, unit=" members", smoothing=0.05, mininterval=often)
    with processes(options.processes) as pool, work as bar:
        for world in worlds:
            bar.set_description(f"{world.policy}, reminders {'on' if world.reminders else 'off'}")
            lives.append(lived(world, sample, pool=pool, progress=bar.update))
        for policy in policies:
            bar.set_description(f"{policy}, booked late")
            world = World(policy, reminders=False, days=options.days, seed=options.seed)
            late[policy] = compared(world, twice, hours=options.spread, pool=pool, progress=bar.update)
    simulated = Simulated(_command(options), options.members, options.workers, options.spread, lives, late)
    text = report(simulated)
    print(text)
    _keep(simulated, text, options.into)
    return 1 if any(each.different for each in late.values()) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--members", type=_sizes, default=[1_000_000], help="sizes of populations, commas between them")
    parser.add_argument("--days", type=_positive, default=400)
    parser.add_argument("--sample", type=_positive, default=5_000, help="members that are lived")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=_positive, default=10, help="that sweep at the same time")
    parser.add_argument("--policy", choices=["all", *POLICIES], default="all")
    parser.add_argument("--reminders", choices=list(_REMINDERS), default="both")
    parser.add_argument("--spread", type=_positive, default=24, help="hours the worst run may take")
    parser.add_argument("--processes", type=_positive, default=2)
    parser.add_argument("--into", type=Path, default=LOCAL / "sweeping", help="where figures and plots are kept")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _sizes(text: str) -> list[int]:
    return [_positive(part) for part in text.split(",")]


def _command(options: argparse.Namespace) -> str:
    sizes = ",".join(str(size) for size in options.members)
    asked = f"MEMBERS={sizes} DAYS={options.days} SAMPLE={options.sample} SEED={options.seed}"
    return f"make simulate {asked} WORKERS={options.workers} POLICY={options.policy}"


def _keep(simulated: Simulated, text: str, folder: Path) -> None:
    # Nobody waits for a library of plots before there is anything to plot, least of all the other processes.
    from benchmarks.sweeping.plots import plot_days, plot_spread  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / name for name in ("figures.md", "days.png", "spread.png")]
    files[0].write_text(text, "utf-8")
    plot_days(simulated, files[1])
    plot_spread(simulated, files[2])
    print(f"Kept: {', '.join(str(file) for file in files)}")


if __name__ == "__main__":
    sys.exit(main())
