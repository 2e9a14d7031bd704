"""Reminders (R-REM): once for ever, at their time, to who wants them, and a timer that is neither late nor stuck."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from points.adapters.memory import MemoryPrograms
from points.application.administration.adjust_points import adjust_points
from points.application.earning.earn_points import earn_points
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.ports import MAX_NOTICES
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.hold_points import hold_points
from points.application.redemption.redeem_reward import redeem_reward
from points.application.reminders.remind_member import remind_member
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.members import Profile
from points.domain.ledger.timers import About, Dormant, Expiring
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.program.expiry import AfterDays, ByActivity, NeverExpires
from points.domain.program.program import Program
from points.domain.program.reminding import Dormancy, QuietHours, Reminders
from points.domain.reminding.notices import Notice
from tests.builders import NEW_YORK, NOW, SANTIAGO, SHANGHAI, SetClock, local, program, services

LEADS = Reminders(lead_days=(30, 7, 1), channels=("email",))
NIGHT = QuietHours(time(22), time(8))
END = date(2026, 12, 31)


@dataclass
class Told:
    """One member, and a run of reminders every hour, as the schedule has it, for as long as time passes."""

    rules: Program
    services: Services
    clock: SetClock
    notices: list[Notice]
    looks: int = 0
    count: int = 0

    @classmethod
    def under(cls, reminders: Reminders | None, *, profile: Profile | None = None, **changes: Any) -> "Told":
        rules = program(reminders=reminders, **changes)
        clock = SetClock()
        wired = services(rules, clock=clock)
        enrol_member(wired, rules, "m", profile or Profile())
        return cls(rules, wired, clock, [])

    @property
    def account(self) -> Account:
        account = self.services.ledger.account("demo", "m")
        assert account is not None
        return account

    @property
    def remind_at(self) -> datetime | None:
        return self.account.remind_at

    @property
    def abouts(self) -> list[About]:
        return [notice.about for notice in self.notices if not notice.superseded]

    def now_under(self, **changes: Any) -> None:
        """Another version of the program is live."""
        self.rules = replace(self.rules, version=self.rules.version + 1, **changes)
        self.services = replace(self.services, programs=MemoryPrograms(self.rules))

    def _reference(self) -> str:
        self.count += 1
        return f"r-{self.count}"

    def give(self, points: int, day: date) -> None:
        adjust_points(self.services, self.rules, Adjustment(self._reference(), "m", points, "because", day), actor="t")

    def earn(self, behaviour: str = "check_in", amount: str | None = None) -> None:
        earn_points(self.services, self.rules, Event(self._reference(), "m", behaviour, amount), actor="t")

    def redeem(self, reward: str = "coupon", quantity: int = 1) -> str:
        reference = self._reference()
        redeem_reward(self.services, self.rules, Redemption(reference, "m", reward, quantity), actor="t")
        return reference

    def until(self, text: str, *, hours: int = 1, sweeps: bool = True) -> "Told":
        """Runs at each full hour, or every so many, up to and with that local moment."""
        end = local(text, self.rules.zone)
        while self.clock.moment < end:
            whole = self.clock.moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)
            self.clock.moment = min(whole, end)
            self.run(sweeps=sweeps)
        return self

    def run(self, *, sweeps: bool = True) -> list[Notice]:
        """What the schedule would do now: only who is found by the index is looked at."""
        now = self.clock.moment
        account = self.account
        if sweeps and account.due_at is not None and account.due_at <= now:
            bring_up_to_date(self.services, self.rules, "m", now)
        remind_at = self.remind_at
        if remind_at is None or remind_at > now:
            return []
        self.looks += 1
        owed = remind_member(self.services, self.rules, "m", now)
        known = {each.about: each for each in self.notices}
        told = [each for each in owed if each.about not in known]
        for each in owed:
            # What was told before stays as it was told.
            assert self.services.notices.notice("demo", "m", each.about) == known.get(each.about, each)
        self.notices += told
        after = self.remind_at
        if self.rules.reminders is None or not self._is_quiet(now):
            assert after is None or after > now or len(owed) == MAX_NOTICES, "the timer is stuck in the past"
        return told

    def _is_quiet(self, now: datetime) -> bool:
        quiet = None if self.rules.reminders is None else self.rules.reminders.quiet_hours
        return quiet is not None and quiet.includes(now.astimezone(self.rules.zone).time())


# ── leads ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_rem_1_at_each_lead_once() -> None:
    told = Told.under(LEADS)
    told.give(100, END)
    told.give(40, END)
    assert told.remind_at == local("2026-12-01 10:00")
    told.until("2027-01-05")
    assert told.abouts == [Expiring(END, 30), Expiring(END, 7), Expiring(END, 1)]
    assert [notice.at for notice in told.notices] == [
        local("2026-12-01 10:00"), local("2026-12-24 10:00"), local("2026-12-30 10:00")
    ]  # fmt: skip
    # One message for all lots of the date, with what they would buy.
    assert {(notice.points, notice.reward, notice.channels) for notice in told.notices} == {(140, "coupon", ("email",))}
    assert told.looks == 3
    assert told.account.remind_at is None


def test_the_hour_is_the_programs() -> None:
    told = Told.under(replace(LEADS, at=time(18, 30)), zone=NEW_YORK)
    told.give(100, date(2026, 11, 8))  # a week after clocks went back
    assert told.remind_at == datetime(2026, 10, 9, 22, 30, tzinfo=UTC)
    told.until("2026-11-08")
    assert [notice.at for notice in told.notices] == [
        datetime(2026, 10, 9, 23, 0, tzinfo=UTC),  # by the first run after it
        datetime(2026, 11, 2, 0, 0, tzinfo=UTC),
        datetime(2026, 11, 8, 0, 0, tzinfo=UTC),
    ]


def test_points_that_live_shorter_than_a_lead_are_told_of_by_the_next() -> None:
    told = Told.under(LEADS)
    told.give(100, date(2026, 3, 20))
    assert told.remind_at == local("2026-03-19 10:00")
    told.until("2026-03-22")
    assert told.abouts == [Expiring(date(2026, 3, 20), 1)]


def test_a_lead_that_has_just_passed_is_not_told() -> None:
    """NOW is noon: ten o'clock of this day has been."""
    told = Told.under(LEADS)
    told.give(100, date(2026, 3, 22))
    told.until("2026-03-23")
    assert told.abouts == [Expiring(date(2026, 3, 22), 1)]


