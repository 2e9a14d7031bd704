"""The catalogue, with what a member can have right now and why not the rest."""

from dataclasses import dataclass

from points.application.ports import Page
from points.application.reading import account_of, with_current_facts
from points.application.services import Services
from points.domain.errors import InsufficientPoints, MemberFrozen, NotAvailableYet, NotEligible, OutOfStock
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context
from points.domain.movements.redeeming import is_eligible
from points.domain.program.program import Program
from points.domain.program.rewards import Reward


@dataclass(frozen=True, slots=True)
class Offer:
    """``refused`` is the code a redemption would get, None where it would be accepted or no member was named."""

    reward: Reward
    stock_left: int | None
    refused: str | None


def list_rewards(
    services: Services, program: Program, member: str | None, *, after: str | None = None, limit: int, actor: str
) -> Page[Offer]:
    """Cheapest first; ``next_key`` is price and name of the last. Only the stock of what is on the page is looked up.
    Raises NotFound for an unknown member."""
    context = Context(program, services.clock.now(), actor, fingerprint="")
    account = None if member is None else with_current_facts(services, program, account_of(services, program, member))
    rewards = sorted(program.rewards.values(), key=_place)
    following = [reward for reward in rewards if after is None or _place(reward) > _read(after)]
    page = following[:limit]
    limited = [reward for reward in page if reward.stock is not None]
    taken = services.ledger.stock_taken(program.name, limited) if limited else {}
    offers = [_offer(reward, taken.get(reward.name, 0), account, context) for reward in page]
    return Page(offers, f"{page[-1].price}/{page[-1].name}" if len(following) > limit else None)


def _place(reward: Reward) -> tuple[int, str]:
    return reward.price, reward.name


def _read(key: str) -> tuple[int, str]:
    price, _, name = key.partition("/")
    return int(price), name


def _offer(reward: Reward, taken: int, account: Account | None, context: Context) -> Offer:
    left = None if reward.stock is None else max(0, reward.stock - taken)
    refused = None
    if not reward.available:
        refused = NotAvailableYet.code
    elif left == 0:
        refused = OutOfStock.code
    elif account is not None:
        refused = _refused(reward, account, context)
    return Offer(reward, left, refused)


def _refused(reward: Reward, account: Account, context: Context) -> str | None:
    if Activity.REDEEMING in account.frozen:
        return MemberFrozen.code
    if not is_eligible(account, reward, context):
        return NotEligible.code
    available = account.balance(context.now, context.program.zone).available
    return InsufficientPoints.code if available < reward.price else None
