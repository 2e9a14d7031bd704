"""The table's stream as Lambda reads it: each shard in order and one batch at a time, at least once.

A batch that fails comes back whole, and a reader that starts anew begins at its last checkpoint, so records may come
again; none is left out, and those of one item keep their order. Whoever reads a stream is a consumer: a function's
handler, or anything that takes records.
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

type Consumer = Callable[[int, Sequence[Record]], bool]
"""(shard, records) to whether they were handled. It may also die, which is the same as not."""


@dataclass
class _Shard:
    records: list[Record] = field(default_factory=list)
    checkpoint: int = 0
    is_looked_after: bool = False


@dataclass
class Stream:
    """Feeds one consumer. ``delivered`` counts records, those that came again as well."""

    world: World
    engine: Engine
    swarm: Swarm
    consumer: Consumer
    delivered: int = 0
    _seen: int = 0
    _shards: Mapping[int, _Shard] = field(default_factory=lambda: {number: _Shard() for number in range(SHARDS)})

    def __post_init__(self) -> None:
        self.engine.on_commit.append(lambda _changes: self._spread())

    @property
    def is_done(self) -> bool:
        return all(shard.checkpoint == len(shard.records) for shard in self._shards.values())

    def _spread(self) -> None:
        for record in self.engine.stream[self._seen :]:
            number = crc32(record.key[0].encode()) % SHARDS
            self._shards[number].records.append(record)
            self._look_after(number, self.world.random.uniform(0.05, 1.0))
        self._seen = len(self.engine.stream)

    def _look_after(self, number: int, seconds: float) -> None:
        shard = self._shards[number]
        if not shard.is_looked_after:
            shard.is_looked_after = True
            self.world.spawn(f"stream shard {number}", lambda: self._deliver(number), after=seconds)

    def _deliver(self, number: int) -> None:
        shard, random = self._shards[number], self.world.random
        shard.is_looked_after = False
        first = shard.checkpoint
        if self.swarm.raging and random.random() < 0.05:
            # A reader that starts anew has only an old checkpoint to begin at.
            first = max(0, first - random.randint(1, BATCH))
        batch = shard.records[first : first + random.randint(1, BATCH)]
        if not batch:
            return
        self.delivered += len(batch)
        handled = self.consumer(number, batch)
        if handled and not (self.swarm.raging and random.random() < 0.05):
            shard.checkpoint = max(shard.checkpoint, first + len(batch))
        if shard.checkpoint < len(shard.records):
            self._look_after(number, random.uniform(0.05, 2.0))


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
