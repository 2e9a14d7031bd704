"""The account: everything decisions need to know about one member of one program, and nothing else.

It is one item in the table and is read and written on every movement, so contact data and free attributes do not
belong here. Balances are *derived* from it for a given day: expired lots do not count whether or not they were
swept, matured pending lots do, and a hold past its time no longer binds its points (design §3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from points.domain.calendar import MOVING, day_start, local_day, next_day
from points.domain.ledger import lots as lot
from points.domain.ledger.lots import Lots
from points.domain.ledger.members import MemberFacts


class Activity(StrEnum):
    """What a freeze can stop (R-RISK-1)."""

    EARNING = "earning"
    REDEEMING = "redeeming"


_BINDS: Final = "/"
"""In the name of a hold that something hangs on. No reference of a caller's has it."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Points set aside: the very lots they came from, until captured, released or expired. ``offset_on``: they are to
    pay part of an order, and were held on that program-local day."""

    expires_at: datetime
    lots: Lots
    offset_on: date | None = None

    @property
    def points(self) -> int:
        return lot.total(self.lots)


def bound_hold(what: str, name: str) -> str:
    """What the hold is called that something hangs on: an order that waits for money, an auction.

    Time alone does not let such a hold go: its points stay held until the movement that ends it together with what
    hangs on it, at the latest that of the sweep.
    """
    return f"{what}{_BINDS}{name}"


def is_bound(hold: str) -> bool:
    return _BINDS in hold


@dataclass(frozen=True, slots=True)
class Referral:
    """Who brought this member, and whether both have been paid for it (or it was too late for the referrer)."""

    referrer: str
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Tier:
    """``review_on`` is the program-local day from which a review may take it down; None where there are no reviews."""

    name: str
    since: date
    review_on: date | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """Points. ``available`` can be spent now; ``owed`` is repaid by the next earnings; none is negative."""

    available: int = 0
    pending: int = 0
    held: int = 0
    owed: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """``seq`` counts the entries booked so far, ``head`` is the digest of the newest one ("" before the first).

    ``due_at`` is no later than the earliest moment at which time alone changes this account (a lot expires, pending
    points mature, a hold runs out): movements only ever bring it forward, the sweep sets it exactly. That keeps
    the ``due`` index untouched by most movements. ``remind_at`` is the same for reminders.

    ``active_until`` is the last day of all moving lots (:mod:`points.domain.ledger.lots`), ``active_on`` the last day
    on which the member did something. ``pack_on`` is the day of the next monthly pack, None where there is none.
    """

    program: str
    member: str
    seq: int = 0
    head: str = ""
    lots: Lots = field(default_factory=dict)
    pending: Lots = field(default_factory=dict)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    owed: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)
    frozen: frozenset[Activity] = frozenset()
    tier: Tier | None = None
    referral: Referral | None = None
    facts: MemberFacts = field(default_factory=MemberFacts)
    active_until: date | None = None
    active_on: date | None = None
    pack_on: date | None = None
    due_at: datetime | None = None
    remind_at: datetime | None = None

    @property
    def held(self) -> Lots:
        """Held points by the bucket they came from, over all open holds."""
        held: dict[str, int] = {}
        for hold in self.holds.values():
            for name, points in hold.lots.items():
                held[name] = held.get(name, 0) + points
        return held

    def settled(self, now: datetime, zone: ZoneInfo) -> "Account":
        """The account as time alone has made it by ``now``: pending lots matured, overdue holds let go, debt repaid.

        Moment by moment, as it happened: a debt was repaid when there was something to repay it from, even if that
        has expired since. So it makes no difference when, or how often, anybody looked.
        """
        ready = lot.matured(self.pending, local_day(now, zone))
        overdue = {
            reference: hold
            for reference, hold in self.holds.items()
            if hold.expires_at <= now and not is_bound(reference)
        }
        if not ready and not overdue:
            return self.stopped(local_day(now, zone))
        arrived: dict[datetime, Lots] = {}
        for name, points in ready.items():
            moment = day_start(lot.first_date(name), zone)
            arrived[moment] = lot.added(arrived.get(moment, {}), {lot.lot_of_pending(name): points})
        for hold in overdue.values():
            arrived[hold.expires_at] = lot.added(arrived.get(hold.expires_at, {}), hold.lots)
        account = replace(
            self,
            pending=lot.subtracted(self.pending, ready),
            holds={reference: hold for reference, hold in self.holds.items() if reference not in overdue},
        )
        for moment in sorted(arrived):
            account = account.given(arrived[moment], local_day(moment, zone))
        return account.stopped(local_day(now, zone))

    def stopped(self, today: date) -> "Account":
        """With a date for its moving lots if nothing has kept them alive until ``today``."""
        if self.active_until is None or self.active_until >= today:
            return self
        lots = lot.stopped(self.lots, self.active_until)
        return self if lots is self.lots else replace(self, lots=lots)

    def given(self, lots: Lots, today: date) -> "Account":
        """With ``lots`` beside its own, whatever they were before, and debt repaid from what can be spent."""
        return replace(self, lots=lot.added(self.lots, lots)).stopped(today).repaid(today)

    def spending_order(self, today: date) -> list[lot.Bucket]:
        """Of an account that is settled."""
        return lot.spending_order(self.lots, today, self.active_until)

    def repaid(self, today: date) -> "Account":
        """Debt paid from what can be spent, so nobody holds spendable points while owing some (R-EARN-11)."""
        if not self.owed:
            return self
        payment = lot.draw(self.lots, self.owed, self.spending_order(today))
        return replace(self, lots=lot.subtracted(self.lots, payment), owed=self.owed - lot.total(payment))

    def balance(self, now: datetime, zone: ZoneInfo) -> Balance:
        account = self.settled(now, zone)
        return Balance(
            available=lot.live_points(account.lots, local_day(now, zone)),
            pending=lot.total(account.pending),
            held=lot.total(account.held),
            owed=account.owed,
        )

    def expiring(self, now: datetime, zone: ZoneInfo) -> list[tuple[date, int]]:
        """Coming expiries of available points: (last day, points), soonest first (R-EXP-5)."""
        settled = self.settled(now, zone)
        return lot.expiring(settled.lots, local_day(now, zone), settled.active_until)

    def next_due(self, zone: ZoneInfo) -> datetime | None:
        """The exact earliest moment at which time alone changes this account, or None."""
        moments = [hold.expires_at for hold in self.holds.values()]
        if self.lots and (last_day := lot.first_date(min(self.lots))) < MOVING:
            moments.append(day_start(next_day(last_day), zone))
        if self.active_until is not None and any(map(lot.is_moving, self.lots)):
            moments.append(day_start(next_day(self.active_until), zone))
        if self.tier is not None and self.tier.review_on is not None:
            moments.append(day_start(self.tier.review_on, zone))
        if self.pack_on is not None:
            moments.append(day_start(self.pack_on, zone))
        if self.pending:
            moments.append(day_start(lot.first_date(min(self.pending)), zone))
        return min(moments, default=None)
