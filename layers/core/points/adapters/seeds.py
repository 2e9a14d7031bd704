"""The seeds of draws. From the operating system: a seeded generator would be frozen into a snapshot, and every
environment restored from it would make the same."""

import secrets

from points.domain.program.drawing import SEED_BYTES


class SystemSeeds:
    """Implements :class:`points.application.ports.Seeds`."""

    def make(self) -> bytes:
        return secrets.token_bytes(SEED_BYTES)
