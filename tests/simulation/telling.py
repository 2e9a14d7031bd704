"""The outbox in the simulated world: the real one, over a bus and queues that fail as AWS says they may.

:class:`Telling` is a consumer of :class:`tests.simulation.streams.Stream`. Whatever it did when it fails, it may have
done; the stream brings the records again.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from points.adapters.backoff import JitteredBackoff
from points.application.outbox.ports import Outbox
from points.bootstrap.outbox import wired
from points.settings import OutboxSettings
from points.stream.outbox import NothingTold, tell
from tests.simulation.dynamodb import Record, client_error
from tests.simulation.faults import Swarm
from tests.simulation.streams import as_event
from tests.simulation.world import World

SECONDS = 60.0
"""The time limit of the function."""

SETTINGS = OutboxSettings("bus", "https://queues/email", "https://queues/sms", "https://queues/aside")
_RATE = 0.6


@dataclass
class Telling:
    """``events`` are those the bus took, in that order, each as often as it took it; ``messages`` by queue."""

    world: World
    swarm: Swarm
    events: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    _outboxes: dict[int, Outbox] = field(default_factory=dict)

    def __call__(self, shard: int, records: Sequence[Record]) -> bool:
        """Each shard has an environment of its own, as with Lambda."""
        if shard not in self._outboxes:
            self._outboxes[shard] = self._started()
        ends_at = self.world.now + SECONDS
        context: Any = SimpleNamespace(
            get_remaining_time_in_millis=lambda: int((ends_at - self.world.now) * 1_000), function_name="outbox"
        )
        try:
            answer = tell(self._outboxes[shard], as_event(records), context)
        except NothingTold:
            self.met["nothing told"] += 1
            return False
        if answer["batchItemFailures"]:
            self.met["told in part"] += 1
        return not answer["batchItemFailures"]

    def _started(self) -> Outbox:
        backoff = JitteredBackoff(sleep=self.world.wait, random=self.world.random.random)
        client: Any = self
        return wired(client, client, SETTINGS, monotonic=lambda: self.world.now, backoff=backoff)

    # ── what the adapters take for the clients of EventBridge and SQS ────────────────────────────────────────────────

    def put_events(self, *, Entries: Sequence[Any]) -> Any:  # noqa: N803 - the client's own name
        def take(entry: Any) -> None:
            self.events.append(json.loads(entry["Detail"]))

        refused = self._call("put_events", Entries, take)
        entries = [
            {"ErrorCode": "ThrottlingException"} if number in refused else {"EventId": str(number)}
            for number in range(len(Entries))
        ]
        return {"FailedEntryCount": len(refused), "Entries": entries}

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> Any:  # noqa: N803
        def take(entry: Any) -> None:
            self.messages.setdefault(QueueUrl, []).append(json.loads(entry["MessageBody"]))

        refused = self._call("send_message_batch", Entries, take)
        ids = [entry["Id"] for entry in Entries]
        return {
            "Successful": [{"Id": ids[number]} for number in range(len(ids)) if number not in refused],
            "Failed": [{"Id": ids[number], "Code": "InternalError", "SenderFault": False} for number in refused],
        }

    def _call(self, operation: str, entries: Sequence[Any], take: Callable[[Any], None]) -> list[int]:
        """The places of those that were refused for now. Raises what botocore raises."""
        random = self.world.random
        self.world.wait(0.005 + 0.02 * random.random())
        fault = "" if not self._strikes() else random.choice(("throttled", "lost before", "lost after", "in part"))
        if fault:
            self.met[fault] += 1
        if fault == "throttled":
            raise client_error(operation, "ThrottlingException")
        if fault == "lost before":
            self.world.wait(1.0)
            raise ConnectTimeoutError(endpoint_url="simulated")
        refused = [number for number in range(len(entries)) if fault == "in part" and random.random() < 0.5]
        for number, entry in enumerate(entries):
            if number not in refused:
                take(entry)
        if fault == "lost after":
            self.world.wait(2.0)
            raise ReadTimeoutError(endpoint_url="simulated")
        return refused

    def _strikes(self) -> bool:
        return self.swarm.raging and self.world.random.random() < _RATE
