"""R-RED-1, R-RED-7: what a reward costs a member, and every reason why it is not for them."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.errors import NotEligible, NotOnSale
from points.domain.evaluation.pricing import REDEMPTIONS, Price, price_of, refusals
from points.domain.ledger.account import Activity, Tier
from points.domain.ledger.booking import ReturnDailyStock, SetUsage, TakeDailyStock
from points.domain.ledger.usage import Usage, Used
from points.domain.movements.redeeming import Redemption, cancel, redeem
from points.domain.program.conditions import AllOf, AnyOf, Operator
from points.domain.program.dates import Dates
from points.domain.program.limiting import MemberLimit
from points.domain.program.rewards import FirstRedemption, Reward
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.builders import Walk, asks, program

TIERS = Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100)), months=None, calendar_year=False)
TODAY = date(2026, 3, 15)


def shop(*rewards: Reward, **changes: object) -> Walk:
    walk = Walk(program(rewards={reward.name: reward for reward in rewards}, **changes))
    walk.give(1_000)
    return walk


def price(walk: Walk, reward: str, quantity: int = 1) -> Price:
    return price_of(walk.account, walk.rules.rewards[reward], quantity, walk.context)


class TestPrices:
    def test_a_tier_has_a_price_of_its_own(self) -> None:
        walk = shop(Reward("mug", 50, prices={"V2": 40}), tiers=TIERS)
        assert price(walk, "mug", 2) == Price(100)
        walk.account = replace(walk.account, tier=Tier("V2", TODAY))
        assert price(walk, "mug", 2) == Price(80)
        assert walk.redeem("mug", 2).points == -80

    def test_prices_of_tiers_that_are_gone_say_nothing(self) -> None:
        walk = shop(Reward("mug", 50, prices={"V2": 40}))
        walk.account = replace(walk.account, tier=Tier("V2", TODAY))
        assert price(walk, "mug") == Price(50)

    @given(full=st.integers(1, 10**6), percent=st.integers(1, 99), maximum=st.one_of(st.none(), st.integers(1, 10**4)))
    def test_a_first_redemption_is_never_free_and_never_dearer(
        self, full: int, percent: int, maximum: int | None
    ) -> None:
        off = FirstRedemption(percent, maximum).off(full)
        assert 0 <= off < full
        assert off * 100 <= full * percent < (off + 1) * 100 or off == maximum

    def test_the_first_redemption_costs_less_and_the_second_does_not(self) -> None:
        walk = shop(Reward("mug", 33), first_redemption=FirstRedemption(20))
        first = walk.redeem("mug", 2)
        assert (first.points, first.details["price"], first.details["discount"]) == (-53, 53, 13)
        assert price(walk, "mug", 2) == Price(66)

    def test_it_comes_back_when_it_is_cancelled_and_once(self) -> None:
        """GIVEN two redemptions WHEN the one that was first is cancelled THEN there has been one still; WHEN both are,
        THEN the next is the first again."""
        walk = shop(Reward("mug", 100), first_redemption=FirstRedemption(20, maximum=15))
        first, second = walk.redeem("mug"), walk.redeem("mug")
        assert (first.points, second.points) == (-85, -100)
        walk.cancel(first)
        assert price(walk, "mug") == Price(100)
        walk.cancel(second)
        assert price(walk, "mug") == Price(85, 15)
        assert REDEMPTIONS not in walk.account.counters
        assert walk.available == 1_000

    def test_a_discount_that_comes_later_is_nobodys_second(self) -> None:
        walk = shop(Reward("mug", 100))
        walk.redeem("mug")
        walk.rules = replace(walk.rules, first_redemption=FirstRedemption(50))
        assert price(walk, "mug") == Price(100)

    def test_ten_years_of_redemptions_are_one_number(self) -> None:
        walk = shop(Reward("mug", 1))
        for _ in range(100):
            walk.redeem("mug")
        assert walk.account.counters == {REDEMPTIONS: 100}


class TestReasons:
    def codes(self, walk: Walk, reward: str, usage: Usage | None = None) -> list[str]:
        found = refusals(walk.account, walk.rules.rewards[reward], 1, walk.context, usage=usage)
        return [refusal.code for refusal in found]

    def test_every_reason_in_the_order_of_a_redemption(self) -> None:
        when = AllOf((asks("real_name_verified", Operator.EQUALS, True), asks("tier", Operator.AT_LEAST, 1)))
        reward = Reward(
            "mug",
            5_000,
            when=when,
            dates=Dates(date(2026, 4, 1), None),
            limits=(MemberLimit(Window.WEEK, 1),),
        )
        walk = shop(reward, tiers=TIERS)
        walk.freeze(Activity.REDEEMING)
        usage = Usage("demo", "m-1", Used.REWARD, "mug").counted(1, TODAY)
        assert self.codes(walk, "mug", usage) == [
            "member_frozen",
            "not_on_sale",
            "not_eligible",
            "limit_reached",
            "insufficient_points",
        ]
        _, closed, unfit, limited, poor = refusals(walk.account, reward, 1, walk.context, usage=usage)
        assert closed.numbers == {"reward": "mug", "from": "2026-04-01"}
        assert unfit.numbers == {"reward": "mug", "because": "real_name_verified,tier"}
        assert limited.numbers == {"limit": "reward/week", "maximum": 1}
        assert poor.numbers == {"available": 1_000, "required": 5_000}

    def test_nothing_stands_in_the_way(self) -> None:
        assert self.codes(shop(Reward("mug", 1_000, dates=Dates(TODAY, TODAY))), "mug") == []

    @pytest.mark.parametrize(
        ("dates", "on_sale"),
        [
            (Dates(), True),
            (Dates(TODAY, None), True),
            (Dates(None, TODAY), True),
            (Dates(date(2026, 3, 16), None), False),
            (Dates(None, date(2026, 3, 14)), False),
        ],
    )
    def test_days_of_sale_are_days_of_the_program(self, dates: Dates, on_sale: bool) -> None:
        walk = shop(Reward("mug", 10, dates=dates))
        if on_sale:
            assert walk.redeem("mug").points == -10
            return
        before = walk.account
        with pytest.raises(NotOnSale):
            walk.redeem("mug")
        assert walk.account == before

    def test_of_an_either_or_both_are_named(self) -> None:
        when = AnyOf((asks("tier", Operator.AT_LEAST, 1), asks("member.club", Operator.EQUALS, "gold")))
        walk = shop(Reward("mug", 10, when=when), tiers=TIERS)
        with pytest.raises(NotEligible) as refused:
            walk.redeem("mug")
        assert refused.value.numbers["because"] == "member.club,tier"


class TestWhatIsCountedWithIt:
    def test_a_days_stock_is_of_the_day_and_goes_back_to_it(self) -> None:
        reward = Reward("mug", 10, stock_per_day=5)
        walk = shop(reward)
        decision = redeem(walk.account, Redemption("r", "m-1", "mug", 2), walk.context)
        assert TakeDailyStock(reward, 2, TODAY) in decision.effects
        entry = walk.booked(decision)
        walk.wait(days=3)
        # The reward has left the program: what was taken goes back all the same.
        walk.rules = replace(walk.rules, rewards={})
        back = cancel(walk.account, walk.orders["r"], entry, walk.context, reason=None)
        assert ReturnDailyStock("mug", 2, TODAY) in back.effects

    def test_what_is_given_back_is_taken_from_the_day_it_was_had(self) -> None:
        reward = Reward("mug", 10, limits=(MemberLimit(Window.MONTH, 3),))
        walk = shop(reward)
        nothing = Usage("demo", "m-1", Used.REWARD, "mug")
        decision = redeem(walk.account, Redemption("r", "m-1", "mug", 2), walk.context, nothing)
        (had,) = [effect.usage for effect in decision.effects if isinstance(effect, SetUsage)]
        assert had == nothing.counted(2, TODAY)
        entry = walk.booked(decision)
        walk.wait(days=20)
        back = cancel(walk.account, walk.orders["r"], entry, walk.context, reason=None, usage=had.counted(1, TODAY))
        (left,) = [effect.usage for effect in back.effects if isinstance(effect, SetUsage)]
        assert (left.in_month, left.lifetime) == (1, 1)
