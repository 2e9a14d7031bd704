"""Pay what an order costs besides: its points are spent, and it is placed."""

from dataclasses import dataclass

from points.application.movement import Booked, Request, perform
from points.application.redemption.read_order import entries_of_order
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Kind
from points.domain.ledger.orders import transition_name
from points.domain.movements.paying import pay
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class Payment:
    """``order`` is the reference of the redemption; ``payment`` is what the caller calls it. An order is paid once:
    under another name it is another request."""

    member: str
    order: str
    payment: str | None = None


def pay_order(services: Services, program: Program, payment: Payment, *, actor: str) -> Booked:
    """Raises NotFound and what :func:`points.domain.movements.paying.pay` raises."""

    def decide(account: Account, context: Context) -> Decision:
        entries = entries_of_order(services, program, payment.member, payment.order)
        return pay(account, entries, context, payment=payment.payment)

    name = transition_name(Kind.PAY, payment.order)
    return perform(services, Request(program, payment.member, name, actor, payment), decide)
