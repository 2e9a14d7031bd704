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
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Activity, Referral
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.entries import EntryName, Kind, Line
from points.domain.program.referral import ReferralRules

INVITATION_LINE: Final = "invitation"
"""The line of a referral's points, on both sides."""

_PAID: Final = "~referral/nL"
"""How many referrals a referrer has been paid for."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """``member`` is the newcomer."""

    reference: str
    member: str
    referrer: str


@dataclass(frozen=True, slots=True)
class Qualification:
    """What a qualifying event adds to its own movement (``payments``), and the referrer's movement beside it."""

    referral: Referral | None
    payments: tuple[Payment, ...] = ()
    others: tuple[Decision, ...] = ()

    @property
    def points(self) -> int:
        return sum(payment.points for payment in self.payments)

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(Line(payment.rule, payment.points) for payment in self.payments)


def link(newcomer: Account, referrer: Account, invitation: Invitation, context: Context) -> Decision:
    """A referrer who is frozen gets nothing for a newcomer who is paid at once, who is paid all the same.

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
    pays_referrer = pays and Activity.EARNING not in referrer.frozen
    linked = replace(newcomer, referral=Referral(referrer.member, paid=pays))
    if pays:
        linked = _credited(linked, rules.newcomer_points, rules, context)
    beside = _rewarded(referrer, rules, context) if pays_referrer else referrer
    other = book(
        referrer,
        beside,
        name=EntryName(Kind.REFERRAL, newcomer.member),
        context=context,
        lines=_lines(rules.referrer_points if pays_referrer else 0),
        details={"newcomer": newcomer.member},
    )
    return book(
        newcomer,
        linked,
        name=EntryName(Kind.REFERRED, invitation.reference),
        context=context,
        lines=_lines(rules.newcomer_points if pays else 0),
        details={"referrer": referrer.member},
        others=(other,),
    )


def due_referrer(account: Account, behaviour: str, context: Context) -> str | None:
    """The member who is paid should this event be booked, so that their account is needed; None for nobody."""
    rules = context.program.referral
    if rules is None or account.referral is None or account.referral.paid:
        return None
    return account.referral.referrer if rules.qualifying_behaviour == behaviour else None


def qualify(account: Account, behaviour: str, referrer: Account | None, context: Context) -> Qualification:
    """What the event brings both. A referrer who is frozen, or has had as many as allowed, gets nothing; the newcomer
    is paid all the same, and once."""
    rules = context.program.referral
    if rules is None or referrer is None or due_referrer(account, behaviour, context) is None:
        return Qualification(account.referral)
    payments = (Payment(INVITATION_LINE, rules.newcomer_points, expiry=rules.expiry),) if rules.newcomer_points else ()
    paid = Referral(referrer.member, paid=True)
    if Activity.EARNING in referrer.frozen or _at_cap(referrer, rules):
        return Qualification(paid, payments)
    other = book(
        referrer,
        _rewarded(referrer, rules, context),
        name=EntryName(Kind.REFERRAL_REWARD, account.member),
        context=context,
        lines=_lines(rules.referrer_points),
        details={"newcomer": account.member},
    )
    return Qualification(paid, payments, (other,))


def _at_cap(referrer: Account, rules: ReferralRules) -> bool:
    maximum = rules.maximum_per_referrer
    return maximum is not None and referrer.counters.get(_PAID, 0) >= maximum


def _rewarded(referrer: Account, rules: ReferralRules, context: Context) -> Account:
    counters = {**referrer.counters, _PAID: referrer.counters.get(_PAID, 0) + 1}
    return _credited(replace(referrer, counters=counters), rules.referrer_points, rules, context)


def _credited(account: Account, points: int, rules: ReferralRules, context: Context) -> Account:
    settled = account.settled(context.now, context.program.zone)
    if not points:
        return settled
    expires_on = (rules.expiry or context.program.expiry).expires_on(context.today)
    name = lot.bucket(expires_on=expires_on, earned_on=context.today)
    return replace(settled, lots=lot.added(settled.lots, {name: points})).repaid(context.today)


def _lines(points: int) -> tuple[Line, ...]:
    return (Line(INVITATION_LINE, points),) if points else ()
