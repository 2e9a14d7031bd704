"""When an account is to be looked at by itself: the moment something comes due, and the moments of its reminders.

Whatever lies before ``remind_at`` has been told or is not worth telling, so the moments from there on are what is owed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from points.domain.calendar import local_day
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.packs import pack_of
from points.domain.program.program import Program
from points.domain.program.reminding import Reminders

_ROUNDS_LOOKED_AT: Final = 999
"""Of waking a dormant member: a bound, not a limit anybody meets."""


@dataclass(frozen=True, slots=True)
class Expiring:
    """Points that expire after the day ``expires_on``, told so many days before."""

    expires_on: date
    lead_days: int


@dataclass(frozen=True, slots=True)
class Dormant:
    """Points, and nothing done since ``active_on``; told for the ``round``-th time."""

    active_on: date
    round: int


type About = Expiring | Dormant


def next_due(account: Account, program: Program) -> datetime | None:
    """The exact moment of the account's sweep. A tier waits for no review in a program that has no tiers any more, and
    for no pack that the program has given up."""
    if account.pack_on is not None and not pack_of(account, program):
        account = replace(account, pack_on=None)
    return (account if program.tiers else replace(account, tier=None)).next_due(program.zone)


def next_reminder(account: Account, reminders: Reminders | None, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The earliest moment after ``after`` at which something of ``account`` (as of then) is to be told.

    Points that wait or are held count as if they could be spent: they may be by that moment, and no sweep need have
    come before it.
    """
    if reminders is None or not (account.lots or account.pending or account.holds):
        return None
    settled = account.settled(after, zone)
    today = local_day(after, zone)
    lots = {**settled.lots, **settled.held, **{lot.lot_of_pending(name): n for name, n in settled.pending.items()}}
    moments = []
    if reminders.lead_days and (dates := [day for day, _ in lot.expiring(lots, today, settled.active_until)]):
        for lead in reminders.lead_days:
            upcoming = (day for day in dates if (day - today).days >= lead)
            # The first of them may be today's, whose moment has passed.
            for day in islice(upcoming, 2):
                if (moment := moment_of(Expiring(day, lead), reminders, zone)) > after:
                    moments.append(moment)
                    break
    if reminders.dormancy and settled.active_on is not None and lot.live_points(lots, today):
        for about in _dormant_rounds(settled.active_on, reminders):
            if (moment := moment_of(about, reminders, zone)) > after:
                moments.append(moment)
                break
    return min(moments, default=None)


def moment_of(about: About, reminders: Reminders, zone: ZoneInfo) -> datetime:
    """When it is to be told, quiet hours apart: those hold for whoever comes too late."""
    match about:
        case Expiring(expires_on, lead_days):
            return at_local(expires_on - timedelta(days=lead_days), reminders.at, zone)
        case Dormant(active_on, round_):
            dormancy = reminders.dormancy
            again = 0 if dormancy is None else dormancy.again_after_days or 0
            first = 0 if dormancy is None else dormancy.after_days
            return at_local(active_on + timedelta(days=first + (round_ - 1) * again), reminders.at, zone)


def dormant_rounds(active_on: date, reminders: Reminders, zone: ZoneInfo, until: datetime) -> Iterator[Dormant]:
    """Those that have come by ``until``, in order."""
    for about in _dormant_rounds(active_on, reminders):
        if moment_of(about, reminders, zone) > until:
            return
        yield about


def _dormant_rounds(active_on: date, reminders: Reminders) -> Iterator[Dormant]:
    dormancy = reminders.dormancy
    if dormancy is not None:
        last = 1 if dormancy.again_after_days is None else _ROUNDS_LOOKED_AT
        yield from (Dormant(active_on, round_) for round_ in range(1, last + 1))


def at_local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
