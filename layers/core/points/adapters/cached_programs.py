"""Published programs, parsed once and kept: every decision needs its program, and versions never change."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from points.application.ports import ProgramDocuments, ProgramVersions, PublishedVersion
from points.domain.errors import NotFound
from points.domain.program.program import Program

LIVE_SECONDS = 5.0
"""How long a publish may go unseen by an environment that is busy (design §8)."""

MAX_PROGRAMS = 64
"""Parsed versions and live pointers kept. A program is some tens of kilobytes; an environment serves few of them."""


@dataclass(frozen=True, slots=True)
class _Live:
    program: Program
    until: float


class CachedPrograms:
    """Implements :class:`points.application.ports.Programs` over any store of versions.

    That a program does not exist is never remembered: it may be published the next moment, and somebody asking
    for programs that do not exist must not push out those that do. ``monotonic`` is the time the five seconds are
    measured by, not the wall clock, which may be set back; a restored snapshot at worst reads once more.
    """

    def __init__(
        self,
        versions: ProgramVersions,
        documents: ProgramDocuments,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._versions = versions
        self._documents = documents
        self._monotonic = monotonic
        self._lock = Lock()
        self._live: OrderedDict[str, _Live] = OrderedDict()
        self._parsed: OrderedDict[tuple[str, int], Program] = OrderedDict()

    def live(self, program: str) -> Program:
        # Counted from before the read: a publish right after it is then seen in time.
        asked_at = self._monotonic()
        known = self._live.get(program)
        if known is not None and asked_at < known.until:
            return known.program
        # Only the number: a version never changes, and most of the time the live one is the one that was.
        number = self._versions.live_number(program)
        if number is None:
            with self._lock:
                self._live.pop(program, None)
            raise NotFound(f"there is no program {program}", resource="program")
        parsed = self.version(program, number)
        _keep(self._live, self._lock, program, _Live(parsed, asked_at + LIVE_SECONDS))
        return parsed

    def version(self, program: str, version: int) -> Program:
        if (known := self._parsed.get((program, version))) is not None:
            return known
        published = self._versions.version(program, version)
        if published is None:
            raise NotFound(f"the program {program} has no version {version}", resource="version")
        return self._parsed_version(program, published)

    def _parsed_version(self, program: str, published: PublishedVersion) -> Program:
        key = (program, published.version)
        parsed = self._documents.load(
            published.document, name=program, version=published.version, inheritance=published.inheritance
        )
        _keep(self._parsed, self._lock, key, parsed)
        return parsed


def _keep[Key, Value](cache: OrderedDict[Key, Value], lock: Lock, key: Key, value: Value) -> None:
    """The newest at the end; the ones longest not renewed go first."""
    with lock:
        cache[key] = value
        cache.move_to_end(key)
        while len(cache) > MAX_PROGRAMS:
            cache.popitem(last=False)
