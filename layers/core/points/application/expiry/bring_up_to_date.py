"""One account brought to a moment: what has expired, matured, run out or come to its review by then is booked, and
orders are cancelled that nobody has paid in time."""

from dataclasses import replace
from datetime import datetime

from points.application.codes import CodesAtHand
from points.application.expiry.time_out_order import time_out_order
from points.application.movement import persistently
from points.application.ports import AlreadyBooked, CodeGone, RaceLost, Timer
from points.application.reading import account_of, decided, with_current_facts
from points.application.services import Services
from points.domain.errors import NothingDue, OutOfStock, SoldOutToday
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Entry
from points.domain.ledger.timers import next_due
from points.domain.movements.expiring import bring_up_to_date as decide
from points.domain.movements.expiring import has_expired
from points.domain.movements.packing import is_pack_due
from points.domain.movements.paying import overdue_order
from points.domain.program.program import Program

ACTOR = "expiry"
"""Recorded in the entry: nobody asked for it."""


def bring_up_to_date(
    services: Services, program: Program, member: str, now: datetime, *, read: Account | None = None
) -> tuple[Entry, ...]:
    """The entries of the movements that do it: one for each order that is not paid, since what they give back may be
    counted in one place, and one for all else; none where nothing was due. ``read`` is the account as it was read a
    moment ago, if it was. Raises NotFound, Conflict, Throttled and LedgerUnavailable."""
    at_hand = [read] if read is not None else []
    booked: list[Entry] = []
    codes = CodesAtHand(services, program.name, f"{member}#{now.timestamp()}")

    def attempt() -> tuple[Entry, ...]:
        stored = at_hand.pop() if at_hand else account_of(services, program, member)
        while (order := overdue_order(stored, now)) is not None:
            decision = time_out_order(services, program, stored, order, now, actor=ACTOR)
            booked.extend(decision.entries)
            stored = decision.account
        try:
            return (*booked, *_booked(services, program, stored, now, codes))
        except CodeGone as gone:
            codes.refuse(gone)
            raise

    return persistently(services, attempt)


def _booked(
    services: Services, program: Program, stored: Account, now: datetime, codes: CodesAtHand
) -> tuple[Entry, ...]:
    context = Context(program, now, ACTOR, fingerprint="")
    account, exchange, can_receive = stored, False, False
    may_exchange = bool(program.exchange) and has_expired(stored, context)
    if may_exchange:
        account = with_current_facts(services, program, stored)
    if may_exchange or is_pack_due(stored, context):
        profile = services.members.profile(program.name, stored.member)
        # Whoever was erased has nobody to receive anything.
        can_receive = profile is not None
        exchange = may_exchange and profile is not None and not profile.exchange_opt_out
    sold_out: set[str] = set()

    def with_codes(context: Context) -> Decision:
        return decided(services, account, context, with_entitlements)

    def with_entitlements(account: Account, context: Context) -> Decision:
        return decide(account, context, exchange=exchange, can_receive=can_receive, sold_out=sold_out)

    while True:
        try:
            decision = codes.decided(context, with_codes)
            services.ledger.commit(replace(decision, before=stored))
        except NothingDue:
            _wait(services, program, stored, now)
            return ()
        except (OutOfStock, SoldOutToday) as gone:
            sold_out.add(str(gone.numbers["reward"]))
        except AlreadyBooked as moved:
            # Its name has the place in the chain: another movement is there by now.
            raise RaceLost from moved
        else:
            return tuple(decision.entries)


def _wait(services: Services, program: Program, account: Account, now: datetime) -> None:
    """The timer to its exact moment, where it was early: points that it waited for are gone, or live longer."""
    due_at = next_due(account, program)
    if account.due_at is not None and account.due_at <= now and account.due_at != due_at:
        services.timers.set(Timer.DUE, account, due_at)