@pytest.mark.parametrize("hours", [1, 5, 24])
def test_each_date_has_its_own(hours: int) -> None:
    told = Told.under(LEADS)
    days = [date(2026, 5, 10), date(2026, 5, 11), date(2026, 6, 30)]
    for day in days:
        told.give(50, day)
    told.until("2026-07-02", hours=hours)
    assert len(told.abouts) == len(told.notices) == 9
    assert set(told.abouts) == {Expiring(day, lead) for day in days for lead in (1, 7, 30)}


def test_what_was_spent_is_told_to_nobody() -> None:
    told = Told.under(LEADS)
    told.give(50, END)
    told.redeem()
    told.until("2027-01-02")
    assert (told.notices, told.remind_at, told.looks) == ([], None, 1)


def test_a_cancelled_order_brings_back_what_is_told() -> None:
    """GIVEN points that were spent at 30 days and came back before 7 THEN 7 and 1 are told."""
    told = Told.under(LEADS)
    told.give(50, END)
    order = told.redeem()
    told.until("2026-12-20")
    assert (told.notices, told.remind_at) == ([], None)
    cancel_order(told.services, told.rules, Cancellation("m", order), reason=None, actor="t")
    assert told.remind_at == local("2026-12-24 10:00")
    told.until("2027-01-02")
    assert told.abouts == [Expiring(END, 7), Expiring(END, 1)]


def test_held_points_are_told_of_once_they_are_back() -> None:
    told = Told.under(LEADS)
    told.give(50, END)
    told.until("2026-11-30")
    hold_points(told.services, told.rules, HoldRequest("h", "m", 50, 10 * 24 * 3600), actor="t")
    told.until("2027-01-02")
    assert told.abouts == [Expiring(END, 7), Expiring(END, 1)]


