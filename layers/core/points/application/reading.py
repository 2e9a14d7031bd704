"""What several use cases read first."""

from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.program.program import Program


def account_of(services: Services, program: Program, member: str) -> Account:
    """Raises NotFound."""
    account = services.ledger.account(program.name, member)
    if account is None:
        raise NotFound(f"there is no member {member}", resource="member")
    return account
