"""What sweeping is said to cost is what the real decisions and the real items come to, and follows what is due."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks.sweeping import costs
from benchmarks.sweeping.__main__ import main
from benchmarks.sweeping.costs import Swept, days_taking, run_taking, summed
from benchmarks.sweeping.effort import Effort, of_booking, of_notices, of_timer
from benchmarks.sweeping.lateness import Compared, compared
from benchmarks.sweeping.lives import Life, run_of, time_of
from benchmarks.sweeping.members import KINDS, member
from benchmarks.sweeping.outcome import done_by, pace_of_shard, spread_over, sweeping_of, worst_run
from benchmarks.sweeping.population import MEMBERS_AT_ONCE, Lived, World, lived
from benchmarks.sweeping.programs import POLICIES, program_of
from benchmarks.units import units_of
from benchmarks.workbench import Calls, Workbench
from points.adapters.dynamodb.item_size import transaction_write_units
from points.adapters.dynamodb.ledger import DynamoDBLedger
from points.adapters.dynamodb.models import AccountItem
from points.adapters.dynamodb.notices import DynamoDBNotices
from points.adapters.dynamodb.table import Table
from points.adapters.memory import MemoryLedger
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.ports import TIMER_SHARDS, Timer, Waiting
from points.application.sweeping import Scheduled, Sweep, sweep
from points.domain.calendar import day_start
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.movements.earning import Event, earn
from points.domain.movements.expiring import bring_up_to_date as decide
from points.domain.reminding.owing import owed
from tests.builders import SHANGHAI, NoWait, SetDeadline, services

DAYS = 400
NEW_YEAR = date(2027, 1, 1)
EARNED = datetime(2025, 5, 4, 3, 2, 1, tzinfo=UTC)
SWEPT = datetime(2026, 12, 31, 16, 1, tzinfo=UTC)
"""A minute past midnight in Shanghai."""


def world(policy: str = "end_of_year", *, reminders: bool = False, days: int = DAYS, seed: int = 1) -> World:
    return World(policy, reminders, days, seed)


@pytest.fixture(scope="module")
def year() -> Lived:
    """Sixty members under expiry at the end of the year, with reminders."""
    return lived(world(reminders=True), 60)


def expiry_days(of: Lived, scale: float = 1) -> dict[date, Swept]:
    return days_taking(of.efforts, Timer.DUE, of.world.days, SHANGHAI, scale)


def purchased(number: int = 0, reminders: bool = False) -> Account:
    program = program_of("end_of_year", reminders=reminders)
    account = Account(program.name, f"member-{number:017d}")
    event = Event("order-2025-05-04-000001", account.member, "purchase", amount="128.00")
    return earn(account, event, Context(program, EARNED, "shop", "0" * 64)).account


# ── a seed says everything ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("policy", POLICIES)
def test_a_seed_has_its_figures(policy: str) -> None:
    again = [lived(world(policy, reminders=True), 15) for _ in range(2)]
    assert again[0] == again[1]
    assert again[0] != lived(world(policy, reminders=True, seed=2), 15)


def test_a_larger_sample_is_a_smaller_one_and_more(year: Lived) -> None:
    more = MEMBERS_AT_ONCE + 1
    parts: list[int] = []
    lived(world("by_activity", days=1), more, progress=parts.append)
    assert parts == [MEMBERS_AT_ONCE, 1]
    first = lived(world(reminders=True), 20)
    assert all(year.efforts[place].accounts >= effort.accounts for place, effort in first.efforts.items())


def test_members_are_of_all_kinds() -> None:
    kinds = [member(number, 1, date(2027, 1, 1), SHANGHAI).kind for number in range(2_000)]
    for kind in KINDS:
        assert kinds.count(kind) / 2_000 == pytest.approx(kind.share, abs=0.03)
    assert sum(kind.share for kind in KINDS) == pytest.approx(1)


def test_visits_follow_one_another_within_the_days() -> None:
    for number in range(50):
        visits = [visit.at for visit in member(number, 1, date(2027, 1, 1), SHANGHAI).visits]
        assert visits == sorted(visits)
        assert all(visit < day_start(date(2027, 1, 1), SHANGHAI) for visit in visits)


# ── what a day costs ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_worst_day_of_points_good_until_the_end_of_a_year_is_the_first_of_january(year: Lived) -> None:
    expiry = sweeping_of(year, Timer.DUE, 1_000_000)
    assert expiry.worst_day == NEW_YEAR
    assert expiry.worst.write_units > 0.9 * expiry.total.write_units
    assert expiry.middle.accounts == 0
    # And all of it is found by the first run after midnight.
    assert worst_run(year, Timer.DUE, 1_000_000).accounts == expiry.worst.accounts


def test_reminders_come_before_the_points_expire(year: Lived) -> None:
    by_day = days_taking(year.efforts, Timer.REMIND, DAYS, SHANGHAI)
    busiest = sorted(by_day, key=lambda day: by_day[day].notices)[-3:]
    assert sorted(busiest) == [date(2026, 12, 1), date(2026, 12, 24), date(2026, 12, 30)]


def test_an_idle_day_is_an_empty_query_for_each_shard_and_hour(year: Lived) -> None:
    idle = expiry_days(year)[date(2026, 7, 1)]
    assert idle.queries == 24 * TIMER_SHARDS
    assert idle.index_read_units == 24 * TIMER_SHARDS / 2
    assert (idle.accounts, idle.transactions, idle.updates, idle.write_units) == (0, 0, 0, 0)
    assert idle.dollars < 0.002


def test_members_with_nothing_due_cost_nothing() -> None:
    """Cost grows with members that are due, not with members."""
    lives = [world().life(number) for number in range(60)]
    silent = [life for life in lives if life.member.kind.name == "silent"]
    assert len(silent) > 5
    assert not any(life.efforts for life in silent)


def test_twice_as_many_members_due_take_twice_as_much(year: Lived) -> None:
    once, twice = expiry_days(year, 50_000)[NEW_YEAR], expiry_days(year, 100_000)[NEW_YEAR]
    for name in ("accounts", "transactions", "updates", "write_units", "shard_writes"):
        assert getattr(twice, name) == 2 * getattr(once, name)
    assert twice.worker_seconds == pytest.approx(2 * once.worker_seconds, rel=0.01)
    assert twice.dollars == pytest.approx(2 * once.dollars, rel=0.01)
    idle, also_idle = expiry_days(year, 1_000)[date(2026, 7, 1)], expiry_days(year, 2_000)[date(2026, 7, 1)]
    assert idle == also_idle


def test_dollars_are_made_of_what_is_counted() -> None:
    assert Swept(write_units=1e6).dollars == pytest.approx(0.625)
    assert Swept(read_units=1e6).dollars == pytest.approx(0.125)
    assert (Swept(invocations=1e6) + Swept(queue_requests=1e6)).dollars == pytest.approx(0.2 + 0.4)
    assert summed([Swept(worker_seconds=1), Swept(worker_seconds=1)]).dollars == pytest.approx(2 * 0.0000133334)


def test_runs_are_hourly_a_minute_past_and_find_what_is_due_by_then() -> None:
    due = datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert time_of(run_of(due)) == SWEPT
    assert time_of(run_of(SWEPT)) == SWEPT
    assert time_of(run_of(SWEPT + timedelta(microseconds=1))) == SWEPT + timedelta(hours=1)


# ── the same as what is sent ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Bench:
    """Stands in for the benchmarks' workbench: what is sent is kept, and nothing is there but one account."""

    stored: Account
    calls: Calls = field(default_factory=Calls)

    def __post_init__(self) -> None:
        self.table = Table(cast("Any", self), "Ledger", NoWait(), SetDeadline())
        self.services = services(program_of("end_of_year", reminders=True), ledger=cast("Any", self))

    @contextmanager
    def recorded(self) -> Iterator[Calls]:
        yield self.calls

    def account(self, program: str, member: str) -> Account:
        assert (program, member) == (self.stored.program, self.stored.member)
        return self.stored

    def commit(self, decision: Any) -> None:
        DynamoDBLedger(self.table).commit(decision)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        self.calls.sent.append(("TransactWriteItems", request))
        return {}


