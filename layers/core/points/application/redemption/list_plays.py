"""A member's plays, newest first."""

from points.application.ports import Page
from points.application.reading import account_of
from points.application.services import Services
from points.domain.ledger.entries import Entry, Kind
from points.domain.program.program import Program

_PAGE = 100
_MAX_PAGES = 10
"""Pages of entries looked through for one answer: where there are few plays among them it is short, and has a
cursor."""


def list_plays(
    services: Services, program: Program, member: str, draw: str | None, *, before_seq: int | None, limit: int
) -> Page[Entry]:
    """Of one draw, or of all. ``next_key`` is the seq to continue below. Raises NotFound."""
    account_of(services, program, member)
    found: list[Entry] = []
    for _ in range(_MAX_PAGES):
        page = services.ledger.entries(program.name, member, before_seq=before_seq, kind=Kind.PLAY, limit=_PAGE)
        for entry in page.items:
            if draw is None or entry.details.get("draw") == draw:
                found.append(entry)
            if len(found) == limit:
                return Page(found, str(entry.seq) if entry.seq > 1 else None)
        if page.next_key is None:
            return Page(found)
        before_seq = int(page.next_key)
    return Page(found, str(before_seq))
