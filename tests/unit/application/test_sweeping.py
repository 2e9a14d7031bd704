"""Work that finds itself: backlogs are finished, what cannot be handled holds up nobody, and no run costs a scan."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from points.application.earning.earn_points import earn_points
from points.application.members.enrol_member import enrol_member
from points.application.ports import TIMER_SHARDS, Page, Timer
from points.application.services import Services
from points.application.sweeping import Run, Scheduled, Sweep, start_run, sweep
from points.domain.errors import Conflict, LedgerUnavailable, NotFound, Throttled
from points.domain.ledger.account import Account
from points.domain.ledger.members import Profile
from points.domain.movements.earning import Event
from points.domain.program.expiry import AfterDays
from points.domain.program.program import Program
from tests.builders import NOW, SetClock, SetDeadline, local, program, services
from tests.support.sweeping import WorkedOff, wired

RULES = program(expiry=AfterDays(10))
MEMBERS = [f"m-{number:03d}" for number in range(120)]
DUE = local("2026-03-26 00:00")
"""When what was earned at NOW has expired."""


@pytest.fixture
def full() -> Services:
    """120 members whose points expire at DUE."""
    full = services(RULES, clock=SetClock(), deadline=SetDeadline())
    for member in MEMBERS:
        enrol_member(full, RULES, member, Profile())
        earn_points(full, RULES, Event("e", member, "check_in"), actor="t")
    return full


@dataclass
class Handled:
    """Handles accounts as a test says: ``failing`` by member; it is done with the others."""

    failing: Mapping[str, Exception] = field(default_factory=dict)
    members: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)

    def __call__(self, _program: Program, member: str, read: Account | None, _time: datetime) -> object:
        (self.members if read is not None else self.fresh).append(member)
        if member in self.failing:
            raise self.failing[member]
        return None


def worked(full: Services, handle: Handled, queue: WorkedOff | None = None, **changes: Any) -> Scheduled:
    return replace(wired(full, queue or WorkedOff()), handle=handle, **changes)


SWEEP = Sweep("demo", 0, DUE)


def test_everybody_who_is_due_is_handled_and_nobody_else(full: Services) -> None:
    handle = Handled()
    early = sweep(worked(full, handle), replace(SWEEP, time=DUE - timedelta(microseconds=1)))
    assert (early.handled, handle.members) == (0, [])
    done = sweep(worked(full, handle), SWEEP)
    assert (done.handled, done.complete, done.oldest, done.failed) == (len(MEMBERS), True, DUE, {})
    assert sorted(handle.members) == MEMBERS


def test_what_there_is_no_time_for_is_handed_over_until_all_is_done(full: Services) -> None:
    """GIVEN time for 33 accounts in each invocation THEN no account is looked at twice and none is left out."""
    handle, queue = Handled(), WorkedOff()
    deadline = SetDeadline()
    work = worked(replace(full, deadline=deadline), handle, queue)
    deadline.calls = 33
    first = sweep(work, SWEEP)
    assert (first.handled, first.complete) == (33, False)
    deliveries = 0
    while queue.waiting:
        deadline.calls = 33
        queue.deliver(work)
        deliveries += 1
    assert deliveries == 3
    assert Counter(handle.members) == dict.fromkeys(MEMBERS, 1)


def test_time_that_ends_in_the_middle_of_an_account_is_no_failure(full: Services) -> None:
    deadline = SetDeadline()

    class Slow(Handled):
        def __call__(self, program: Program, member: str, read: Account | None, time: datetime) -> object:
            if len(self.members) == 40 and deadline.calls is None:
                deadline.calls = 0
                raise LedgerUnavailable("there was no time left to ask the ledger")
            return super().__call__(program, member, read, time)

    queue = WorkedOff()
    handle = Slow()
    done = sweep(worked(replace(full, deadline=deadline), handle, queue), SWEEP)
    assert (done.handled, done.complete) == (40, False)
    deadline.calls = 10_000
    queue.work_off(worked(replace(full, deadline=deadline), handle, queue))
    assert Counter(handle.members) == dict.fromkeys(MEMBERS, 1)


def test_whoever_comes_no_further_is_not_sent_on_for_ever(full: Services) -> None:
    """A message without any time for its first account comes back by itself, and is counted."""
    queue = WorkedOff()
    with pytest.raises(LedgerUnavailable):
        sweep(worked(replace(full, deadline=SetDeadline(0)), Handled(), queue), SWEEP)
    assert not queue.waiting


def test_one_that_fails_goes_its_own_way(full: Services) -> None:
    """GIVEN one account that nobody can handle and one that is kept busy THEN all others are handled, and these two
    come again by themselves until they are dead letters."""
    handle = Handled({"m-007": ValueError("damaged"), "m-060": Conflict("busy")})
    queue = WorkedOff()
    work = worked(full, handle, queue)
    done = sweep(work, SWEEP)
    assert (done.handled, set(done.failed), done.complete) == (118, {"m-007", "m-060"}, True)
    assert [(each["member"], "after" in each) for each in queue.bodies] == [("m-007", False), ("m-060", False)]
    queue.work_off(work)
    assert [each["member"] for each in queue.dead] == ["m-007", "m-060"]
    assert Counter(handle.fresh) == {"m-007": 5, "m-060": 5}
    assert len(handle.members) == len(MEMBERS)


def test_one_that_fails_before_time_is_up_goes_its_own_way_too(full: Services) -> None:
    queue = WorkedOff()
    work = worked(replace(full, deadline=SetDeadline(33)), Handled({"m-007": ValueError("damaged")}), queue)
    assert not sweep(work, SWEEP).complete
    assert [each.get("member") for each in queue.bodies] == [None, "m-007"]


@pytest.mark.parametrize("failure", [Throttled("slow"), LedgerUnavailable("gone")])
def test_a_store_that_fails_fails_the_message(full: Services, failure: Exception) -> None:
    """It comes back as it is: nothing is lost, and nothing was sent on."""
    queue = WorkedOff()
    with pytest.raises(type(failure)):
        sweep(worked(full, Handled({"m-007": failure}), queue), SWEEP)
    assert not queue.waiting


def test_an_account_that_is_gone_is_passed_over(full: Services) -> None:
    done = sweep(worked(full, Handled({"m-007": NotFound("gone")})), SWEEP)
    assert (done.handled, done.failed) == (119, {})


def test_an_account_that_cannot_be_read_with_the_others_is_asked_for_alone(full: Services) -> None:
    class Unreadable:
        """A ledger that leaves out one of them, as it does with one it cannot read."""

        def accounts(self, program: str, members: Sequence[str]) -> Mapping[str, Account]:
            found = full.ledger.accounts(program, members)
            return {member: account for member, account in found.items() if member != "m-007"}

    ledger: Any = Unreadable()
    handle = Handled({"m-007": ValueError("not a lot")})
    done = sweep(worked(replace(full, ledger=ledger), handle), SWEEP)
    assert (done.handled, set(done.failed)) == (119, {"m-007"})
    assert handle.fresh == ["m-007"]


def test_what_could_not_be_sent_on_comes_again_with_its_message(full: Services) -> None:
    work = worked(full, Handled({"m-007": ValueError("damaged")}), WorkedOff(refuses=True))
    with pytest.raises(LedgerUnavailable):
        sweep(work, SWEEP)


def test_while_a_program_rests_nobody_looks(full: Services) -> None:
    class Unasked:
        def waiting(self, *_: object, **__: object) -> Sequence[Any]:
            raise AssertionError("nobody asks")

    timers: Any = Unasked()
    handle = Handled()
    work = worked(replace(full, timers=timers), handle, rests=lambda _program, time: time == DUE)
    assert sweep(work, SWEEP).handled == 0
    assert sweep(work, replace(SWEEP, member="m-007")).handled == 0
    assert handle.members == handle.fresh == []


# ── runs ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class Programs:
    """A directory of so many programs."""

    def __init__(self, count: int) -> None:
        self.names = [f"p-{number:05d}" for number in range(count)]
        self.pages = 0

    def programs(self, *, after: str | None = None, limit: int) -> Page[str]:
        self.pages += 1
        names = [name for name in self.names if after is None or name > after]
        return Page(names[:limit], names[limit - 1] if len(names) > limit else None)


def runs(count: int, deadline: SetDeadline, queue: WorkedOff) -> Scheduled:
    directory: Any = Programs(count)
    return wired(replace(services(), directory=directory, deadline=deadline), queue)


def sent_for(bodies: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, int]]:
    return Counter((each["program"], each["shard"]) for each in bodies if "program" in each)


def test_a_run_sends_one_message_for_each_shard_of_each_program() -> None:
    queue = WorkedOff()
    assert start_run(runs(3, SetDeadline(), queue), Run(NOW)) == 3 * TIMER_SHARDS
    assert {each["time"] for each in queue.bodies} == {"2026-03-15T04:00:00.000000Z"}
    assert sent_for(queue.bodies) == {(f"p-{each:05d}", shard): 1 for each in range(3) for shard in range(TIMER_SHARDS)}


def test_no_program_no_message() -> None:
    queue = WorkedOff()
    assert start_run(runs(0, SetDeadline(), queue), Run(NOW)) == 0
    assert not queue.waiting


def test_a_run_over_more_programs_than_there_is_time_for_hands_over() -> None:
    """GIVEN 1,234 programs and time for 500 of them THEN each gets its messages, once."""
    queue, deadline = WorkedOff(), SetDeadline(500)
    work = runs(1_234, deadline, queue)
    seen = Counter[tuple[str, int]]()
    start_run(work, Run(NOW))
    handed_over = 0
    while rest := [each for each in queue.bodies if "program" not in each]:
        seen += sent_for(queue.bodies)
        queue.waiting.clear()
        (again,) = rest
        handed_over += 1
        deadline.calls = 500
        start_run(work, Run(NOW, again["after"]))
    seen += sent_for(queue.bodies)
    assert handed_over == 2
    assert len(seen) == 1_234 * TIMER_SHARDS
    assert set(seen.values()) == {1}


def test_a_program_that_cannot_be_loaded_stops_nobody_else(full: Services) -> None:
    """GIVEN a directory that names a program of which nothing can be loaded THEN its messages end as dead letters, and
    the other one's members are handled."""

    class Directory:
        def programs(self, *, after: str | None = None, limit: int) -> Page[str]:  # noqa: ARG002
            return Page(["broken", "demo"])

    directory: Any = Directory()
    queue, handle = WorkedOff(), Handled()
    work = worked(replace(full, directory=directory), handle, queue)
    start_run(work, Run(DUE))
    queue.work_off(work)
    assert sorted(handle.members) == MEMBERS
    assert {each["program"] for each in queue.dead} == {"broken"}
    assert len(queue.dead) == TIMER_SHARDS


def test_a_run_whose_queue_does_not_answer_fails() -> None:
    with pytest.raises(LedgerUnavailable):
        start_run(runs(1, SetDeadline(), WorkedOff(refuses=True)), Run(NOW))


def test_the_reminders_run_rests_in_the_quiet_hours(full: Services) -> None:
    assert wired(full, WorkedOff(), Timer.REMIND).rests is not None
    assert wired(full, WorkedOff(), Timer.DUE).rests is None


def test_what_is_begun_beside_is_begun_once_in_a_run(full: Services) -> None:
    begun: list[str] = []
    work = worked(full, Handled(), beside=lambda name, _time: begun.append(name))
    for wanted in (SWEEP, replace(SWEEP, shard=1), replace(SWEEP, after="x y"), replace(SWEEP, member="m-007")):
        sweep(work, wanted)
    assert begun == ["demo"]
