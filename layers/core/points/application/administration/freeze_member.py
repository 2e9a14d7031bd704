"""Stop a member's earning, redeeming or both, and let them go on again."""

from points.application.movement import Booked, Request, perform
from points.application.services import Services
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.freezing import Freeze, freeze, unfreeze
from points.domain.program.program import Program


def freeze_member(services: Services, program: Program, command: Freeze, *, actor: str) -> Booked:
    """Freezing what is frozen is another entry with its own reason, and changes nothing else."""
    request = Request(program, command.member, EntryName(Kind.FREEZE, command.reference), actor, command)
    return perform(services, request, lambda account, context: freeze(account, command, context))


def unfreeze_member(services: Services, program: Program, command: Freeze, *, actor: str) -> Booked:
    request = Request(program, command.member, EntryName(Kind.UNFREEZE, command.reference), actor, command)
    return perform(services, request, lambda account, context: unfreeze(account, command, context))
