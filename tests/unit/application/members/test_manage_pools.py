"""Pools as their members meet them: who may join, what comes along, what stays when somebody goes."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import pytest

from points.application.administration.adjust_points import adjust_points
from points.application.administration.freeze_member import freeze_member
from points.application.earning.earn_points import earn_points
from points.application.earning.reverse_entry import reverse_entry
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.erase_member import erase_member
from points.application.members.manage_pools import Leaving, Ownership, join_pool, leave_pool, read_pool, set_pool
from points.application.members.read_balance import read_balance
from points.application.members.read_member import read_member
from points.application.reading import entries_newest_first
from points.application.redemption.hold_points import HoldEnd, capture_hold, hold_points, release_hold
from points.application.redemption.list_rewards import list_rewards
from points.application.redemption.pay_order import Payment, pay_order
from points.application.redemption.redeem_reward import redeem_reward
from points.application.redemption.transfer_points import Return, take_transfer_back, transfer_points
from points.application.reminders.remind_member import remind_member
from points.application.services import Services
from points.domain.auditing.giving import gifts_relied_on, gifts_said
from points.domain.auditing.pooling import pooling_relied_on, pooling_said
from points.domain.errors import (
    AlreadyInPool,
    HoldExpired,
    InsufficientPoints,
    InvalidRequest,
    LimitReached,
    MemberFrozen,
    NotFound,
)
from points.domain.ledger.account import Account, Activity, pool_account
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.limits import MAX_LOTS, MAX_POINTS
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.pooling import Joining
from points.domain.movements.redeeming import Redemption
from points.domain.movements.reversing import Reversal
from points.domain.movements.transferring import Transfer
from points.domain.program.expiry import ByActivity
from points.domain.program.pooling import PoolRules
from points.domain.program.program import Program
from points.domain.program.reminding import Reminders
from points.domain.program.rewards import Reward
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.transferring import TransferRules
from tests.builders import SetClock, local, program, services
from tests.support.proof import findings

ANN, BEN, CLEO, DAN = "ann", "ben", "cleo", "dan"
RULES = program(pools=PoolRules(3), transfers=TransferRules())


@dataclass
class Family:
    """Four members, and a pool that Ann and Ben share unless a test says otherwise."""

    rules: Program = RULES
    clock: SetClock = field(default_factory=SetClock)
    services: Services = field(init=False)
    count: int = 0
    shared_by: tuple[str, ...] = (ANN, BEN)

    def __post_init__(self) -> None:
        self.services = services(self.rules, clock=self.clock)
        for member in (ANN, BEN, CLEO, DAN):
            self.services.members.enrol("demo", member, Profile(), MemberFacts())
        set_pool(self.services, self.rules, Ownership("home", ANN), actor="op")
        for member in self.shared_by:
            self.join(member)

    def name(self) -> str:
        self.count += 1
        return f"r-{self.count}"

    def join(self, member: str, pool: str = "home") -> None:
        join_pool(self.services, self.rules, Joining(self.name(), member, pool), actor="op")

    def leave(self, member: str) -> None:
        leave_pool(self.services, self.rules, Leaving(member, "home"), actor="op")

    def earn(self, member: str, points: int, behaviour: str = "purchase") -> str:
        name = self.name()
        earn_points(self.services, self.rules, Event(name, member, behaviour, f"{points}.00"), actor="app")
        return name

    def refund(self, member: str, earned: str) -> None:
        command = Reversal(self.name(), member, EntryName(Kind.EARN, earned))
        reverse_entry(self.services, self.rules, command, actor="app")

    def spend(self, member: str, quantity: int = 1) -> Entry:
        command = Redemption(self.name(), member, "coupon", quantity)
        return redeem_reward(self.services, self.rules, command, actor="app").entry

    def hold(self, member: str, points: int) -> str:
        name = self.name()
        hold_points(self.services, self.rules, HoldRequest(name, member, points), actor="app")
        return name

    def have(self, member: str, points: int, expires_on: str) -> None:
        command = Adjustment(self.name(), member, points, "b", date.fromisoformat(expires_on))
        adjust_points(self.services, self.rules, command, actor="op")

    def account(self, member: str) -> Account:
        account = self.services.ledger.account("demo", member)
        assert account is not None
        return account

    @property
    def pool(self) -> Account:
        return self.account(pool_account("home"))

    @property
    def shared(self) -> int:
        return sum(self.pool.lots.values())

    def own(self, member: str) -> int:
        return sum(self.account(member).lots.values())

    def entries(self, member: str) -> list[Entry]:
        return list(entries_newest_first(self.services, self.rules, member))[::-1]

    def kinds(self, member: str) -> list[Kind]:
        return [entry.kind for entry in self.entries(member)]


@pytest.fixture
def family() -> Any:
    """Whatever a test does with it, everything about it can be proved afterwards."""
    made = Family()
    yield made
    prove(made)


def prove(family: Family) -> None:
    said, relied_on = set(), set()
    for member in (ANN, BEN, CLEO, DAN, pool_account("home")):
        entries = family.entries(member)
        assert findings(family.services, family.rules, member) == []
        said |= {*gifts_said(entries), *pooling_said(entries)}
        relied_on |= {*gifts_relied_on(entries), *pooling_relied_on(entries)}
    assert said == relied_on


# ── earning and spending ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_one_earns_another_spends(family: Family) -> None:
    family.earn(ANN, 200)
    entry = family.spend(BEN, 3)
    assert (family.shared, family.own(ANN), family.own(BEN)) == (50, 0, 0)
    assert (entry.points, entry.spent_lots()) == (-150, {"2027-12-31/2026-03": 150})
    assert family.kinds(ANN) == [Kind.POOL_JOIN, Kind.EARN, Kind.POOL_GIVE]
    assert family.kinds(BEN) == [Kind.POOL_JOIN, Kind.POOL_DRAW, Kind.REDEEM]
    assert family.kinds(pool_account("home"))[-2:] == [Kind.POOL_IN, Kind.POOL_OUT]


def test_nobody_else_does_and_nobody_spends_more_than_there_is(family: Family) -> None:
    family.earn(ANN, 100)
    with pytest.raises(InsufficientPoints):
        family.spend(CLEO)
    with pytest.raises(InsufficientPoints) as refused:
        family.spend(BEN, 3)
    assert refused.value.numbers == {"available": 100, "required": 150}
    assert family.shared == 100


def test_exactly_what_is_needed_is_drawn_the_soonest_first(family: Family) -> None:
    family.have(ANN, 30, "2026-09-30")
    family.have(BEN, 100, "2026-04-30")
    family.spend(BEN, 1)
    assert family.pool.lots == {"2026-04-30/2026-03": 50, "2026-09-30/2026-03": 30}
    draw = family.entries(BEN)[-2]
    assert (draw.points, draw.details) == (50, {"pool": "home", "points": 50})


def test_what_waits_comes_when_it_is_available(family: Family) -> None:
    family.earn(ANN, 100, "order")
    assert (family.shared, family.account(ANN).pending) != (100, {})
    family.clock.moment += timedelta(days=8)
    bring_up_to_date(family.services, family.rules, ANN, family.clock.moment)
    assert (family.shared, family.own(ANN)) == (100, 0)
    assert family.kinds(ANN)[-2:] == [Kind.SETTLE, Kind.POOL_GIVE]
    assert family.account(ANN).due_at is None


def test_a_refund_takes_points_from_the_pool_and_then_is_owed(family: Family) -> None:
    earned, again = family.earn(ANN, 100), family.earn(ANN, 60)
    family.refund(ANN, earned)
    assert (family.shared, family.account(ANN).owed) == (60, 0)
    family.spend(BEN)
    family.refund(ANN, again)
    assert (family.shared, family.account(ANN).owed) == (0, 50)
    # The next one to earn fills the pool, and who owes repays with their next movement.
    family.earn(BEN, 80)
    assert (family.shared, family.account(ANN).owed) == (80, 50)
    share = read_balance(family.services, family.rules, ANN).pool
    assert share is not None
    assert share.available == 30
    with pytest.raises(InsufficientPoints):
        family.spend(ANN)
    family.earn(ANN, 30)
    assert (family.shared, family.account(ANN).owed) == (60, 0)
    assert family.entries(ANN)[-3].details["repaid"] == 50


def test_holds_and_what_is_left_of_them(family: Family) -> None:
    family.earn(ANN, 100)
    first, second = family.hold(BEN, 60), family.hold(BEN, 40)
    assert (family.shared, sum(family.account(BEN).held.values())) == (0, 100)
    capture_hold(family.services, family.rules, HoldEnd(BEN, first, 50), actor="app")
    release_hold(family.services, family.rules, HoldEnd(BEN, second), actor="app")
    assert (family.shared, family.own(BEN)) == (50, 0)


def test_a_hold_whose_time_ran_out_comes_back_by_the_sweep(family: Family) -> None:
    family.earn(ANN, 100)
    family.hold(BEN, 60)
    family.clock.moment += timedelta(hours=1)
    bring_up_to_date(family.services, family.rules, BEN, family.clock.moment)
    assert family.shared == 100


def test_the_pools_points_expire_as_anybodys(family: Family) -> None:
    family.have(ANN, 30, "2026-04-30")
    assert family.pool.due_at == local("2026-05-01 00:00")
    family.clock.moment = local("2026-05-01")
    with pytest.raises(InsufficientPoints):
        family.spend(BEN)
    (expired,) = bring_up_to_date(family.services, family.rules, pool_account("home"), family.clock.moment)
    assert (expired.kind, expired.points) == (Kind.EXPIRE, -30)
    assert family.pool.lots == {}


def test_tiers_and_counters_stay_the_members_own() -> None:
    tiers = Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100)))
    family = Family(replace(RULES, tiers=tiers))
    family.earn(ANN, 150)
    family.spend(BEN)
    assert [(tier := family.account(member).tier) and tier.name for member in (ANN, BEN)] == ["V2", None]
    prove(family)


def test_the_catalogue_and_the_balance_know_of_the_pool(family: Family) -> None:
    family.earn(ANN, 60)
    (coupon, *_) = list_rewards(family.services, family.rules, BEN, limit=10, actor="app").items
    assert (coupon.refused, coupon.missing) == ([], 0)
    for view in (read_balance(family.services, family.rules, BEN), read_member(family.services, family.rules, BEN)):
        assert view.pool is not None
        assert (view.pool.pool, view.pool.available) == ("home", 60)
    assert read_balance(family.services, family.rules, CLEO).pool is None


class TestOrdersThatWaitForMoney:
    """Their points are held by something: an order that is paid, cancelled or timed out."""

    def family(self) -> Family:
        family = Family(replace(RULES, rewards={**RULES.rewards, "mug": Reward("mug", 50, cash=990)}))
        family.earn(ANN, 120)
        command = Redemption("waits", BEN, "mug")
        redeem_reward(family.services, family.rules, command, actor="app")
        assert (family.shared, sum(family.account(BEN).held.values())) == (70, 50)
        return family

    def test_paid(self) -> None:
        family = self.family()
        pay_order(family.services, family.rules, Payment(BEN, "waits"), actor="app")
        assert (family.shared, family.account(BEN).holds) == (70, {})
        prove(family)

    def test_not_paid_in_time(self) -> None:
        family = self.family()
        family.clock.moment += timedelta(days=1)
        bring_up_to_date(family.services, family.rules, BEN, family.clock.moment)
        assert (family.shared, family.own(BEN), family.account(BEN).due_at) == (120, 0, None)
        prove(family)

    def test_of_somebody_who_has_left(self) -> None:
        family = self.family()
        family.leave(BEN)
        assert len(family.account(BEN).holds) == 1
        family.clock.moment += timedelta(days=1)
        bring_up_to_date(family.services, family.rules, BEN, family.clock.moment)
        assert (family.shared, family.own(BEN)) == (70, 50)
        prove(family)


# ── transfers ───────────────────────────────────────────────────────────────────────────────────────────────────────


def give(family: Family, giver: str, to: str, points: int) -> str:
    name = family.name()
    transfer_points(family.services, family.rules, Transfer(name, giver, to, points), actor="app")
    return name


def back(family: Family, giver: str, name: str) -> None:
    take_transfer_back(family.services, family.rules, Return(giver, name), reason="r", actor="op")


def test_a_transfer_out_of_the_pool_into_it_and_within_it(family: Family) -> None:
    family.earn(ANN, 100)
    out = give(family, BEN, CLEO, 30)
    assert (family.shared, family.own(CLEO)) == (70, 30)
    give(family, CLEO, ANN, 10)
    assert (family.shared, family.own(CLEO), family.own(ANN)) == (80, 20, 0)
    within = give(family, ANN, BEN, 50)
    assert (family.shared, family.own(ANN), family.own(BEN)) == (80, 0, 0)
    # AND the way back of each
    back(family, ANN, within)
    assert family.shared == 80
    back(family, BEN, out)
    assert (family.shared, family.own(CLEO), family.account(CLEO).owed) == (110, 0, 10)


def test_the_way_back_finds_what_the_receiver_put_into_their_pool(family: Family) -> None:
    family.earn(CLEO, 100)
    given = give(family, CLEO, ANN, 100)
    assert family.shared == 100
    back(family, CLEO, given)
    assert (family.shared, family.own(CLEO), family.account(ANN).owed) == (0, 100, 0)


# ── joining and leaving ─────────────────────────────────────────────────────────────────────────────────────────────


def test_who_joins_brings_what_they_have_to_spend(family: Family) -> None:
    family.earn(CLEO, 70)
    held = family.hold(CLEO, 20)
    family.join(CLEO)
    assert (family.shared, family.own(CLEO)) == (50, 0)
    release_hold(family.services, family.rules, HoldEnd(CLEO, held), actor="app")
    assert family.shared == 70
    assert read_pool(family.services, family.rules, "home").pool.members == {ANN, BEN, CLEO}


def test_who_leaves_leaves_the_points_and_cannot_spend_them(family: Family) -> None:
    family.earn(BEN, 100)
    held = family.hold(BEN, 40)
    family.leave(BEN)
    family.leave(BEN)
    assert (family.shared, family.own(BEN), family.account(BEN).holds) == (100, 0, {})
    with pytest.raises(InsufficientPoints):
        family.spend(BEN)
    with pytest.raises(HoldExpired):
        capture_hold(family.services, family.rules, HoldEnd(BEN, held), actor="app")
    family.earn(BEN, 30)
    assert (family.shared, family.own(BEN)) == (100, 30)
    family.join(BEN)
    assert family.shared == 130


def test_what_waits_is_the_leavers_own(family: Family) -> None:
    family.earn(BEN, 100, "order")
    family.leave(BEN)
    family.clock.moment += timedelta(days=8)
    bring_up_to_date(family.services, family.rules, BEN, family.clock.moment)
    assert (family.shared, family.own(BEN)) == (0, 100)


def test_who_owes_repays_before_they_go(family: Family) -> None:
    earned = family.earn(BEN, 100)
    family.spend(ANN, 2)
    family.refund(BEN, earned)
    assert family.account(BEN).owed == 100
    family.earn(ANN, 70)
    family.leave(BEN)
    assert (family.shared, family.account(BEN).owed) == (0, 30)


def test_erasing_somebody_takes_them_out_of_it(family: Family) -> None:
    family.earn(BEN, 100)
    erase_member(family.services, family.rules, BEN)
    assert (family.shared, family.account(BEN).belongs_to) == (100, None)
    assert read_pool(family.services, family.rules, "home").pool.members == {ANN}


class TestRefused:
    def test_more_than_the_program_allows(self, family: Family) -> None:
        family.join(CLEO)
        with pytest.raises(LimitReached) as refused:
            family.join(DAN)
        assert refused.value.numbers == {"limit": "pool_members", "maximum": 3}

    def test_a_second_pool(self, family: Family) -> None:
        set_pool(family.services, family.rules, Ownership("work", BEN), actor="op")
        with pytest.raises(AlreadyInPool) as refused:
            family.join(ANN, "work")
        assert refused.value.numbers == {"pool": "home"}

    def test_where_there_is_no_such_pool_or_member(self, family: Family) -> None:
        with pytest.raises(NotFound):
            family.join(CLEO, "nowhere")
        with pytest.raises(NotFound):
            family.join("nobody")
        with pytest.raises(NotFound):
            set_pool(family.services, family.rules, Ownership("work", "nobody"), actor="op")
        with pytest.raises(NotFound):
            leave_pool(family.services, family.rules, Leaving(ANN, "nowhere"), actor="op")

    def test_who_is_frozen(self, family: Family) -> None:
        family.earn(ANN, 100)
        for member in (BEN, CLEO):
            frozen = Freeze(family.name(), member, "odd", frozenset({Activity.REDEEMING}))
            freeze_member(family.services, family.rules, frozen, actor="op")
        with pytest.raises(MemberFrozen):
            family.spend(BEN)
        with pytest.raises(MemberFrozen):
            family.join(CLEO)
        assert family.shared == 100

    def test_without_pools_in_the_program_nobody_joins_and_everybody_goes_on(self, family: Family) -> None:
        family.earn(ANN, 100)
        kept: Any = family.services.programs
        family.rules = replace(family.rules, version=2, pools=None)
        programs = type(kept)(*kept._versions.values(), family.rules)
        family.services = replace(family.services, programs=programs)
        with pytest.raises(InvalidRequest):
            family.join(CLEO)
        with pytest.raises(InvalidRequest):
            set_pool(family.services, family.rules, Ownership("work", BEN), actor="op")
        family.spend(BEN)
        family.leave(BEN)
        assert family.shared == 50


def test_making_a_pool_again_changes_its_owner_and_nothing_else(family: Family) -> None:
    family.earn(ANN, 100)
    assert not set_pool(family.services, family.rules, Ownership("home", ANN), actor="op")
    seq = family.pool.seq
    assert not set_pool(family.services, family.rules, Ownership("home", DAN), actor="op")
    view = read_pool(family.services, family.rules, "home")
    assert (view.pool.owner, sorted(view.pool.members), view.balance.available) == (DAN, [ANN, BEN], 100)
    assert family.pool.seq == seq + 1


def test_joining_is_asked_for_once(family: Family) -> None:
    joining = Joining("again", CLEO, "home")
    first = join_pool(family.services, family.rules, joining, actor="op")
    family.leave(CLEO)
    again = join_pool(family.services, family.rules, joining, actor="op")
    assert (again.entry, again.replayed) == (first.entry, True)
    assert family.account(CLEO).belongs_to is None


# ── at the limits ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_full_pool_turns_no_event_away(family: Family) -> None:
    """What it has no room for stays with its member, who can spend both."""
    family.have(ANN, MAX_POINTS, "2027-12-31")
    family.earn(BEN, 60)
    assert (family.shared, family.own(BEN)) == (MAX_POINTS, 60)
    family.spend(BEN, 2)
    assert (family.shared, family.own(BEN)) == (MAX_POINTS - 40, 0)


def test_lots_of_a_full_pool_are_lent_as_they_are(family: Family) -> None:
    for number in range(MAX_LOTS):
        family.have(ANN, 10, (date(2027, 1, 1) + timedelta(days=2 * number)).isoformat())
    before = family.pool.lots
    assert len(before) == MAX_LOTS
    held = family.hold(BEN, 300)
    assert len(family.pool.lots) == MAX_LOTS - 30
    family.spend(BEN)
    release_hold(family.services, family.rules, HoldEnd(BEN, held), actor="app")
    left = sorted(before)[:30] + sorted(before)[35:]
    assert family.pool.lots == dict.fromkeys(left, 10)


def test_points_that_activity_keeps_alive_have_their_date_in_the_pool() -> None:
    family = Family(replace(RULES, expiry=ByActivity(6)))
    family.clock.moment = local("2026-03-15")
    family.earn(ANN, 100)
    assert family.pool.lots == {"2026-09-15/2026-03": 100}
    family.clock.moment = local("2026-05-01")
    family.earn(ANN, 10)
    assert family.pool.lots == {"2026-09-15/2026-03": 100, "2026-11-01/2026-05": 10}
    held = family.hold(BEN, 50)
    release_hold(family.services, family.rules, HoldEnd(BEN, held), actor="app")
    assert family.pool.lots == {"2026-09-15/2026-03": 100, "2026-11-01/2026-05": 10}
    prove(family)


def test_the_owner_is_told_what_expires() -> None:
    family = Family(replace(RULES, reminders=Reminders(lead_days=(7,))))
    family.have(BEN, 30, "2026-04-30")
    moment = family.pool.remind_at
    assert moment is not None
    (notice,) = remind_member(family.services, family.rules, pool_account("home"), moment)
    assert (notice.member, notice.points) == (pool_account("home"), 30)
    # AND nobody is, where the owner wants to hear nothing
    family.have(BEN, 20, "2026-06-30")
    family.services.members.enrol("demo", ANN, Profile(opt_out=True), MemberFacts())
    moment = family.pool.remind_at
    assert moment is not None
    assert remind_member(family.services, family.rules, pool_account("home"), moment) == ()
