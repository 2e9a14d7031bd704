"""Imports of codes in memory: files that a test writes, and a queue it works off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from points.adapters.memory import MemoryCoupons
from points.application.coupons.ports import FileFound, FileGone, Importing
from points.application.coupons.run_import import ImportWork, run_import
from points.application.services import Services
from points.domain.canonical import Plain
from points.domain.ledger.pools import PoolImport


@dataclass
class MemoryFiles:
    """By program and name. ``parts`` are the places parts were read from."""

    files: dict[tuple[str, str], bytes] = field(default_factory=dict)
    parts: list[int] = field(default_factory=list)

    def find(self, program: str, name: str) -> FileFound:
        content = self._content(program, name)
        return FileFound(sha256(content).hexdigest(), len(content))

    def part(self, program: str, name: str, found: FileFound, *, start: int, length: int) -> bytes:
        if self.find(program, name) != found:
            raise FileGone("changed")
        self.parts.append(start)
        return self._content(program, name)[start : start + length]

    def _content(self, program: str, name: str) -> bytes:
        if (program, name) not in self.files:
            raise FileGone("no_such_file")
        return self.files[program, name]


@dataclass
class MemoryWork:
    waiting: list[Mapping[str, Plain]] = field(default_factory=list)

    def send(self, work: Sequence[Mapping[str, Plain]]) -> None:
        self.waiting.extend(work)


def memory_importing(services: Services, **changes: Any) -> Importing:
    pools: Any = services.coupons
    assert isinstance(pools, MemoryCoupons)
    return replace(Importing(services, pools, MemoryFiles(), MemoryWork()), **changes)


def worked_off(importing: Importing) -> PoolImport | None:
    """All messages, those that hand over as well; the last one's outcome."""
    queue: Any = importing.queue
    progress = None
    while queue.waiting:
        message = queue.waiting.pop(0)
        progress = run_import(importing, ImportWork(message["program"], message["pool"], message["import"]))
    return progress
