"""Members whom a program comes to remind, or no longer reminds: their timers follow, whether they move or not."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from points.application.earning.earn_points import earn_points
from points.application.members.enrol_member import enrol_member
from points.application.ports import PublishedVersion
from points.application.reminders.retime_program import Retiming, begin_retiming, retime, settings_digest
from points.application.services import Services
from points.domain.ledger.members import Profile
from points.domain.movements.earning import Event
from points.domain.program.program import Program
from points.domain.program.reminding import Dormancy, Reminders
from tests.builders import NOW, SetClock, local, program, services

REMINDERS = Reminders(lead_days=(30, 7), at=time(10), dormancy=Dormancy(90))
MEMBERS = [f"m-{number:03d}" for number in range(120)]


class Sent:
    def __init__(self) -> None:
        self.work: list[Any] = []

    def send(self, work: Any) -> None:
        self.work += work


def with_version(wired: Services, live: Program) -> Services:
    known: Any = services(live).programs
    return replace(wired, programs=known)


@pytest.fixture
def wired() -> Services:
    """Members with points under a program that reminds nobody, and that each did something at NOW."""
    wired = services(program(), clock=SetClock())
    for member in MEMBERS:
        enrol_member(wired, program(), member, Profile())
        earn_points(wired, program(), Event("e", member, "check_in"), actor="t")
    return wired


def remind_ats(wired: Services) -> set[Any]:
    return {account.remind_at for account in wired.ledger.accounts("demo", MEMBERS).values()}


def all_retimed(wired: Services, sent: Sent, now: Any = NOW) -> int:
    before, sent.work = sent.work, []
    del before
    return sum(retime(wired, sent, Retiming("demo", shard, now)) for shard in range(2))


def test_members_are_reminded_without_having_moved(wired: Services) -> None:
    sent = Sent()
    assert begin_retiming(wired, sent, "demo", NOW) == 32
    assert all_retimed(wired, sent) == 0
    assert remind_ats(wired) == {None}
    assert begin_retiming(wired, sent, "demo", NOW) == 0
    # WHEN the program comes to remind THEN each has a timer: dormant 90 days after NOW comes first
    reminding = with_version(wired, program(version=2, reminders=REMINDERS))
    assert begin_retiming(reminding, sent, "demo", NOW) == 32
    assert all_retimed(reminding, sent) == len(MEMBERS)
    assert remind_ats(reminding) == {local("2026-06-13 10:00")}
    assert all_retimed(reminding, sent) == 0
    # WHEN it stops THEN no timer is left
    silent = with_version(wired, program(version=3))
    assert begin_retiming(silent, sent, "demo", NOW) == 32
    assert all_retimed(silent, sent) == len(MEMBERS)
    assert remind_ats(silent) == {None}


def test_what_is_owed_is_left_to_the_sweep(wired: Services) -> None:
    sent = Sent()
    reminding = with_version(wired, program(version=2, reminders=REMINDERS))
    all_retimed(reminding, sent)
    later = local("2026-06-13 10:00") + timedelta(minutes=1)
    fewer = with_version(wired, program(version=3, reminders=replace(REMINDERS, dormancy=None)))
    assert all_retimed(fewer, sent, later) == 0
    assert remind_ats(fewer) == {local("2026-06-13 10:00")}


def test_what_there_is_no_time_for_is_handed_over(wired: Services) -> None:
    class Short:
        left = 70

        def begin(self, seconds: float) -> None: ...

        def leaves_time(self) -> bool:
            self.left -= 1
            return self.left >= 0

    sent = Sent()
    deadline: Any = Short()
    reminding = replace(with_version(wired, program(version=2, reminders=REMINDERS)), deadline=deadline)
    assert retime(reminding, sent, Retiming("demo", 0, NOW)) == 70
    (rest,) = sent.work
    assert rest == {
        "program": "demo", "directory_shard": 0, "time": "2026-03-15T04:00:00.000000Z", "after": MEMBERS[69]
    }  # fmt: skip
    deadline.left = 1_000
    assert retime(reminding, sent, Retiming("demo", 0, NOW, rest["after"])) == 50


def test_only_what_moments_follow_from_counts() -> None:
    assert settings_digest(REMINDERS) == settings_digest(replace(REMINDERS, channels=("email",)))
    others = [
        None, replace(REMINDERS, at=time(11)), replace(REMINDERS, lead_days=(7,)), replace(REMINDERS, dormancy=None),
        replace(REMINDERS, dormancy=Dormancy(91)), replace(REMINDERS, dormancy=Dormancy(90, 30)),
    ]  # fmt: skip
    assert len({settings_digest(REMINDERS), *map(settings_digest, others)}) == 7


def test_nothing_is_set_anew_before_everybody_has_seen_the_program(wired: Services) -> None:
    """WHEN a version was published half a minute ago THEN the next run sets the timers."""
    sent = Sent()
    clock = SetClock(NOW)
    reminding = replace(with_version(wired, program(reminders=REMINDERS)), clock=clock)
    published = PublishedVersion(1, {}, 0, NOW - timedelta(seconds=30), "t").sealed()
    reminding.versions.publish("demo", published)
    assert begin_retiming(reminding, sent, "demo", NOW) == 0
    clock.moment += timedelta(seconds=30)
    assert begin_retiming(reminding, sent, "demo", NOW) == 32
