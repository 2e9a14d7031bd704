"""Many events at once. Each stands for itself: one that fails does not touch the others."""

from collections.abc import Sequence

from points.application.earning.earn_points import earn_points
from points.application.movement import Booked
from points.application.services import Services
from points.domain.errors import PointsError
from points.domain.movements.earning import Event
from points.domain.program.program import Program


def earn_batch(
    services: Services, program: Program, events: Sequence[Event], *, actor: str
) -> list[Booked | PointsError]:
    """What became of each event, in the order given."""
    return [_outcome(services, program, event, actor) for event in events]


def _outcome(services: Services, program: Program, event: Event, actor: str) -> Booked | PointsError:
    try:
        return earn_points(services, program, event, actor=actor)
    except PointsError as refusal:
        return refusal
