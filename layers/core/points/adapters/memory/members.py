"""Enrolment and profiles in memory."""

from collections.abc import Sequence
from threading import Lock

from points.adapters.memory.ledger import MemoryLedger
from points.application.ports import Page
from points.domain.ledger.members import MemberFacts, Profile


class MemoryMembers:
    """Implements :class:`points.application.ports.Members` beside the ledger it opens accounts in."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self._lock = Lock()
        self._profiles: dict[tuple[str, str], Profile] = {}

    def enrol(self, program: str, member: str, profile: Profile, facts: MemberFacts) -> bool:
        with self._lock:
            self._profiles[program, member] = profile
            return self._ledger.open_account(program, member, facts)

    def profile(self, program: str, member: str) -> Profile | None:
        return self._profiles.get((program, member))

    def members(self, program: str, *, after: str | None = None, limit: int) -> Page[str]:
        members = [member for member in self._ledger.members(program) if after is None or member > after]
        page = members[:limit]
        return Page(page, page[-1] if len(members) > limit else None)

    def in_shard(self, program: str, shard: int, *, after: str | None = None, limit: int) -> Sequence[str]:
        """In memory everything lies in the first shard."""
        return [] if shard else self.members(program, after=after, limit=limit).items

    def erase(self, program: str, member: str) -> None:
        with self._lock:
            self._profiles.pop((program, member), None)
            if self._ledger.account(program, member) is not None:
                self._ledger.open_account(program, member, MemberFacts())
                self._ledger.forget_reasons(program, member)
