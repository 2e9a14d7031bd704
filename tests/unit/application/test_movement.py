"""One movement from load to commit, on a ledger that answers as a script says: replays, lost races, lost answers."""

from collections.abc import Callable
from dataclasses import make_dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from points.adapters.memory import MemoryLedger
from points.application.movement import MAX_ATTEMPTS, Booked, Request, fingerprint_of, perform
from points.application.ports import RaceLost
from points.application.services import Services
from points.domain.errors import (
    Conflict,
    InsufficientPoints,
    LedgerUnavailable,
    NotFound,
    OccurredTooEarly,
    OutOfStock,
    ReferenceReused,
    StoreFailure,
    Throttled,
)
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.members import MemberFacts
from points.domain.movements.adjusting import Adjustment, adjust
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from tests.builders import NOW, NoWait, program, services

type Step = Callable[[MemoryLedger, Decision], None]


class ScriptedLedger(MemoryLedger):
    """Commits by the script, one step per commit, then as usual. ``reads`` and ``commits`` count calls."""

    def __init__(self) -> None:
        super().__init__()
        self.script: list[Step] = []
        self.reads = 0
        self.commits = 0

    def entry(self, program: str, member: str, name: EntryName) -> Entry | None:
        self.reads += 1
        return super().entry(program, member, name)

    def commit(self, decision: Decision) -> None:
        self.commits += 1
        if self.script:
            self.script.pop(0)(self, decision)
        else:
            super().commit(decision)


def fails(error: Exception) -> Step:
    def step(_ledger: MemoryLedger, _decision: Decision) -> None:
        raise error

    return step


def commits_and_fails(error: Exception) -> Step:
    def step(ledger: MemoryLedger, decision: Decision) -> None:
        MemoryLedger.commit(ledger, decision)
        raise error

    return step


@pytest.fixture
def ledger() -> ScriptedLedger:
    return ScriptedLedger()


@pytest.fixture
def backoff() -> NoWait:
    return NoWait()


@pytest.fixture
def wired(ledger: ScriptedLedger, backoff: NoWait) -> Services:
    ledger.open_account("demo", "m-1", MemberFacts())
    return services(ledger=ledger, backoff=backoff)


def give(wired: Services, points: int = 10, *, reference: str = "a-1", reason: str = "why") -> Booked:
    command = Adjustment(reference, "m-1", points, reason)
    request = Request(program(), "m-1", EntryName(Kind.ADJUST, reference), "me", command)
    return perform(wired, request, lambda account, context: adjust(account, command, context))


def available(wired: Services) -> int:
    account = wired.ledger.account("demo", "m-1")
    assert account is not None
    return account.balance(NOW, program().zone).available


def test_a_movement_is_one_commit_and_reads_no_entry(wired: Services, ledger: ScriptedLedger) -> None:
    booked = give(wired)
    assert (booked.replayed, booked.entry.points, booked.entry.actor) == (False, 10, "me")
    assert (ledger.commits, ledger.reads) == (1, 0)


def test_r_earn_12_a_replay_changes_nothing_and_answers_the_same(wired: Services) -> None:
    first = give(wired)
    give(wired, reference="a-2")
    again = give(wired)
    assert again == Booked(first.entry, replayed=True)
    assert available(wired) == 20


def test_the_same_reference_for_another_request_is_refused(wired: Services) -> None:
    give(wired)
    for changed in ({"points": 11}, {"reason": "other"}):
        with pytest.raises(ReferenceReused):
            give(wired, **changed)
    assert available(wired) == 10


def test_the_same_reference_for_another_kind_is_another_request(wired: Services) -> None:
    give(wired)
    command = Adjustment("a-1", "m-1", 5, "why")
    request = Request(program(), "m-1", EntryName(Kind.EARN, "a-1"), "me", command)
    perform(wired, request, lambda account, context: _renamed(adjust(account, command, context), Kind.EARN))
    assert available(wired) == 15


def _renamed(decision: Decision, kind: Kind) -> Decision:
    entry = replace(decision.entry, name=EntryName(kind, decision.entry.reference))
    return replace(decision, entry=entry)


