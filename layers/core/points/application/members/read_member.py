"""One member as operators and apps see them."""

from dataclasses import dataclass
from datetime import datetime

from points.application.reading import account_of
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.members import Profile
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class MemberView:
    """``profile`` is empty after an erasure."""

    account: Account
    profile: Profile
    as_of: datetime


def read_member(services: Services, program: Program, member: str) -> MemberView:
    """Raises NotFound."""
    account = account_of(services, program, member)
    profile = services.members.profile(program.name, member) or Profile()
    return MemberView(account, profile, services.clock.now())
