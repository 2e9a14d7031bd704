"""A refund: take back what an event earned, or give back what a capture spent (R-EARN-11)."""

from points.application.movement import Booked, Request, perform
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.reversing import Reversal, reverse
from points.domain.program.program import Program


def reverse_entry(services: Services, program: Program, reversal: Reversal, *, actor: str) -> Booked:
    """Raises NotFound (nothing of that name to reverse) and what :func:`points.domain.movements.reversing.reverse`
    raises."""

    def decide(account: Account, context: Context) -> Decision:
        # Read after the account: a reversal booked in between has moved the account on, and the commit loses the race.
        original, earlier = services.ledger.entry_with_reversals(program.name, reversal.member, reversal.of)
        if original is None:
            raise NotFound(f"there is no entry {reversal.of}", resource="entry")
        confirmed = bool(original.moves.pending) and _is_confirmed(services, program, reversal)
        return reverse(account, reversal, original, earlier, context, confirmed=confirmed)

    name = EntryName(Kind.REVERSAL, reversal.reference, reverses=reversal.of)
    return perform(services, Request(program, reversal.member, name, actor, reversal), decide)


def _is_confirmed(services: Services, program: Program, reversal: Reversal) -> bool:
    name = EntryName(Kind.CONFIRM, reversal.of.reference)
    return services.ledger.entry(program.name, reversal.member, name) is not None
