"""Giving badges and memberships, and taking them back (R-RED-1).

What the member has of them by now has to be known (:mod:`points.domain.evaluation.owning`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from points.domain.evaluation.owning import known, months_left, months_of
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, EndEntitlement, SetEntitlement
from points.domain.ledger.entitlements import Entitlement, Given, given_by, with_given, without_given
from points.domain.ledger.entries import Entry
from points.domain.program.rewards import ENTITLING, Reward, RewardKind


@dataclass(frozen=True, slots=True)
class Entitled:
    """What an order gave, None for nothing, and what is at stake with it."""

    given: Given | None = None
    effects: Sequence[SetEntitlement | EndEntitlement] = field(default=())


def entitle(
    account: Account, reward: Reward, quantity: int, reference: str, context: Context, *, reserved: bool = False
) -> Entitled:
    """What so many of ``reward`` give, by the order ``reference``; nothing of other kinds. A badge they have already,
    or months beyond what a membership can last, give nothing more: a prize may be what its winner has. A membership
    whose order waits for money begins, or goes on, when that is paid: nothing is ``reserved`` of it."""
    if reward.kind not in ENTITLING:
        return Entitled()
    if reward.kind is RewardKind.BADGE:
        return _given(account, reward.name, Given(context.today, reserved=reserved), reference, context)
    return (
        Entitled()
        if reserved
        else entitle_months(account, reward.name, months_of(reward, quantity), reference, context)
    )


def entitle_badge(account: Account, reward: str, reference: str, context: Context) -> Entitled:
    """The one that was reserved for this order."""
    return _given(account, reward, Given(context.today), reference, context)


def entitle_months(account: Account, reward: str, months: int, reference: str, context: Context) -> Entitled:
    found = known(reward, context)
    months = min(months, months_left(found, context))
    if not months:
        return Entitled()
    since = found.since if found is not None and found.is_held(context.today) else context.today
    return _given(account, reward, Given(since, months), reference, context)


def disentitle(granted: Entry, reward: str, context: Context) -> Sequence[SetEntitlement | EndEntitlement]:
    """What that entry gave, taken back."""
    given = given_by(granted)
    if given is None:
        return ()
    found = known(reward, context)
    left = without_given(found, given, granted.reference)
    if found is None or left == found:
        return ()
    return (EndEntitlement(found),) if left is None else (SetEntitlement(left),)


def _given(account: Account, reward: str, given: Given, reference: str, context: Context) -> Entitled:
    found = known(reward, context)
    if given.months is None and found is not None and found.order != reference:
        return Entitled()
    new = Entitlement(
        program=account.program,
        member=account.member,
        reward=reward,
        since=given.since,
        order=reference,
        version=context.program.version,
        months=given.months,
        reserved=given.reserved,
    )
    return Entitled(given, (SetEntitlement(with_given(found, given, new)),))
