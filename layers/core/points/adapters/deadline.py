"""The end of the invocation under way: Lambda stops a function at its time limit, whatever it is doing."""

import time
from collections.abc import Callable

from points.adapters.dynamodb.client import CALL_SECONDS

MARGIN_SECONDS = 0.5
"""What is left for everything after the last call: the answer has to be written and sent."""


class InvocationDeadline:
    """Implements :class:`points.application.ports.Deadline`. Before the first invocation there is no end: commands and
    tests have all the time there is."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._ends_at = float("inf")

    def begin(self, seconds: float) -> None:
        self._ends_at = self._monotonic() + seconds

    def leaves_time(self) -> bool:
        return self.seconds_left() >= CALL_SECONDS + MARGIN_SECONDS

    def seconds_left(self) -> float:
        return self._ends_at - self._monotonic()
