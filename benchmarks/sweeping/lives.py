"""One member's life, moment by moment: what they do, and what scheduled runs do with their account in between."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

from benchmarks.sweeping.effort import Effort, of_booking, of_notices, of_timer
from benchmarks.sweeping.members import START, Member, Visit
from points.application.expiry.bring_up_to_date import ACTOR
from points.application.ports import MAX_NOTICES, Timer
from points.domain.calendar import day_start
from points.domain.errors import NothingDue
from points.domain.ledger.account import Account, Balance
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.timers import next_due
from points.domain.movements.earning import Event, earn
from points.domain.movements.expiring import bring_up_to_date, has_expired
from points.domain.movements.redeeming import Redemption, redeem
from points.domain.program.program import Program
from points.domain.reminding.owing import owed

CLIENT: Final = "simulated-shop"
_FINGERPRINT: Final = "0" * 64
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


def run_of(moment: datetime) -> int:
    """The first run that finds what is due at ``moment``. Runs are hourly, a minute after the hour, as in the template;
    they are counted from 1970 on."""
    return -((_EPOCH + _MINUTE - moment) // _HOUR)


def time_of(run: int) -> datetime:
    return _EPOCH + _MINUTE + run * _HOUR


@dataclass(frozen=True, slots=True)
class Answer:
    """What a member was told about a movement of theirs, and what they could have had before it."""

    available: int
    points: int
    balance: Balance


@dataclass(slots=True)
class Life:
    """``late``: how long after its time a run of expiry gets to this account. Its time is "now" for all that it does,
    however late that is. ``efforts`` are by index and run, from ``START`` on. ``answers`` are kept if anybody ``asks``
    for them; ``unbooked`` of them were given while points had expired that no run had closed yet."""

    program: Program
    member: Member
    late: timedelta = timedelta(0)
    asks: bool = False
    account: Account = field(init=False)
    first_run: int = field(init=False)
    efforts: dict[tuple[Timer, int], Effort] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    unbooked: int = 0
    movements: int = 0
    earned: int = 0
    redeemed: int = 0

    def __post_init__(self) -> None:
        self.account = Account(self.program.name, self.member.name)
        self.first_run = run_of(day_start(START, self.program.zone))

    def live(self, end: date) -> None:
        for number, visit in enumerate(self.member.visits):
            self._swept(visit.at)
            self._visit(visit, number)
        self._swept(day_start(end, self.program.zone))

    # ── what they do ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _visit(self, visit: Visit, number: int) -> None:
        context = Context(self.program, visit.at, CLIENT, _FINGERPRINT)
        event = Event(f"order-{visit.at:%Y-%m-%d}-{number:06d}", self.member.name, "purchase", amount=visit.amount)
        self.earned += self._booked(earn(self.account, event, context), context)
        if not visit.redeems:
            return
        affordable = self.program.affordable(self._available(context), context.today)
        if affordable:
            wanted = Redemption(f"redeem-{visit.at:%Y-%m-%d}-{number:06d}", self.member.name, affordable[0].name)
            self.redeemed -= self._booked(redeem(self.account, wanted, context), context)

    def _booked(self, decision: Decision, context: Context) -> int:
        if self.asks:
            self.unbooked += has_expired(self.account, context)
            self.answers.append(Answer(self._available(context), decision.entry.points, decision.entry.balance))
        self.movements += 1
        self.account = decision.account
        return decision.entry.points

    def _available(self, context: Context) -> int:
        return self.account.balance(context.now, self.program.zone).available

    # ── what runs do ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _swept(self, until: datetime) -> None:
        """All runs that get to the account before ``until``."""
        while (upcoming := min(self._upcoming(), default=None)) is not None and upcoming[0] < until:
            _, timer, run = upcoming
            took = self._bring_up_to_date(run) if timer is Timer.DUE else self._remind(run)
            if run >= self.first_run:
                self.efforts.setdefault((timer, run), Effort()).add(took())

    def _upcoming(self) -> list[tuple[datetime, Timer, int]]:
        """When which run gets to the account."""
        found = []
        if self.account.due_at is not None:
            run = run_of(self.account.due_at)
            found.append((time_of(run) + self.late, Timer.DUE, run))
        if self.account.remind_at is not None:
            run = run_of(self.account.remind_at)
            found.append((time_of(run), Timer.REMIND, run))
        return found

    def _bring_up_to_date(self, run: int) -> Callable[[], Effort]:
        """As :mod:`points.application.expiry.bring_up_to_date` does it."""
        before, now = self.account, time_of(run)
        try:
            decision = bring_up_to_date(before, Context(self.program, now, ACTOR, fingerprint=""), exchange=False)
        except NothingDue:
            self.account = replace(before, due_at=next_due(before, self.program))
            took = partial(of_timer, before, self.account, Timer.DUE)
        else:
            self.account = decision.account
            took = partial(of_booking, decision)
        assert self.account.due_at is None or self.account.due_at > now, "or the run would find it for ever"
        return took

    def _remind(self, run: int) -> Callable[[], Effort]:
        """As :mod:`points.application.reminders.remind_member` does it."""
        before, now = self.account, time_of(run)
        found = owed(before, self.program, now, limit=MAX_NOTICES)
        asks = bool(found.notices)
        if asks and self.member.opted_out:
            found = owed(before, self.program, now, silent=True, limit=MAX_NOTICES)
        self.account = replace(before, remind_at=found.remind_at)
        assert self.account.remind_at is None or self.account.remind_at > now, "or the run would find it for ever"
        if found.notices:
            return partial(of_notices, before, self.account, found.notices)
        return partial(of_timer, before, self.account, Timer.REMIND, profile_reads=int(asks))
