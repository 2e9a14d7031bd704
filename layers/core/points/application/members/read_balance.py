"""A member's balance, now, at a coming moment, or at a past one.

The future needs only the account: expiries and maturities are in it. The past is the account with every entry
since undone, which reads exactly those entries, up to a bound.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain

from points.application.pools import PoolShare, share_of
from points.application.reading import account_of, entries_newest_first
from points.application.services import Services
from points.domain.calendar import local_day
from points.domain.errors import InvalidRequest
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Balance
from points.domain.ledger.entries import Entry
from points.domain.movements.expiring import is_of_time
from points.domain.program.program import Program

MAX_UNDONE = 5_000
"""Entries that may lie between now and a moment of the past: some seconds of reading. Beyond it, the answer is no."""


@dataclass(frozen=True, slots=True)
class BalanceView:
    """``expiring`` are the coming expiries as (last day, points), at the very moment ``as_of``. ``pool`` is what the
    member could spend of a pool's besides, where they belong to one; of the past that is not told."""

    balance: Balance
    expiring: list[tuple[date, int]]
    as_of: datetime
    pool: PoolShare | None = None


def read_balance(services: Services, program: Program, member: str, *, as_of: datetime | None = None) -> BalanceView:
    """Raises NotFound, and InvalidRequest for a past that lies behind too many entries."""
    account = account_of(services, program, member)
    now = services.clock.now()
    if as_of is None or as_of >= now:
        moment = as_of or now
        share = share_of(services, program, account, moment)
        return BalanceView(account.balance(moment, program.zone), account.expiring(moment, program.zone), moment, share)
    if _is_before_everything(services, program, member, as_of):
        return BalanceView(Balance(), [], as_of)
    return _past(account, entries_newest_first(services, program, member), as_of, program)


def _is_before_everything(services: Services, program: Program, member: str, as_of: datetime) -> bool:
    first = services.ledger.entries(program.name, member, before_seq=2, limit=1).items
    return all(as_of < entry.at for entry in first)


def _past(account: Account, entries: Iterator[Entry], as_of: datetime, program: Program) -> BalanceView:
    # What is held is known by lot but not by hold in the past, so it stands as it was booked, overdue or not.
    past, held = replace(account, holds={}), lot.total(account.held)
    # Entries booked after the account was read are not part of what is undone.
    bounded = _bounded((entry for entry in entries if entry.seq <= account.seq), as_of)
    standing: list[Entry] = []
    for entry in bounded:
        standing.append(entry)
        if entry.at > as_of:
            for undone in standing:
                past = _without(past, undone)
                held -= lot.total(undone.moves.held)
            standing.clear()
        elif not is_of_time(entry):
            break
        # What time had done by its day may have been booked late, on top of movements that came after that day.
    past = replace(past, active_until=_active_until(past, chain(standing, bounded))).settled(as_of, program.zone)
    today = local_day(as_of, program.zone)
    balance = Balance(lot.live_points(past.lots, today), lot.total(past.pending), held, past.owed)
    return BalanceView(balance, lot.expiring(past.lots, today, past.active_until), as_of)


def _bounded(entries: Iterable[Entry], as_of: datetime) -> Iterator[Entry]:
    """Raises InvalidRequest."""
    for count, entry in enumerate(entries):
        if count >= (MAX_UNDONE if entry.at > as_of else 2 * MAX_UNDONE):
            raise InvalidRequest.at("?as_of", f"lies behind more than {MAX_UNDONE} movements of this member")
        yield entry


def _without(account: Account, entry: Entry) -> Account:
    moves = entry.moves
    return replace(
        account,
        lots=lot.subtracted(account.lots, moves.lots),
        pending=lot.subtracted(account.pending, moves.pending),
        owed=account.owed - moves.owed,
        # The date it had before is in an entry further back.
        active_until=None if "active_until" in entry.details else account.active_until,
    )


def _active_until(past: Account, standing: Iterator[Entry]) -> date | None:
    """The date of moving lots, where there are any: the latest entry that moved it says so."""
    lots = [*past.lots, *map(lot.lot_of_pending, past.pending)]
    if past.active_until is not None or not any(map(lot.is_moving, lots)):
        return past.active_until
    said = (entry.details.get("active_until") for entry in standing)
    return next((date.fromisoformat(day) for day in said if isinstance(day, str)), None)
