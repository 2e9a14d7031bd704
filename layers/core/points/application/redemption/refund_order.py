"""Something of an order that points paid in part is returned: points and money in proportion (R-RED-4)."""

from points.application.movement import Booked, Request, perform
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.refunding import OrderRefund, refund
from points.domain.program.program import Program


def refund_order(services: Services, program: Program, request: OrderRefund, *, actor: str) -> Booked:
    """Raises NotFound (nothing was captured of that hold) and what :func:`points.domain.movements.refunding.refund`
    raises."""
    captured_name = EntryName(Kind.CAPTURE, request.hold)

    def decide(account: Account, context: Context) -> Decision:
        # Read after the account: a refund booked in between has moved the account on, and the commit loses the race.
        captured, earlier = services.ledger.entry_with_reversals(program.name, request.member, captured_name)
        if captured is None:
            raise NotFound(f"nothing was captured of a hold {request.hold}", resource="capture")
        return refund(account, request, captured, earlier, context)

    name = EntryName(Kind.REVERSAL, request.reference, reverses=captured_name)
    return perform(services, Request(program, request.member, name, actor, request), decide)
