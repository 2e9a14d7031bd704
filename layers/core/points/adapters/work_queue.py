"""Work for later on an SQS queue: all of it is taken, or whoever sent it sends all of it again."""

from collections.abc import Mapping, Sequence

from points.adapters.queues import Queue
from points.domain.canonical import Plain
from points.domain.errors import LedgerUnavailable


class SqsWork:
    """Implements :class:`points.application.ports.WorkQueue`."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def send(self, work: Sequence[Mapping[str, Plain]]) -> None:
        lost = [outcome for outcome in self._queue.send(work) if not outcome.arrived]
        if lost:
            raise LedgerUnavailable(f"the queue did not take {len(lost)} of {len(work)} messages: {lost[0].fault}")
