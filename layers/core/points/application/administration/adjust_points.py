"""An operator gives or takes points by hand."""

from points.application.movement import Booked, Request, perform
from points.application.services import Services
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.adjusting import Adjustment, adjust
from points.domain.program.program import Program


def adjust_points(services: Services, program: Program, adjustment: Adjustment, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.adjusting.adjust` raises."""
    request = Request(program, adjustment.member, EntryName(Kind.ADJUST, adjustment.reference), actor, adjustment)
    return perform(services, request, lambda account, context: adjust(account, adjustment, context))
