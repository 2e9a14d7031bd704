"""Points for a reward: the price, the order and the stock in one transaction (R-RED)."""

from points.application.movement import Booked, Request, perform
from points.application.reading import usage_of_reward
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.redeeming import Redemption, redeem
from points.domain.program.program import Program


def redeem_reward(services: Services, program: Program, redemption: Redemption, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.redeeming.redeem` raises, and OutOfStock."""
    request = Request(program, redemption.member, EntryName(Kind.REDEEM, redemption.reference), actor, redemption)

    def decide(account: Account, context: Context) -> Decision:
        reward = program.rewards.get(redemption.reward)
        limited = reward is not None and bool(reward.limits)
        usage = usage_of_reward(services, program, redemption.member, redemption.reward) if limited else None
        return redeem(account, redemption, context, usage)

    return perform(services, request, decide)
