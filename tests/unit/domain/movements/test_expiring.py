"""What time alone brings: exactly that is booked, to the second, in any zone, whoever swept when and how often."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from points.domain.calendar import day_start, next_day
from points.domain.errors import InsufficientPoints, NothingDue
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision, PlaceOrder, TakeStock
from points.domain.ledger.entries import Kind
from points.domain.ledger.timers import next_due
from points.domain.movements.expiring import bring_up_to_date, has_expired
from points.domain.program.conditions import Operator
from points.domain.program.dates import Dates
from points.domain.program.expiry import AfterDays, NeverExpires
from points.domain.program.program import Program
from points.domain.program.reminding import Dormancy, Reminders
from points.domain.program.rewards import Reward
from points.domain.program.rules import Fixed
from points.domain.program.tiers import Level, TierMetric, Tiers
from tests.builders import NEW_YORK, SANTIAGO, SHANGHAI, Walk, asks, context, local, paying, program, small

KIRITIMATI, PAGO, KOLKATA, LORD_HOWE = (
    ZoneInfo(name) for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "Australia/Lord_Howe")
)
SECOND = timedelta(seconds=1)
MOMENT = timedelta(microseconds=1)


def sweep(walk: Walk, at: datetime | None = None, **options: object) -> Decision:
    decision = bring_up_to_date(walk.account, context(at or walk.now, walk.rules), **options)  # type: ignore[arg-type]
    walk.account = decision.account
    walk.entries += decision.entries
    return decision


def booked(decision: Decision) -> list[tuple[str, int]]:
    return [(str(entry.kind), entry.points) for entry in decision.entries]


LAST_DAYS = [
    (SHANGHAI, date(2026, 12, 31)),
    (NEW_YORK, date(2026, 12, 31)),
    (NEW_YORK, date(2026, 3, 7)),  # the day before clocks go forward
    (NEW_YORK, date(2026, 3, 8)),  # a day of 23 hours
    (NEW_YORK, date(2026, 10, 31)),
    (NEW_YORK, date(2026, 11, 1)),  # of 25 hours
    (SANTIAGO, date(2026, 9, 5)),  # the next day has no midnight
    (SANTIAGO, date(2026, 9, 6)),
    (SANTIAGO, date(2026, 4, 4)),  # its last hour comes twice
    (SANTIAGO, date(2026, 4, 5)),
    (LORD_HOWE, date(2026, 4, 5)),  # half an hour
    (KIRITIMATI, date(2026, 12, 31)),
    (PAGO, date(2026, 12, 31)),
    (KOLKATA, date(2026, 12, 31)),
    (SHANGHAI, date(2028, 2, 28)),  # not yet the month's end
    (SHANGHAI, date(2028, 2, 29)),
]


@pytest.mark.parametrize(("zone", "last_day"), LAST_DAYS, ids=str)
def test_r_exp_3_spent_until_the_last_second_and_never_after(zone: ZoneInfo, last_day: date) -> None:
    """GIVEN 100 points good until a day THEN at 23:59:59 they can be spent; at 00:00:00 they are refused, though no
    sweep has run; and the sweep then books exactly them."""
    rules = program(zone=zone)
    start = day_start(last_day, zone) - timedelta(days=20)
    midnight = day_start(next_day(last_day), zone)
    walk = Walk(rules, start)
    walk.give(100, last_day.isoformat())
    assert walk.account.due_at == midnight
    assert (midnight - SECOND).astimezone(zone).date() == last_day

    walk.now = midnight - SECOND
    assert walk.available == 100
    walk.redeem("coupon")
    with pytest.raises(NothingDue):
        sweep(walk)
    walk.now = midnight - MOMENT
    assert walk.available == 50
    walk.now = midnight
    assert walk.available == 0
    with pytest.raises(InsufficientPoints):
        walk.redeem("coupon")
    assert has_expired(walk.account, walk.context)
    decision = sweep(walk)
    assert booked(decision) == [("expire", -50)]
    assert decision.entry.details == {"expired": 50}
    assert decision.entry.balance.available == 0
    assert walk.account == replace(walk.account, lots={}, due_at=None)
    with pytest.raises(NothingDue):
        sweep(walk)


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1), timedelta(days=400)])
def test_a_late_sweep_books_the_same(late: timedelta) -> None:
    walk = Walk()
    walk.give(100, "2026-12-31")
    walk.give(30, "2028-12-31")
    decision = sweep(walk, local("2027-01-01 00:00") + late)
    assert booked(decision) == [("expire", -100)]
    assert walk.account.due_at == local("2029-01-01 00:00")


def test_a_day_after_day_is_the_same_as_all_at_once() -> None:
    """GIVEN lots of ten days, a hold, and points that wait THEN it ends the same, however often it is swept."""
    ends: list[Account] = []
    for step in (1, 3, 7, 40):
        walk = Walk(program(expiry=AfterDays(10)))
        for day in range(10):
            walk.give(10 + day, f"2026-03-{16 + day}")
        walk.hold(25, expires_in=6 * 24 * 3600)
        walk.earn("order", "40.00")
        for _ in range(0, 40, step):
            walk.wait(days=step)
            try:
                sweep(walk)
            except NothingDue:
                continue
        ends.append(replace(walk.account, seq=0, head=""))
        assert sum(entry.points for entry in walk.entries) == 0
    assert all(end == ends[0] for end in ends)
    assert (ends[0].lots, ends[0].pending, ends[0].holds, ends[0].due_at) == ({}, {}, {}, None)


def test_held_points_do_not_expire_before_their_hold_ends() -> None:
    walk = Walk()
    walk.give(100, "2026-03-20")
    held = walk.hold(30, expires_in=10 * 24 * 3600)
    walk.until("2026-03-21 00:00")
    assert booked(sweep(walk)) == [("expire", -70)]
    assert walk.balance.held == 30
    assert walk.account.due_at == held.at + timedelta(days=10)
    walk.now = held.at + timedelta(days=10)
    ended = sweep(walk)
    assert booked(ended) == [("expire", -30)]
    assert ended.entry.details == {"expired": 30, "holds": [held.reference]}


def test_pending_points_mature_and_repay() -> None:
    walk = Walk()
    bought = walk.earn("purchase", "50.00")
    walk.redeem("coupon")
    walk.reverse(bought)
    assert walk.balance.owed == 50
    walk.earn("order", "80.00")
    walk.until("2026-03-22 00:00")
    decision = sweep(walk)
    assert booked(decision) == [("settle", 0)]
    assert decision.entry.details == {"matured": 80}
    assert (decision.entry.moves.owed, walk.balance.owed, walk.available) == (-50, 0, 30)


def test_a_hold_that_ran_out_is_settled() -> None:
    walk = Walk()
    walk.give(100)
    held = walk.hold(40, expires_in=60)
    walk.wait(seconds=59)
    with pytest.raises(NothingDue):
        sweep(walk)
    walk.wait(seconds=1)
    decision = sweep(walk)
    assert booked(decision) == [("settle", 0)]
    assert decision.entry.details == {"holds": [held.reference]}
    assert walk.available == 100


def test_all_that_time_brings_is_one_movement() -> None:
    """GIVEN an expired lot that buys something, matured points and a review, all on New Year THEN one movement has an
    entry for each, in the chain, and the account is written once."""
    walk = Walk(
        program(
            tiers=Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100)), months=12, calendar_year=True),
            exchange=("coupon",),
        ),
        local("2026-12-28"),
    )
    walk.earn("purchase", "200.00")
    walk.earn("order", "7.00")
    walk.give(60, "2027-01-03")
    before = walk.account
    walk.until("2027-01-04 00:00")
    decision = sweep(walk)
    assert booked(decision) == [("redeem", -50), ("expire", -10), ("tier_review", 0)]
    assert decision.before is before
    digests = [entry.previous_digest for entry in decision.entries]
    assert digests == [before.head, *(entry.digest for entry in decision.entries[:-1])]
    assert [entry.seq for entry in decision.entries] == [4, 5, 6]
    assert (decision.account.seq, decision.account.head) == (6, decision.entry.digest)
    assert decision.account.due_at == next_due(decision.account, walk.rules)
    assert len({entry.name for entry in decision.entries}) == 3


def test_points_that_never_expire_wait_for_nothing() -> None:
    walk = Walk(program(expiry=NeverExpires()))
    walk.earn("purchase", "50.00")
    assert walk.account.due_at is None
    with pytest.raises(NothingDue):
        sweep(walk, local("2126-01-01"))


def test_r_exp_2_another_policy_changes_no_lot() -> None:
    """A later lot with an earlier date is drawn and expires first."""
    walk = Walk(program(expiry=AfterDays(100)))
    walk.earn("purchase", "60.00")
    walk.rules = program(version=2, expiry=AfterDays(10))
    walk.wait(days=1)
    walk.earn("purchase", "70.00")
    assert walk.redeem("coupon").moves.lots == {"2026-03-26/2026-03": -50}
    assert walk.account.due_at == local("2026-03-27 00:00")
    walk.until("2026-03-27 00:00")
    assert booked(sweep(walk)) == [("expire", -20)]
    assert walk.account.lots == {"2026-06-23/2026-03": 60}
    walk.until("2026-06-24 00:00")
    assert booked(sweep(walk)) == [("expire", -60)]


# ── tiers that come and go ──────────────────────────────────────────────────────────────────────────────────────────

TIERED = program(tiers=Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100)), months=12, calendar_year=True))


def test_without_tiers_no_review_is_waited_for() -> None:
    """GIVEN a tier from a time when there were some THEN neither a sweep nor a movement waits for its review."""
    walk = Walk(TIERED)
    walk.earn("purchase", "100.00")
    assert walk.account.due_at == local("2027-01-01 00:00")
    walk.rules = program(version=2)
    walk.until("2027-01-02")
    with pytest.raises(NothingDue):
        sweep(walk)
    walk.account = replace(walk.account, due_at=next_due(walk.account, walk.rules))
    assert walk.account.due_at == local("2028-01-01 00:00")
    walk.earn("check_in")
    assert walk.account.due_at == local("2028-01-01 00:00")
    walk.rules = replace(TIERED, version=3)
    walk.earn("check_in")
    assert walk.account.due_at == local("2027-01-01 00:00")
    assert booked(sweep(walk)) == [("tier_review", 0)]


# ── exchange ────────────────────────────────────────────────────────────────────────────────────────────────────────


def shop(*rewards: Reward, exchange: tuple[str, ...] | None = None, **changes: object) -> Program:
    return program(
        rewards={reward.name: reward for reward in rewards},
        exchange=exchange or tuple(reward.name for reward in rewards),
        **changes,
    )


def expired(rules: Program, points: int = 100, **account: object) -> Walk:
    walk = Walk(rules)
    walk.give(points, "2026-03-20")
    walk.until("2026-03-21 00:00")
    walk.account = replace(walk.account, **account)  # type: ignore[arg-type]
    return walk


def bought(decision: Decision) -> str | None:
    return next((str(entry.details["reward"]) for entry in decision.entries if entry.kind is Kind.REDEEM), None)


CHEAP, MIDDLE, OTHER, DEAR = Reward("cheap", 10), Reward("middle", 60), Reward("other", 60), Reward("dear", 101)


@pytest.mark.parametrize(
    ("exchange", "points", "wanted"),
    [
        (("cheap", "middle", "other", "dear"), 100, "middle"),
        (("other", "middle"), 100, "other"),  # of equally dear ones the first that is named
        (("middle", "other"), 100, "middle"),
        (("dear", "cheap"), 101, "dear"),
        (("dear", "cheap"), 100, "cheap"),
        (("dear",), 100, None),
        (("cheap",), 9, None),
        (("cheap",), 10, "cheap"),
        (("gone", "cheap"), 100, "cheap"),  # a name that the program does not have any more
    ],
)
def test_r_exp_4_the_dearest_that_expiring_points_suffice_for(
    exchange: tuple[str, ...], points: int, wanted: str | None
) -> None:
    decision = sweep(expired(shop(CHEAP, MIDDLE, OTHER, DEAR, exchange=exchange), points))
    price = 0 if wanted is None else {"cheap": 10, "dear": 101}.get(wanted, 60)
    assert bought(decision) == wanted
    # What it does not take expires with it.
    assert sum(entry.points for entry in decision.entries) == -points
    rest = [price - points] if points > price else []
    assert [entry.points for entry in decision.entries if entry.kind is Kind.EXPIRE] == rest


def test_only_what_expires_is_spent() -> None:
    """Points that can still be spent are their member's to spend: not even one is added."""
    walk = Walk(shop(Reward("mug", 101)))
    walk.give(100, "2026-03-20")
    walk.give(50, "2026-12-31")
    walk.until("2026-03-21 00:00")
    assert booked(sweep(walk)) == [("expire", -100)]
    assert walk.available == 50