def test_pending_points_are_told_of_even_if_no_sweep_matured_them() -> None:
    told = Told.under(LEADS, expiry=AfterDays(20))
    told.earn("order", "80.00")
    told.until("2026-04-05", sweeps=False)
    assert told.abouts == [Expiring(date(2026, 4, 4), 7), Expiring(date(2026, 4, 4), 1)]


def test_points_kept_alive_are_told_of_by_their_present_date() -> None:
    told = Told.under(replace(LEADS, lead_days=(7,)), expiry=ByActivity(2))
    told.earn()
    told.until("2026-04-20")
    told.earn()
    told.until("2026-06-25")
    assert told.abouts == [Expiring(date(2026, 6, 20), 7)]
    assert told.looks == 2
    assert told.remind_at is None


def test_points_that_never_expire_are_told_to_nobody() -> None:
    told = Told.under(LEADS, expiry=NeverExpires())
    told.earn()
    assert told.remind_at is None


# ── late runs ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_late_run_sends_the_nearest_and_keeps_the_others() -> None:
    told = Told.under(LEADS)
    told.give(100, END)
    told.clock.moment = local("2026-12-25 09:00")
    assert [(each.about, each.superseded) for each in told.run()] == [
        (Expiring(END, 30), True), (Expiring(END, 7), False)
    ]  # fmt: skip
    told.until("2027-01-02")
    assert told.abouts == [Expiring(END, 7), Expiring(END, 1)]


def test_a_run_that_comes_after_the_end_tells_nothing() -> None:
    told = Told.under(LEADS)
    told.give(100, END)
    told.clock.moment = local("2027-01-01 00:00")
    assert told.run() == []
    assert told.remind_at is None


def test_a_run_for_a_past_moment_tells_what_was_owed_by_then() -> None:
    told = Told.under(LEADS)
    told.give(100, END)
    told.clock.moment = local("2026-12-01 10:00")
    told.run()
    assert remind_member(told.services, told.rules, "m", local("2026-11-01")) == ()
    assert remind_member(told.services, told.rules, "m", told.clock.moment) == ()
    assert told.remind_at == local("2026-12-24 10:00")


def test_more_than_can_be_told_at_once_is_told_by_further_runs() -> None:
    """GIVEN 100 dates, none of them looked at for long THEN all are told, 50 at a time, without two alike."""
    told = Told.under(replace(LEADS, lead_days=(300, 299)))
    for number in range(100):
        told.give(1, date(2027, 2, 1) + timedelta(days=number))
    told.clock.moment = local("2027-01-31 12:00")
    runs = 0
    while told.remind_at is not None and told.remind_at <= told.clock.moment:
        assert len(told.run()) <= MAX_NOTICES
        runs += 1
        assert runs < 20
    assert len({notice.about for notice in told.notices}) == len(told.notices) == 200
    assert sum(not notice.superseded for notice in told.notices) == 100


# ── quiet hours ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("late_at", "told_at"),
    [
        ("2026-12-01 21:59", "2026-12-01 21:59"),
        ("2026-12-01 22:00", "2026-12-02 08:00"),
        ("2026-12-01 23:30", "2026-12-02 08:00"),
        ("2026-12-02 00:00", "2026-12-02 08:00"),
        ("2026-12-02 07:59", "2026-12-02 08:00"),
        ("2026-12-02 08:00", "2026-12-02 08:00"),
    ],
)
def test_a_late_run_waits_for_the_end_of_the_quiet_hours(late_at: str, told_at: str) -> None:
    """What was owed by then is told afterwards, not lost."""
    told = Told.under(replace(LEADS, quiet_hours=NIGHT))
    told.give(100, END)
    told.clock.moment = local(late_at)
    told.run()
    told.until("2026-12-02 09:00")
    assert [(each.about, each.at) for each in told.notices] == [(Expiring(END, 30), local(told_at))]


