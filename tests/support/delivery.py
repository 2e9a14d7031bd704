"""Delivery without a mail server: a member with points, their notices, and carriers that do as they are told."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any

from points.adapters.delivery.languages import BabelLanguages
from points.adapters.memory import MemoryLedger, MemoryMembers, MemoryPrograms
from points.application.delivery.deliver_notice import Outcome, deliver_notice
from points.application.delivery.ports import (
    EMAIL,
    SMS,
    Delivery,
    DeliveryServices,
    Letter,
    NotNow,
    Outlet,
    Sending,
)
from points.application.earning.earn_points import earn_points
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.ledger.timers import About, Dormant, Expiring
from points.domain.movements.earning import Event
from points.domain.program.program import Program
from points.domain.program.reminding import Dormancy, QuietHours, Reminders
from points.domain.reminding.notices import Notice
from tests.builders import SetClock, SetDeadline, local, program, services

MEMBER = "m-1"
EARNED = datetime(2026, 3, 15, 4, 0, tzinfo=UTC)
LAST_DAY = date(2027, 12, 31)
"""Of what is earned in 2026."""

WEEK_BEFORE = Expiring(LAST_DAY, 7)
ASLEEP = Dormant(date(2026, 3, 15), 1)
PROFILE = Profile(locale="en-GB", email="ada@example.com", phone="+44 7700 900123")
AT_NIGHT = QuietHours(time(21), time(9))


def reminders(**changes: Any) -> Reminders:
    standard = Reminders(
        lead_days=(30, 7, 1), quiet_hours=None, channels=(EMAIL, SMS), dormancy=Dormancy(180, again_after_days=90)
    )
    return replace(standard, **changes)


def reminding(**changes: Any) -> Program:
    """The program of the builders, with reminders."""
    standard = {"languages": ("en", "zh-CN"), "title": {"en": "Shop", "zh-CN": "商城"}, "reminders": reminders()}
    return program(**standard | changes)


class SentInMemory:
    """``unrecorded`` makes it forget what it sees."""

    def __init__(self) -> None:
        self.done: set[Delivery] = set()
        self.unrecorded = False

    def once(self, delivery: Delivery, send: Callable[[], str]) -> Sending:
        if delivery in self.done:
            return Sending.BEFORE
        send()
        if self.unrecorded:
            return Sending.UNRECORDED
        self.done.add(delivery)
        return Sending.NOW


@dataclass
class Carrier:
    """``failing`` is raised once for each letter that goes out next."""

    by: Callable[[Profile], str | None]
    sent: list[tuple[str, Letter]] = field(default_factory=list)
    failing: list[Exception] = field(default_factory=list)

    def address(self, profile: Profile) -> str | None:
        return self.by(profile)

    def send(self, address: str, letter: Letter) -> str:
        if self.failing:
            raise self.failing.pop(0)
        self.sent.append((address, letter))
        return f"letter-{len(self.sent)}"


@dataclass
class Queues:
    dead: list[tuple[str, str, str]] = field(default_factory=list)
    postponed: list[tuple[str, str, int]] = field(default_factory=list)
    broken: bool = False

    def set_aside(self, queue: str, body: str, reason: str) -> None:
        self._check()
        self.dead.append((queue, body, reason))

    def postpone(self, queue: str, receipt: str, seconds: int) -> None:
        self._check()
        self.postponed.append((queue, receipt, seconds))

    def _check(self) -> None:
        if self.broken:
            raise NotNow("RequestThrottled")


@dataclass
class Post:
    """A member who earned 240 points in March 2026, and a moment: a week before they expire."""

    program: Program = field(default_factory=reminding)
    now: datetime = field(default_factory=lambda: local("2027-12-24"))
    profile: Profile | None = PROFILE
    points: int = 240
    reward: str | None = "coupon"
    superseded: bool = False

    def __post_init__(self) -> None:
        self.sent, self.queues = SentInMemory(), Queues()
        self.mail, self.texts = Carrier(lambda who: who.email), Carrier(lambda who: who.phone)
        self.clock = SetClock(EARNED)
        ledger = MemoryLedger()
        members = MemoryMembers(ledger)
        self.booking = services(self.program, clock=self.clock, ledger=ledger, members=members)
        members.enrol("demo", MEMBER, self.profile or Profile(), MemberFacts())
        if self.points:
            self.earn(self.points)
        if self.profile is None:
            members.erase("demo", MEMBER)
        self.services = DeliveryServices(
            ledger=ledger,
            members=members,
            programs=MemoryPrograms(self.program),
            clock=self.clock,
            deadline=SetDeadline(),
            notices=ledger,
            sent=self.sent,
            languages=BabelLanguages(),
            outlets=self.outlets(),
            queues=self.queues,
        )
        self.ledger = ledger
        for about in (WEEK_BEFORE, ASLEEP):
            self.notice(about)
        self.clock.moment = self.now

    def notice(self, about: About) -> None:
        account = self.ledger.account("demo", MEMBER)
        assert account is not None
        notice = Notice("demo", MEMBER, about, self.now, self.points, self.reward, (EMAIL, SMS), self.superseded)
        self.ledger.put(account, [notice], remind_at=None)

    def outlets(self) -> dict[str, Outlet]:
        return {EMAIL: self.mail, SMS: self.texts}

    def earn(self, points: int, reference: str = "first") -> None:
        event = Event(reference, MEMBER, "purchase", amount=f"{points}.00")
        earn_points(self.booking, self.program, event, actor="tester")

    def deliver(self, about: About = WEEK_BEFORE, channel: str = EMAIL) -> Outcome:
        return deliver_notice(self.services, Delivery("demo", MEMBER, about, channel))

    @property
    def letters(self) -> list[Letter]:
        return [letter for _, letter in (*self.mail.sent, *self.texts.sent)]