def test_several_lots_that_expire_together_buy_together() -> None:
    walk = Walk(shop(Reward("mug", 90)))
    for day in (18, 19, 20):
        walk.give(40, f"2026-03-{day}")
    walk.until("2026-03-21 00:00")
    decision = sweep(walk)
    assert booked(decision) == [("redeem", -90), ("expire", -30)]
    assert decision.entries[0].spent_lots() == {
        "2026-03-18/2026-03": 40,
        "2026-03-19/2026-03": 40,
        "2026-03-20/2026-03": 10,
    }


def test_its_order_is_one_that_no_caller_can_have_placed() -> None:
    walk = expired(shop(replace(MIDDLE, stock=5)))
    decision = sweep(walk)
    redeemed, _ = decision.entries
    assert redeemed.reference == "~2026-03-21.2"
    assert redeemed.details == {"reward": "middle", "quantity": 1, "price": 60, "limited": True, "exchanged": True}
    placed, taken = decision.effects
    assert isinstance(placed, PlaceOrder)
    assert isinstance(taken, TakeStock)
    assert (placed.order.reference, placed.order.points, taken.quantity) == (redeemed.reference, 60, 1)


def test_who_opted_out_or_is_frozen_gets_nothing() -> None:
    assert bought(sweep(expired(shop(MIDDLE)), exchange=False)) is None
    for frozen in ({Activity.REDEEMING}, set(Activity)):
        assert bought(sweep(expired(shop(MIDDLE), frozen=frozenset(frozen)))) is None
    assert bought(sweep(expired(shop(MIDDLE), frozen=frozenset({Activity.EARNING})))) == "middle"


