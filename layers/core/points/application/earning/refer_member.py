"""An invitation: link a newcomer with the member who brought them (R-EARN-13)."""

from points.application.movement import Booked, Request, perform
from points.application.reading import account_of
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.referring import Invitation, link
from points.domain.program.program import Program


def refer_member(services: Services, program: Program, invitation: Invitation, *, actor: str) -> Booked:
    """Raises NotFound (newcomer or referrer) and what :func:`points.domain.movements.referring.link` raises."""

    def decide(account: Account, context: Context) -> Decision:
        return link(account, account_of(services, program, invitation.referrer), invitation, context)

    name = EntryName(Kind.REFERRED, invitation.reference)
    return perform(services, Request(program, invitation.member, name, actor, invitation), decide)
