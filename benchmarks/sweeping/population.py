"""A sample of members, each living on their own, on as many processes as are wanted."""

import gc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import batched
from multiprocessing import get_context
from typing import Final

from benchmarks.sweeping.effort import Effort
from benchmarks.sweeping.lives import Life
from benchmarks.sweeping.members import START, member
from benchmarks.sweeping.programs import program_of
from points.application.ports import Timer

MEMBERS_AT_ONCE: Final = 100
"""A process is given so many."""


@dataclass(frozen=True, slots=True)
class World:
    """What is simulated: a program, and members of that seed over so many days from ``START`` on."""

    policy: str
    reminders: bool
    days: int
    seed: int

    @property
    def end(self) -> date:
        return START + timedelta(days=self.days)

    def life(self, number: int, late: timedelta = timedelta(0), *, asks: bool = False) -> Life:
        """That of one member, lived."""
        program = program_of(self.policy, reminders=self.reminders)
        life = Life(program, member(number, self.seed, self.end, program.zone), late, asks)
        life.live(self.end)
        return life


@dataclass(slots=True)
class Lived:
    """What came of a sample of so many ``members``: efforts by index and run, and points."""

    world: World
    members: int = 0
    efforts: dict[tuple[Timer, int], Effort] = field(default_factory=dict)
    movements: int = 0
    earned: int = 0
    redeemed: int = 0

    def add(self, other: "Lived") -> None:
        for place, effort in other.efforts.items():
            self.efforts.setdefault(place, Effort()).add(effort)
        self.members += other.members
        self.movements += other.movements
        self.earned += other.earned
        self.redeemed += other.redeemed


def lived(
    world: World, sample: int, *, pool: Executor | None = None, progress: Callable[[int], object] | None = None
) -> Lived:
    """The members from 0 to ``sample``. ``progress`` is told how many more are done."""
    total = Lived(world)
    for part in mapped(partial(_lived, world), sample, pool):
        total.add(part)
        if progress is not None:
            progress(part.members)
    return total


def mapped[Part](function: Callable[[Sequence[int]], Part], sample: int, pool: Executor | None) -> Iterator[Part]:
    """``function`` of the numbers of some members at a time, in their order; here where there is no pool."""
    numbers = list(batched(range(sample), MEMBERS_AT_ONCE, strict=False))
    yield from map(function, numbers) if pool is None else pool.map(function, numbers)


@contextmanager
def processes(number: int) -> Iterator[Executor | None]:
    """Of which one alone is this one."""
    if number == 1:
        yield None
        return
    with ProcessPoolExecutor(number, mp_context=get_context("spawn"), initializer=gc.freeze) as pool:
        yield pool


def _lived(world: World, numbers: Sequence[int]) -> Lived:
    part = Lived(world, members=len(numbers))
    for number in numbers:
        life = world.life(number)
        part.add(Lived(world, 0, life.efforts, life.movements, life.earned, life.redeemed))
    return part
