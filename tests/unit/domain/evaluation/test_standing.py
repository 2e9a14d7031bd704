"""R-TIER: tiers by points or spend, reviews at the end of a year, segments by core spend."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.domain.calendar import day_start
from points.domain.errors import NotEligible, NothingDue
from points.domain.evaluation.standing import TierChange, metric, next_review, reviewed, segment_of, tier_change
from points.domain.ledger.account import Tier
from points.domain.ledger.entries import Entry, Kind
from points.domain.money import Rounding
from points.domain.program.conditions import Operator
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.rules import Fixed, PerAmount
from points.domain.program.segments import Segment, Segments
from points.domain.program.tiers import Level, StepDown, TierMetric, Tiers
from tests.builders import SHANGHAI, Walk, account, asks, paying, small

LEVELS = (Level("V1", 0), Level("V2", 100, multiplier=1200), Level("V3", 500, multiplier=1500), Level("V4", 1000))


def tiers(**changes: Any) -> Tiers:
    standard = Tiers(TierMetric.POINTS, LEVELS, months=12, calendar_year=True)
    return replace(standard, **changes)


def member(by: Tiers | None = None, **changes: Any) -> Walk:
    """Purchases pay a point per 元; a like pays ten and is not core."""
    rules = (paying(PerAmount(1, 100, Rounding.DOWN), "buy", multiplied=False), paying(Fixed(10), "like"))
    standard: dict[str, Any] = {"core": {"buy"}, "tiers": by or tiers(), "backdating_days": 60}
    return Walk(small(*rules, **standard | changes))


def name(walk: Walk) -> str | None:
    return None if walk.account.tier is None else walk.account.tier.name


def count(walk: Walk) -> int:
    assert walk.rules.tiers is not None
    return metric(walk.account.counters, walk.rules.tiers, walk.context.today)


class TestRising:
    def test_at_once_in_the_movement_that_reaches_the_threshold(self) -> None:
        walk = member()
        assert (walk.earn("buy", "99.99").details.get("tier"), name(walk)) == (None, None)
        entry = walk.earn("buy", "1.00")
        assert (entry.details["tier"], walk.account.tier) == ("V2", Tier("V2", date(2026, 3, 15), date(2027, 1, 1)))
        assert "tier" not in walk.earn("buy", "1.00").details

    def test_over_several_levels_at_once(self) -> None:
        walk = member()
        assert walk.earn("buy", "2000.00").details["tier"] == "V4"

    def test_the_event_that_rises_is_paid_by_the_level_before(self) -> None:
        walk = member()
        walk.earn("buy", "95.00")
        assert [walk.pay("like"), walk.pay("like")] == [10, 12]

    def test_by_points_everything_counts_by_spend_only_core_behaviours_do(self) -> None:
        by_spend = tiers(metric=TierMetric.SPEND, levels=(Level("V1", 0), Level("V2", 10_000)))
        for walk, expected in ((member(), 60), (member(by_spend), 5000)):
            walk.earn("buy", "50.00")
            walk.earn("like", "900.00")
            assert count(walk) == expected

    def test_pending_points_count_as_well(self) -> None:
        walk = Walk(small(paying(Fixed(100), pending_days=7), tiers=tiers()))
        walk.earn("b")
        assert (walk.available, name(walk)) == (0, "V2")

    def test_what_operators_give_is_not_earned(self) -> None:
        walk = member()
        walk.give(5000)
        assert (count(walk), name(walk)) == (0, None)

    @pytest.mark.parametrize(
        ("window", "later", "expected"),
        [
            ({"months": 12, "calendar_year": True}, "2026-12-31 23:59", "V2"),
            ({"months": 12, "calendar_year": True}, "2027-01-01 00:00", None),
            ({"months": 3, "calendar_year": False}, "2026-05-31 23:59", "V2"),
            ({"months": 3, "calendar_year": False}, "2026-06-01 00:00", None),
            ({"months": None, "calendar_year": False}, "2046-06-01 00:00", "V2"),
        ],
    )
    def test_what_counts_is_what_the_window_holds(
        self, window: dict[str, Any], later: str, expected: str | None
    ) -> None:
        walk = member(tiers(**window))
        walk.earn("buy", "60.00")
        walk.until(later).earn("buy", "40.00")
        assert name(walk) == expected

    def test_what_is_reported_late_counts_in_its_month(self) -> None:
        walk = member(tiers(months=1, calendar_year=False)).until("2026-04-02")
        walk.earn("buy", "70.00")
        walk.pay("buy", on="2026-03-31", amount="70.00")
        assert (name(walk), count(walk)) == (None, 70)
        assert walk.account.counters == {"~earned/mM20260301": 70, "~earned/mM20260401": 70}


class TestNeverFallingBySpending:
    def test_neither_spending_nor_expiry_nor_a_refund_takes_a_tier_down(self) -> None:
        walk = member(rewards={"coupon": Reward("coupon", 50)})
        earned = walk.earn("buy", "100.00")
        walk.redeem("coupon", 2)
        assert (walk.available, count(walk), name(walk)) == (0, 100, "V2")
        walk.reverse(earned, amount="40.00")
        assert (count(walk), name(walk)) == (60, "V2")
        assert walk.until("2026-12-31").account.tier == Tier("V2", date(2026, 3, 15), date(2027, 1, 1))

    def test_a_refund_is_taken_out_of_the_month_it_was_earned_in(self) -> None:
        by_spend = tiers(metric=TierMetric.SPEND, levels=(Level("V1", 0), Level("V2", 10_000)))
        for walk, owner, worth in ((member(), "~earned", 80), (member(by_spend), "~spend", 8000)):
            late = walk.earn("buy", "80.00", occurred_at=day_start(date(2026, 2, 1), SHANGHAI))
            walk.earn("buy", "10.00")
            assert walk.account.counters[f"{owner}/mM20260201"] == worth
            walk.until("2026-04-10").reverse(late, amount="30.00")
            assert walk.account.counters[f"{owner}/mM20260201"] == worth * 5 // 8
            walk.reverse(late)
            assert f"{owner}/mM20260201" not in walk.account.counters
            assert walk.account.counters[f"{owner}/mM20260301"] == worth // 8

    def test_a_refund_of_what_is_long_forgotten_takes_nothing_from_others(self) -> None:
        walk = member()
        old = walk.earn("buy", "80.00")
        walk.until("2029-03-15").earn("buy", "30.00")  # what was counted in 2026 is dropped
        walk.reverse(old)
        assert walk.account.counters == {"~earned/mM20290301": 30}

    def test_a_lifetime_is_counted_on_one_counter(self) -> None:
        walk = member(tiers(months=None, calendar_year=False))
        earned = walk.earn("buy", "80.00")
        walk.until("2030-01-01").earn("buy", "30.00")
        assert (walk.account.counters, name(walk)) == ({"~earned/mL": 110}, "V2")
        walk.reverse(earned)
        assert (walk.account.counters, name(walk)) == ({"~earned/mL": 30}, "V2")


class TestReviews:
    @pytest.mark.parametrize(
        ("grace_days", "day", "review"),
        [
            (0, "2026-03-15", "2027-01-01"),
            (0, "2026-12-31", "2027-01-01"),
            (0, "2027-01-01", "2028-01-01"),
            (31, "2026-03-15", "2027-02-01"),
            (31, "2027-01-15", "2027-02-01"),
            (31, "2027-02-01", "2028-02-01"),
            (180, "2028-01-01", "2028-06-29"),
            (180, "2026-12-31", "2027-06-30"),
        ],
    )
    def test_the_review_after_a_day(self, grace_days: int, day: str, review: str) -> None:
        found = next_review(tiers(grace_days=grace_days), date.fromisoformat(day))
        assert found == date.fromisoformat(review)

    def test_a_lifetime_has_none(self) -> None:
        assert next_review(tiers(months=None), date(2026, 3, 15)) is None
        walk = member(tiers(months=None, calendar_year=False))
        walk.earn("buy", "100.00")
        assert walk.account.next_due(SHANGHAI) == day_start(date(2028, 1, 1), SHANGHAI)  # its lot's expiry

    def test_the_due_timer_finds_them(self) -> None:
        walk = member()
        walk.earn("buy", "100.00")
        assert walk.account.due_at == day_start(date(2027, 1, 1), SHANGHAI)

    def last_year(self, earned: str, **changes: Any) -> Walk:
        """A member of V3 since 2025 who earned so much in 2026, the year that their next review is about."""
        walk = member(tiers(**changes)).until("2026-07-01")
        review_on = next_review(tiers(**changes), date(2026, 7, 1))
        walk.account = account(tier=Tier("V3", date(2025, 6, 1), review_on))
        walk.earn("buy", earned)
        return walk

    @pytest.mark.parametrize(
        ("earned", "step_down", "after", "since"),
        [
            ("500.00", StepDown.TO_REACHED, "V3", "2025-06-01"),
            ("499.00", StepDown.TO_REACHED, "V2", "2027-01-01"),
            ("50.00", StepDown.TO_REACHED, "V1", "2027-01-01"),
            ("50.00", StepDown.ONE_LEVEL, "V2", "2027-01-01"),
            ("499.00", StepDown.ONE_LEVEL, "V2", "2027-01-01"),
        ],
    )
    def test_kept_or_down_as_the_program_says(self, earned: str, step_down: StepDown, after: str, since: str) -> None:
        walk = self.last_year(earned, step_down=step_down).until("2027-01-01 00:00")
        entry = walk.review()
        assert (entry.kind, entry.reference, entry.points) == (Kind.TIER_REVIEW, "2027-01-01", 0)
        assert (entry.details["tier"], entry.details["before"]) == (after, "V3")
        # The lowest has nothing to be reviewed for.
        review_on = None if after == "V1" else date(2028, 1, 1)
        assert entry.details.get("review_on") == (None if review_on is None else review_on.isoformat())
        assert walk.account.tier == Tier(after, date.fromisoformat(since), review_on)

    def test_a_late_event_raises_by_the_year_it_belongs_to(self) -> None:
        # GIVEN V2, and what makes it V4 occurs on the last day of the year
        walk = member()
        walk.earn("buy", "100.00")
        # WHEN it is reported two days later
        walk.until("2027-01-02").earn("buy", "5000.00", occurred_at=day_start(date(2026, 12, 31), SHANGHAI))
        # THEN it counts for the year it belongs to, and the member rises at once
        assert walk.account.tier == Tier("V4", date(2027, 1, 2), date(2028, 1, 1))

    def test_a_review_raises_whom_a_lower_threshold_has_passed(self) -> None:
        walk = member()
        walk.earn("buy", "400.00")
        assert name(walk) == "V2"
        # WHEN V3 comes to begin at 400
        walk.rules = replace(walk.rules, tiers=tiers(levels=(Level("V1", 0), Level("V2", 100), Level("V3", 400))))
        walk.until("2027-01-01 00:00").review()
        assert walk.account.tier == Tier("V3", date(2027, 1, 1), date(2028, 1, 1))

    def test_once_and_not_before_its_day(self) -> None:
        walk = self.last_year("500.00").until("2026-12-31 23:59")
        with pytest.raises(NothingDue):
            walk.review()
        walk.until("2027-01-01 00:00").review()
        with pytest.raises(NothingDue):
            walk.review()

    def test_nobody_to_review(self) -> None:
        for walk in (Walk(), member(), member(tiers(months=None))):
            with pytest.raises(NothingDue):
                walk.review()

    def test_a_review_that_is_late_is_about_its_own_year(self) -> None:
        walk = self.last_year("500.00").until("2027-05-20")
        walk.review()
        assert walk.account.tier == Tier("V3", date(2025, 6, 1), date(2028, 1, 1))

    @pytest.mark.parametrize(("in_january", "after"), [("100.00", "V3"), ("99.00", "V2")])
    def test_what_is_earned_in_the_days_of_grace_counts(self, in_january: str, after: str) -> None:
        walk = self.last_year("400.00", grace_days=31)
        walk.until("2027-01-20").earn("buy", in_january)
        with pytest.raises(NothingDue):
            walk.review()
        walk.until("2027-02-01 00:00").review()
        assert walk.account.tier is not None
        assert (walk.account.tier.name, walk.account.tier.review_on) == (after, date(2028, 2, 1))

    @pytest.mark.parametrize("grace_days", [0, 31, 90])
    def test_days_of_grace_may_change_after_a_review_day_was_set(self, grace_days: int) -> None:
        # GIVEN V3 earned in 2026 under a program with 31 days of grace
        walk = self.last_year("500.00", grace_days=31)
        # WHEN the program changes them THEN the review is still about 2026
        walk.rules = member(tiers(grace_days=grace_days)).rules
        walk.until("2027-02-01").review()
        assert name(walk) == "V3"

    def test_a_tier_that_became_one_for_a_lifetime_is_kept(self) -> None:
        tier = Tier("V3", date(2025, 6, 1), date(2027, 1, 1))
        after = reviewed(tier, {}, tiers(months=None, calendar_year=False), date(2027, 1, 1))
        assert after == Tier("V3", date(2025, 6, 1), None)

    def test_a_rolling_window_looks_back_from_the_end_of_the_year(self) -> None:
        by = tiers(months=3, calendar_year=False)
        counters = {"~earned/mM20260901": 900, "~earned/mM20261001": 60, "~earned/mM20261201": 40}
        tier = Tier("V3", date(2026, 6, 1), date(2027, 1, 1))
        assert reviewed(tier, counters, by, date(2027, 1, 1)) == Tier("V2", date(2027, 1, 1), date(2028, 1, 1))

    def test_a_level_that_the_program_has_dropped_is_the_lowest(self) -> None:
        walk = member()
        walk.account = account(tier=Tier("platinum", date(2025, 1, 1), date(2026, 1, 1)))
        walk.review()
        assert walk.account.tier == Tier("V1", date(2025, 1, 1), None)
        # AND rises as anybody else
        assert walk.earn("buy", "100.00").details["tier"] == "V2"


class TestHistory:
    def test_only_another_tier_is_a_change(self) -> None:
        before = account(tier=Tier("V1", date(2026, 1, 1), date(2027, 1, 1)), seq=3)
        risen = account(tier=Tier("V2", date(2026, 3, 1), date(2027, 1, 1)), seq=4)
        kept = account(tier=Tier("V1", date(2026, 1, 1), date(2028, 1, 1)), seq=4)
        assert tier_change(before, risen, seq=4) == TierChange("V2", date(2026, 3, 1), 4)
        assert tier_change(account(), risen, seq=4) == TierChange("V2", date(2026, 3, 1), 4)
        assert tier_change(before, kept, seq=4) is None
        assert tier_change(account(), account(seq=1), seq=1) is None


class TestBenefits:
    def test_r_red_1_a_reward_for_some_tiers_only(self) -> None:
        lounge = Reward("lounge", 10, when=asks("tier", Operator.AT_LEAST, 2))
        walk = member(rewards={"lounge": lounge})
        walk.earn("buy", "499.00")
        with pytest.raises(NotEligible):
            walk.redeem("lounge")
        walk.earn("buy", "1.00")
        assert walk.redeem("lounge").points == -10

    def test_rules_may_ask_for_the_tier(self) -> None:
        vip = paying(Fixed(7), "like", name="vip", when=asks("tier", Operator.MORE_THAN, 0))
        walk = member()
        walk.rules = small(*walk.rules.rules, vip, core={"buy"}, tiers=tiers())
        assert walk.pay("like") == 10
        walk.earn("buy", "100.00")
        assert walk.pay("like") == 20  # 17 × 1.2


class TestSegments:
    SEGMENTS = Segments(3, (Segment("low", 0), Segment("high", 100_000)))

    def shop(self) -> Program:
        spender = paying(Fixed(5), "like", name="high", when=asks("segment", Operator.EQUALS, 1), multiplied=False)
        rules = (paying(PerAmount(1, 100, Rounding.DOWN), "buy"), paying(Fixed(1), "like"), spender)
        return small(*rules, core={"buy"}, segments=self.SEGMENTS, backdating_days=60)

    def segment(self, walk: Walk) -> str | None:
        found = segment_of(walk.account.counters, walk.rules, walk.context.today)
        return None if found is None else found.name

    def test_by_core_spend_in_the_window(self) -> None:
        walk = Walk(self.shop())
        walk.earn("like", "9999.00")  # not core
        walk.earn("buy", "999.99")
        assert (self.segment(walk), walk.pay("like")) == ("low", 1)
        walk.earn("buy", "0.01")
        assert (self.segment(walk), walk.pay("like")) == ("high", 6)
        assert self.segment(walk.until("2026-05-31 23:59")) == "high"
        assert self.segment(walk.until("2026-06-01 00:00")) == "low"

    def test_a_refund_takes_spend_back(self) -> None:
        walk = Walk(self.shop())
        earned = walk.earn("buy", "1000.00")
        walk.reverse(earned, amount="0.01")
        assert self.segment(walk) == "low"

    def test_an_event_sees_the_segment_of_the_day_it_occurred(self) -> None:
        walk = Walk(self.shop()).until("2026-03-31")
        walk.earn("buy", "1000.00")
        walk.until("2026-05-20").earn("buy", "1.00")  # drops what is not needed any more
        walk.until("2026-06-01")
        assert (walk.pay("like"), walk.pay("like", on="2026-05-31 12:00")) == (1, 6)

    def test_none_where_the_program_has_none(self) -> None:
        assert segment_of({}, Walk().rules, date(2026, 3, 15)) is None


def test_months_are_kept_as_long_as_they_are_looked_back_upon() -> None:
    # GIVEN points every month for six years
    by = tiers(months=36, calendar_year=False, grace_days=180)
    walk = member(by)
    entries: list[Entry] = []
    for month in range(72):
        walk.until(f"{2020 + month // 12}-{month % 12 + 1:02}-20")
        entries.append(walk.earn("buy", "1.00"))
    # THEN the last three years count, and there is a bounded number of months
    assert count(walk) == 36
    kept = sorted(walk.account.counters)
    assert kept[0] == "~earned/mM20211101"
    assert len(kept) == 36 + 12 + 2
