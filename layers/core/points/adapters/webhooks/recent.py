"""The endpoints of a program, kept for a moment: every event of it asks for them."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from points.application.webhooks.ports import Endpoints
from points.domain.webhooks.endpoints import Endpoint

SECONDS = 5.0
"""How long a change may go unseen. Deliveries look again: one that was switched off meanwhile is told nothing."""

MAX_PROGRAMS = 256


@dataclass(frozen=True, slots=True)
class _Seen:
    endpoints: Sequence[Endpoint]
    until: float


class CachedEndpoints:
    """Implements :class:`points.application.webhooks.ports.RecentEndpoints`. That a program has none is remembered,
    too: it is what most of them have."""

    def __init__(self, endpoints: Endpoints, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._endpoints = endpoints
        self._monotonic = monotonic
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def all(self, program: str) -> Sequence[Endpoint]:
        asked_at = self._monotonic()
        seen = self._seen.get(program)
        if seen is None or asked_at >= seen.until:
            seen = _Seen(self._endpoints.all(program), asked_at + SECONDS)
            self._seen[program] = seen
            self._seen.move_to_end(program)
            while len(self._seen) > MAX_PROGRAMS:
                self._seen.popitem(last=False)
        return seen.endpoints
