"""EventBridge Scheduler: each hour it begins a run, at least once. It may be late, and an operator may send an event
again.

A run is invoked without anybody waiting for it: what fails is tried again two times, and then is among the dead
letters. The next run does what it would have done.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from points.domain.errors import StoreFailure
from tests.simulation.lambdas import Died, Functions
from tests.simulation.world import World

HOUR: Final = 3_600.0
MINUTE: Final = 60.0
"""Past the hour: when a run is begun, as the template says."""

DAY: Final = 24 * HOUR
MIDNIGHT: Final = 12
"""Hours after the beginning of the world it is midnight where the program is."""

RETRIES: Final = 2


def seconds_to_a_run(now: float) -> float:
    """Until the next one."""
    return ((now - MINUTE) // HOUR + 1) * HOUR + MINUTE - now


def seconds_to_midnight(now: float) -> float:
    """Until the next run after the program's midnight, when most comes due."""
    first = MIDNIGHT * HOUR + MINUTE
    return ((now - first) // DAY + 1) * DAY + first - now


@dataclass
class Scheduler:
    """``skipping`` is how many of its runs do not come about; at midnight, when there is most to do and everybody
    is at work, it is few."""

    world: World
    functions: Functions
    function: str
    skipping: float
    met: Counter[str] = field(default_factory=Counter)
    stopped: bool = False

    @property
    def doing(self) -> str:
        return f"{self.function} run"

    def run(self) -> None:
        """Hour by hour, until it is stopped."""
        while True:
            self.world.wait(seconds_to_a_run(self.world.now))
            if self.stopped:
                return
            self._hour()

    def begin(self, moment: datetime, *, after: float = 0.0) -> None:
        self.world.spawn(self.doing, lambda: self._begin(moment), after=after)

    def by_hand(self) -> None:
        """An operator sends an event, at any time."""
        self.met["a run by hand"] += 1
        self.begin(self.world.moment.replace(microsecond=0))

    def _hour(self) -> None:
        random, moment = self.world.random, self.world.moment
        is_busy = seconds_to_midnight(self.world.now) > DAY - HOUR
        if random.random() < (0.1 if is_busy else self.skipping):
            self.met["a run is skipped"] += 1
            return
        late = random.random() < 0.1
        self.met["a run is late"] += late
        self.begin(moment, after=random.uniform(0.0, 2 * HOUR) if late else random.random())
        if random.random() < 0.1:
            self.met["a run comes twice"] += 1
            self.begin(moment, after=random.choice([0.0, 1.0, HOUR]) * random.random())
        if random.random() < 0.05:
            self.met["a run for the past"] += 1
            self.begin(moment - timedelta(hours=random.choice([1, 5, 24, 120])), after=random.uniform(0.0, MINUTE))

    def _begin(self, moment: datetime) -> None:
        event = {"source": "aws.scheduler", "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}"}
        for attempt in range(1 + RETRIES):
            self.world.wait(attempt * MINUTE)
            try:
                if self.functions.invoke(self.function, event, doing=self.doing) is not None:
                    return
            except (Died, StoreFailure):
                pass
        self.met["a run failed"] += 1