@pytest.mark.parametrize("last", [True, False])
def test_write_units_of_an_expiry_are_those_that_benchmarks_count(last: bool) -> None:
    account, program = purchased(), program_of("end_of_year", reminders=False)
    if not last:
        event = Event("order-2026-05-04-000002", account.member, "purchase", amount="128.00")
        account = earn(account, event, Context(program, EARNED + timedelta(days=365), "shop", "0" * 64)).account
    effort = of_booking(decide(account, Context(program, SWEPT, "expiry", fingerprint="")))
    bench = _Bench(account)
    units, _ = units_of(
        "expiry",
        cast("Workbench", bench),
        account.member,
        lambda: bring_up_to_date(bench.services, program, account.member, SWEPT, read=account),
    )
    # They tell of the `due` index in a note beside the figure: its row goes, and where more is left another comes.
    assert effort.index_writes == (1 if last else 2)
    assert effort.write_units == units.value + effort.index_writes == (6 if last else 7)
    assert (effort.accounts, effort.account_reads, effort.transactions, effort.entries) == (1, 1, 1, 1)


def test_write_units_of_a_reminder_are_those_of_what_is_sent() -> None:
    program, account = program_of("end_of_year", reminders=True), purchased(reminders=True)
    assert account.remind_at is not None
    found = owed(account, program, account.remind_at, limit=50)
    after = replace(account, remind_at=found.remind_at)
    bench = _Bench(account)
    DynamoDBNotices(bench.table).put(account, found.notices, remind_at=found.remind_at)
    (request,) = bench.calls.of("TransactWriteItems")
    puts = [part["Put"]["Item"] for part in request["TransactItems"] if "Put" in part]
    sent = transaction_write_units([*puts, AccountItem.of(account).item()])
    effort = of_notices(account, after, found.notices)
    assert effort.write_units == sent + effort.index_writes == 2 + 2 + 2
    assert (effort.notices, effort.profile_reads) == (1, 1)


