"""Sweeps on stores whose workers die, whose answers are lost, and that are swept twice at once: each member is expired,
exchanged, settled, reviewed and reminded exactly once.

Whoever dies at any call, and begins again, leaves the table exactly as one that never died: entry by entry, digest by
digest.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import pytest

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.keys import timer_shard_of
from points.adapters.dynamodb.models import AccountItem
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.timers import DynamoDBTimers
from points.adapters.memory import MemoryPrograms
from points.application.administration.adjust_points import adjust_points
from points.application.earning.earn_points import earn_points
from points.application.members.enrol_member import enrol_member
from points.application.ports import DIRECTORY_SHARDS, TIMER_SHARDS, Page, Timer
from points.application.reading import entries_newest_first
from points.application.redemption.hold_points import hold_points
from points.application.redemption.redeem_reward import redeem_reward
from points.application.services import Services
from points.application.sweeping import Run, Sweep, start_run
from points.domain.ledger.members import Profile
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.program.program import Program
from points.domain.program.reminding import Dormancy, Reminders
from points.domain.program.rewards import Reward
from points.domain.program.tiers import Level, TierMetric, Tiers
from tests.builders import SetClock, local
from tests.simulation.dynamodb import Client, Engine
from tests.store.faults import Conflicts, Faults
from tests.store.support import PROGRAM, NoWaiting, Store, dynamodb_store
from tests.support.proof import findings
from tests.support.sweeping import Died, WorkedOff, dying, swept, wired

START: Final = local("2026-11-21")
NEW_YEAR: Final = local("2027-01-01 11:01")
LAST_DAY: Final = date(2026, 12, 31)
IN_A_WEEK: Final = date(2027, 1, 8)

RULES: Final = replace(
    PROGRAM,
    exchange=("mug", "coupon"),
    rewards={"coupon": Reward("coupon", 25), "mug": Reward("mug", 50, stock=30, stock_shards=4)},
    tiers=Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100)), months=12, calendar_year=True),
    reminders=Reminders(lead_days=(30, 7), channels=("email",), dormancy=Dormancy(40)),
)


@dataclass
class Lives:
    """Members of whom each waits for something else, and what is to become of them."""

    services: Services
    program: Program

    def begin(self) -> None:
        for member, profile in (
            *((member, Profile()) for member in ("buyer", "waiter", "holder", "riser", "spender", "reader", "sleeper")),
            ("decliner", Profile(exchange_opt_out=True)),
            ("silent", Profile(opt_out=True)),
        ):
            enrol_member(self.services, self.program, member, profile)
        self._give("buyer", 60, LAST_DAY)
        self._give("decliner", 60, LAST_DAY)
        self._earn("waiter", "later")
        self._give("holder", 30, LAST_DAY)
        held = HoldRequest("h", "holder", 10, 5 * 24 * 3600)
        hold_points(self.services, self.program, held, actor="t")
        self._earn("riser", "purchase", "200.00")
        self._give("spender", 25, LAST_DAY)
        redeem_reward(self.services, self.program, Redemption("r", "spender", "coupon"), actor="t")
        self._give("reader", 40, IN_A_WEEK)
        self._earn("sleeper", "check_in")
        self._give("silent", 40, IN_A_WEEK)

    def _earn(self, member: str, behaviour: str, amount: str | None = None) -> None:
        earn_points(self.services, self.program, Event("e", member, behaviour, amount), actor="t")

    def _give(self, member: str, points: int, day: date) -> None:
        adjust_points(self.services, self.program, Adjustment("a", member, points, "given", day), actor="t")

    def told(self) -> dict[str, list[tuple[str, int]]]:
        """What a sweep has booked, oldest first."""
        return {
            member: [
                (str(entry.name.kind), entry.points)
                for entry in reversed(list(entries_newest_first(self.services, self.program, member)))
                if entry.actor == "expiry"
            ]
            for member in EXPECTED
        }

    def check(self) -> None:
        assert self.told() == EXPECTED
        mugs = self.services.ledger.stock_taken(self.program.name, list(self.program.rewards.values()), LAST_DAY)
        assert mugs["mug"].in_all == 1
        for member, abouts in NOTICED.items():
            found = [self.services.notices.notice(self.program.name, member, about) for about in ABOUTS]
            assert {notice.about for notice in found if notice is not None} == abouts, member
        for member in EXPECTED:
            assert findings(self.services, self.program, member) == []
            account = self.services.ledger.account(self.program.name, member)
            assert account is not None
            assert account.due_at is None or account.due_at > NEW_YEAR
            assert account.remind_at is None or account.remind_at > NEW_YEAR


EXPECTED: Final = {
    "buyer": [("redeem", -50), ("expire", -10)],
    "decliner": [("expire", -60)],
    "waiter": [("settle", 0)],
    "holder": [("redeem", -25), ("expire", -5)],
    "riser": [("tier_review", 0)],
    "spender": [],
    "reader": [],
    "sleeper": [],
    "silent": [],
}
DORMANT: Final = Dormant(START.date(), 1)
ABOUTS: Final = (
    Expiring(IN_A_WEEK, 30),
    Expiring(IN_A_WEEK, 7),
    Expiring(LAST_DAY, 30),
    Expiring(LAST_DAY, 7),
    DORMANT,
)
NOTICED: Final = {
    # The run is late for the 30 days, which end before it.
    "reader": {Expiring(IN_A_WEEK, 30), Expiring(IN_A_WEEK, 7)},
    "sleeper": {DORMANT},
    "riser": {DORMANT},
    "waiter": {DORMANT},
    "silent": set(),
    "buyer": set(),
    "decliner": set(),
}


@dataclass
class Mortal:
    """A client, or a queue, whose user dies at a call: before it, or after it and before its answer."""

    inner: Any
    counted: list[str]
    dies_at: int | None = None
    after: bool = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if not callable(found) or name.startswith("_"):
            return found

        def call(*args: Any, **request: Any) -> Any:
            number = len(self.counted)
            self.counted.append(name)
            if number == self.dies_at and not self.after:
                raise Died
            answer = found(*args, **request)
            if number == self.dies_at:
                raise Died
            return answer

        return call


@dataclass
class World:
    """``run`` is one run of expiry and one of reminders, to the end of the queue."""

    table: Table
    program: Program
    store: Store
    queue: WorkedOff

    @classmethod
    def of(cls, table: Table, program: Program = RULES) -> "World":
        world = cls(table, program, dynamodb_store(table), WorkedOff())
        world.store.publish(program)
        Lives(world.services(), program).begin()
        return world

    def services(self, client: Any = None) -> Services:
        store = self.store
        if client is not None:
            store = dynamodb_store(Table(client, self.table.name, NoWaiting(), InvocationDeadline()))
        programs = MemoryPrograms(self.program)
        return replace(store.services(self.program), programs=programs, clock=SetClock(START))

    def run(self, dies_at: int | None = None, *, after: bool = False) -> list[str]:
        """The calls that were made."""
        counted: list[str] = []
        client = Mortal(self.table.client, counted, dies_at, after)
        queue: Any = Mortal(self.queue, counted, dies_at, after)
        services = self.services(client)
        for timer in (Timer.DUE, Timer.REMIND):
            work = wired(services, queue, timer)
            if self.queue.waiting:
                self.queue.work_off(work)
            start_run(work, Run(NEW_YEAR))
            self.queue.work_off(work)
        assert not self.queue.dead
        return counted

    def again(self) -> None:
        """After a death: what lies in the queue is whatever it was sent for, and then everything once more."""
        left, self.queue.waiting = list(self.queue.waiting), type(self.queue.waiting)()
        services = self.services()
        for timer in (Timer.DUE, Timer.REMIND):
            work = wired(services, self.queue, timer)
            # Whose they were is not known any more: both take all of them, which harms nobody.
            self.queue.waiting.extend(each for each in left if timer is Timer.DUE or "directory_shard" not in each[0])
            if timer is Timer.REMIND:
                self.queue.waiting.extend(each for each in left if "directory_shard" in each[0])
            start_run(work, Run(NEW_YEAR))
            self.queue.work_off(work)

    def check(self) -> None:
        Lives(self.services(), self.program).check()


def simulated() -> tuple[Engine, Table]:
    engine = Engine()
    client: Any = Client(engine)
    return engine, Table(client, engine.name, NoWaiting(), InvocationDeadline())


@pytest.fixture(scope="module")
def begun() -> dict[tuple[str, str], Any]:
    """The items before anything is due."""
    engine, table = simulated()
    World.of(table)
    return engine.items


def world_of(items: dict[tuple[str, str], Any]) -> tuple[Engine, World]:
    engine, table = simulated()
    for item in items.values():
        table.put(deepcopy(item))
    return engine, World(table, RULES, dynamodb_store(table), WorkedOff())


@pytest.fixture(scope="module")
def undisturbed(begun: dict[tuple[str, str], Any]) -> tuple[list[str], dict[tuple[str, str], Any]]:
    """The calls of a run that nothing happens to, and the items it leaves."""
    engine, world = world_of(begun)
    calls = world.run()
    world.check()
    return calls, engine.items


def test_an_undisturbed_run(undisturbed: tuple[list[str], Any]) -> None:
    calls, _ = undisturbed
    assert Counter(calls)["query"] == 2 * (1 + TIMER_SHARDS) + DIRECTORY_SHARDS
    assert "transact_write_items" in calls
    assert "update_item" in calls


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_whoever_dies_at_any_call_and_begins_again_leaves_what_was_to_be(
    begun: dict[tuple[str, str], Any], undisturbed: tuple[list[str], Any], *, after: bool
) -> None:
    calls, expected = undisturbed
    for number, name in enumerate(calls):
        engine, world = world_of(begun)
        with dying() as died:
            world.run(number, after=after)
        assert died, (number, name)
        world.again()
        assert engine.items == expected, (number, name)


def test_whoever_dies_again_and_again_comes_to_the_end(
    begun: dict[tuple[str, str], Any], undisturbed: tuple[list[str], Any]
) -> None:
    """Each attempt dies some calls further on; what it has done is done."""
    _, expected = undisturbed
    for step in (3, 7, 19):
        engine, world = world_of(begun)
        for number in range(0, 3 * step, step):
            with dying():
                world.run(number, after=bool(number % 2))
        world.again()
        assert engine.items == expected


@pytest.mark.parametrize("last_first", [False, True])
def test_messages_twice_late_and_in_any_order(
    begun: dict[tuple[str, str], Any], undisturbed: tuple[list[str], Any], *, last_first: bool
) -> None:
    """GIVEN each message three times, the last first, and those of an earlier run after those of a later one."""
    _, expected = undisturbed
    engine, world = world_of(begun)
    services = world.services()
    for timer in (Timer.DUE, Timer.REMIND):
        work = wired(services, world.queue, timer)
        start_run(work, Run(NEW_YEAR))
        start_run(work, Run(NEW_YEAR))
        start_run(work, Run(NEW_YEAR - timedelta(days=40)))
        world.queue.waiting.extend(list(world.queue.waiting))
        world.queue.work_off(work, last_first=last_first)
    assert engine.items == expected


def test_a_run_for_a_past_day_changes_nothing_that_was_done(
    begun: dict[tuple[str, str], Any], undisturbed: tuple[list[str], Any]
) -> None:
    _, expected = undisturbed
    engine, world = world_of(begun)
    world.run()
    for days in (0, 1, 30):
        for timer in Timer:
            swept(world.services(), NEW_YEAR - timedelta(days=days), timer)
    assert engine.items == expected


@pytest.mark.parametrize("others", [0, 100])
def test_costs_grow_with_those_who_are_due(begun: dict[tuple[str, str], Any], others: int) -> None:
    """GIVEN members for whom nothing is due THEN a run reads and writes what it would without them."""
    _, world = world_of(begun)
    services = world.services()
    for number in range(others):
        member = f"other-{number}"
        enrol_member(services, world.program, member, Profile())
        adjust_points(services, world.program, Adjustment("a", member, 9, "given", date(2029, 5, 5)), actor="t")
    counted: list[str] = []
    again: list[str] = []
    for calls in (counted, again):
        client = Mortal(world.table.client, calls)
        queue = swept(world.services(client), NEW_YEAR)
        assert not queue.dead
    # One page for each shard, one batch for each shard with somebody in it; a settled account costs nothing more.
    assert Counter(counted) == {
        "query": 1 + TIMER_SHARDS,
        "batch_get_item": 6,
        "get_item": 3,
        "transact_write_items": 5,
        "update_item": 1,
    }
    assert Counter(again) == {"query": 1 + TIMER_SHARDS}


# ── a damaged account ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "damage",
    [
        {"l": {"S": "nonsense"}},
        {"l": {"N": "1"}},
        {"n": {"N": "1.5"}},
        {"u": {"S": "someday"}},
        {"h": {"M": {"h": {"S": "?"}}}},
        {"due_at": {"N": "1.5"}},
        {"due_at": {"N": "1"}, "n": {"S": "x"}},
    ],
    ids=str,
)
def test_a_damaged_account_holds_up_nobody(begun: dict[tuple[str, str], Any], damage: dict[str, Any]) -> None:
    """It is asked for alone until it is a dead letter; all others in its shard are done in the same message."""
    _, world = world_of(begun)
    services = world.services()
    broken, neighbours = "decliner", _in_the_shard_of("decliner", 5)
    for member in neighbours:
        enrol_member(services, world.program, member, Profile(exchange_opt_out=True))
        adjust_points(services, world.program, Adjustment("a", member, 60, "given", LAST_DAY), actor="t")
    account = services.ledger.account(world.program.name, broken)
    assert account is not None
    world.table.put(AccountItem.of(account).item() | damage)

    queue = swept(services, NEW_YEAR)

    assert [(each["member"], each["program"]) for each in queue.dead] == [(broken, "demo")]
    for member in neighbours:
        (newest, *_) = entries_newest_first(services, world.program, member)
        assert (newest.kind, newest.points) == ("expire", -60)


def _in_the_shard_of(member: str, count: int) -> list[str]:
    names = (f"n-{number}" for number in range(10_000))
    return [name for name in names if timer_shard_of("demo", name) == timer_shard_of("demo", member)][:count]


# ── on Amazon's own engine ──────────────────────────────────────────────────────────────────────────────────────────


def _named(number: int) -> Program:
    return replace(RULES, name=f"p-{number}")


def _writes(calls: Sequence[str]) -> Iterator[int]:
    for number, name in enumerate(calls):
        if name in {"transact_write_items", "update_item", "put_item"}:
            yield number


@pytest.mark.dynamodb
def test_whoever_dies_on_dynamodb_begins_again(dynamodb_table: Table) -> None:
    calls = World.of(dynamodb_table, _named(0)).run()
    for number in _writes(calls):
        for after in (False, True):
            world = World.of(dynamodb_table, _named(2 * number + after + 1))
            _only_of(world)
            with dying() as died:
                world.run(number, after=after)
            assert died
            world.again()
            world.check()


def _only_of(world: World) -> None:
    """Runs are about this program alone, whatever else lies in the table."""

    class One:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def programs(self, *, after: str | None = None, limit: int) -> Page[str]:  # noqa: ARG002
            return Page([world.program.name])

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

    plain = world.services

    def services(client: Any = None) -> Services:
        wired = plain(client)
        directory: Any = One(wired.directory)
        return replace(wired, directory=directory)

    world.services = services  # type: ignore[method-assign]


@pytest.mark.dynamodb
@pytest.mark.parametrize("seed", range(2))
def test_overlapping_sweeps_over_a_bad_line(dynamodb_table: Table, seed: int) -> None:
    """GIVEN lost answers, throttles, conflicts, and four workers on the same members THEN each is done once."""
    world = World.of(dynamodb_table)
    faults = Faults(dynamodb_table.client, seed=seed, rate=0.25)
    _overlapping(world, workers=4, rounds=2)
    assert faults.struck.total() > 20
    faults.rate = 0.0
    world.again()
    world.check()


@pytest.mark.dynamodb
def test_overlapping_sweeps_whose_transactions_meet(dynamodb_table: Table) -> None:
    world = World.of(dynamodb_table)
    conflicts = Conflicts(dynamodb_table.client)
    _overlapping(world, workers=4, rounds=2)
    assert conflicts.met.total()
    world.again()
    world.check()


def _overlapping(world: World, *, workers: int, rounds: int) -> None:
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(rounds):
                for timer in Timer:
                    queue = WorkedOff()
                    scheduled = wired(world.services(), queue, timer)
                    queue.waiting.extend(_messages(world.program))
                    # A message that fails again and again is a dead letter here: the next run finds what is left.
                    queue.work_off(scheduled)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def _messages(program: Program) -> Iterator[tuple[str, int]]:
    for shard in range(TIMER_SHARDS):
        yield json.dumps(Sweep(program.name, shard, NEW_YEAR).work()), 0


def test_the_index_has_what_waits_and_nothing_else(begun: dict[tuple[str, str], Any]) -> None:
    _, world = world_of(begun)
    timers = DynamoDBTimers(world.table)
    found = [
        each.member
        for shard in range(TIMER_SHARDS)
        for each in timers.waiting(Timer.DUE, "demo", shard, until=NEW_YEAR, limit=50)
    ]
    assert sorted(found) == ["buyer", "decliner", "holder", "riser", "spender", "waiter"]
