"""What pools need from outside, beside the ports of every function. Each may raise Throttled and LedgerUnavailable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from points.application.ports import Deadline, WorkQueue
from points.application.services import Services
from points.application.sweeping import RESERVE_SECONDS
from points.domain.ledger.pools import PoolImport, Why

MAX_TOGETHER = 49
"""Codes that are imported together: each is two parts of a transaction, in which the pool and the import are too."""


class FileGone(Exception):
    """There is no such file, or not any more the one there was. ``why`` is its name in answers."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class FileFound:
    """``etag`` tells it from every other that was there under its name."""

    etag: str
    size: int


class CodeFiles(Protocol):
    """Files that operators upload, by program. May raise LedgerUnavailable."""

    def find(self, program: str, name: str) -> FileFound:
        """Raises FileGone."""

    def part(self, program: str, name: str, found: FileFound, *, start: int, length: int) -> bytes:
        """Bytes from ``start`` on, ``length`` of them or up to the end. Raises FileGone."""


@dataclass(frozen=True, slots=True)
class PoolCount:
    """Codes that a pool was ever given, and those that lie in it. With ``is_exact`` False there are at least so many:
    counting ends somewhere."""

    imported: int
    free: int
    is_exact: bool

    @property
    def issued(self) -> int:
        """At most so many, where the count is not exact."""
        return max(0, self.imported - self.free)


class Pools(Protocol):
    def count(self, program: str, pool: str) -> PoolCount:
        """For showing: each part of it is as it was at some moment of the call."""

    def one(self, program: str, pool: str, reference: str) -> PoolImport | None: ...

    def begin(self, wanted: PoolImport) -> PoolImport:
        """What is known under its reference from now on: this one, or the one that was there."""

    def advance(self, after: PoolImport, codes: Sequence[str]) -> Mapping[str, Why]:
        """The import's next step and the codes it brings, at most ``MAX_TOGETHER``, in one transaction. Nothing is
        written where some of them have been there before: then they are what is returned, with the reasons. Raises
        RaceLost where somebody else has taken the step, or is at it."""


@dataclass(frozen=True, slots=True)
class Importing:
    """The ports of this wing, and those of every function. ``closing`` is the deadline of the queue: handing over what
    is left has the time that is kept for it."""

    services: Services
    pools: Pools
    files: CodeFiles
    queue: WorkQueue
    closing: Deadline | None = None

    def begin(self, seconds: float) -> None:
        """An invocation by the queue has so long from now."""
        self.services.deadline.begin(seconds - RESERVE_SECONDS)
        if self.closing is not None:
            self.closing.begin(seconds)
