"""What a member has already of what a reward would make them, and whether that keeps them from having more of it.

What they have lies beside the account and is looked up only where it matters: a decision that has to know it and does
not asks for it (:class:`points.domain.ledger.booking.NeedsEntitlement`).
"""

from collections.abc import Iterator

from points.domain.errors import AlreadyOwned, LimitReached, Refusal
from points.domain.ledger.booking import Context, NeedsEntitlement
from points.domain.ledger.entitlements import MAX_MONTHS, Entitlement
from points.domain.program.rewards import ENTITLING, Reward, RewardKind


def known(reward: str, context: Context) -> Entitlement | None:
    """What the member has of that reward. Raises NeedsEntitlement."""
    if reward not in context.entitled:
        raise NeedsEntitlement(reward)
    return context.entitled[reward]


def in_the_way(reward: Reward, quantity: int, context: Context) -> Iterator[Refusal]:
    """Raises NeedsEntitlement."""
    if reward.kind not in ENTITLING:
        return
    found = known(reward.name, context)
    if reward.kind is RewardKind.BADGE:
        if found is not None:
            yield AlreadyOwned(f"{reward.name} is had once", reward=reward.name)
    elif months_left(found, context) < months_of(reward, quantity):
        message = f"a membership lasts {MAX_MONTHS} months at most"
        yield LimitReached(message, limit="membership_months", maximum=MAX_MONTHS)


def months_of(reward: Reward, quantity: int) -> int:
    return (reward.months or 0) * quantity


def months_left(found: Entitlement | None, context: Context) -> int:
    """That a membership can still be given: one that has ended is begun anew."""
    if found is None or not found.is_held(context.today):
        return MAX_MONTHS
    return MAX_MONTHS - (found.months or 0)
