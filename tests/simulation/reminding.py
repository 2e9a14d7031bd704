"""Reminders of one account, worked out the slow and obvious way: what a member was to be told, and what not.

A notice has to be true of the account as it was when it was put; and whenever a run has come to its end with nothing in
its way, what points that are still there were to be told of has been noticed, each of it once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from points.adapters.dynamodb import keys
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.timers import Dormant, Expiring
from tests.property.shop import CHANNELS, DORMANT_AFTER, DORMANT_AGAIN, LEAD_DAYS, PRICES, Shop
from tests.simulation.calls import PROGRAM
from tests.simulation.lambdas import SKEW_SECONDS
from tests.simulation.watch import Noticed, Reachable
from tests.simulation.world import EPOCH

if TYPE_CHECKING:
    from tests.simulation.checker import Checker

ZONE: Final = ZoneInfo("Asia/Shanghai")

_TOLD_AT: Final = time(10)
_QUIET_FROM, _QUIET_TO = time(21), time(8)
_DID_SOMETHING: Final = frozenset({Kind.EARN, Kind.REDEEM, Kind.HOLD, Kind.CAPTURE, Kind.REFERRED})
_LATE: Final = timedelta(seconds=2 * SKEW_SECONDS)
_SWEEP: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Pause:
    """A run that was followed by nothing but what it brought: its moment, and the number of writes after all of it."""

    moment: datetime
    writes: int


def is_quiet(moment: datetime) -> bool:
    at = moment.astimezone(ZONE).time()
    return at >= _QUIET_FROM or at < _QUIET_TO


def _told_on(day: date) -> datetime:
    return datetime.combine(day, _TOLD_AT, ZONE).astimezone(UTC)


def _moment_of(about: Expiring | Dormant) -> datetime:
    if isinstance(about, Expiring):
        return _told_on(about.expires_on - timedelta(days=about.lead_days))
    return _told_on(about.active_on + timedelta(days=DORMANT_AFTER + (about.round - 1) * DORMANT_AGAIN))


@dataclass
class Reminding:
    checker: "Checker"
    member: str
    active_on: date | None = None
    active_days: set[date] = field(default_factory=set)
    since: dict[date, datetime] = field(default_factory=dict)
    """Last days of points that can be spent, and since when there have been some of each."""
    points_since: datetime | None = None
    """Since when the member has had points to spend and done nothing."""
    moments: set[datetime] = field(default_factory=set)
    """Of everything that there was to be told of at any time."""

    def __post_init__(self) -> None:
        self._pk = keys.member_pk(PROGRAM, self.member)
        self._notices = [each for each in self.checker.watch.noticed if each.notice.member == self.member]
        self._written = {each.notice.about: each for each in self._notices}
        self._coming = sorted(self._notices, key=lambda each: each.write)[::-1]
        self._pauses = list(self.checker.pauses)[::-1]

    def follow(self, shop: Shop, entry: Entry | None, seq: int) -> None:
        """The account after its entry of that number, and whatever was noticed of it before the next one."""
        if entry is not None:
            self._remember(shop, entry)
        watch = self.checker.watch
        while self._coming and watch.seq_at(self._pk, self._coming[-1].write) <= seq:
            self._is_true(shop, self._coming.pop(), seq)
        while self._pauses and watch.seq_at(self._pk, self._pauses[-1].writes) <= seq:
            self._is_complete(shop, self._pauses.pop(), seq)

    def _remember(self, shop: Shop, entry: Entry) -> None:
        if entry.kind in _DID_SOMETHING and not entry.reference.startswith("~"):
            day = entry.at.astimezone(ZONE).date()
            self.points_since = None if day != self.active_on else self.points_since
            self.active_on = day
            self.active_days.add(day)
        # Known to nobody before it was written, by whatever clock.
        at = max(entry.at, self.checker.written_at(self._pk, entry.seq)) + _LATE
        last_days = {last for last, _ in shop.lots if last >= shop.today and last != date.max}
        self.since = {last: self.since.get(last, at) for last in last_days}
        self.points_since = (self.points_since or at) if shop.balance[0] else None
        for last, _ in shop.by_lot():
            if last != date.max:
                self.moments |= {_moment_of(Expiring(last, lead)) for lead in LEAD_DAYS}

    # ── what was noticed ─────────────────────────────────────────────────────────────────────────────────────────

    def _is_true(self, shop: Shop, noticed: Noticed, seq: int) -> None:
        notice = noticed.notice
        for problem in self._problems(as_of(shop, notice.at), noticed):
            self.checker.wrong(f"{notice.about} was noticed at {notice.at}: {problem}", self.member, seq)

    def _problems(self, shop: Shop, noticed: Noticed) -> Iterator[str]:
        notice, remind_at = noticed.notice, noticed.remind_at
        about, moment = notice.about, _moment_of(notice.about)
        if isinstance(about, Expiring):
            points = sum(points for (last, _), points in shop.lots.items() if last == about.expires_on >= shop.today)
            come = [
                lead
                for lead in LEAD_DAYS
                if remind_at is not None and remind_at <= _moment_of(Expiring(about.expires_on, lead)) <= notice.at
            ]
            if about.lead_days not in come or notice.superseded != (about.lead_days != min(come)):
                yield f"of {come} that had come, superseded {notice.superseded}"
        else:
            points = shop.balance[0]
            after = _moment_of(replace(about, round=about.round + 1))
            if about.active_on != self.active_on or notice.superseded or after <= notice.at:
                yield f"last active on {self.active_on}, the next time is {after}"
        if not points or notice.points != points:
            yield f"of {notice.points} points, there are {points}"
        if moment > notice.at or is_quiet(notice.at):
            yield f"its moment is {moment}"
        if remind_at is None or not self._is_a_moment(remind_at):
            yield f"the timer was set to {remind_at}, at which nothing was to be told"
        within = [name for name, price in PRICES.items() if price <= points]
        if notice.reward != max(within, key=PRICES.__getitem__, default=None) or notice.channels != CHANNELS:
            yield f"names {notice.reward}, to be told by {notice.channels}"
        if not any(each.reminded for each in self._reachable(noticed.write)):
            yield "to somebody who wants to hear nothing, or is not there"

    def _is_a_moment(self, moment: datetime) -> bool:
        if moment in self.moments:
            return True
        day = moment.astimezone(ZONE).date()
        return moment == _told_on(day) and any(
            days >= 0 and days % DORMANT_AGAIN == 0
            for days in ((day - active_on).days - DORMANT_AFTER for active_on in self.active_days)
        )

    def _reachable(self, write: int) -> Sequence[Reachable]:
        watch = self.checker.watch
        since = watch.writes_at(watch.moment_of(write) - _SWEEP.total_seconds())
        return watch.reachable(self._pk, since, write)

    # ── what was to be noticed ───────────────────────────────────────────────────────────────────────────────────

    def _is_complete(self, shop: Shop, pause: Pause, seq: int) -> None:
        if is_quiet(pause.moment):
            return
        for about in self._owed(as_of(shop, pause.moment), pause.moment):
            noticed = self._written.get(about)
            if noticed is not None and noticed.write <= pause.writes:
                continue
            watch = self.checker.watch
            first = watch.writes_at((_moment_of(about) - _SWEEP - EPOCH).total_seconds())
            if all(each.reminded for each in watch.reachable(self._pk, first, pause.writes)):
                self.checker.wrong(f"{about} is not noticed after the run of {pause.moment}", self.member, seq)

    def _owed(self, shop: Shop, now: datetime) -> Iterator[Expiring | Dormant]:
        """What has been there since before its moment, and still is."""
        last_days = {last for last, _ in shop.lots if last >= shop.today}
        for last in sorted(last_days & self.since.keys()):
            for lead in LEAD_DAYS:
                if self.since[last] < _moment_of(Expiring(last, lead)) <= now:
                    yield Expiring(last, lead)
        if self.active_on is None or self.points_since is None or not shop.balance[0]:
            return
        rounds = [Dormant(self.active_on, number) for number in range(1, 100)]
        come = [about for about in rounds if _moment_of(about) <= now]
        if come and self.points_since < _moment_of(come[-1]):
            yield come[-1]


def as_of(shop: Shop, moment: datetime) -> Shop:
    """What the account comes to by then, if nobody moves anything."""
    later = replace(shop, lots=dict(shop.lots), pending=dict(shop.pending), holds=dict(shop.holds))
    later.wait_until(moment)
    return later
