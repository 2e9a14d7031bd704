"""Send one notice by one channel, once, if there is still something to say to somebody who may be told.

Everything is looked up at the moment of sending: a notice may have waited in a queue for days, and meanwhile the member
has opted out, spent the points or been erased. Not to send is a result like any other, with its reason.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.application.delivery.letters import Told, language_of, letter, text_message
from points.application.delivery.ports import SMS, Delivery, DeliveryServices, Outlet, Refused, Sending
from points.application.delivery.quiet_hours import quiet_until
from points.domain.calendar import local_day
from points.domain.ledger.account import POOL_PREFIX, reader_of
from points.domain.ledger.members import Profile
from points.domain.ledger.timers import Expiring
from points.domain.program.program import Program
from points.domain.program.reminding import Reminders
from points.domain.reminding.notices import Notice


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


class _Not(Exception):
    """Ends a delivery: there is a reason not to send it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def deliver_notice(services: DeliveryServices, delivery: Delivery) -> Outcome:
    """Raises Refused, NotNow, NotFound for a program that is not there, and what the ledger raises."""
    try:
        return _delivered(services, delivery)
    except _Not as no:
        return NotSent(no.reason)


def _delivered(services: DeliveryServices, delivery: Delivery) -> Outcome:
    notice = services.notices.notice(delivery.program, delivery.member, delivery.about)
    if notice is None:
        # It was written before the message was: whoever sent this made it up.
        raise Refused("no_such_notice")
    program = services.programs.live(delivery.program)
    reminders = _reminders_of(program, notice, delivery.channel)
    profile = _willing(services.members.profile(delivery.program, _reader(services, delivery)))
    outlet, address = _reached(services, profile, delivery.channel)
    # A notice of a run for a later day is read on that day.
    now = max(services.clock.now(), notice.at)
    told = _what_is_left(services, program, notice, now)
    if (until := quiet_until(reminders.quiet_hours, now, program.zone)) is not None:
        return Wait(until)
    name = language_of(program, profile.locale)
    message = letter(program, told, name, services.languages.language(name))
    if delivery.channel == SMS:
        message = text_message(message)
    sending = services.sent.once(delivery, lambda: outlet.send(address, message))
    if sending is Sending.BEFORE:
        raise _Not(Reason.SENT_BEFORE)
    return Sent(recorded=sending is not Sending.UNRECORDED)


def _reminders_of(program: Program, notice: Notice, channel: str) -> Reminders:
    """What the program says now. Lead times may have changed since: what was owed by the old ones is still true."""
    if notice.superseded:
        raise _Not(Reason.SUPERSEDED)
    reminders = program.reminders
    if reminders is None or not (reminders.lead_days if isinstance(notice.about, Expiring) else reminders.dormancy):
        raise _Not(Reason.REMINDERS_OFF)
    if channel not in reminders.channels:
        raise _Not(Reason.CHANNEL_OFF)
    return reminders


def _reader(services: DeliveryServices, delivery: Delivery) -> str:
    """Of a pool's points its owner is told. An account is read for it where it is one of a pool."""
    if not delivery.member.startswith(POOL_PREFIX):
        return delivery.member
    account = services.ledger.account(delivery.program, delivery.member)
    return delivery.member if account is None else reader_of(account)


def _willing(profile: Profile | None) -> Profile:
    if profile is None:
        raise _Not(Reason.ERASED)
    if profile.opt_out:
        raise _Not(Reason.OPTED_OUT)
    return profile


def _reached(services: DeliveryServices, profile: Profile, channel: str) -> tuple[Outlet, str]:
    outlet = services.outlets.get(channel)
    if outlet is None:
        raise _Not(Reason.CHANNEL_NOT_SET_UP)
    address = outlet.address(profile)
    if address is None:
        raise _Not(Reason.NO_ADDRESS)
    return outlet, address


def _what_is_left(services: DeliveryServices, program: Program, notice: Notice, now: datetime) -> Told:
    """The figures of now: what the notice named may have been spent since."""
    account = services.ledger.account(notice.program, notice.member)
    if account is None:
        raise _Not(Reason.NOTHING_LEFT)
    today = local_day(now, program.zone)
    if isinstance(notice.about, Expiring):
        if notice.about.expires_on < today:
            raise _Not(Reason.TOO_LATE)
        points = dict(account.expiring(now, program.zone)).get(notice.about.expires_on, 0)
    else:
        if account.active_on is not None and account.active_on > notice.about.active_on:
            raise _Not(Reason.ACTIVE_AGAIN)
        points = account.balance(now, program.zone).available
    if not points:
        raise _Not(Reason.NOTHING_LEFT)
    affordable = {reward.name for reward in program.affordable(points, today)}
    return Told(notice.about, points, notice.reward if notice.reward in affordable else None, today)
