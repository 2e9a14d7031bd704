"""The waiting of an earning's points is over before its time (R-EARN-10)."""

from points.application.movement import Booked, Request, perform
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.confirming import Confirmation, confirm
from points.domain.program.program import Program


def confirm_points(
    services: Services, program: Program, confirmation: Confirmation, *, actor: str, by_operator: bool
) -> Booked:
    """Raises NotFound (no such member or earning) and HeldForRisk, which an operator is above."""
    earned = EntryName(Kind.EARN, confirmation.earning)

    def decide(account: Account, context: Context) -> Decision:
        # Read after the account, as for a reversal: what is reversed in between makes the commit lose its race.
        original, earlier = services.ledger.entry_with_reversals(program.name, confirmation.member, earned)
        if original is None:
            raise NotFound(f"there is no entry {earned}", resource="entry")
        decided = services.programs.version(program.name, original.program_version)
        return confirm(account, confirmation, original, earlier, context, decided=decided, by_operator=by_operator)

    name = EntryName(Kind.CONFIRM, confirmation.earning)
    return perform(services, Request(program, confirmation.member, name, actor, confirmation), decide)