def test_quiet_hours_within_a_day_and_where_clocks_change() -> None:
    noon = replace(LEADS, quiet_hours=QuietHours(time(12), time(14)))
    told = Told.under(noon)
    told.give(100, END)
    told.clock.moment = local("2026-12-01 12:30")
    told.run()
    told.until("2026-12-01 15:00")
    assert [each.at for each in told.notices] == [local("2026-12-01 14:00")]
    # 6 September has no hour from 0 to 1 in Santiago, where the quiet hours would have ended.
    spring = Told.under(
        replace(LEADS, lead_days=(1,), at=time(20), quiet_hours=QuietHours(time(22), time(0, 30))), zone=SANTIAGO
    )
    spring.give(100, date(2026, 9, 6))
    spring.clock.moment = local("2026-09-05 23:00", SANTIAGO)
    assert spring.run() == []
    spring.clock.moment += timedelta(hours=1)
    assert spring.clock.moment.astimezone(SANTIAGO).time() == time(1)
    assert [each.about for each in spring.run()] == [Expiring(date(2026, 9, 6), 1)]


# ── who is told ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_opted_out_hears_nothing_and_the_timer_moves_on() -> None:
    told = Told.under(LEADS, profile=Profile(opt_out=True))
    told.give(100, END)
    told.until("2026-12-02")
    assert (told.notices, told.remind_at) == ([], local("2026-12-24 10:00"))
    # At the moment of each: who opts in hears of what comes then, not of what has been.
    enrol_member(told.services, told.rules, "m", Profile())
    told.until("2026-12-25")
    assert told.abouts == [Expiring(END, 7)]
    enrol_member(told.services, told.rules, "m", Profile(opt_out=True))
    told.until("2027-01-02")
    assert told.abouts == [Expiring(END, 7)]


def test_who_was_erased_hears_nothing() -> None:
    told = Told.under(replace(LEADS, dormancy=Dormancy(10, 10)))
    told.give(100, END)
    told.earn()
    erase_member(told.services, told.rules, "m")
    told.until("2027-01-02", hours=12)
    assert told.notices == []


# ── dormant ─────────────────────────────────────────────────────────────────────────────────────────────────────────

TODAY = NOW.astimezone(SHANGHAI).date()


@pytest.mark.parametrize(("again", "rounds"), [(None, [90]), (30, [90, 120, 150, 180]), (100, [90, 190])])
def test_rem_2_the_dormant_are_woken_once_per_period(again: int | None, rounds: list[int]) -> None:
    told = Told.under(Reminders(dormancy=Dormancy(90, again)))
    told.earn()
    told.until("2026-10-01")
    wanted = [(Dormant(TODAY, number), TODAY + timedelta(days=days)) for number, days in enumerate(rounds, start=1)]
    assert [(each.about, each.at.astimezone(SHANGHAI).date()) for each in told.notices] == wanted
    assert {each.points for each in told.notices} == {5}


def test_who_does_something_starts_anew() -> None:
    told = Told.under(Reminders(dormancy=Dormancy(90, 30)))
    told.earn()
    told.until("2026-06-20")
    assert told.abouts == [Dormant(TODAY, 1)]
    told.earn()
    told.until("2026-10-01")
    assert told.abouts == [Dormant(TODAY, 1), Dormant(date(2026, 6, 20), 1)]


def test_who_has_nothing_is_not_woken() -> None:
    told = Told.under(Reminders(dormancy=Dormancy(90, 30)), rewards=program().rewards)
    told.give(50, END)
    told.redeem()
    told.until("2026-08-01")
    assert told.notices == []


def test_after_a_long_silence_only_the_latest_round_is_told() -> None:
    told = Told.under(Reminders(dormancy=Dormancy(90, 30)))
    told.earn()
    told.clock.moment = local("2026-09-01 12:00")
    assert [each.about for each in told.run()] == [Dormant(TODAY, 3)]
    told.until("2026-10-01")
    assert told.abouts == [Dormant(TODAY, 3), Dormant(TODAY, 4)]


