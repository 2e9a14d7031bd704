"""A member's personal data goes; their account and entries stay, so the ledger stays whole (R-OPS)."""

from typing import Final

from points.application.members.manage_pools import Leaving, leave_pool
from points.application.ports import RaceLost
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import Conflict
from points.domain.program.program import Program

ACTOR: Final = "erasure"
"""Recorded where nobody says who asked for it."""


def erase_member(services: Services, program: Program, member: str, *, actor: str = ACTOR) -> None:
    """Safe to repeat. Who belongs to a pool leaves it first. Raises NotFound for somebody who was never a member, and
    Conflict."""
    account = account_of(services, program, member)
    if account.belongs_to is not None:
        leave_pool(services, program, Leaving(member, account.belongs_to), actor=actor)
    try:
        services.members.erase(program.name, member)
    except RaceLost as race:
        raise Conflict("others kept changing this account") from race
