"""Enrolment and profiles in memory."""

from threading import Lock

from points.adapters.memory.ledger import MemoryLedger
from points.domain.members import Profile


class MemoryMembers:
    """Implements :class:`points.application.ports.Members` beside the ledger it opens accounts in."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._lock = Lock()
        self._profiles: dict[tuple[str, str], Profile] = {}

    def enrol(self, program: str, member: str, profile: Profile) -> bool:
        with self._lock:
            self._profiles[program, member] = profile
            return self._ledger.open_account(program, member)

    def profile(self, program: str, member: str) -> Profile | None:
        return self._profiles.get((program, member))

    def erase(self, program: str, member: str) -> None:
        with self._lock:
            self._profiles.pop((program, member), None)
