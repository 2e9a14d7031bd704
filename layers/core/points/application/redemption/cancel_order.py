"""Take an order back: points to their lots, goods to the shelf."""

from dataclasses import dataclass

from points.application.movement import Booked, Request, perform
from points.application.reading import usage_of_reward
from points.application.redemption.read_order import read_order
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.redeeming import CANCELLATION, cancel
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class Cancellation:
    """``order`` is the reference of the redemption. An order has one cancellation, so ``reason`` is not part of
    what makes two of them the same."""

    member: str
    order: str


def cancel_order(
    services: Services, program: Program, cancellation: Cancellation, *, reason: str | None, actor: str
) -> Booked:
    """Raises NotFound and OrderNotCancellable."""
    redeemed_name = EntryName(Kind.REDEEM, cancellation.order)

    def decide(account: Account, context: Context) -> Decision:
        order = read_order(services, program, cancellation.member, cancellation.order)
        redeemed = services.ledger.entry(program.name, cancellation.member, redeemed_name)
        if redeemed is None:
            raise NotFound(f"there is no redemption {cancellation.order}", resource="order")
        counted = bool(redeemed.details.get("counted"))
        usage = usage_of_reward(services, program, cancellation.member, order.reward) if counted else None
        return cancel(account, order, redeemed, context, reason=reason, usage=usage)

    name = EntryName(Kind.REVERSAL, CANCELLATION, reverses=redeemed_name)
    return perform(services, Request(program, cancellation.member, name, actor, cancellation), decide)
