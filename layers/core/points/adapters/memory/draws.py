"""Seeds of draws in memory."""

from dataclasses import replace
from datetime import datetime
from threading import Lock

from points.domain.ledger.draws import DrawSeed


class MemoryDraws:
    """Implements :class:`points.application.ports.Draws`."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seeds: dict[tuple[str, str], DrawSeed] = {}

    def seed(self, program: str, draw: str) -> DrawSeed | None:
        return self._seeds.get((program, draw))

    def keep(self, seed: DrawSeed) -> DrawSeed:
        with self._lock:
            return self._seeds.setdefault((seed.program, seed.draw), seed)

    def close(self, seed: DrawSeed, *, at: datetime, version: int) -> DrawSeed:
        with self._lock:
            found = self._seeds[seed.program, seed.draw]
            if found.seed != seed.seed:
                raise AssertionError(f"{seed.draw} has another seed: seeds never change")
            if found.closed_at is None:
                found = replace(found, closed_at=at, closed_version=version)
                self._seeds[seed.program, seed.draw] = found
            return found
