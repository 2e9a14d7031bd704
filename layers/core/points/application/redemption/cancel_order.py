"""Take an order back: points to their lots, goods to the shelf, coupons void."""

from points.application.movement import Booked, Cancellation, Request, perform
from points.application.reading import coupons_of, usage_of_reward
from points.application.redemption.read_order import entries_of_order
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Kind
from points.domain.ledger.orders import order_of, payment_of, transition_name
from points.domain.movements.redeeming import cancel
from points.domain.program.program import Program

__all__ = ["Cancellation", "cancel_order"]


def cancel_order(
    services: Services, program: Program, cancellation: Cancellation, *, reason: str | None, actor: str
) -> Booked:
    """Raises NotFound, OrderNotCancellable and CouponUsed."""

    def decide(account: Account, context: Context) -> Decision:
        entries = entries_of_order(services, program, cancellation.member, cancellation.order)
        order, redeemed = order_of(entries), entries[0]
        counted = bool(redeemed.details.get("counted"))
        usage = usage_of_reward(services, program, cancellation.member, order.reward) if counted else None
        paid, coupons = payment_of(entries), coupons_of(services, program, redeemed)
        return cancel(account, order, redeemed, context, reason=reason, usage=usage, paid=paid, coupons=coupons)

    name = transition_name(Kind.REVERSAL, cancellation.order)
    return perform(services, Request(program, cancellation.member, name, actor, cancellation), decide)
