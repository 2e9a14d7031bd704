"""The figures as pictures."""

import os
from pathlib import Path
from typing import Final

from benchmarks.sweeping.costs import SHARD_LIMIT
from benchmarks.sweeping.outcome import done_by, hours, spread_over, sweeping_of, worst_run
from benchmarks.sweeping.population import Lived
from benchmarks.sweeping.programs import IN_WORDS
from benchmarks.sweeping.report import Simulated
from points.application.ports import TIMER_SHARDS, Timer
from stack.paths import LOCAL

os.environ.setdefault("MPLCONFIGDIR", str(LOCAL / "matplotlib"))

import matplotlib as mpl

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

_COLOURS: Final = {Timer.DUE: "#b3541e", Timer.REMIND: "#2f6690"}
_NAMES: Final = {Timer.DUE: "expiry", Timer.REMIND: "reminders"}
_SIZES: Final = ("#2f6690", "#b3541e", "#3a7d44", "#6b4e71")


def plot_days(simulated: Simulated, file: Path) -> None:
    """Dollars of each day, for each policy, of a population of the first size."""
    size = simulated.sizes[0]
    fullest: dict[str, Lived] = {}
    for lived in simulated.lives:
        if lived.world.policy not in fullest or lived.world.reminders:
            fullest[lived.world.policy] = lived
    figure, panels = plt.subplots(
        len(fullest), 1, figsize=(11, 2.4 * len(fullest) + 0.9), sharex=True, sharey=True, squeeze=False
    )
    for panel, lived in zip(panels[:, 0], fullest.values(), strict=True):
        _plot_policy(panel, lived, size)
    panels[0, 0].legend(loc="upper left", ncols=2, frameon=False)
    days = list(sweeping_of(simulated.lives[0], Timer.DUE, size).days)
    months = {place: f"{day:%b}\n{day:%Y}" for place, day in enumerate(days) if day.day == 1}
    panels[-1, 0].set_xticks(list(months), list(months.values()))
    figure.suptitle(f"Dollars a day for sweeping {size:,} members")
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _plot_policy(panel: Axes, lived: Lived, size: int) -> None:
    panel.set_title(f"points expire {IN_WORDS[lived.world.policy]}", fontsize=10, loc="left")
    for timer in Timer:
        if timer is Timer.DUE or lived.world.reminders:
            dollars = [swept.dollars for swept in sweeping_of(lived, timer, size).days.values()]
            panel.step(
                range(len(dollars)), dollars, where="mid", color=_COLOURS[timer], label=_NAMES[timer], linewidth=1.1
            )
    panel.set_yscale("log")
    panel.set_ylabel("dollars")
    panel.grid(axis="y", alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)


def plot_spread(simulated: Simulated, file: Path) -> None:
    """Writes a second to one partition of the index, by the hours over which the worst run is spread."""
    lived, timer = simulated.worst
    figure, panel = plt.subplots(figsize=(11, 5.6))
    durations = [10 ** (step / 20) for step in range(-36, 41)]
    for size, colour in zip(simulated.sizes, _SIZES * len(simulated.sizes), strict=False):
        run = worst_run(lived, timer, size)
        rates = [spread_over(run, 3_600 * duration).shard_writes for duration in durations]
        panel.plot(durations, rates, color=colour, label=f"{size:,} members")
        for workers, marker in ((TIMER_SHARDS, "s"), (simulated.workers, "o")):
            spread = done_by(run, workers)
            panel.plot(hours(spread.seconds), spread.shard_writes, marker, color=colour, markersize=8)
    panel.plot([], [], "s", color="grey", label=f"{TIMER_SHARDS} workers, the most there is work for")
    panel.plot([], [], "o", color="grey", label=f"{simulated.workers} workers")
    panel.axhline(SHARD_LIMIT, color="#a4161a", linestyle="--", linewidth=1.2)
    panel.text(durations[-1], SHARD_LIMIT * 1.15, "what a partition takes", color="#a4161a", ha="right")
    panel.set_xscale("log")
    panel.set_yscale("log")
    ticks = {1 / 60: "1 minute", 1 / 6: "10 minutes", 1: "1 hour", 6: "6 hours", 24: "1 day", 72: "3 days"}
    panel.set_xticks(list(ticks), list(ticks.values()))
    panel.minorticks_off()
    panel.set_xlabel("the worst run is spread over")
    panel.set_ylabel("writes a second to each index partition, mean")
    panel.grid(alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(loc="lower left", frameon=False)
    figure.suptitle(f"The worst run: points expire {IN_WORDS[lived.world.policy]}")
    figure.tight_layout()
    figure.savefig(file, dpi=110)
    plt.close(figure)
