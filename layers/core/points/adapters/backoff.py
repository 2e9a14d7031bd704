"""Waiting between tries, so that those who lost one race together do not meet again in the next."""

import time
from collections.abc import Callable
from secrets import SystemRandom

FIRST_SECONDS = 0.010
"""About one transaction: the time the winner of a race needs to be out of the way."""

CAP_SECONDS = 0.5
"""A request has seconds, not minutes; beyond this, more waiting only delays the honest answer `conflict`."""


_RANDOM = SystemRandom()


class JitteredBackoff:
    """Implements :class:`points.application.ports.Backoff` with full jitter: anything from nothing to the bound.

    The bound doubles with each attempt. Randomness comes from the operating system: a seeded generator would be
    frozen into a SnapStart snapshot, and every environment restored from it would wait the same times in step.
    """

    def __init__(
        self, *, sleep: Callable[[float], None] = time.sleep, random: Callable[[], float] = _RANDOM.random
    ) -> None:
        self._sleep = sleep
        self._random = random

    def wait(self, attempt: int) -> None:
        bound = min(CAP_SECONDS, FIRST_SECONDS * 2 ** (attempt - 1))
        self._sleep(bound * self._random())