def test_r_red_8_a_refusal_is_final_only_after_looking_for_the_entry(wired: Services, ledger: ScriptedLedger) -> None:
    # GIVEN everything taken
    give(wired, 10)
    taken = give(wired, -10, reference="a-2")
    # WHEN the same request comes again THEN it is the replay of a success, not a lack of points
    assert give(wired, -10, reference="a-2") == Booked(taken.entry, replayed=True)
    # AND a new request is refused, after one more read
    ledger.reads = 0
    with pytest.raises(InsufficientPoints):
        give(wired, -10, reference="a-3")
    assert ledger.reads == 1


def test_a_refused_replay_with_another_body_is_a_reused_reference(wired: Services) -> None:
    give(wired, 10)
    give(wired, -10, reference="a-2")
    with pytest.raises(ReferenceReused):
        give(wired, -9, reference="a-2")


def test_requests_that_became_invalid_since_are_replays_too(wired: Services) -> None:
    first = give(wired)

    def too_old(_account: Account, _context: Context) -> Decision:
        raise OccurredTooEarly

    command = Adjustment("a-1", "m-1", 10, "why")
    request = Request(program(), "m-1", EntryName(Kind.ADJUST, "a-1"), "me", command)
    assert perform(wired, request, too_old) == Booked(first.entry, replayed=True)


def test_a_refusal_at_commit_is_looked_up_too(wired: Services, ledger: ScriptedLedger) -> None:
    ledger.script = [fails(OutOfStock())]
    with pytest.raises(OutOfStock):
        give(wired)
    assert (ledger.commits, ledger.reads) == (1, 1)


def test_a_lost_race_is_decided_again_from_a_fresh_account(
    wired: Services, ledger: ScriptedLedger, backoff: NoWait
) -> None:
    def somebody_else_first(ledger: MemoryLedger, _decision: Decision) -> None:
        account = ledger.account("demo", "m-1")
        assert account is not None
        rival = Adjustment("rival", "m-1", 7, "faster")
        MemoryLedger.commit(ledger, adjust(account, rival, Context(program(), NOW, "rival", "f")))
        raise RaceLost

    ledger.script = [somebody_else_first]
    booked = give(wired)
    assert (booked.entry.seq, booked.entry.balance.available) == (2, 17)
    assert backoff.waits == [1]


def test_races_are_bounded(wired: Services, ledger: ScriptedLedger, backoff: NoWait) -> None:
    ledger.script = [fails(RaceLost()) for _ in range(MAX_ATTEMPTS + 5)]
    with pytest.raises(Conflict):
        give(wired)
    assert ledger.commits == MAX_ATTEMPTS
    assert backoff.waits == list(range(1, MAX_ATTEMPTS))
    assert available(wired) == 0


@pytest.mark.parametrize("failure", [Throttled("slow down"), LedgerUnavailable("no answer")])
def test_a_failing_store_is_tried_again_then_named(
    wired: Services, ledger: ScriptedLedger, failure: StoreFailure
) -> None:
    ledger.script = [fails(failure) for _ in range(MAX_ATTEMPTS - 1)]
    assert not give(wired).replayed
    ledger.script = [fails(failure) for _ in range(MAX_ATTEMPTS)]
    with pytest.raises(type(failure)):
        give(wired, reference="a-2")
    assert available(wired) == 10


def test_the_last_failure_is_the_one_that_is_named(wired: Services, ledger: ScriptedLedger) -> None:
    ledger.script = [fails(Throttled())] * (MAX_ATTEMPTS - 1) + [fails(RaceLost())]
    with pytest.raises(Conflict):
        give(wired)


def test_a_lost_answer_is_found_again(wired: Services, ledger: ScriptedLedger) -> None:
    ledger.script = [commits_and_fails(LedgerUnavailable("time-out after the commit"))]
    booked = give(wired)
    assert booked.entry.points == 10
    assert available(wired) == 10


def test_a_lost_answer_of_the_last_points_is_found_again(wired: Services, ledger: ScriptedLedger) -> None:
    # WHEN everything is taken and the answer is lost THEN the next attempt finds nothing left, and the reason why
    give(wired, 10)
    ledger.script = [commits_and_fails(LedgerUnavailable("time-out after the commit"))]
    assert give(wired, -10, reference="a-2").entry.points == -10
    assert available(wired) == 0


