"""Rules under 16 threads on the real engine: caps, tasks, streaks, tiers and referrals count each thing once, however
many events of a member arrive at the same instant. Every total is known beforehand to the point."""

import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from secrets import randbits

import pytest

from points.adapters.backoff import JitteredBackoff
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.table import Table
from points.application.earning.earn_points import earn_points
from points.application.earning.refer_member import refer_member
from points.application.movement import Booked
from points.application.reading import entries_newest_first
from points.domain.errors import Conflict, ReferralRefused, StoreFailure
from points.domain.ledger.account import Referral
from points.domain.ledger.entries import Entry, Kind, Line
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.movements.earning import Event
from points.domain.movements.referring import Invitation
from points.domain.program.behaviours import Behaviour
from points.domain.program.caps import Cap
from points.domain.program.program import Program
from points.domain.program.referral import ReferralRules
from points.domain.program.rules import Fixed, Rule, Streak
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.store.faults import Faults
from tests.store.support import MEMBER, NOW, PROGRAM, Store, dynamodb_store
from tests.support.proof import findings

pytestmark = pytest.mark.dynamodb

THREADS = 16
PATIENCE = 60

STEPS = (1, 2, 4, 8, 16)
DAYS = [NOW - timedelta(days=back) for back in (4, 3, 2, 1, 0)]
"""17 to 21 November, Tuesday to Saturday: one week."""

RULES = replace(
    PROGRAM,
    behaviours={name: Behaviour(name) for name in ("share", "check_in", "first_order")},
    rules=(
        Rule("share", "share", Fixed(10), caps=(Cap(Window.DAY, occurrences=3), Cap(Window.WEEK, points=125))),
        Rule("daily", "check_in", Streak(STEPS)),
    ),
    tasks=(
        Task("three-shares", frozenset({"share"}), Counted.EVENTS, 3, Window.DAY, 7),
        Task("sharer", frozenset({"share"}), Counted.QUANTITY, 40, Window.LIFETIME, 1_000),
    ),
    tiers=Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 500), Level("V3", 1_000))),
)


def persistently[Answer](call: Callable[[], Answer]) -> Answer:
    """As a client does that is told to come back."""
    for _ in range(PATIENCE):
        try:
            return call()
        except (Conflict, StoreFailure):
            continue
    raise AssertionError(f"still not now after {PATIENCE} times")


def patient(table: Table) -> Store:
    return dynamodb_store(Table(table.client, table.name, JitteredBackoff(), InvocationDeadline()))


def everybody_earns(store: Store, program: Program, behaviour: str) -> list[Entry]:
    """Each of 16 threads reports one event for each day, the days in their order. The entries in the order of booking,
    once the account is found to be what they say."""
    services = store.services(program)
    store.enrolled()

    def report(thread: int) -> None:
        for number, day in enumerate(DAYS):
            event = Event(f"{thread}-{number}", MEMBER, behaviour, occurred_at=day)
            persistently(lambda event=event: earn_points(services, program, event, actor="a"))  # type: ignore[misc]

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(report, range(THREADS)))
    entries = list(entries_newest_first(services, program, MEMBER))[::-1]
    assert len(entries) == THREADS * len(DAYS)
    assert findings(services, program, MEMBER) == []
    return entries


def paid_by_day(entries: list[Entry], rule: str) -> dict[datetime, list[int]]:
    paid: dict[datetime, list[int]] = {}
    for entry in entries:
        for line in entry.lines:
            if line.rule == rule:
                day = datetime.fromisoformat(str(entry.details["occurred_at"]))
                paid.setdefault(day, []).append(line.points)
    return paid


def test_caps_and_tasks_pay_exactly_what_they_allow(dynamodb_table: Table) -> None:
    """GIVEN 80 shares over five days WHEN three a day are paid, 125 points a week at most, THEN 125 are; each day's
    task pays once, the one of a lifetime once; and the tier rises once, with the movement that reached it."""
    store = patient(dynamodb_table)
    entries = everybody_earns(store, RULES, "share")
    by_rule = Counter[str]()
    for entry in entries:
        for line in entry.lines:
            by_rule[line.rule] += line.points
    assert by_rule == {"share": 125, "three-shares": 5 * 7, "sharer": 1_000}
    assert all(len(paid) <= 3 for paid in paid_by_day(entries, "share").values())
    assert all(paid == [7] for paid in paid_by_day(entries, "three-shares").values())
    assert sum(store.account().lots.values()) == by_rule.total()
    (change,) = store.ledger.tier_changes(PROGRAM.name, MEMBER, limit=10).items
    (reached,) = [entry for entry in entries if Line("sharer", 1_000) in entry.lines]
    assert (change.tier, change.seq) == ("V3", reached.seq)


