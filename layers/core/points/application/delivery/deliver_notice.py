"""Send one notice by one channel, once, if there is still something to say to somebody who may be told.

Everything is looked up at the moment of sending: a notice may have waited in a queue for days, and meanwhile the member
has opted out, spent the points or been erased. Not to send is a result like any other, with its reason.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from points.application.delivery.letters import Told, language_of, letter, text_message
from points.application.delivery.ports import Delivery, DeliveryServices, Refused, Sending
from points.domain.calendar import local_day
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Kind
from points.domain.ledger.members import Profile
from points.domain.program.program import Program
from points.domain.program.reminding import SMS, Reminders
from points.domain.reminding.notices import About, Dormant, Expiring, Notice

_ACTIVE = frozenset({Kind.EARN, Kind.REDEEM, Kind.HOLD})
"""Entries that come of something the member does."""

_ENTRIES_LOOKED_AT = 20


class Reason(StrEnum):
    """Why a notice was not sent."""

    SENT_BEFORE = "sent_before"
    SUPERSEDED = "superseded"
    REMINDERS_OFF = "reminders_off"
    CHANNEL_OFF = "channel_off"
    CHANNEL_NOT_SET_UP = "channel_not_set_up"
    ERASED = "erased"
    OPTED_OUT = "opted_out"
    NO_ADDRESS = "no_address"
    NOTHING_LEFT = "nothing_left"
    TOO_LATE = "too_late"
    ACTIVE_AGAIN = "active_again"


@dataclass(frozen=True, slots=True)
class Sent:
    """``recorded`` is False where a duplicate could send it again."""

    recorded: bool = True


@dataclass(frozen=True, slots=True)
class NotSent:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Wait:
    """The program's quiet hours reign until then."""

    until: datetime


type Outcome = Sent | NotSent | Wait


def deliver_notice(services: DeliveryServices, delivery: Delivery) -> Outcome:
    """Raises Refused, NotNow, NotFound for a program that is not there, and what the ledger raises."""
    notice = services.notices.notice(delivery.program, delivery.member, delivery.about)
    if notice is None:
        # It was written before the message was: whoever sent this made it up.
        raise Refused("no_such_notice")
    program = services.programs.live(delivery.program)
    profile = services.members.profile(delivery.program, delivery.member)
    if (reason := _why_not(program, notice, profile, delivery)) is not None:
        return NotSent(reason)
    assert profile is not None
    outlet = services.outlets.get(delivery.channel)
    if outlet is None:
        return NotSent(Reason.CHANNEL_NOT_SET_UP)
    address = outlet.address(profile)
    if address is None:
        return NotSent(Reason.NO_ADDRESS)
    told = _what_is_left(services, program, notice)
    if isinstance(told, Reason):
        return NotSent(told)
    if (until := _quiet_until(program, services.clock.now())) is not None:
        return Wait(until)
    name = language_of(program, profile.locale)
    message = letter(program, told, name, services.languages.language(name))
    if delivery.channel == SMS:
        message = text_message(message)
    match services.sent.once(delivery, lambda: outlet.send(address, message)):
        case Sending.BEFORE:
            return NotSent(Reason.SENT_BEFORE)
        case Sending.NOW:
            return Sent()
        case Sending.UNRECORDED:
            return Sent(recorded=False)


def _why_not(program: Program, notice: Notice, profile: Profile | None, delivery: Delivery) -> Reason | None:
    """What forbids to write to this member at all, whatever their points."""
    if notice.superseded:
        return Reason.SUPERSEDED
    if program.reminders is None or not _still_reminds(program.reminders, notice.about):
        return Reason.REMINDERS_OFF
    if delivery.channel not in program.reminders.channels:
        return Reason.CHANNEL_OFF
    if profile is None:
        return Reason.ERASED
    return Reason.OPTED_OUT if profile.opt_out else None


def _still_reminds(reminders: Reminders, about: About) -> bool:
    """Lead times may have changed since: what was owed by the old ones is still true."""
    return bool(reminders.lead_days) if isinstance(about, Expiring) else reminders.dormancy is not None


def _what_is_left(services: DeliveryServices, program: Program, notice: Notice) -> Told | Reason:
    """The figures of now, or why there is nothing to tell any more."""
    account = services.ledger.account(notice.program, notice.member)
    if account is None:
        return Reason.ERASED
    now = services.clock.now()
    today = local_day(now, program.zone)
    match notice.about:
        case Expiring(expires_on, _):
            if expires_on < today:
                return Reason.TOO_LATE
            points = dict(account.expiring(now, program.zone)).get(expires_on, 0)
        case Dormant(active_on, _):
            if _active_since(services, program, account, active_on):
                return Reason.ACTIVE_AGAIN
            points = account.balance(now, program.zone).available
    if not points:
        return Reason.NOTHING_LEFT
    affordable = {reward.name for reward in program.affordable(points)}
    return Told(notice.about, points, notice.reward if notice.reward in affordable else None, today)


def _active_since(services: DeliveryServices, program: Program, account: Account, day: date) -> bool:
    newest = services.ledger.entries(program.name, account.member, limit=_ENTRIES_LOOKED_AT).items
    return any(entry.name.kind in _ACTIVE and local_day(entry.at, program.zone) > day for entry in newest)


def _quiet_until(program: Program, now: datetime) -> datetime | None:
    quiet = None if program.reminders is None else program.reminders.quiet_hours
    return None if quiet is None else quiet.until(now, program.zone)
