"""Virtual time and the tasks that share it: one thread, one seed, one order of everything.

A task is ordinary synchronous code in a greenlet. It runs until it waits; then whoever is due next goes on. So a whole
system of callers and functions interleaves at each call it makes, and the same seed makes the same interleaving in any
process, whatever its hash seed: nothing here depends on the order of a set or the address of an object.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from heapq import heappop, heappush
from random import Random
from typing import Final

from greenlet import getcurrent, greenlet

EPOCH: Final = datetime(2026, 12, 29, 4, tzinfo=UTC)
"""When every simulated world begins: a year ends soon."""


class Task(greenlet):
    """Something under way, which the world runs by turns."""

    def __init__(self, world: "World", name: str, run: Callable[[], None]) -> None:
        super().__init__(run, parent=world.hub)
        self.name = name


class World:
    """``now`` is in seconds since :data:`EPOCH`. ``trace`` grows with every turn: two worlds with the same trace took
    the same turns, and noted the same things."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.random = Random(seed)  # noqa: S311 - repeatable on purpose
        self.now = 0.0
        self.turns = 0
        self.hub = getcurrent()
        self._trace = sha256(seed.encode())
        self._due: list[tuple[float, int, Task]] = []
        self._numbers = 0

    @property
    def moment(self) -> datetime:
        return EPOCH + timedelta(seconds=self.now)

    @property
    def trace(self) -> str:
        return self._trace.hexdigest()

    def note(self, text: str) -> None:
        """Make something that happened part of the trace."""
        self._trace.update(text.encode())

    def spawn(self, name: str, run: Callable[[], None], *, after: float = 0.0) -> None:
        """A task of its own, which begins when so much time has passed."""
        self._call(Task(self, name, run), after)

    def wait(self, seconds: float) -> None:
        """The current task goes on when so much time has passed."""
        current = getcurrent()
        if not isinstance(current, Task):
            raise TypeError("nobody waits but tasks")
        self._call(current, seconds)
        self.hub.switch()

    def run(self) -> None:
        """Until there is nothing more to do. Whatever a task fails with is raised here."""
        while self.step():
            pass

    def step(self) -> bool:
        """The turn of whoever is due next; False when there is nobody."""
        if not self._due:
            return False
        self.now, number, task = heappop(self._due)
        self.turns += 1
        self._trace.update(b"%d|" % number)
        task.switch()
        return True

    def _call(self, task: Task, after: float) -> None:
        self._numbers += 1
        heappush(self._due, (self.now + max(0.0, after), self._numbers, task))
