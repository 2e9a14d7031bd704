"""Whether it makes any difference to members how late what has expired is booked.

Each lives twice: once with runs on the hour, once with runs that get to them up to so many hours late. What they are
told has to be the same: what they have, what their movements come to, and what is there at the end.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from benchmarks.sweeping.population import World, mapped
from points.adapters.dynamodb.keys import stable_hash
from points.domain.calendar import day_start

_SECONDS_OF_AN_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Compared:
    """``unbooked`` of the ``movements`` were made while points had expired that no run had closed yet; of ``different``
    ones somebody was told something else."""

    members: int = 0
    movements: int = 0
    unbooked: int = 0
    different: int = 0

    def __add__(self, other: "Compared") -> "Compared":
        return Compared(
            self.members + other.members,
            self.movements + other.movements,
            self.unbooked + other.unbooked,
            self.different + other.different,
        )


def compared(
    world: World,
    sample: int,
    *,
    hours: int,
    pool: Executor | None = None,
    progress: Callable[[int], object] | None = None,
) -> Compared:
    """The members from 0 to ``sample``. ``progress`` is told how many more are done."""
    total = Compared()
    for part in mapped(partial(_compared, world, hours), sample, pool):
        total += part
        if progress is not None:
            progress(part.members)
    return total


def _compared(world: World, hours: int, numbers: Sequence[int]) -> Compared:
    total = Compared()
    for number in numbers:
        total += _of_one(world, hours, number)
    return total


def _of_one(world: World, hours: int, number: int) -> Compared:
    delay = timedelta(seconds=stable_hash(f"late/{number}") % (hours * _SECONDS_OF_AN_HOUR))
    prompt, late = world.life(number, asks=True), world.life(number, delay, asks=True)
    different = sum(one != other for one, other in zip(prompt.answers, late.answers, strict=True))
    end = day_start(world.end, prompt.program.zone)
    different += prompt.account.balance(end, prompt.program.zone) != late.account.balance(end, late.program.zone)
    return Compared(1, len(late.answers), late.unbooked, different)
