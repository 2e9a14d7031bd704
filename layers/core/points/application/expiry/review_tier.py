"""A tier review that has come due (R-TIER-1). Scheduled work calls this for whoever the due index names."""

from dataclasses import dataclass

from points.application.movement import Booked, Request, perform
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import NothingDue
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.reviewing import review_tier as decide
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class Review:
    member: str
    on: str


def review_tier(services: Services, program: Program, member: str, *, actor: str) -> Booked:
    """Two at the same time book it once; one after the other, the second finds nothing due. Raises NotFound and
    NothingDue."""
    account = account_of(services, program, member)
    if account.tier is None or account.tier.review_on is None:
        raise NothingDue("no tier review is due")
    review = Review(member, account.tier.review_on.isoformat())
    request = Request(program, member, EntryName(Kind.TIER_REVIEW, review.on), actor, review)
    return perform(services, request, decide)