def test_reads_that_fail_are_tried_again(wired: Services, ledger: ScriptedLedger) -> None:
    give(wired, 10)
    failures = [Throttled(), LedgerUnavailable()]

    class Flaky(ScriptedLedger):
        def account(self, program: str, member: str) -> Account | None:
            if failures:
                raise failures.pop()
            return ledger.account(program, member)

        def commit(self, decision: Decision) -> None:
            ledger.commit(decision)

    flaky = replace(wired, ledger=Flaky())
    assert give(flaky, reference="a-2").entry.balance.available == 20


def test_unknown_members_and_mistakes_are_not_tried_again(wired: Services, ledger: ScriptedLedger) -> None:
    with pytest.raises(NotFound):
        perform(
            wired,
            Request(program(), "m-2", EntryName(Kind.ADJUST, "a"), "me", Adjustment("a", "m-2", 1, "why")),
            lambda account, context: adjust(account, Adjustment("a", "m-2", 1, "why"), context),
        )
    ledger.script = [fails(ZeroDivisionError())]
    with pytest.raises(ZeroDivisionError):
        give(wired)
    assert ledger.commits == 1


class TestFingerprints:
    """The same request has one fingerprint, however its moment is spelled; any other request another."""

    def test_every_field_counts(self) -> None:
        event = Event("e", "m", "b", "1.00", None, NOW, {"shop": "x", "list": [1, {"a": None}]})
        others = [
            replace(event, reference="f"),
            replace(event, member="n"),
            replace(event, behaviour="c"),
            replace(event, amount="1.0"),
            replace(event, amount=None),
            replace(event, quantity=1),
            replace(event, occurred_at=NOW + timedelta(microseconds=1)),
            replace(event, occurred_at=None),
            replace(event, attributes={}),
            replace(event, attributes={"shop": "x", "list": [1, {"a": False}]}),
        ]
        assert len({fingerprint_of(command) for command in [event, *others]}) == len(others) + 1

    def test_the_zone_of_a_moment_does_not(self) -> None:
        east = NOW.astimezone(timezone(timedelta(hours=8)))
        assert fingerprint_of(Event("e", "m", "b", occurred_at=NOW)) == fingerprint_of(
            Event("e", "m", "b", occurred_at=east)
        )

    def test_nor_the_order_of_attributes(self) -> None:
        one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
        assert fingerprint_of(Event("e", "m", "b", attributes=one)) == fingerprint_of(
            Event("e", "m", "b", attributes=other)
        )

    def test_what_is_left_out_is_not_what_the_default_is(self) -> None:
        assert fingerprint_of(HoldRequest("h", "m", 5)) != fingerprint_of(HoldRequest("h", "m", 5, 900))

    def test_a_field_that_a_later_release_adds_changes_no_request_without_it(self) -> None:
        # A stand-in for the release before: the same command without its newest field.
        before = make_dataclass("Adjustment", [("reference", str), ("member", str), ("points", int), ("reason", str)])
        assert fingerprint_of(before("a", "m", 1, "why")) == fingerprint_of(Adjustment("a", "m", 1, "why"))

    def test_dates_sets_and_names(self) -> None:
        both = Freeze("f", "m", "why", frozenset(Activity))
        assert fingerprint_of(both) == fingerprint_of(Freeze("f", "m", "why"))
        assert fingerprint_of(both) != fingerprint_of(Freeze("f", "m", "why", frozenset({Activity.EARNING})))
        given = [Adjustment("a", "m", 1, "why", day) for day in (None, date(2026, 12, 31), date(2027, 1, 1))]
        assert len({fingerprint_of(command) for command in given}) == 3

    def test_floats_are_refused(self) -> None:
        with pytest.raises(TypeError):
            fingerprint_of(Event("e", "m", "b", attributes={"weight": 1.5}))  # type: ignore[dict-item]

    def test_they_stand_for_ever(self) -> None:
        # Stored with every entry: a change here would turn every replay of the past into a reused reference.
        event = Event("e-1", "m-1", "purchase", "128.00", occurred_at=datetime(2026, 3, 15, tzinfo=UTC))
        assert fingerprint_of(event) == "409603c362941ade419d3035afe628a64e15e313d26b271798e59b63a44f5f73"
        assert (
            fingerprint_of(Redemption("r-1", "m-1", "coupon", 2))
            == "8808493abdbbf34546a415269287c59d209ca964f23b121d4e055ad89ab5d9fb"
        )
