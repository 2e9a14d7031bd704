"""A member's coming expiries, as the member is told them (R-EXP-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from points.application.members.expiry_phrases import Coming, coming_phrase, summary_phrase
from points.application.members.read_expiry_rule import behaviour_called
from points.application.ports import Wording
from points.application.reading import account_of
from points.application.services import Services
from points.domain.calendar import local_day
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class ToldExpiry:
    """``days_left`` is 0 on the last day itself."""

    coming: Coming
    days_left: int
    sentence: str


@dataclass(frozen=True, slots=True)
class ToldExpiries:
    """Soonest first, as many as the account has lots at most. ``sentence`` sums them up."""

    sentence: str
    expiries: Sequence[ToldExpiry]
    as_of: datetime


def read_expiries(services: Services, program: Program, member: str, language: str) -> ToldExpiries:
    """Raises NotFound."""
    account = account_of(services, program, member)
    now = services.clock.now()
    return told_expiries(services.wording, program, coming_expiries(account, program, now), language, now=now)


def coming_expiries(account: Account, program: Program, now: datetime) -> list[Coming]:
    """Of points that can be spent: what waits or is held is not among them."""
    settled, today = account.settled(now, program.zone), local_day(now, program.zone)
    moving = {name: points for name, points in settled.lots.items() if lot.is_moving(name)}
    coming = [Coming(on, points) for on, points in lot.expiring(lot.subtracted(settled.lots, moving), today)]
    if moving and settled.active_until is not None:
        coming.append(Coming(settled.active_until, lot.total(moving), moving=True))
    return sorted(coming, key=lambda each: each.on)


def told_expiries(
    wording: Wording, program: Program, expiries: Sequence[Coming], language: str, *, now: datetime
) -> ToldExpiries:
    """``expiries`` soonest first."""
    today = local_day(now, program.zone)

    def called(behaviour: str) -> str:
        return behaviour_called(program, behaviour, language)

    def told(coming: Coming) -> ToldExpiry:
        phrase = coming_phrase(coming, today, program.expiry, called)
        return ToldExpiry(coming, (coming.on - today).days, wording.say(phrase, language))

    summary = summary_phrase(expiries, today, program.expiry, called)
    return ToldExpiries(wording.say(summary, language), list(map(told, expiries)), now)
