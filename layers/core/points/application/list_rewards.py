"""The catalogue, with what a member can have right now and why not the rest."""

from dataclasses import dataclass

from points.application.reading import account_of
from points.application.services import Services
from points.domain.account import Activity
from points.domain.program import Program, Reward


@dataclass(frozen=True, slots=True)
class Offer:
    """``refused`` is the code a redemption would get, None where it would be accepted or no member was named."""

    reward: Reward
    stock_left: int | None
    refused: str | None


def list_rewards(services: Services, program: Program, member: str | None) -> list[Offer]:
    """Cheapest first. Raises NotFound for an unknown member."""
    available: int | None = None
    frozen = False
    if member is not None:
        account = account_of(services, program, member)
        available = account.balance(services.clock.now(), program.zone).available
        frozen = Activity.REDEEMING in account.frozen
    limited = [reward for reward in program.rewards.values() if reward.stock is not None]
    taken = services.ledger.stock_taken(program.name, limited) if limited else {}
    return [
        _offer(reward, taken.get(reward.name, 0), available, frozen=frozen)
        for reward in sorted(program.rewards.values(), key=lambda reward: (reward.price, reward.name))
    ]


def _offer(reward: Reward, taken: int, available: int | None, *, frozen: bool) -> Offer:
    left = None if reward.stock is None else max(0, reward.stock - taken)
    refused = None
    if left == 0:
        refused = "out_of_stock"
    elif frozen:
        refused = "member_frozen"
    elif available is not None and available < reward.price:
        refused = "insufficient_points"
    return Offer(reward, left, refused)
