"""Go on with an import, as far as there is time: some codes at a time, each time together with how far it has come.

So it can die anywhere. Whoever goes on reads the file from where the last step ended; two that do it at once get in
each other's way and bring nothing in twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from points.application.coupons.ports import MAX_TOGETHER, FileFound, FileGone, Importing
from points.application.coupons.start_import import work_of
from points.application.movement import persistently
from points.application.ports import RaceLost
from points.domain.errors import Conflict, NotFound
from points.domain.ledger.pools import MAX_FILE_BYTES, ImportState, Line, PoolImport, Rejected, Why, lines_of

PART_BYTES: Final = 256 * 1024
"""Of a file, read at once. A line that does not fit is none."""


@dataclass(frozen=True, slots=True)
class ImportWork:
    program: str
    pool: str
    reference: str


def run_import(importing: Importing, work: ImportWork) -> PoolImport:
    """How far it has come. What there is no time for is handed over. Raises NotFound and what stores raise."""
    while True:
        progress = importing.pools.one(work.program, work.pool, work.reference)
        if progress is None:
            raise NotFound(f"there is no import {work.reference}", resource="import")
        if progress.is_over:
            return progress
        try:
            return _went_on(importing, progress)
        except RaceLost:
            # Somebody else is at it, too: from where they are.
            if not importing.services.deadline.leaves_time():
                raise Conflict("others are at this import") from None
            importing.services.backoff.wait(1)


def _went_on(importing: Importing, progress: PoolImport) -> PoolImport:
    try:
        found = importing.files.find(progress.program, progress.file)
        if progress.state is ImportState.WAITING:
            progress = _begun(importing, progress, found)
        elif found.etag != progress.etag:
            return _failed(importing, progress, "changed")
        while not progress.is_over:
            before = progress.position
            for step in _steps(importing, progress, found):
                progress = step
            if not progress.is_over and not importing.services.deadline.leaves_time():
                importing.queue.send([work_of(progress)])
                return progress
            if not progress.is_over and progress.position == before:
                return _failed(importing, progress, "no_lines")
    except FileGone as gone:
        return _failed(importing, progress, gone.why)
    return progress


def _begun(importing: Importing, progress: PoolImport, found: FileFound) -> PoolImport:
    now = importing.services.clock.now()
    if found.size > MAX_FILE_BYTES:
        return _failed(importing, progress, "too_large")
    if not found.size:
        return _failed(importing, progress, "empty")
    after = progress.begun(found.etag, found.size, now)
    importing.pools.advance(after, [])
    return after


def _failed(importing: Importing, progress: PoolImport, why: str) -> PoolImport:
    after = progress.failed(why, importing.services.clock.now())
    importing.pools.advance(after, [])
    return after


def _steps(importing: Importing, progress: PoolImport, found: FileFound) -> Iterator[PoolImport]:
    """One part of the file, as far as there is time. Where it has come after each step."""
    start = progress.position
    part = importing.files.part(progress.program, progress.file, found, start=start, length=PART_BYTES)
    is_last = start + len(part) >= progress.size
    lines = lines_of(part, position=start, number=progress.lines, is_last=is_last)
    for batch in _batches(lines):
        if not importing.services.deadline.leaves_time():
            return
        progress = _step(importing, progress, batch)
        yield progress


def _batches(lines: Iterator[Line]) -> Iterator[Sequence[Line]]:
    """As many lines as bring the codes that go together; of lines without a code, some more."""
    batch: list[Line] = []
    codes = 0
    for line in lines:
        batch.append(line)
        codes += line.code is not None
        if codes == MAX_TOGETHER or len(batch) == 10 * MAX_TOGETHER:
            yield batch
            batch, codes = [], 0
    if batch:
        yield batch


def _step(importing: Importing, progress: PoolImport, lines: Sequence[Line]) -> PoolImport:
    """Raises RaceLost where another has taken it."""
    known: dict[str, Why] = {}
    while True:
        codes, rejected = _sorted_out(lines, known)
        after = progress.advanced(lines, rejected, len(codes), importing.services.clock.now())
        refused = _advanced(importing, progress, after, codes)
        if not refused:
            return after
        # Each time there are fewer of them.
        known |= refused


def _advanced(importing: Importing, before: PoolImport, after: PoolImport, codes: Sequence[str]) -> dict[str, Why]:
    """Members take codes of the pool meanwhile, and others import into it: that only takes another try, unless the
    import itself has gone on. Raises RaceLost, Conflict, Throttled and LedgerUnavailable."""

    def attempt() -> dict[str, Why]:
        try:
            return dict(importing.pools.advance(after, codes))
        except RaceLost:
            now = importing.pools.one(after.program, after.pool, after.reference)
            if now == after:
                # An answer was lost, the step was not.
                return {}
            if now is None or now.revision != before.revision:
                raise _GoneOn from None
            raise

    try:
        return persistently(importing.services, attempt)
    except _GoneOn:
        raise RaceLost from None


class _GoneOn(Exception):
    """The import is further than this one knew."""


def _sorted_out(lines: Sequence[Line], known: Mapping[str, Why]) -> tuple[list[str], list[Rejected]]:
    """The codes that are worth a try, and the lines that brought none. ``known`` are codes that have been refused."""
    seen: set[str] = set()
    codes: list[str] = []
    rejected: list[Rejected] = []
    for line in lines:
        why = line.why
        if line.code is not None:
            why = Why.REPEATED if line.code in seen else known.get(line.code)
            seen.add(line.code)
            if why is None:
                codes.append(line.code)
        if why is not None:
            rejected.append(Rejected(line.number, why))
    return codes, rejected
