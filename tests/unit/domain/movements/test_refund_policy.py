"""What a refund does beside taking its points back (R-EARN-11): one policy, each effect once, in parts or at once."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from points.domain.errors import AlreadyReversed
from points.domain.ledger.account import Balance
from points.domain.ledger.booking import ReturnBudget
from points.domain.ledger.entries import Entry
from points.domain.limits import MAX_PENDING_LOTS
from points.domain.money import Rounding
from points.domain.movements.earning import Event, earn
from points.domain.movements.reversing import Reversal, reverse
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.dates import Dates
from points.domain.program.expiry import AfterDays
from points.domain.program.program import Program
from points.domain.program.refunds import ShortfallPolicy
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Streak
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.builders import Walk, paying, small

POINT_PER_YUAN = PerAmount(1, 100, Rounding.DOWN)
SPENDER = Task("spender", frozenset({"buy"}), Counted.AMOUNT, 50_000, Window.MONTH, 500)


def shop(**changes: Any) -> Program:
    return small(paying(POINT_PER_YUAN, "buy"), paying(Fixed(20), "like"), **{"backdating_days": 14, **changes})


class TestTasks:
    """Spend 500 in a month: 500 points more."""

    def test_a_purchase_that_is_returned_does_not_count(self) -> None:
        walk = Walk(shop(tasks=(SPENDER,)))
        walk.reverse(walk.earn("buy", "499.99"))
        assert walk.pay("buy", amount="0.01") == 0
        assert walk.account.counters["spender/tM20260301"] == 1

    def test_the_bonus_goes_with_whichever_purchase_it_rested_on(self) -> None:
        # GIVEN 499 and 1: the second completes the task
        walk = Walk(shop(tasks=(SPENDER,)))
        large = walk.earn("buy", "499.00")
        small_one = walk.earn("buy", "1.00")
        assert small_one.points == 501
        # WHEN the 499 are returned THEN so is the bonus
        entry = walk.reverse(large)
        assert (entry.points, entry.details["bonuses"]) == (-499 - 500, {"spender": 500})
        assert walk.available == 1
        # AND the purchase that had completed it takes back its own point and no more
        assert walk.reverse(small_one).points == -1
        assert (walk.available, walk.balance.owed) == (0, 0)

    def test_it_can_be_completed_again(self) -> None:
        walk = Walk(shop(tasks=(SPENDER,)))
        assert walk.reverse(walk.earn("buy", "500.00")).points == -1000
        assert walk.pay("buy", amount="500.00") == 1000
        assert walk.available == 1000

    def test_a_part_that_leaves_enough_leaves_the_bonus(self) -> None:
        walk = Walk(shop(tasks=(SPENDER,)))
        earned = walk.earn("buy", "600.00")
        assert walk.reverse(earned, amount="100.00").points == -100
        assert walk.reverse(earned, amount="0.01").points == -1 - 500
        assert walk.reverse(earned).points == -499
        assert walk.available == 0

    @pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
    def test_in_any_order_everything_goes_once(self, order: tuple[int, ...]) -> None:
        walk = Walk(shop(tasks=(SPENDER,)))
        earned = [walk.earn("buy", amount) for amount in ("300.00", "150.00", "250.00")]
        assert walk.available == 700 + 500
        for index in order:
            walk.reverse(earned[index], amount="50.00")
            walk.reverse(earned[index])
        assert (walk.available, walk.balance.owed) == (0, 0)
        assert walk.account.counters == {}

    def test_tasks_that_count_events_lose_an_event_when_nothing_is_left_of_it(self) -> None:
        thrice = replace(SPENDER, counted=Counted.EVENTS, target=3)
        walk = Walk(shop(tasks=(thrice,)))
        earned = [walk.earn("buy", "10.00") for _ in range(3)]
        assert walk.reverse(earned[0], amount="9.99").points == -10
        assert walk.reverse(earned[0], amount="0.01").details["bonuses"] == {"spender": 500}
        assert walk.account.counters == {"spender/tM20260301": 2}
        assert walk.pay("buy", amount="1.00") == 501

    def test_the_other_events_may_be_enough(self) -> None:
        twice = replace(SPENDER, counted=Counted.QUANTITY, target=2, behaviours=frozenset({"like"}))
        walk = Walk(shop(tasks=(twice,)))
        earned = [walk.earn("like"), walk.earn("like", quantity=2), walk.earn("like")]
        assert [entry.points for entry in earned] == [20, 540, 20]
        # Three are left without the second, which had completed it.
        assert walk.reverse(earned[0]).points == -20
        assert walk.reverse(earned[2]).points == -20
        assert walk.reverse(earned[1]).points == -540

    def test_a_reversal_by_points_undoes_the_event_when_no_points_are_left(self) -> None:
        walk = Walk(shop(tasks=(SPENDER,)))
        earned = walk.earn("buy", "500.00")
        assert walk.reverse(earned, points=499).details.get("last") is None
        entry = walk.reverse(earned, points=1)
        assert (entry.points, entry.details["last"]) == (-1 - 500, True)
        with pytest.raises(AlreadyReversed):
            walk.reverse(earned, amount="1.00")

    def test_a_task_without_points_of_its_events_can_be_undone_too(self) -> None:
        only = small(tasks=(replace(SPENDER, counted=Counted.EVENTS, target=1),))
        walk = Walk(only)
        earned = walk.earn("buy")
        assert walk.reverse(earned).points == -500
        with pytest.raises(AlreadyReversed):
            walk.reverse(earned)

    def test_the_lower_of_both_targets_decides(self) -> None:
        # GIVEN 550 spent under a target of 500, which then becomes 600
        walk = Walk(shop(tasks=(SPENDER,)))
        earned = walk.earn("buy", "550.00")
        walk.rules = replace(walk.rules, tasks=(replace(SPENDER, target=60_000, points=700),))
        # THEN the bonus stays as long as it was deserved when it was paid
        assert walk.reverse(earned, amount="50.00").points == -50
        # AND what goes is what was paid
        assert walk.reverse(earned, amount="1.00").points == -1 - 500

    def test_refunds_are_looked_at_for_as_long_as_the_program_says(self) -> None:
        # GIVEN a task of a day, and thirty days in which it is watched
        daily = replace(SPENDER, window=Window.DAY)
        walk = Walk(shop(tasks=(daily,), refund_days=30, backdating_days=7))
        soon, late = walk.earn("buy", "500.00"), walk.until("2026-03-16").earn("buy", "500.00")
        assert walk.until("2026-04-14").reverse(soon).points == -1000
        # Later, the bonus stays.
        assert walk.until("2026-04-20").reverse(late).points == -500


class TestCaps:
    def test_points_of_a_cap_come_back_with_each_part(self) -> None:
        rule = paying(POINT_PER_YUAN, "buy", caps=(Cap(Window.MONTH, points=100),))
        walk = Walk(small(rule))
        earned = walk.earn("buy", "80.00")
        walk.reverse(earned, amount="40.00")
        assert walk.account.counters == {"buy/pM20260301": 40}
        assert walk.pay("buy", amount="80.00") == 60

    def test_occurrences_when_nothing_is_left(self) -> None:
        rule = paying(POINT_PER_YUAN, "buy", caps=(Cap(Window.DAY, occurrences=1),))
        walk = Walk(small(rule))
        earned = walk.earn("buy", "80.00")
        walk.reverse(earned, amount="79.00")
        assert walk.pay("buy", amount="5.00") == 0
        walk.reverse(earned)
        assert walk.pay("buy", amount="5.00") == 5

    def test_in_the_window_the_event_occurred_in(self) -> None:
        rule = paying(Fixed(20), "like", caps=(Cap(Window.DAY, 2, 40),))
        walk = Walk(small(rule, backdating_days=7))
        earned = walk.earn("like", quantity=2)
        walk.until("2026-03-16").reverse(earned)
        assert walk.account.counters == {}
        assert walk.pay("like", on="2026-03-15") == 20

    def test_a_cap_that_was_not_there_then_has_nothing_to_give_back(self) -> None:
        walk = Walk(small(paying(Fixed(20), "like")))
        before = walk.earn("like")
        walk.rules = small(paying(Fixed(20), "like", caps=(Cap(Window.DAY, occurrences=3),)))
        walk.earn("like")
        walk.reverse(before)
        assert walk.account.counters == {"like/cD20260315": 1}


class TestRoundsAndStreaks:
    PHOTOS = small(paying(PerOccurrences(50, 3), "photo", caps=(Cap(Window.DAY, occurrences=2),)))

    def test_occurrences_that_are_gone_complete_nothing(self) -> None:
        walk = Walk(self.PHOTOS)
        walk.reverse(walk.earn("photo", quantity=2))
        assert [walk.pay("photo", quantity=2), walk.pay("photo")] == [0, 50]

    def test_each_event_takes_back_what_it_was_paid_and_the_next_round_waits_for_the_rest(self) -> None:
        walk = Walk(self.PHOTOS)
        first = walk.earn("photo", quantity=2)
        assert walk.earn("photo", quantity=2).points == 50
        # WHEN the first two go THEN they were paid nothing, and two photos have been paid as three
        assert walk.reverse(first).points == 0
        assert walk.account.counters["photo/n"] == -1
        assert [walk.pay("photo", quantity=3), walk.pay("photo")] == [0, 50]

    def test_what_a_cap_cut_off_was_used_up_all_the_same(self) -> None:
        walk = Walk(self.PHOTOS)
        earned = walk.earn("photo", quantity=10)
        assert (earned.points, earned.details["counted"]) == (100, {"photo": 3})
        walk.reverse(earned)
        assert walk.account.counters == {}

    def test_the_last_day_leaves_its_streak_and_can_be_reported_again(self) -> None:
        walk = Walk(small(paying(Streak((1, 2, 3)), "visit"), backdating_days=7))
        visits = [walk.until(f"2026-03-{day}").earn("visit") for day in (15, 16, 17)]
        assert walk.reverse(visits[2]).points == -3
        assert walk.account.counters == {"visit/rS20260315": 20260316}
        assert walk.until("2026-03-17 13:00").pay("visit") == 3

    def test_a_day_that_others_were_paid_more_because_of_stays_and_is_not_paid_again(self) -> None:
        """Else the days after it would be paid for it once more each time it is refunded and reported again."""
        walk = Walk(small(paying(Streak((1, 1, 1, 100)), "visit"), backdating_days=7))
        visits = [walk.until(f"2026-03-{day}").earn("visit") for day in (15, 16, 17, 18)]
        for visit, day in zip(visits[:3], (15, 16, 17), strict=True):
            assert walk.reverse(visit).points == -1
            assert walk.pay("visit", f"2026-03-{day}") == 0
        assert walk.available == 100
        assert walk.reverse(visits[3]).points == -100
        assert walk.pay("visit") == 100

    def test_a_second_visit_of_a_day_is_none_of_its_streak(self) -> None:
        walk = Walk(small(paying(Streak((1, 2, 3)), "visit")))
        walk.earn("visit")
        walk.reverse(walk.earn("visit"))
        assert walk.account.counters == {"visit/rS20260315": 20260315}


class TestBudgets:
    DOUBLE = Campaign("double", frozenset({"buy"}), Dates(), multiplier=2000, budget=10_000)
    BONUS = Campaign("bonus", frozenset({"buy"}), Dates(), bonus=7, budget=10_000)

    def test_parts_add_up_to_what_was_taken(self) -> None:
        walk = Walk(shop(campaigns=(self.DOUBLE, self.BONUS)))
        earned = walk.earn("buy", "100.00")
        back = {"double": 0, "bonus": 0}
        for amount in ("33.33", "33.33", "33.34"):
            decision = reverse(walk.account, _refund(earned, amount), walk.original(earned), walk.context)
            for effect in decision.effects:
                assert isinstance(effect, ReturnBudget)
                assert effect.points > 0
                back[effect.campaign] += effect.points
            walk.booked(decision)
        assert back == {"double": 100, "bonus": 7}
        assert walk.available == 0

    def test_without_a_budget_nothing_comes_back(self) -> None:
        walk = Walk(shop(campaigns=(replace(self.DOUBLE, budget=None),)))
        earned = walk.earn("buy", "100.00")
        # One that has come since was not asked then.
        walk.rules = shop(campaigns=(self.DOUBLE,))
        decision = reverse(walk.account, _refund(earned, "100.00"), walk.original(earned), walk.context)
        assert decision.effects == ()


def _refund(earned: Entry, amount: str) -> Reversal:
    return Reversal(f"refund-of-{amount}", "m-1", earned.name, amount=amount)


class TestStanding:
    TIERS = Tiers(TierMetric.SPEND, (Level("V1", 0), Level("V2", 10_000)), months=12, calendar_year=True)

    @pytest.mark.parametrize("by", [{}, {"points": 100}, {"amount": "100.00"}])
    def test_a_refund_of_all_leaves_nothing_by_whatever_it_is_asked_for(self, by: dict[str, Any]) -> None:
        walk = Walk(shop(tiers=self.TIERS))
        walk.reverse(walk.earn("buy", "100.00"), **by)
        assert walk.account.counters == {}

    def test_what_was_never_counted_is_not_taken_away(self) -> None:
        # GIVEN a purchase from before there were tiers, and one since, in the same month
        walk = Walk(shop())
        before = walk.earn("buy", "60.00")
        walk.rules = shop(tiers=self.TIERS)
        walk.earn("buy", "50.00")
        walk.reverse(before)
        assert walk.account.counters == {"~spend/mM20260301": 5_000}

    def test_a_bonus_that_goes_counts_no_more_wherever_it_was_counted(self) -> None:
        # GIVEN tiers by points, and a task of the year that February's purchase completes
        yearly = replace(SPENDER, window=Window.YEAR)
        walk = Walk(shop(tiers=replace(self.TIERS, metric=TierMetric.POINTS), tasks=(yearly,))).until("2026-01-10")
        january = walk.earn("buy", "300.00")
        walk.until("2026-02-10").earn("buy", "200.00")
        assert walk.account.counters["~earned/mM20260201"] == 700
        walk.reverse(january)
        assert walk.account.counters["~earned/mM20260201"] == 200
        assert "~earned/mM20260101" not in walk.account.counters

    def test_suspicion_does_not_forget(self) -> None:
        hasty = RiskRule("hasty", Velocity.EVENTS, Window.DAY, 5, RiskAction.REFUSE)
        walk = Walk(shop(risk=(hasty,)))
        walk.reverse(walk.earn("like"))
        assert walk.account.counters == {"hasty/vD20260315": 1}


def test_a_refund_does_not_depend_on_the_order_of_a_map() -> None:
    """DynamoDB gives maps back in an order of its own."""
    rules = small(
        paying(Fixed(10), name="long", pending_days=7),
        paying(Fixed(10), name="short", pending_days=3),
    )
    walk = Walk(rules)
    earned = walk.earn("b")
    backwards = replace(
        earned, moves=replace(earned.moves, pending=dict(sorted(earned.moves.pending.items(), reverse=True)))
    )
    assert list(backwards.moves.pending) == list(earned.moves.pending)[::-1]
    command = Reversal("v", "m-1", earned.name, points=12)
    after = [
        reverse(walk.account, command, replace(walk.original(earned), entry=entry), walk.context).account.pending
        for entry in (earned, backwards)
    ]
    assert after[0] == after[1]
    assert sum(after[0].values()) == 8


def test_what_waits_of_others_in_the_same_lot_is_not_taken() -> None:
    # GIVEN an event of which a part waits and a part does not, and another that waits in the same lot
    rules = small(paying(Fixed(10), name="waits", pending_days=7), paying(Fixed(10), name="now"))
    walk = Walk(rules)
    one = walk.earn("b")
    walk.earn("b")
    walk.reverse(one)
    assert (walk.available, walk.balance.pending) == (10, 10)


def test_an_event_under_a_program_that_has_changed_since_takes_back_its_own() -> None:
    walk = Walk(shop(tasks=(SPENDER,)))
    earned = walk.earn("buy", "500.00")
    # WHEN the task has left the program since THEN it still watches
    walk.rules = replace(walk.rules, tasks=(), retired={"spender": walk.context.today})
    assert walk.reverse(earned).points == -1000


def test_events_booked_under_an_event_of_nobody() -> None:
    """A behaviour that has left the program can be refunded: what it was is in the version that decided it."""
    walk = Walk(shop())
    earned = walk.earn("like")
    walk.rules = small(paying(POINT_PER_YUAN, "buy"))
    assert walk.reverse(earned).points == -20
    decision = earn(walk.account, Event("e", "m-1", "buy", amount="1.00"), walk.context)
    assert decision.entry.points == 1


class TestABonusThatWaitsWithAnotherEvent:
    """Buy 499, then 1: a risk rule makes the event wait that completed the task. Then the 499 come back."""

    @pytest.mark.parametrize("policy", ShortfallPolicy)
    def test_is_taken_from_what_waits(self, policy: ShortfallPolicy) -> None:
        task = Task("spender", frozenset({"b"}), Counted.AMOUNT, target=500_00, window=Window.MONTH, points=1_000)
        risk = RiskRule("rich", Velocity.POINTS, Window.DAY, 600, RiskAction.PEND, pending_days=5)
        walk = Walk(small(paying(PerAmount(1, 100, Rounding.DOWN)), tasks=(task,), risk=(risk,), shortfall=policy))
        first = walk.earn("b", "499.00")
        walk.earn("b", "1.00")
        assert (walk.balance.available, walk.balance.pending) == (499, 1_001)

        walk.reverse(first)

        assert (walk.balance.available, walk.balance.pending, walk.balance.owed) == (0, 1, 0)
        assert walk.wait(days=5).available == 1


class TestPointsWhoseBucketWasJoined:
    def test_are_taken_where_they_wait(self) -> None:
        rules = small(
            paying(Fixed(10)),
            risk=(RiskRule("many", Velocity.EVENTS, Window.LIFETIME, 1, RiskAction.PEND, pending_days=30),),
            expiry=AfterDays(365),
            backdating_days=300,
            shortfall=ShortfallPolicy.REFUSE,
        )
        walk = Walk(rules)
        walk.pay()
        events = [walk.earn("b", occurred_at=walk.now - timedelta(days=days)) for days in range(1, 250)]
        assert len(walk.account.pending) == MAX_PENDING_LOTS
        assert walk.balance.pending == 2_490
        for event in events:
            assert walk.reverse(event).points == -10
        assert walk.balance == Balance(available=10)