def test_setting_a_timer_alone_is_a_single_write() -> None:
    account = purchased()
    later = replace(account, due_at=SWEPT + timedelta(days=1))
    effort = of_timer(account, later, Timer.DUE)
    assert (effort.updates, effort.transactions, effort.write_units, effort.index_writes) == (1, 0, 1 + 2, 2)
    none = of_timer(account, account, Timer.DUE)
    assert (none.accounts, none.updates, none.write_units) == (1, 0, 0)


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 120])
def test_pages_are_read_as_the_sweep_reads_them(rows: int) -> None:
    asked, read = 0, 0

    class Timers(MemoryLedger):
        def waiting(self, *_: Any, **options: Any) -> list[Waiting]:
            nonlocal asked
            asked += 1
            first = 0 if options["after"] is None else int(options["after"]) + 1
            numbers = range(first, min(rows, first + options["limit"]))
            return [Waiting(f"member-{number}", SWEPT, str(number)) for number in numbers]

        def accounts(self, program: str, members: Sequence[str]) -> dict[str, Account]:
            nonlocal read
            read += 1
            return {name: Account(program, name) for name in members}

    timers = Timers()
    work = Scheduled(
        services(program_of("end_of_year", reminders=False), timers=timers, ledger=timers),
        cast("Any", None),
        Timer.DUE,
        lambda *_: None,
    )
    assert sweep(work, Sweep("demo", 0, SWEPT)).handled == rows
    of_all_shards = run_taking(Effort(accounts=rows * TIMER_SHARDS, row_bytes=75 * rows * TIMER_SHARDS))
    assert of_all_shards.queries == asked * TIMER_SHARDS
    batches = -(-rows // costs.PAGE)
    assert read == batches


# ── the worst run, spread ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_shard_is_one_workers_at_a_time(year: Lived) -> None:
    run = worst_run(year, Timer.DUE, 10_000_000)
    assert done_by(run, 2 * TIMER_SHARDS) == done_by(run, TIMER_SHARDS)
    assert done_by(run, 10).seconds == pytest.approx(run.worker_seconds / 10)
    assert done_by(run, TIMER_SHARDS).shard_writes == pytest.approx(pace_of_shard(run))


def test_what_would_throttle_the_index_does_not_when_it_is_spread(year: Lived) -> None:
    run = worst_run(year, Timer.DUE, 10_000_000)
    minute, day = spread_over(run, 60), spread_over(run, 24 * 3_600)
    assert minute.throttled
    assert not minute.possible
    assert not day.throttled
    assert day.workers <= 3
    assert not done_by(run, TIMER_SHARDS).throttled, "as many workers as there is work for"


@pytest.mark.parametrize("policy", ["end_of_year", "end_of_month", "after_months"])
def test_nobody_notices_how_late_expiry_is_booked(policy: str) -> None:
    """An expired point cannot be spent, booked or not: with runs that come up to two months late members are told the
    same, whatever they do meanwhile."""
    found = compared(world(policy), 60, hours=60 * 24)
    assert found.members == 60
    assert found.movements > 600
    assert found.unbooked > 5
    assert found.different == 0


def test_nor_does_whoever_comes_back_before_it_is_booked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two months after their last purchase all that they had is gone, and another purchase brings none of it back."""
    monkeypatch.setitem(POLICIES, "by_activity", {"type": "by_activity", "months": 2})
    program_of.cache_clear()
    found = compared(world("by_activity"), 60, hours=60 * 24)
    program_of.cache_clear()
    assert found.unbooked > 5
    assert found.different == 0


def test_whoever_is_told_something_else_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    lives = Life.live

    def cheated(life: Life, end: date) -> None:
        lives(life, end)
        if life.late:
            life.answers[-1:] = [replace(answer, available=answer.available + 1) for answer in life.answers[-1:]]

    monkeypatch.setattr(Life, "live", cheated)
    assert compared(world("end_of_month", days=30), 10, hours=24).different > 0
    assert Compared(1, 2, 3, 4) + Compared(1, 1, 1, 1) == Compared(2, 3, 4, 5)


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_command_tells_and_keeps_figures_and_plots(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = "--members 1000,5000 --days 40 --sample 12 --policy end_of_month --processes 1 --workers 4"
    assert main([*options.split(), "--into", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    kept = (tmp_path / "figures.md").read_text("utf-8")
    assert told.startswith(kept)
    assert "12 members, seed 1, of populations of 1,000, 5,000" in kept
    assert "make simulate MEMBERS=1000,5000 DAYS=40 SAMPLE=12 SEED=1 WORKERS=4 POLICY=end_of_month" in kept
    for name in ("days.png", "spread.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