def test_nobody_is_woken_for_ever() -> None:
    """A thousand rounds are looked at, and no date lies beyond the calendar."""
    told = Told.under(Reminders(dormancy=Dormancy(3650, 3650)), expiry=NeverExpires())
    told.earn()
    told.clock.moment = datetime(8990, 1, 1, tzinfo=UTC)
    told.run()
    assert told.remind_at is None or told.remind_at > told.clock.moment


# ── settings that change ────────────────────────────────────────────────────────────────────────────────────────────


def test_reminders_that_a_program_gives_up_end_with_the_next_look() -> None:
    told = Told.under(replace(LEADS, dormancy=Dormancy(90, 30)))
    told.give(100, END)
    told.earn()
    told.now_under(reminders=None)
    told.until("2027-01-02", hours=12)
    assert (told.notices, told.remind_at, told.looks) == ([], None, 1)


def test_leads_that_come_and_go() -> None:
    told = Told.under(LEADS)
    told.give(100, END)
    told.until("2026-12-10")
    told.now_under(reminders=replace(LEADS, lead_days=(14, 1)))
    told.earn()  # a movement, or the run that sets everybody's anew, looks at the new ones
    told.until("2027-01-02")
    assert told.abouts == [Expiring(END, 30), Expiring(END, 14), Expiring(END, 1)]
    assert told.remind_at is not None  # of what was earned


def test_a_lead_that_is_put_back_is_not_told_twice() -> None:
    told = Told.under(replace(LEADS, lead_days=(7,)))
    told.give(100, END)
    told.until("2026-12-24 12:00")
    told.now_under(reminders=replace(LEADS, lead_days=(1,)))
    told.until("2026-12-24 15:00")
    told.now_under(reminders=replace(LEADS, lead_days=(7, 1), at=time(20)))
    told.earn()
    told.until("2027-01-02")
    assert [str(each) for each in told.abouts] == [str(Expiring(END, 7)), str(Expiring(END, 1))]


def test_dormancy_that_is_switched_on_wakes_who_moves_no_more_once_their_timer_is_set() -> None:
    told = Told.under(LEADS)
    told.earn()
    told.now_under(reminders=replace(LEADS, dormancy=Dormancy(90)))
    told.earn()
    assert told.remind_at == local("2026-06-13 10:00")


# ── against a plain model ───────────────────────────────────────────────────────────────────────────────────────────


def _owed_by(told: Told, lots: dict[date, int], since: datetime, now: datetime) -> set[Expiring]:
    """Every lead of every date with points, whose hour lies after the points came and up to now."""
    found = set()
    for day in lots:
        for lead in (30, 7, 1):
            at = datetime.combine(day - timedelta(days=lead), time(10), tzinfo=told.rules.zone).astimezone(UTC)
            if since < at <= now:
                found.add(Expiring(day, lead))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_whoever_looks_whenever_tells_exactly_what_was_owed(seed: int) -> None:
    """GIVEN points with random dates, given at random times, and runs that come late at random THEN every lead of every
    date is told, or kept as superseded, once; nothing else is; and no look is in vain."""
    random = Random(seed)  # noqa: S311
    zone: ZoneInfo = random.choice([SHANGHAI, NEW_YORK, SANTIAGO])
    told = Told.under(LEADS, zone=zone)
    wanted: set[Expiring] = set()
    given: dict[date, datetime] = {}
    for _ in range(60):
        now = told.clock.moment
        if random.random() < 0.3:
            day = now.astimezone(zone).date() + timedelta(days=random.randrange(60))
            told.give(10, day)
            given.setdefault(day, now)
        told.clock.moment = now + timedelta(hours=random.choice([1, 1, 7, 24, 40, 24 * 9]))
        today = told.clock.moment.astimezone(zone).date()
        for day, since in given.items():
            if day >= today:
                wanted |= _owed_by(told, {day: 1}, since, told.clock.moment)
        told.run()
        assert {notice.about for notice in told.notices} == wanted
    assert len(told.notices) == len(wanted)
    for day in given:
        sent = [about.lead_days for about in told.abouts if isinstance(about, Expiring) and about.expires_on == day]
        assert sent == sorted(sent, reverse=True)
