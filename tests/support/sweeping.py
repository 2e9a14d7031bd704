"""Scheduled work as it is wired, over services of a test's own: its queue is a list, and who works it off can die."""

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from points.application.ports import Timer
from points.application.services import Services
from points.application.sweeping import Run, Scheduled, start_run
from points.bootstrap.scheduled import scheduled
from points.queue.sweeps import sweep_messages
from tests.builders import NoWait
from tests.support.api import CONTEXT

MOST_RECEIVES: Final = 5


class Died(BaseException):
    """The process is gone: nothing of ours runs any more, whatever it was in the middle of."""


@dataclass
class WorkedOff:
    """An SQS queue with its dead letters, seen from both sides: the client that sends to it, and who delivers."""

    waiting: deque[tuple[str, int]] = field(default_factory=deque)
    dead: list[dict[str, Any]] = field(default_factory=list)
    refuses: bool = False

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: N803, ARG002 - the client's own
        if self.refuses:
            return {"Failed": [{"Id": entry["Id"], "Code": "InternalError", "SenderFault": False} for entry in Entries]}
        self.waiting.extend((entry["MessageBody"], 0) for entry in Entries)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body, _ in self.waiting]

    def deliver(self, work: Scheduled, *, last_first: bool = False) -> bool:
        """One message, to whoever works; one that is not done comes back until it is a dead letter. A worker that dies
        has done nothing of it, as far as the queue knows."""
        body, receives = self.waiting[-1] if last_first else self.waiting[0]
        record = {"messageId": "1", "eventSource": "aws:sqs", "body": body, "receiptHandle": "x", "attributes": {}}
        failed = sweep_messages(work, {"Records": [record]}, CONTEXT)["batchItemFailures"]
        _ = self.waiting.pop() if last_first else self.waiting.popleft()
        if failed and receives + 1 == MOST_RECEIVES:
            self.dead.append(json.loads(body))
        elif failed:
            self.waiting.append((body, receives + 1))
        return not failed

    def work_off(self, work: Scheduled, *, last_first: bool = False) -> int:
        """All of it; how many messages were delivered."""
        delivered = 0
        while self.waiting:
            self.deliver(work, last_first=last_first)
            delivered += 1
            assert delivered < 100_000, "it never comes to an end"
        return delivered


def wired(services: Services, queue: WorkedOff, timer: Timer = Timer.DUE) -> Scheduled:
    client: Any = queue
    return scheduled(services, client, "https://queue", timer, NoWait())


def swept(services: Services, now: datetime, timer: Timer = Timer.DUE, *, times: int = 1) -> WorkedOff:
    """A whole run, so many times over, and everything that came of it."""
    queue = WorkedOff()
    work = wired(services, queue, timer)
    for _ in range(times):
        start_run(work, Run(now))
    queue.work_off(work)
    return queue


@contextmanager
def dying() -> Iterator[list[bool]]:
    """Whatever happens inside may end in death; whether it did is in the list."""
    died: list[bool] = []
    try:
        yield died
    except Died:
        died.append(True)
