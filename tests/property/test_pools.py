"""Three members of a pool and one outside it, beside a model in which a family's points simply lie in one purse.

The model knows nothing of entries, lending or handing over: whoever belongs to the pool spends from their own purse and
the pool's as if they were one, and what can be spent afterwards is the pool's. After every step every account has to be
what the model says, lot by lot, every account what its entries say, and what one account says of another, the other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from points.application import pools as of_pools
from points.application.administration.adjust_points import adjust_points
from points.application.earning.earn_points import earn_points
from points.application.earning.reverse_entry import reverse_entry
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.manage_pools import Leaving, Ownership, join_pool, leave_pool, set_pool
from points.application.movement import Booked
from points.application.reading import entries_newest_first
from points.application.redemption.cancel_order import Cancellation, cancel_order
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.transfer_points import transfer_points
from points.domain.auditing.giving import gifts_relied_on, gifts_said
from points.domain.auditing.pooling import pooling_relied_on, pooling_said
from points.domain.calendar import day_start, local_day
from points.domain.errors import PointsError
from points.domain.ledger.account import Account, pool_account
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.movements import pooling
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.holding import HoldRequest
from points.domain.movements.pooling import Joining
from points.domain.movements.redeeming import Redemption
from points.domain.movements.reversing import Reversal
from points.domain.movements.transferring import Transfer
from points.domain.program.pooling import PoolRules
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.transferring import TransferFee, TransferRules
from tests.builders import SetClock, program, services
from tests.support.proof import findings

PROGRAM: Final = program(
    pools=PoolRules(3),
    transfers=TransferRules(fee=TransferFee(points=1)),
    tiers=Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 300))),
)
FAMILY = ("ann", "ben", "cleo")
EVERYBODY = (*FAMILY, "dan")
POOL = "home"

type Purse = dict[str, int]


class Refused(Exception):
    """What the ledger has to refuse, by its code."""


@dataclass
class Person:
    purse: Purse = field(default_factory=dict)
    waiting: list[tuple[date, str, int]] = field(default_factory=list)
    holds: dict[str, tuple[datetime, Purse]] = field(default_factory=dict)
    owed: int = 0
    pooled: bool = False


def add(purse: Purse, lots: Purse) -> None:
    for name, points in lots.items():
        purse[name] = purse.get(name, 0) + points


def total(purse: Purse) -> int:
    return sum(purse.values())


def taken(purse: Purse, points: int, order: list[str]) -> Purse:
    out: Purse = {}
    for name in order:
        part = min(points, purse[name])
        if part:
            out[name], purse[name], points = part, purse[name] - part, points - part
        if not purse[name]:
            del purse[name]
    return out


@dataclass
class Family:
    """The plain model. ``now`` is the moment, ``today`` its day."""

    now: datetime
    people: dict[str, Person] = field(default_factory=lambda: {name: Person() for name in EVERYBODY})
    pool: Purse = field(default_factory=dict)

    @property
    def today(self) -> date:
        return local_day(self.now, PROGRAM.zone)

    def live(self, purse: Purse, day: date | None = None) -> list[str]:
        return sorted(name for name in purse if name[:10] >= (day or self.today).isoformat())

    def repay(self, person: Person, purse: Purse, day: date | None = None) -> None:
        person.owed -= total(taken(purse, person.owed, self.live(purse, day)))

    def come(self, person: Person, purse: Purse) -> None:
        """What time has brought by now, moment by moment."""
        come: dict[datetime, Purse] = {}
        for day, name, points in person.waiting:
            if day <= self.today:
                add(come.setdefault(day_start(day, PROGRAM.zone), {}), {name: points})
        person.waiting = [each for each in person.waiting if each[0] > self.today]
        for name, (end, lots) in list(person.holds.items()):
            if end <= self.now:
                add(come.setdefault(end, {}), lots)
                del person.holds[name]
        for moment in sorted(come):
            add(purse, come[moment])
            self.repay(person, purse, local_day(moment, PROGRAM.zone))

    @contextmanager
    def moving(self, name: str) -> Iterator[tuple[Person, Purse]]:
        """A movement of somebody's: with what they can spend in one purse, which is shared out again."""
        person = self.people[name]
        gone = {each: points for each, points in self.pool.items() if each not in self.live(self.pool)}
        purse = dict(person.purse)
        if person.pooled and self._still_owes(person):
            self.come(person, purse)
            family = {each: self.pool[each] for each in self.live(self.pool)}
            self.repay(person, family)
            add(purse, family)
        else:
            if person.pooled:
                add(purse, {each: self.pool[each] for each in self.live(self.pool)})
            self.come(person, purse)
        was_pooled = person.pooled
        yield person, purse
        if was_pooled:
            self.pool = gone
        if was_pooled or person.pooled:
            add(self.pool, {each: purse.pop(each) for each in self.live(purse)})
        person.purse = purse

    def _still_owes(self, person: Person) -> bool:
        tried = replace(person, waiting=list(person.waiting), holds=dict(person.holds))
        self.come(tried, dict(person.purse))
        return tried.owed > 0 and bool(self.live(self.pool))

    def spend(self, purse: Purse, points: int) -> Purse:
        if total({name: purse[name] for name in self.live(purse)}) < points:
            raise Refused("insufficient_points")
        return taken(purse, points, self.live(purse))

    def gain(self, person: Person, purse: Purse, lots: Purse) -> None:
        add(purse, lots)
        self.repay(person, purse)

    def receive(self, name: str, lots: Purse) -> None:
        """Of somebody beside whose movement it is: their pool lends them nothing."""
        person = self.people[name]
        purse = dict(person.purse)
        self.come(person, purse)
        self.gain(person, purse, lots)
        if person.pooled:
            add(self.pool, {each: purse.pop(each) for each in self.live(purse)})
        person.purse = purse

    def swept(self, name: str) -> None:
        person = self.people[name]
        due = any(day <= self.today for day, _, _ in person.waiting)
        due = due or any(end <= self.now for end, _ in person.holds.values())
        expired = [each for each in person.purse if each not in self.live(person.purse)]
        if not due and not expired:
            return
        purse = dict(person.purse)
        self.come(person, purse)
        purse = {each: purse[each] for each in self.live(purse)}
        if person.pooled:
            add(self.pool, purse)
            purse = {}
        person.purse = purse


