"""Points for a reward: the price, the order and the stock in one transaction (R-RED)."""

from points.application.movement import Booked, Request, perform
from points.application.services import Services
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.redeeming import Redemption, redeem
from points.domain.program.program import Program


def redeem_reward(services: Services, program: Program, redemption: Redemption, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.redeeming.redeem` raises, and OutOfStock."""
    request = Request(program, redemption.member, EntryName(Kind.REDEEM, redemption.reference), actor, redemption)
    return perform(services, request, lambda account, context: redeem(account, redemption, context))