def test_what_is_sold_out_off_sale_or_not_for_them_is_passed_over() -> None:
    everything = shop(
        Reward("vip", 90, when=asks("tier", Operator.AT_LEAST, 1)),
        Reward("paid", 80, cash=100),
        Reward("over", 75, dates=Dates(last=date(2026, 1, 1))),
        Reward("mug", 70, stock=1),
        Reward("coupon", 20),
        tiers=TIERED.tiers,
    )
    assert bought(sweep(expired(everything))) == "mug"
    assert bought(sweep(expired(everything), sold_out={"mug"})) == "coupon"
    assert bought(sweep(expired(everything), sold_out={"mug", "coupon"})) is None


def test_nobody_did_anything() -> None:
    """A member does not come to life because their points expired."""
    walk = Walk(shop(MIDDLE))
    walk.earn("purchase", "100.00")
    active_on = walk.account.active_on
    assert active_on == date(2026, 3, 15)
    walk.until("2028-01-01 00:00")
    assert bought(sweep(walk)) == "middle"
    assert walk.account.active_on == active_on


def test_nobody_is_woken_earlier_because_their_points_bought_something() -> None:
    walk = Walk(shop(MIDDLE, reminders=Reminders(at=time(10), dormancy=Dormancy(5, 100))))
    walk.earn("purchase", "100.00")
    walk.give(30, "2030-12-31")
    walk.until("2028-01-01 00:00")
    woken = replace(walk, account=replace(walk.account, remind_at=None))
    # WHEN what expired has bought something THEN dormancy counts on from the last time that something was done.
    assert bought(sweep(woken)) == "middle"
    assert woken.account.remind_at == local("2028-02-18 10:00")


