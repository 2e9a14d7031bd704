"""A member's balance, now, at a coming moment, or at a past one.

The future needs only the account: expiries and maturities are in it. The past is the account with every entry
since undone, which reads exactly those entries.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from points.application.reading import account_of, entries_newest_first
from points.application.services import Services
from points.domain.calendar import local_day
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Balance
from points.domain.ledger.entries import Entry
from points.domain.program.program import Program


def read_balance(
    services: Services, program: Program, member: str, *, as_of: datetime | None = None
) -> tuple[Balance, list[tuple[date, int]]]:
    """The balance and the coming expiries as (last day, points). Raises NotFound."""
    account = account_of(services, program, member)
    now = services.clock.now()
    if as_of is None or as_of >= now:
        moment = as_of or now
        return account.balance(moment, program.zone), account.expiring(moment, program.zone)
    return _past(account, entries_newest_first(services, program, member), as_of, program)


def _past(
    account: Account, entries: Iterator[Entry], as_of: datetime, program: Program
) -> tuple[Balance, list[tuple[date, int]]]:
    # What is held is known by lot but not by hold in the past, so it stands as it was booked, overdue or not.
    lots, pending, held, owed = account.lots, account.pending, lot.total(account.held), account.owed
    for entry in entries:
        # Entries booked after the account was read are not part of what is undone.
        if entry.seq > account.seq:
            continue
        if entry.at <= as_of:
            break
        lots = lot.subtracted(lots, entry.moves.lots)
        pending = lot.subtracted(pending, entry.moves.pending)
        held -= lot.total(entry.moves.held)
        owed -= entry.moves.owed
    past = replace(account, lots=lots, pending=pending, holds={}, owed=owed).settled(as_of, program.zone)
    today = local_day(as_of, program.zone)
    balance = Balance(lot.live_points(past.lots, today), lot.total(past.pending), held, past.owed)
    return balance, lot.expiring(past.lots, today)
