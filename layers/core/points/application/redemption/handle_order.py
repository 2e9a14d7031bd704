"""What operators do with an order: fulfil, ship, deliver."""

from dataclasses import dataclass

from points.application.movement import Booked, Request, perform
from points.application.redemption.read_order import read_order
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Kind
from points.domain.ledger.orders import transition_name
from points.domain.movements.handling import handle
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class Handling:
    """``order`` is the reference of the redemption. An order takes each step once, so ``reason`` is not part of what
    makes two of them the same; what a carrier calls the parcel is."""

    member: str
    order: str
    tracking: str | None = None


def handle_order(
    services: Services, program: Program, kind: Kind, handling: Handling, *, reason: str | None, actor: str
) -> Booked:
    """``kind`` is fulfil, ship or deliver. Raises NotFound and OrderNotMovable."""

    def decide(account: Account, context: Context) -> Decision:
        order = read_order(services, program, handling.member, handling.order).order
        return handle(account, order, kind, context, tracking=handling.tracking, reason=reason)

    name = transition_name(kind, handling.order)
    return perform(services, Request(program, handling.member, name, actor, handling), decide)