@pytest.mark.parametrize(("grace", "available", "again"), [(None, 0, True), (14, 60, False)])
def test_an_exchange_can_be_cancelled(grace: int | None, available: int, *, again: bool) -> None:
    """GIVEN grace THEN its points are good for so many days after their own last day; without, they are past it, and
    the next sweep closes them. Either way it does not buy the same again."""
    walk = expired(shop(MIDDLE, expired_return_days=grace))
    (redeemed, _) = sweep(walk).entries
    walk.orders["~2026-03-21.2"] = next(
        effect.order for effect in sweep_effects(walk, redeemed.reference) if isinstance(effect, PlaceOrder)
    )
    walk.wait(hours=5)
    walk.cancel(redeemed)
    assert walk.available == available
    assert walk.account.due_at is not None
    assert (walk.account.due_at <= walk.now) is again
    walk.now = max(walk.account.due_at, walk.now)
    assert booked(sweep(walk)) == [("expire", -60)]
    assert walk.account.lots == {}


def sweep_effects(walk: Walk, reference: str) -> Iterator[object]:
    """The same decision again, from before it: for its effects."""
    again = expired(walk.rules)
    decision = bring_up_to_date(again.account, context(again.now, again.rules))
    assert decision.entries[0].reference == reference
    yield from decision.effects


def test_two_sweeps_of_one_day_have_names_of_their_own() -> None:
    """A cancelled order can bring back a lot of a day that has been swept."""
    walk = Walk(small(paying(Fixed(5))))
    walk.rules = replace(walk.rules, rewards={"coupon": Reward("coupon", 50)})
    walk.give(100, "2026-03-20")
    ordered = walk.redeem("coupon")
    walk.until("2026-03-21 00:00")
    first = sweep(walk)
    walk.wait(hours=1)
    walk.cancel(ordered)
    second = sweep(walk)
    assert (booked(first), booked(second)) == ([("expire", -50)], [("expire", -50)])
    assert first.entry.name != second.entry.name


def test_no_entry_for_nothing() -> None:
    with pytest.raises(NothingDue):
        bring_up_to_date(Account("demo", "m-1"), Context(program(), datetime(2030, 1, 1, tzinfo=UTC), "t", ""))
