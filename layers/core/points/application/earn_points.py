"""A member did something: pay what the program says it is worth (R-EARN)."""

from points.application.movement import Booked, Request, book
from points.application.services import Services
from points.domain.earning import Event, earn
from points.domain.entries import EntryName, Kind
from points.domain.program import Program


def earn_points(services: Services, program: Program, event: Event, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.earning.earn` and :func:`points.application.movement.book` raise."""
    request = Request(program, event.member, EntryName(Kind.EARN, event.reference), actor, event)
    return book(services, request, lambda account, context: earn(account, event, context))
