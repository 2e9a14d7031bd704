"""A member's personal data goes; their account and entries stay, so the ledger stays whole (R-OPS)."""

from points.application.ports import RaceLost
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import Conflict
from points.domain.program.program import Program


def erase_member(services: Services, program: Program, member: str) -> None:
    """Safe to repeat. Raises NotFound for somebody who was never a member, and Conflict."""
    account_of(services, program, member)
    try:
        services.members.erase(program.name, member)
    except RaceLost as race:
        raise Conflict("others kept changing this account") from race
