"""What a reward costs a member, and whether it is for them: every reason why not, in the order in which a redemption
gives them (R-RED-1, R-RED-7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from points.domain.errors import (
    InsufficientPoints,
    LimitReached,
    MemberFrozen,
    NotEligible,
    NotOnSale,
    Refusal,
)
from points.domain.evaluation.facts import member_facts
from points.domain.evaluation.owning import in_the_way
from points.domain.evaluation.standing import level_of
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context
from points.domain.ledger.usage import Usage
from points.domain.program.conditions import failing
from points.domain.program.limiting import MemberLimit
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.windows import Counters

REDEMPTIONS: Final = "~redemptions/nL"
"""How many redemptions of a member's have not been cancelled. Counted whether or not the first one costs less, so that
a discount that comes later is nobody's second."""


@dataclass(frozen=True, slots=True)
class Price:
    """In points, of the whole quantity: ``points`` are to be paid, after ``discount``."""

    points: int
    discount: int = 0


def price_of(account: Account, reward: Reward, quantity: int, context: Context) -> Price:
    """Of this member's tier, and less for their first redemption where the program says so."""
    full = price_of_tier(account, reward, context.program) * quantity
    first = context.program.first_redemption
    discount = 0 if first is None or account.counters.get(REDEMPTIONS, 0) else first.off(full)
    return Price(full - discount, discount)


def price_of_tier(account: Account, reward: Reward, program: Program) -> int:
    """What one of it costs members of this tier."""
    if not reward.prices or program.tiers is None:
        return reward.price
    return reward.prices.get(level_of(program.tiers, account.tier).name, reward.price)


def with_redemption(counters: Counters, count: int) -> Counters:
    """With so many redemptions more, or less; never less than none."""
    left = max(0, counters.get(REDEMPTIONS, 0) + count)
    kept = {key: number for key, number in counters.items() if key != REDEMPTIONS}
    return {**kept, REDEMPTIONS: left} if left else kept


def refusals(
    account: Account, reward: Reward, quantity: int, context: Context, *, usage: Usage | None
) -> Iterator[Refusal]:
    """Every reason why the member cannot have so many of it now, as far as the account knows. ``usage`` is what they
    had of it, where each may have only so many."""
    if Activity.REDEEMING in account.frozen:
        frozen = ",".join(sorted(account.frozen))
        yield MemberFrozen(f"{Activity.REDEEMING} is frozen for this member", frozen=frozen)
    yield from of_reward(account, reward, quantity, context, usage=usage)
    price = price_of(account, reward, quantity, context).points
    available = account.balance(context.now, context.program.zone).available
    if available < price:
        message = f"{price} points are needed and {available} are available"
        yield InsufficientPoints(message, available=available, required=price)


def of_reward(
    account: Account, reward: Reward, quantity: int, context: Context, *, usage: Usage | None
) -> Iterator[Refusal]:
    """The reasons that are the reward's own, be the member frozen or poor. Raises NeedsEntitlement."""
    if (closed := off_sale(reward, context)) is not None:
        yield closed
    at = context.now.astimezone(context.program.zone)
    if because := failing(reward.when, member_facts(account, at, context.program)):
        yield NotEligible(f"{reward.name} is not for this member", reward=reward.name, because=",".join(because))
    yield from in_the_way(reward, quantity, context)
    if usage is not None and (reached := _reached(usage, reward, quantity, context)) is not None:
        yield limit_reached(usage, reached)


def off_sale(reward: Reward, context: Context) -> NotOnSale | None:
    """Whether it is before or after the reward's days, whoever asks. They end with the last day of its coupons."""
    over = reward.coupon is not None and reward.coupon.is_over(context.today)
    if reward.dates.include(context.today) and not over:
        return None
    days = {"from": reward.dates.first, "to": reward.dates.last}
    if over and reward.coupon is not None:
        days["to"] = reward.coupon.valid_until
    known = {name: day.isoformat() for name, day in days.items() if day is not None}
    return NotOnSale(f"{reward.name} is not on sale today", reward=reward.name, **known)


def _reached(usage: Usage, reward: Reward, quantity: int, context: Context) -> MemberLimit | None:
    return usage.exceeded(reward.limits, quantity, context.today, week_starts_on=context.program.week_starts_on)


def limit_reached(usage: Usage, limit: MemberLimit) -> LimitReached:
    message = f"{usage.name}: {limit.maximum} in a {limit.window} are for each member"
    return LimitReached(message, limit=f"{usage.kind}/{limit.window}", maximum=limit.maximum)
