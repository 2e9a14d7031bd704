"""Queues as SQS keeps them: at least once, in no order, and what nobody can handle ends in the dead letters."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from tests.simulation.faults import Swarm
from tests.simulation.lambdas import Died, Functions
from tests.simulation.world import World

MOST_RECEIVES: Final = 5


@dataclass
class Message:
    """``untroubled`` is how often it was not handled by a function that was struck by nothing meanwhile."""

    number: int
    body: str
    receives: int = 0
    untroubled: int = 0
    visible_at: float = 0.0


@dataclass
class Queue:
    """Brings messages to a function. ``handled`` counts how often each body was reported as done. ``batch`` and
    ``visibility`` are those of the template."""

    world: World
    functions: Functions
    swarm: Swarm
    function: str
    doing: str
    batch: int = 10
    visibility: float = 180.0
    waiting: dict[int, Message] = field(default_factory=dict)
    dead: list[Message] = field(default_factory=list)
    handled: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    _numbers: int = 0

    def send(self, body: str) -> None:
        """Sent, and once in a while twice: the producer heard nothing and said it again."""
        for _ in range(2 if self._happens(0.05, "sent twice") else 1):
            self._numbers += 1
            self.waiting[self._numbers] = Message(self._numbers, body, visible_at=self.world.now)
            self._look_after(self.world.random.uniform(0.01, 2.0))

    def _look_after(self, seconds: float) -> None:
        self.world.spawn(f"queue {self.function}", self._deliver, after=seconds)

    def _deliver(self) -> None:
        now, random = self.world.now, self.world.random
        visible = [message for message in self.waiting.values() if message.visible_at <= now]
        if not visible:
            return
        batch = random.sample(visible, min(len(visible), random.randint(1, self.batch)))
        for message in batch:
            message.receives += 1
            # A standard queue may hand a message to two receivers at once.
            at_once = self._happens(0.03, "received twice")
            message.visible_at = now if at_once else now + self.visibility
        if len(visible) > len(batch) or any(message.visible_at <= now for message in batch):
            self._look_after(random.uniform(0.0, 1.0))
        troubles = self.swarm.struck_at[self.doing]
        failed = self._invoke(batch)
        is_troubled = self.swarm.struck_at[self.doing] > troubles
        for message in batch:
            if message.number not in failed:
                self.handled[message.body] += 1
                if self._happens(0.02, "deleted too late"):
                    # The function was done, and the queue did not hear of it before the message was visible again.
                    message.visible_at = self.world.now
                    self._look_after(random.uniform(0.0, 5.0))
                else:
                    self.waiting.pop(message.number, None)
                continue
            message.untroubled += not is_troubled
            if message.receives >= MOST_RECEIVES:
                if self.waiting.pop(message.number, None) is not None:
                    self.dead.append(message)
            else:
                self._look_after(max(0.0, message.visible_at - self.world.now) + random.uniform(0.0, 1.0))

    def _invoke(self, batch: list[Message]) -> set[int]:
        """The numbers of those that were not handled."""
        records = [_record(message) for message in batch]
        everyone = {message.number for message in batch}
        try:
            answer: Any = self.functions.invoke(self.function, {"Records": records}, doing=self.doing)
        except Died:
            self.met["the function died"] += 1
            return everyone
        if answer is None:
            self.swarm.struck_at[self.doing] += 1
            return everyone
        return {int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]}

    def _happens(self, chance: float, what: str) -> bool:
        if not self.swarm.raging or self.world.random.random() >= chance:
            return False
        self.met[what] += 1
        return True


def _record(message: Message) -> dict[str, Any]:
    return {
        "messageId": str(message.number),
        "receiptHandle": f"receipt-{message.number}-{message.receives}",
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.receives)},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:events",
        "awsRegion": "us-east-1",
    }
