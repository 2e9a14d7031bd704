"""Referral (老客带新): an invitation links a newcomer and the member who invited them, once; when the newcomer
qualifies, both are paid in one movement (R-EARN-13).

A newcomer is somebody without any entry. Linking books an entry on both accounts, so neither is a newcomer after it:
self-referral, being referred twice, and circles of any length cannot happen. The transaction holds both accounts to
what they were, so two links that would make a circle together cannot both commit.
"""

from dataclasses import dataclass, replace
from typing import Final

from points.domain.errors import InvalidRequest, LimitReached, ReferralRefused
from points.domain.evaluation.evaluation import Payment
from points.domain.evaluation.retention import current_counters
from points.domain.evaluation.standing import stood, tier_details
from points.domain.ledger.account import Account, Activity, Referral
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.crediting import credited, lot_for
from points.domain.ledger.entries import EntryName, Kind, Line
from points.domain.program.referral import ReferralRules

INVITATION_LINE: Final = "invitation"
"""The line of a referral's points, on both sides."""

REWARDS: Final = "~referral/nL"
"""How many referrals a referrer has been paid for."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """``member`` is the newcomer."""

    reference: str
    member: str
    referrer: str


@dataclass(frozen=True, slots=True)
class Qualification:
    """What a qualifying event adds to its own movement (``payments``), and the referrer's movement beside it, if the
    referrer is paid. ``referrer`` is who brought the member, where this event qualifies."""

    referral: Referral | None
    payments: tuple[Payment, ...] = ()
    others: tuple[Decision, ...] = ()
    referrer: str | None = None

    @property
    def points(self) -> int:
        return sum(payment.points for payment in self.payments)

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(Line(payment.rule, payment.points) for payment in self.payments)


def link(newcomer: Account, referrer: Account, invitation: Invitation, context: Context) -> Decision:
    """A referrer who is frozen, or whose account is full, gets nothing for a newcomer who is paid at once, who is paid
    all the same.

    Raises InvalidRequest (the program has no referrals, or somebody refers themselves), ReferralRefused (not a
    newcomer any more) and LimitReached (the referrer has had as many as the program allows).
    """
    rules = context.program.referral
    if rules is None:
        raise InvalidRequest("the program has no referrals")
    if newcomer.member == referrer.member:
        raise InvalidRequest.at("/referrer", "nobody refers themselves")
    if newcomer.seq:
        raise ReferralRefused("only somebody without any entry is a newcomer", member=newcomer.member)
    if _at_cap(referrer, rules):
        maximum = rules.maximum_per_referrer
        raise LimitReached("the referrer has had as many as allowed", limit="referrals", maximum=maximum or 0)
    pays = rules.qualifying_behaviour is None
    linked = replace(newcomer, referral=Referral(referrer.member, paid=pays))
    if pays:
        linked = _credited(linked, rules.newcomer_points, rules, context)
    return book(
        newcomer,
        linked,
        name=EntryName(Kind.REFERRED, invitation.reference),
        context=context,
        lines=_lines(rules.newcomer_points if pays else 0),
        details={"referrer": referrer.member, **({"paid": True} if pays else {}), **tier_details(newcomer, linked)},
        others=(_beside(referrer, newcomer.member, rules, context, pays=pays),),
    )


def _beside(referrer: Account, newcomer: str, rules: ReferralRules, context: Context, *, pays: bool) -> Decision:
    """The referrer's side of a link: it is booked in any case, so that no circle can be closed over it."""
    name = EntryName(Kind.REFERRAL, newcomer)
    if pays and (paid := _reward(referrer, newcomer, rules, context, name)) is not None:
        return paid
    return book(referrer, referrer, name=name, context=context, details={"newcomer": newcomer})


def due_referrer(account: Account, behaviour: str, context: Context) -> str | None:
    """The member who is paid should this event be booked, so that their account is needed; None for nobody.

    Where the program has come to pay at the link, whoever was linked before is paid with their next event.
    """
    rules = context.program.referral
    if rules is None or account.referral is None or account.referral.paid:
        return None
    qualifies = rules.qualifying_behaviour is None or rules.qualifying_behaviour == behaviour
    return account.referral.referrer if qualifies else None


def qualify(
    account: Account, behaviour: str, reference: str, referrer: Account | None, context: Context
) -> Qualification:
    """What the event of that reference brings both. A referrer who is frozen, has had as many as allowed or has no room
    for more gets nothing; the newcomer is paid all the same, and once."""
    rules = context.program.referral
    if rules is None or referrer is None or due_referrer(account, behaviour, context) is None:
        return Qualification(account.referral)
    payments = (Payment(INVITATION_LINE, rules.newcomer_points, expiry=rules.expiry),) if rules.newcomer_points else ()
    # By the event, too: one that is returned takes the reward back, and another may bring it again.
    name = EntryName(Kind.REFERRAL_REWARD, reward_reference(account.member, reference))
    reward = None if _at_cap(referrer, rules) else _reward(referrer, account.member, rules, context, name)
    return Qualification(
        Referral(referrer.member, paid=True),
        payments,
        others=() if reward is None else (reward,),
        referrer=referrer.member,
    )


def reward_reference(newcomer: str, event: str) -> str:
    """Of the reward for a newcomer's qualifying event. No member and no reference has a ``/`` in it."""
    return f"{newcomer}/{event}"


def _reward(
    referrer: Account, newcomer: str, rules: ReferralRules, context: Context, name: EntryName
) -> Decision | None:
    """The referrer's reward; None for who cannot have it."""
    if Activity.EARNING in referrer.frozen:
        return None
    counters = {**current_counters(referrer, context), REWARDS: referrer.counters.get(REWARDS, 0) + 1}
    after = _credited(replace(referrer, counters=counters), rules.referrer_points, rules, context)
    try:
        return book(
            referrer,
            after,
            name=name,
            context=context,
            lines=_lines(rules.referrer_points),
            details={"newcomer": newcomer, "rewarded": True, **tier_details(referrer, after)},
        )
    except LimitReached:
        # Their limit is no reason to turn the newcomer away.
        return None


def _at_cap(referrer: Account, rules: ReferralRules) -> bool:
    maximum = rules.maximum_per_referrer
    return maximum is not None and referrer.counters.get(REWARDS, 0) >= maximum


def _credited(account: Account, points: int, rules: ReferralRules, context: Context) -> Account:
    """Points of an invitation are earned like any others: they count for the tier, on both sides."""
    settled = account.settled(context.now, context.program.zone)
    if not points:
        return settled
    name = lot_for(rules.expiry, account=settled, earned_on=context.today, context=context)
    with_points = credited(settled, points, lot_name=name, context=context)
    return stood(with_points, context, occurred_on=context.today, points=points)


def _lines(points: int) -> tuple[Line, ...]:
    return (Line(INVITATION_LINE, points),) if points else ()