LATER = [timedelta(hours=1), timedelta(days=1), timedelta(days=8), timedelta(days=40)]
EXPIRIES = [date(2026, 3, 20), date(2026, 4, 30), date(2026, 9, 30)]
who = st.sampled_from(EVERYBODY)
picks = st.integers(0, 10**6)
_references = count()


class PoolMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.clock = SetClock()
        self.services = services(PROGRAM, clock=self.clock)
        self.model = Family(self.clock.moment)
        for member in EVERYBODY:
            self.services.members.enrol(PROGRAM.name, member, Profile(), MemberFacts())
        set_pool(self.services, PROGRAM, Ownership(POOL, "ann"), actor="a")
        for member in FAMILY:
            join_pool(self.services, PROGRAM, Joining("first", member, POOL), actor="a")
            self.model.people[member].pooled = True
        self.earned: list[tuple[str, str, int, str]] = []
        self.orders: list[tuple[str, str, Purse]] = []
        self.held: list[tuple[str, str]] = []
        self.again: list[tuple[Callable[[], Booked], Booked]] = []
        self.given = 0

    # What members do

    @rule(member=who, points=st.integers(1, 200))
    def earn(self, member: str, points: int) -> None:
        reference, lot = self.reference(), self.lot()
        with self.model.moving(member) as (person, purse):
            self.model.gain(person, purse, {lot: points})
        event = Event(reference, member, "purchase", f"{points}.00")
        self.sent(lambda: earn_points(self.services, PROGRAM, event, actor="a"))
        self.earned.append((member, reference, points, lot))
        self.given += points

    @rule(member=who, points=st.integers(1, 200))
    def earn_what_waits(self, member: str, points: int) -> None:
        reference, lot = self.reference(), self.lot()
        with self.model.moving(member) as (person, _):
            person.waiting.append((self.model.today + timedelta(days=7), lot, points))
        event = Event(reference, member, "order", f"{points}.00")
        self.sent(lambda: earn_points(self.services, PROGRAM, event, actor="a"))
        self.given += points

    @rule(member=who, points=st.integers(1, 100), day=st.sampled_from(EXPIRIES))
    def be_given(self, member: str, points: int, day: date) -> None:
        if day < self.model.today:
            return
        with self.model.moving(member) as (person, purse):
            self.model.gain(person, purse, {f"{day.isoformat()}/{self.month()}": points})
        given = Adjustment(self.reference(), member, points, "why", day)
        self.sent(lambda: adjust_points(self.services, PROGRAM, given, actor="a"))
        self.given += points

    @rule(member=who, quantity=st.integers(1, 4))
    def redeem(self, member: str, quantity: int) -> None:
        reference, spent = self.reference(), dict[str, int]()

        def expected() -> None:
            with self.model.moving(member) as (_, purse):
                spent.update(self.model.spend(purse, 50 * quantity))

        wanted = Redemption(reference, member, "coupon", quantity)
        if self.expecting(expected, lambda: redeem_reward(self.services, PROGRAM, wanted, actor="a")):
            self.orders.append((member, reference, spent))
            self.given -= 50 * quantity

    @precondition(lambda self: self.orders)
    @rule(pick=picks)
    def cancel(self, pick: int) -> None:
        member, reference, spent = self.orders.pop(pick % len(self.orders))
        with self.model.moving(member) as (person, purse):
            self.model.gain(person, purse, spent)
        self.sent(lambda: cancel_order(self.services, PROGRAM, Cancellation(member, reference), reason="r", actor="a"))
        self.given += total(spent)

    @precondition(lambda self: self.earned)
    @rule(pick=picks)
    def refund(self, pick: int) -> None:
        member, reference, points, lot = self.earned.pop(pick % len(self.earned))
        with self.model.moving(member) as (person, purse):
            order = sorted(self.model.live(purse), key=lambda name: name != lot)
            person.owed += points - total(taken(purse, points, order))
        refund = Reversal(self.reference(), member, EntryName(Kind.EARN, reference))
        self.sent(lambda: reverse_entry(self.services, PROGRAM, refund, actor="a"))
        self.given -= points

    @rule(member=who, points=st.integers(1, 150), seconds=st.sampled_from([60, 90_000, 2_000_000]))
    def hold(self, member: str, points: int, seconds: int) -> None:
        reference = self.reference()

        def expected() -> None:
            with self.model.moving(member) as (person, purse):
                lots = self.model.spend(purse, points)
                person.holds[reference] = (self.clock.moment + timedelta(seconds=seconds), lots)

        request = HoldRequest(reference, member, points, seconds)
        if self.expecting(expected, lambda: hold_points(self.services, PROGRAM, request, actor="a")):
            self.held.append((member, reference))

    @precondition(lambda self: self.held)
    @rule(pick=picks, part=st.integers(1, 150))
    def capture(self, pick: int, part: int) -> None:
        member, reference = self.held.pop(pick % len(self.held))
        points = 0

        def expected() -> None:
            nonlocal points
            if self.is_over(member, reference):
                raise Refused("hold_expired")
            with self.model.moving(member) as (person, purse):
                _, lots = person.holds.pop(reference)
                points = min(part, total(lots))
                taken(lots, points, sorted(lots))
                self.model.gain(person, purse, lots)

        held = self.model.people[member].holds.get(reference)
        end = HoldEnd(member, reference, min(part, total(held[1])) if held else None)
        if self.expecting(expected, lambda: capture_hold(self.services, PROGRAM, end, actor="a")):
            self.given -= points

    @precondition(lambda self: self.held)
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        member, reference = self.held.pop(pick % len(self.held))
        if self.is_over(member, reference):
            return  # whether it is still there depends on who has looked since; its points are the same
        with self.model.moving(member) as (person, purse):
            self.model.gain(person, purse, person.holds.pop(reference)[1])
        end = HoldEnd(member, reference)
        self.sent(lambda: release_hold(self.services, PROGRAM, end, actor="a"))

    def is_over(self, member: str, reference: str) -> bool:
        held = self.model.people[member].holds.get(reference)
        return held is None or held[0] <= self.clock.moment

    @rule(giver=who, to=who, points=st.integers(1, 120))
    def transfer(self, giver: str, to: str, points: int) -> None:
        reference, lots = self.reference(), dict[str, int]()
        if giver == to:
            return

        def expected() -> None:
            with self.model.moving(giver) as (_, purse):
                spent = self.model.spend(purse, points + 1)
                taken(spent, 1, sorted(spent))
                lots.update(spent)
            self.model.receive(to, lots)

        wanted = Transfer(reference, giver, to, points)
        if self.expecting(expected, lambda: transfer_points(self.services, PROGRAM, wanted, actor="a")):
            self.given -= 1

    @rule(member=st.sampled_from(FAMILY))
    def join(self, member: str) -> None:
        def expected() -> None:
            if self.model.people[member].pooled:
                raise Refused("already_in_pool")
            with self.model.moving(member) as (person, _):
                person.pooled = True

        joining = Joining(self.reference(), member, POOL)
        self.expecting(expected, lambda: join_pool(self.services, PROGRAM, joining, actor="a"))

    @rule(member=st.sampled_from(FAMILY))
    def leave(self, member: str) -> None:
        if self.model.people[member].pooled:
            with self.model.moving(member) as (person, purse):
                for reference in list(person.holds):
                    self.model.gain(person, purse, person.holds.pop(reference)[1])
                person.pooled = False
        leave_pool(self.services, PROGRAM, Leaving(member, POOL), actor="a")

    @rule(wait=st.sampled_from(LATER))
    def time_passes(self, wait: timedelta) -> None:
        self.clock.moment += wait
        self.model.now = self.clock.moment

    @rule(member=st.sampled_from([*EVERYBODY, pool_account(POOL)]))
    def sweep(self, member: str) -> None:
        if member == pool_account(POOL):
            self.given -= total(self.model.pool)
            self.model.pool = {name: self.model.pool[name] for name in self.model.live(self.model.pool)}
            self.given += total(self.model.pool)
        else:
            before = self.model_total()
            self.model.swept(member)
            self.given += self.model_total() - before
        bring_up_to_date(self.services, PROGRAM, member, self.clock.moment)

    @precondition(lambda self: self.again)
    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        send, first = self.again[pick % len(self.again)]
        assert send() == replace(first, replayed=True)

    # What always holds

    @invariant()
    def every_account_is_what_the_model_says(self) -> None:
        for name, person in self.model.people.items():
            account = self.account(name)
            assert account.lots == person.purse, name
            assert account.owed == person.owed, name
            assert account.belongs_to == (POOL if person.pooled else None)
            waiting: Purse = {}
            for day, lot, points in person.waiting:
                add(waiting, {f"{day.isoformat()}>{lot}": points})
            assert account.pending == waiting
            assert {hold: (each.expires_at, each.lots) for hold, each in account.holds.items()} == person.holds
        pool = self.account(pool_account(POOL))
        assert pool.lots == self.model.pool
        assert (pool.owed, pool.pending, pool.holds) == (0, {}, {})
        assert pool.pool is not None
        assert pool.pool.members == {name for name, person in self.model.people.items() if person.pooled}

    @invariant()
    def nothing_comes_from_nowhere_and_nothing_is_lost(self) -> None:
        """Over all accounts: what was given, less what was spent, destroyed and expired."""
        assert self.model_total() == self.given

    @invariant()
    def the_entries_prove_every_account(self) -> None:
        said, relied_on = set(), set()
        for member in (*EVERYBODY, pool_account(POOL)):
            entries = list(entries_newest_first(self.services, PROGRAM, member))[::-1]
            assert findings(self.services, PROGRAM, member) == []
            said |= {*gifts_said(entries), *pooling_said(entries)}
            relied_on |= {*gifts_relied_on(entries), *pooling_relied_on(entries)}
        assert said == relied_on

    # How

    def model_total(self) -> int:
        people = self.model.people.values()
        held = sum(total(lots) for person in people for _, lots in person.holds.values())
        waiting = sum(points for person in people for _, _, points in person.waiting)
        own = sum(total(person.purse) - person.owed for person in people)
        return total(self.model.pool) + own + held + waiting

    def account(self, member: str) -> Account:
        account = self.services.ledger.account(PROGRAM.name, member)
        assert account is not None
        return account

    def reference(self) -> str:
        return f"x-{next(_references)}"

    def month(self) -> str:
        return self.model.today.isoformat()[:7]

    def lot(self) -> str:
        return f"{self.model.today.year + 1}-12-31/{self.month()}"

    def sent(self, send: Callable[[], Booked]) -> None:
        try:
            booked = send()
        except PointsError as refused:
            raise AssertionError(f"refused: {refused.code}") from refused
        assert not booked.replayed
        self.again.append((send, booked))

    def expecting(self, expected: Callable[[], None], send: Callable[[], Booked]) -> bool:
        """Whether both do it; the model is as it was where it refuses."""
        kept = {
            name: replace(each, waiting=[*each.waiting], holds={**each.holds})
            for name, each in self.model.people.items()
        }
        pool = dict(self.model.pool)
        try:
            expected()
        except Refused as refusal:
            self.model.people, self.model.pool = kept, pool
            with pytest.raises(PointsError) as refused:
                send()
            assert refused.value.code == str(refusal)  # noqa: PT017 - which one is the point
            return False
        self.sent(send)
        return True


SETTINGS = settings(max_examples=120, stateful_step_count=50, derandomize=True, deadline=None, database=None)
SEARCH = settings(SETTINGS, max_examples=2_000, phases=[Phase.generate], report_multiple_bugs=False)


def test_a_family_is_what_the_model_says() -> None:
    run_state_machine_as_test(PoolMachine, settings=SETTINGS)


def nothing_lent(member: Account, *_: Any, **__: Any) -> Account:
    return member


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "lends nothing": (of_pools, "lent_to", nothing_lent),
    "hands nothing over": (pooling, "_given", lambda side, _books: side),
    "lends what has expired": (pooling, "spendable", lambda account, _context: account.lots),
    "draws twice": (pooling._Books, "take", lambda *_: None),
    "gives twice": (pooling._Books, "give", lambda *_: True),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_machine_finds_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises((AssertionError, KeyError, pytest.fail.Exception)):
        run_state_machine_as_test(PoolMachine, settings=SEARCH)
