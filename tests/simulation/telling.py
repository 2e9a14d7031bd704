"""The outbox in the simulated world: the function on the table's stream, which may be cut off at any call to the bus.

Whatever it did when it fails, it may have done; the stream brings the records again.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from points.adapters.dynamodb import keys
from points.stream.outbox import NothingTold
from tests.simulation.dynamodb import Record
from tests.simulation.lambdas import Died, Functions
from tests.simulation.streams import as_event

DOING: Final = "stream"
_TOLD: Final = (keys.ENTRY_PREFIX, keys.NOTICE_PREFIX)


def is_told(record: Record) -> bool:
    """What the event source lets through."""
    return record.event == "INSERT" and record.key[1].startswith(_TOLD)


@dataclass
class Telling:
    """A consumer of :class:`tests.simulation.streams.Stream`. ``met`` counts what became of batches."""

    functions: Functions
    met: Counter[str] = field(default_factory=Counter)

    def __call__(self, records: Sequence[Record]) -> int:
        try:
            answer: Any = self.functions.invoke("outbox", as_event(records), doing=DOING)
        except NothingTold:
            self.met["nothing told"] += 1
            return 0
        except Died:
            self.met["the outbox died"] += 1
            return 0
        if answer is None:
            return 0
        if failures := answer["batchItemFailures"]:
            self.met["told in part"] += 1
            numbers = [f"{record.number}" for record in records]
            return numbers.index(failures[0]["itemIdentifier"])
        return len(records)