def test_a_streak_pays_each_day_once_and_is_not_broken(dynamodb_table: Table) -> None:
    """GIVEN 16 check-ins on each of five days THEN the days pay the five steps of the ladder, once each."""
    store = patient(dynamodb_table)
    entries = everybody_earns(store, RULES, "check_in")
    assert paid_by_day(entries, "daily") == {day: [step] for day, step in zip(DAYS, STEPS, strict=True)}
    assert sum(store.account().lots.values()) == sum(STEPS)
    assert store.account().counters["daily/rS20261117"] == 20261121


# ── referrals ───────────────────────────────────────────────────────────────────────────────────────────────────────

REFERRALS = replace(
    RULES, referral=ReferralRules(newcomer_points=30, referrer_points=50, qualifying_behaviour="first_order")
)
NEWCOMERS = [f"n{number}" for number in range(THREADS // 2)]


def test_a_referral_pays_both_or_neither_whatever_happens_on_the_way(dynamodb_table: Table) -> None:
    """GIVEN conflicts, throttling, lost answers and duplicates WHEN each newcomer is linked and orders, all by way of
    two clients, THEN newcomer and referrer are each paid once, and both entries say so.

    Set POINTS_FAULT_SEED to draw the faults of an earlier run again.
    """
    seed = int(os.environ.get("POINTS_FAULT_SEED") or randbits(32))
    print(f"POINTS_FAULT_SEED={seed}")  # noqa: T201 - shown when the test fails
    client = ledger_client(connections=THREADS)
    # Some 80 writes: each of the eight faults that take turns strikes several of them.
    faults = Faults(client, seed, rate=0.3)
    services = patient(Table(client, dynamodb_table.name, JitteredBackoff(), InvocationDeadline())).services(REFERRALS)
    store = dynamodb_store(dynamodb_table)
    for member in ("referrer", *NEWCOMERS):
        store.members.enrol(PROGRAM.name, member, Profile(), MemberFacts())

    def work(thread: int) -> list[Booked]:
        newcomer = NEWCOMERS[thread // 2]
        asked: list[Callable[[], Booked]] = [
            lambda: refer_member(services, REFERRALS, Invitation("i", newcomer, "referrer"), actor="a"),
            *(
                lambda reference=reference: earn_points(
                    services, REFERRALS, Event(reference, newcomer, "first_order"), actor="a"
                )
                for reference in Random(f"{seed}/{thread}").sample(["o1", "o2", "o3"], 3)  # noqa: S311 - repeatable
            ),
        ]
        return [persistently(call) for call in asked]

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(work, range(THREADS)))
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert {booked.entry.name: booked.entry for booked in one} == {
            booked.entry.name: booked.entry for booked in other
        }

    own = store.services(REFERRALS)
    rewards = list(entries_newest_first(own, REFERRALS, "referrer"))[::-1]
    assert findings(own, REFERRALS, "referrer") == []
    for kind, points in ((Kind.REFERRAL, 0), (Kind.REFERRAL_REWARD, 50)):
        booked = {entry.reference.split("/")[0]: entry.points for entry in rewards if entry.kind is kind}
        assert booked == dict.fromkeys(NEWCOMERS, points)
    assert len(rewards) == 2 * len(NEWCOMERS)
    for newcomer in NEWCOMERS:
        entries = list(entries_newest_first(own, REFERRALS, newcomer))[::-1]
        assert findings(own, REFERRALS, newcomer) == []
        assert [entry.kind for entry in entries] == [Kind.REFERRED, *[Kind.EARN] * 3]
        assert [entry.lines for entry in entries] == [(), (Line("invitation", 30),), (), ()]
        assert store.account(newcomer).referral == Referral("referrer", paid=True)
    assert {"lost_answer", "cut_off", "conflict", "twice"} <= set(faults.struck)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_links_that_would_make_a_circle_never_all_commit(dynamodb_table: Table, size: int) -> None:
    """Everybody invites the next one at the same instant, and the last one the first."""
    store = patient(dynamodb_table)
    services = store.services(REFERRALS)
    for attempt in range(6):
        circle = [f"c{size}-{attempt}-{number}" for number in range(size)]
        for member in circle:
            store.enrolled(member)

        def invite(number: int, circle: list[str] = circle) -> bool:
            invitation = Invitation("i", circle[number], circle[number - 1])
            try:
                persistently(lambda: refer_member(services, REFERRALS, invitation, actor="a"))
            except ReferralRefused:
                return False
            return True

        with ThreadPoolExecutor(size) as pool:
            linked = list(pool.map(invite, range(size)))
        assert 0 < sum(linked) < size
        for number, member in enumerate(circle):
            expected = Referral(circle[number - 1]) if linked[number] else None
            assert store.account(member).referral == expected
            assert findings(services, REFERRALS, member) == []
