"""Scheduled work in a simulated world: runs that come twice, late, for a moment long past, or not at all, and the
queues their messages go through."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from points.application import sweeping
from points.application.ports import Timer
from points.domain.calendar import utc_text
from points.domain.errors import PointsError
from tests.simulation.faults import Swarm
from tests.simulation.lambdas import Died, Functions, queue_url
from tests.simulation.queues import Queue
from tests.simulation.world import World

FUNCTIONS: Final = {Timer.DUE: "expiry", Timer.REMIND: "reminders"}
SHARDS: Final = 3
"""Of each index, here: the same for a tenth of the messages."""

_BETWEEN: Final = 6 * 3_600.0
"""Runs are further apart than in life, for the same reason: what they find is due by hours, not by minutes."""

DEAD: Final = 10**9
"""What fails comes again until it is done: in a world without poison nothing may be given up."""


@contextmanager
def few_shards() -> Iterator[None]:
    with (
        patch.object(sweeping, "TIMER_SHARDS", SHARDS),
        patch("points.adapters.dynamodb.keys.TIMER_SHARDS", SHARDS),
        patch("points.application.reminders.retime_program.DIRECTORY_SHARDS", SHARDS),
        patch("points.adapters.dynamodb.keys.DIRECTORY_SHARDS", SHARDS),
        patch("points.adapters.dynamodb.members.DIRECTORY_SHARDS", SHARDS),
    ):
        yield


@dataclass
class Schedules:
    """Both hourly schedules, and the queues of their functions."""

    world: World
    functions: Functions
    swarm: Swarm
    queues: dict[str, Queue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for timer, function in FUNCTIONS.items():
            queue = Queue(
                self.world, self.functions, self.swarm, function, 1, again_after=360.0, give_up=DEAD,
                doing=f"sweep {timer}",
            )  # fmt: skip
            self.queues[function] = queue
            self.functions.queues[queue_url(function)] = queue.send

    def run(self, while_there_is: Any) -> None:
        """Until there is nothing to be done by anybody."""
        random = self.world.random
        while while_there_is():
            self.world.wait(_BETWEEN * random.uniform(0.1, 2.0))
            for timer in FUNCTIONS:
                for _ in range(random.choice([0, 1, 1, 1, 2])):
                    back = random.choice([0.0, 0.0, 0.0, random.uniform(0, 5 * 86_400.0)])
                    self.world.spawn("run", lambda timer=timer, back=back: self.once(timer, back=back))  # type: ignore[misc]

    def once(self, timer: Timer, *, back: float = 0.0) -> None:
        """One run of one schedule, repeated until it is answered, as the schedule does."""
        moment = self.world.moment - timedelta(seconds=back)
        while True:
            answer = None
            with suppress(Died, PointsError):
                answer = self.functions.invoke(FUNCTIONS[timer], {"time": utc_text(moment)}, doing=f"sweep {timer}")
            if answer is not None:
                return
            self.world.wait(self.world.random.uniform(1.0, 120.0))

    @property
    def is_quiet(self) -> bool:
        return not any(queue.waiting for queue in self.queues.values())
