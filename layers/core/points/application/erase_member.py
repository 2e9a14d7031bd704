"""A member's personal data goes; their account and entries stay, so the ledger stays whole (R-OPS)."""

from points.application.reading import account_of
from points.application.services import Services
from points.domain.program import Program


def erase_member(services: Services, program: Program, member: str) -> None:
    """Safe to repeat. Raises NotFound for somebody who was never a member."""
    account_of(services, program, member)
    services.members.erase(program.name, member)
