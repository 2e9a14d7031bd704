"""A member's history, newest first."""

from dataclasses import dataclass
from datetime import datetime

from points.application.ports import Page
from points.application.reading import account_of
from points.application.services import Services
from points.domain.ledger.entries import Entry, Kind
from points.domain.program.program import Program

_PAGE = 100
_MAX_PAGES = 10
"""Pages read for one answer: a filter that finds little returns a short page with a cursor, not a slow request."""


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """``from_`` is inclusive, ``to`` exclusive."""

    kind: Kind | None = None
    from_: datetime | None = None
    to: datetime | None = None


def list_entries(
    services: Services, program: Program, member: str, entry_filter: EntryFilter, *, before_seq: int | None, limit: int
) -> Page[Entry]:
    """``next_key`` is the seq to continue below. Raises NotFound."""
    account_of(services, program, member)
    found: list[Entry] = []
    for _ in range(_MAX_PAGES):
        page = services.ledger.entries(
            program.name, member, before_seq=before_seq, kind=entry_filter.kind, limit=min(_PAGE, limit)
        )
        for entry in page.items:
            if entry_filter.from_ is not None and entry.at < entry_filter.from_:
                return Page(found)
            if entry_filter.to is None or entry.at < entry_filter.to:
                found.append(entry)
            if len(found) == limit:
                return Page(found, str(entry.seq) if entry.seq > 1 else None)
        if page.next_key is None:
            return Page(found)
        before_seq = int(page.next_key)
    return Page(found, str(before_seq))
