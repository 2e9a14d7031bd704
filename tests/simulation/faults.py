"""What can go wrong between a function and what it calls: one place decides what happens at each call.

Every world draws its own rates (a swarm: one run is all throttles, another all lost answers), so that rare meetings of
faults become likely somewhere. What strikes is, of the kinds that are possible, mostly the one that has met this kind
of request, or of operation, least: each is to meet each, and that is counted.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Any, Final

type Answer = dict[str, Any]
type Request = Mapping[str, Any]
type Apply = Callable[[], Answer]


class Fault(StrEnum):
    """``lost_after``: done, and the answer never came. ``twice``: the network delivers a request two times.
    ``slow``: answered just before the client would give it up. ``hangs``: the function's time runs out over it.
    ``dies_before`` and ``dies_after``: the function's process ends while it waits for the answer. ``in_part``: some of
    what was sent together is refused."""

    THROTTLED = "throttled"
    CONFLICT = "conflict"
    IN_PROGRESS = "in_progress"
    SERVER_ERROR = "server_error"
    LOST_BEFORE = "lost_before"
    LOST_AFTER = "lost_after"
    TWICE = "twice"
    SLOW = "slow"
    HANGS = "hangs"
    DIES_BEFORE = "dies_before"
    DIES_AFTER = "dies_after"
    IN_PART = "in_part"


WRITES: Final = frozenset({"transact_write_items", "put_item", "delete_item", "update_item"})
TRANSACTIONS: Final = frozenset({"transact_write_items", "transact_get_items"})
SENDS: Final = frozenset({"put_events", "send_message_batch"})
"""To a bus or a queue; everything else is asked of the table."""

_OF_SOME: Final = {
    Fault.CONFLICT: WRITES | TRANSACTIONS,
    Fault.IN_PROGRESS: frozenset({"transact_write_items"}),
    Fault.TWICE: WRITES | SENDS,
    Fault.IN_PART: SENDS,
}
"""What can only happen to some operations."""


def possible(operation: str, fault: Fault) -> bool:
    return operation in _OF_SOME.get(fault, {operation})


_STORMY: Final = 0.02
"""How often a fault is the beginning of a storm."""


@dataclass
class Swarm:
    """``rate`` is how often a call is struck, ``kinds`` by what. ``met`` counts (doing, kind), where ``doing`` is the
    kind of request under way; ``struck`` counts (operation of the table, kind)."""

    random: Random
    rate: float
    kinds: tuple[Fault, ...]
    now: Callable[[], float] = lambda: 0.0
    raging: bool = True
    storm_until: float = 0.0
    """Now and then it is not one call in so many, but every other one for a while."""
    met: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    struck: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    struck_at: Counter[str] = field(default_factory=Counter)
    """How often each kind of request was struck, by whatever."""

    @classmethod
    def drawn(cls, random: Random, now: Callable[[], float], without: frozenset[Fault] = frozenset()) -> "Swarm":
        """Of its own kind: from hardly anything to every tenth call, all kinds or a few."""
        kinds = list(Fault) if random.random() < 0.5 else random.sample(list(Fault), random.randint(2, 6))
        rate = 10 ** random.uniform(-2.5, -1.1)
        return cls(random, rate, tuple(kind for kind in kinds if kind not in without), now)

    def _rate_of(self, doing: str) -> float:
        """Requests that are rare are struck the more often, until they have met a few."""
        if self.now() < self.storm_until:
            return 0.5
        return min(0.3, self.rate * (1 + 20 / (1 + self.struck_at[doing])))

    def strike(self, operation: str, doing: str) -> Fault | None:
        if not self.raging or self.random.random() >= self._rate_of(doing):
            return None
        if self.random.random() < _STORMY:
            self.storm_until = self.now() + self.random.uniform(1.0, 40.0)
        kinds = [kind for kind in self.kinds if possible(operation, kind)]
        if not kinds:
            return None
        kind = min(
            kinds,
            key=lambda each: (min(self.met[doing, each], self.struck[operation, each]), self.random.random()),
        )
        if self.random.random() < 0.3:
            kind = self.random.choice(kinds)
        self.met[doing, kind] += 1
        self.struck_at[doing] += 1
        self.struck[operation, kind] += 1
        return kind
