"""Pools of coupon codes, and the imports that fill them: lines of a file, what became of each, how far it has come.

An import reads one code a line. It is a value that only moves forward: how far it has come is kept together with what
it has brought so far, so whoever goes on with it does nothing twice.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from points.domain.ledger.codes import pool_code_fault

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
"""100,000 codes of the longest are less than half of it."""

MAX_LINES_NAMED: Final = 100
"""Rejected lines that an import names, the first ones; the others are counted."""

HEADER: Final = "code"
"""May stand in the first line."""

_BOM: Final = b"\xef\xbb\xbf"


class ImportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Why(StrEnum):
    """Why a line brought no code."""

    NOT_UTF8 = "not_utf8"
    TOO_LONG = "too_long"
    BAD_CHARACTERS = "bad_characters"
    RESERVED_FORM = "reserved_form"
    REPEATED = "repeated"
    IN_POOL = "in_pool"
    ISSUED = "issued"


@dataclass(frozen=True, slots=True)
class Rejected:
    line: int
    why: Why


@dataclass(frozen=True, slots=True)
class Line:
    """Of a file: its number from 1, where it ends in bytes, and the code it holds, or why it holds none. A line that is
    blank, or the header, holds neither."""

    number: int
    end: int
    code: str | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class PoolImport:
    """``file`` is its name below the program's folder, ``etag`` and ``size`` are what it was when it was first looked
    at. ``position`` in bytes and ``lines`` say how far it has come. ``revision`` counts its steps; ``failure`` is why
    it failed."""

    program: str
    pool: str
    reference: str
    file: str
    started_by: str
    started_at: datetime
    updated_at: datetime
    state: ImportState = ImportState.WAITING
    etag: str = ""
    size: int = 0
    position: int = 0
    lines: int = 0
    imported: int = 0
    rejected: Mapping[Why, int] = field(default_factory=dict)
    named: Sequence[Rejected] = ()
    failure: str = ""
    revision: int = 1

    @property
    def is_over(self) -> bool:
        return self.state in {ImportState.DONE, ImportState.FAILED}

    def begun(self, etag: str, size: int, now: datetime) -> "PoolImport":
        return self._stepped(now, state=ImportState.RUNNING, etag=etag, size=size)

    def failed(self, why: str, now: datetime) -> "PoolImport":
        """What it has brought until then stays."""
        return self._stepped(now, state=ImportState.FAILED, failure=why)

    def advanced(
        self, lines: Sequence[Line], rejected: Sequence[Rejected], imported: int, now: datetime
    ) -> "PoolImport":
        """``lines`` are done with: so many imported, those rejected."""
        counts = dict(self.rejected)
        for each in rejected:
            counts[each.why] = counts.get(each.why, 0) + 1
        position = lines[-1].end if lines else self.position
        return self._stepped(
            now,
            state=ImportState.DONE if position >= self.size else ImportState.RUNNING,
            position=position,
            lines=lines[-1].number if lines else self.lines,
            imported=self.imported + imported,
            rejected=dict(sorted(counts.items())),
            named=(*self.named, *rejected)[:MAX_LINES_NAMED],
        )

    def _stepped(self, now: datetime, **changes: object) -> "PoolImport":
        return replace(self, updated_at=now, revision=self.revision + 1, **changes)  # type: ignore[arg-type]


def lines_of(part: bytes, *, position: int, number: int, is_last: bool) -> Iterator[Line]:
    """The complete lines of a part of a file that begins at ``position``, after ``number`` lines. What follows the last
    line break is a line only where the file ends."""
    start = 0
    while start < len(part):
        end = part.find(b"\n", start)
        if end < 0:
            if not is_last:
                return
            end = len(part) - 1
        number += 1
        yield _line(part[start : end + 1], number, position + end + 1)
        start = end + 1


def _line(raw: bytes, number: int, end: int) -> Line:
    if number == 1:
        raw = raw.removeprefix(_BOM)
    try:
        text = raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return Line(number, end, why=Why.NOT_UTF8)
    code = _first_field(text).strip()
    if not text or (number == 1 and code.lower() == HEADER):
        return Line(number, end)
    fault = pool_code_fault(code)
    return Line(number, end, code=code) if fault is None else Line(number, end, why=Why(fault))


def _first_field(text: str) -> str:
    """A file may have further columns, of which nothing is kept."""
    if not text.startswith('"'):
        return text.partition(",")[0]
    return next(csv.reader([text]), [""])[0]
