"""What came of it, for a population of a size: the days of each sweep, the worst of them, one in the middle, and a
worst run spread over hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import ceil

from benchmarks.sweeping.costs import SHARD_LIMIT, Swept, days_taking, run_taking, summed
from benchmarks.sweeping.population import Lived
from benchmarks.sweeping.programs import program_of
from points.application.ports import TIMER_SHARDS, Timer

_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Sweeping:
    """One of the two sweeps of a population. ``seen`` are the accounts of the sample that it led to on the worst day:
    what is said of that day is good to about one in the square root of them."""

    policy: str
    reminders: bool
    timer: Timer
    members: int
    days: Mapping[date, Swept]
    seen: int

    @property
    def worst_day(self) -> date:
        """The first of those with the most dollars."""
        return max(self.days, key=lambda day: self.days[day].dollars)

    @property
    def worst(self) -> Swept:
        return self.days[self.worst_day]

    @property
    def middle(self) -> Swept:
        """A day that as many are dearer as are cheaper than."""
        in_order = sorted(self.days.values(), key=lambda swept: swept.dollars)
        return in_order[len(in_order) // 2]

    @property
    def total(self) -> Swept:
        return summed(self.days.values())


def sweeping_of(lived: Lived, timer: Timer, members: int) -> Sweeping:
    world, scale = lived.world, members / lived.members
    zone = program_of(world.policy, reminders=world.reminders).zone
    days = days_taking(lived.efforts, timer, world.days, zone, scale)
    worst = max(days.values(), key=lambda swept: swept.dollars)
    return Sweeping(world.policy, world.reminders, timer, members, days, round(worst.accounts / scale))


def worst_run(lived: Lived, timer: Timer, members: int) -> Swept:
    """The one with the most write units."""
    scale = members / lived.members
    runs = (run_taking(effort, scale) for (index, _), effort in sorted(lived.efforts.items()) if index is timer)
    return max(runs, key=lambda swept: swept.write_units, default=Swept())


@dataclass(frozen=True, slots=True)
class Spread:
    """A run spread over so many ``seconds``; per second. ``possible``: whether so many workers find work at the same
    time."""

    seconds: float
    workers: int
    write_units: float
    shard_writes: float

    @property
    def possible(self) -> bool:
        return self.workers <= TIMER_SHARDS

    @property
    def throttled(self) -> bool:
        """Whether the index could not take it, and with it the table."""
        return self.shard_writes > SHARD_LIMIT


def spread_over(run: Swept, seconds: float) -> Spread:
    return Spread(
        seconds=seconds,
        workers=ceil(run.worker_seconds / seconds - 1e-9),
        write_units=run.write_units / seconds,
        shard_writes=run.shard_writes / TIMER_SHARDS / seconds,
    )


def done_by(run: Swept, workers: int) -> Spread:
    """As it spreads by itself: so many workers, each with a shard at a time."""
    return spread_over(run, run.seconds(workers))


def pace_of_shard(run: Swept) -> float:
    """Write units of the index a second, in a shard that a worker is at: however many workers there are."""
    return run.shard_writes / run.worker_seconds if run.worker_seconds else 0.0


def hours(seconds: float) -> float:
    return seconds / _HOUR
