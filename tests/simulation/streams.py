"""The table's stream as Lambda reads it: each shard in order and one batch at a time, at least once.

A batch that fails comes back whole, and a reader that starts anew begins at its last checkpoint, so records may come
again; none is left out, and those of one item keep their order. Whoever reads a stream is a consumer: a function's
handler, or anything that takes records. It is asked again after a pause that grows while nothing is handled.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from zlib import crc32

from tests.simulation.dynamodb import Engine, Record
from tests.simulation.faults import Swarm
from tests.simulation.world import World

SHARDS: Final = 4
BATCH: Final = 20

LONGEST_PAUSE: Final = 60.0

type Consumer = Callable[[Sequence[Record]], int]
"""Records to how many of them, from the first, are done with."""


@dataclass
class _Shard:
    records: list[Record] = field(default_factory=list)
    checkpoint: int = 0
    failures: int = 0
    is_looked_after: bool = False


@dataclass
class Stream:
    """Feeds one consumer with the records it has a filter for. ``delivered`` counts records, those that came again as
    well."""

    world: World
    engine: Engine
    swarm: Swarm
    consumer: Consumer
    wanted: Callable[[Record], bool] = lambda _: True
    delivered: int = 0
    _seen: int = 0
    _shards: Mapping[int, _Shard] = field(default_factory=lambda: {number: _Shard() for number in range(SHARDS)})

    def __post_init__(self) -> None:
        self.engine.on_commit.append(lambda _changes: self._spread())

    @property
    def is_done(self) -> bool:
        return all(shard.checkpoint == len(shard.records) for shard in self._shards.values())

    def _spread(self) -> None:
        for record in filter(self.wanted, self.engine.stream[self._seen :]):
            number = crc32(record.key[0].encode()) % SHARDS
            self._shards[number].records.append(record)
            self._look_after(number, self.world.random.uniform(0.1, 3.0))
        self._seen = len(self.engine.stream)

    def _look_after(self, number: int, seconds: float) -> None:
        shard = self._shards[number]
        if not shard.is_looked_after:
            shard.is_looked_after = True
            self.world.spawn(f"stream shard {number}", lambda: self._deliver(number), after=seconds)

    def _deliver(self, number: int) -> None:
        shard, random = self._shards[number], self.world.random
        first = shard.checkpoint
        if self.swarm.raging and random.random() < 0.05:
            # A reader that starts anew has only an old checkpoint to begin at.
            first = max(0, first - random.randint(1, BATCH))
        batch = shard.records[first : first + random.randint(1, BATCH)]
        self.delivered += len(batch)
        handled = self.consumer(batch)
        # One batch of a shard at a time: only now another reader may take over.
        shard.is_looked_after = False
        if handled and not (self.swarm.raging and random.random() < 0.05):
            shard.checkpoint = max(shard.checkpoint, first + handled)
        shard.failures = 0 if handled else shard.failures + 1
        if shard.checkpoint < len(shard.records):
            pause = min(LONGEST_PAUSE, 2.0 ** min(shard.failures, 10))
            self._look_after(number, random.uniform(0.05, pause))


def as_event(records: Sequence[Record], *, arn: str = "arn:aws:dynamodb:::table/Ledger/stream") -> dict[str, Any]:
    """As Lambda hands them to a function."""
    return {
        "Records": [
            {
                "eventID": f"{record.number}",
                "eventName": record.event,
                "eventSource": "aws:dynamodb",
                "eventSourceARN": arn,
                "dynamodb": {
                    "Keys": record.keys,
                    **({} if record.old is None else {"OldImage": record.old}),
                    **({} if record.new is None else {"NewImage": record.new}),
                    "SequenceNumber": f"{record.number}",
                    "ApproximateCreationDateTime": record.moment,
                },
            }
            for record in records
        ]
    }
