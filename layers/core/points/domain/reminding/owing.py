"""Which notices an account is owed: those whose moments have come since its reminder was last set.

Of several that have come for points of one day, because nobody looked for a while, the nearest is sent and the others
are kept as superseded; of dormancy the latest. What has expired meanwhile is nobody's reminder any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from points.domain.calendar import local_day
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.timers import Dormant, Expiring, dormant_rounds, moment_of, next_reminder
from points.domain.program.program import Program
from points.domain.program.reminding import Reminders
from points.domain.reminding.notices import Notice


@dataclass(frozen=True, slots=True)
class Owed:
    """``notices`` to be kept now, the nearest moments first, and the account's next reminder after them."""

    notices: Sequence[Notice]
    remind_at: datetime | None


def owed(account: Account, program: Program, now: datetime, *, silent: bool = False, limit: int) -> Owed:
    """``silent``: the member wants to hear nothing, or is not there any more. At most ``limit`` notices: what is beyond
    is owed from the account's next reminder on, which then is at once."""
    reminders, zone = program.reminders, program.zone
    upcoming = next_reminder(account, reminders, zone, now)
    if reminders is None or account.remind_at is None or account.remind_at > now or silent:
        return Owed((), upcoming)
    settled = account.settled(now, zone)
    notices = [*_expiring(settled, reminders, program, now), *_dormant(settled, reminders, program, now)]
    notices.sort(key=lambda notice: (moment_of(notice.about, reminders, zone), str(notice.about)))
    if len(notices) <= limit:
        return Owed(notices, upcoming)
    return Owed(notices[:limit], moment_of(notices[limit].about, reminders, zone))


def is_quiet(program: Program, now: datetime) -> bool:
    """Whether nobody is told anything now. What is owed stays owed: the timers wait for the end of the quiet hours."""
    quiet = None if program.reminders is None else program.reminders.quiet_hours
    return quiet is not None and quiet.includes(now.astimezone(program.zone).time())


def _expiring(settled: Account, reminders: Reminders, program: Program, now: datetime) -> list[Notice]:
    found: list[Notice] = []
    for day, points in lot.expiring(settled.lots, local_day(now, program.zone), settled.active_until):
        come = [
            lead
            for lead in reminders.lead_days
            if settled.remind_at is not None
            and settled.remind_at <= moment_of(Expiring(day, lead), reminders, program.zone) <= now
        ]
        found += [
            _notice(settled, Expiring(day, lead), points, reminders, program, now, superseded=lead != min(come))
            for lead in come
        ]
    return found


def _dormant(settled: Account, reminders: Reminders, program: Program, now: datetime) -> list[Notice]:
    available = lot.live_points(settled.lots, local_day(now, program.zone))
    if settled.active_on is None or settled.remind_at is None or not available:
        return []
    come = [
        about
        for about in dormant_rounds(settled.active_on, reminders, program.zone, now)
        if moment_of(about, reminders, program.zone) >= settled.remind_at
    ]
    return [_notice(settled, come[-1], available, reminders, program, now)] if come else []


def _notice(
    account: Account,
    about: Expiring | Dormant,
    points: int,
    reminders: Reminders,
    program: Program,
    now: datetime,
    *,
    superseded: bool = False,
) -> Notice:
    affordable = program.affordable(points, local_day(now, program.zone))
    return Notice(
        program=account.program,
        member=account.member,
        about=about,
        at=now,
        points=points,
        reward=affordable[0].name if affordable else None,
        channels=reminders.channels,
        superseded=superseded,
    )
