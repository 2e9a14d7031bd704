"""R-EARN-6 and R-EARN-7: campaigns, tier accelerators and birthdays, and how they combine."""

from datetime import date
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.domain.ledger.account import Tier
from points.domain.ledger.booking import TakeBudget
from points.domain.ledger.entries import Entry
from points.domain.ledger.members import MemberFacts
from points.domain.money import Rounding
from points.domain.movements.earning import Event, earn
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.conditions import Operator
from points.domain.program.dates import Dates
from points.domain.program.expiry import AfterDays
from points.domain.program.multipliers import Combination, Multipliers
from points.domain.program.program import Program
from points.domain.program.rules import Fixed, Rule
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.builders import LOT, Walk, account, asks, context, evaluated, paying, small

DATES = Dates(date(2026, 3, 10), date(2026, 3, 20))
DOUBLE = Campaign("double", frozenset({"b"}), DATES, multiplier=2000)
GOLD = Tiers(TierMetric.POINTS, (Level("base", 0), Level("gold", 10**9, multiplier=1500, birthday_multiplier=3000)))
TODAY = MemberFacts(birthday=(3, 15))


def rules(
    *campaigns: Campaign,
    combination: Combination = Combination.HIGHEST,
    rounding: Rounding = Rounding.DOWN,
    points: int = 100,
    others: tuple[Rule, ...] = (),
    birthday: int = 2000,
) -> Program:
    return small(
        paying(Fixed(points)),
        *others,
        campaigns=campaigns,
        multipliers=Multipliers(combination, rounding),
        tiers=GOLD,
        birthday_multiplier=birthday,
    )


def member(program: Program, *, gold: bool = False, birthday: bool = False) -> Walk:
    tier = Tier("gold", date(2026, 1, 1)) if gold else None
    return Walk(program, account=account(tier=tier, facts=TODAY if birthday else MemberFacts()))


def lines(entry: Entry) -> dict[str, int]:
    assert sum(line.points for line in entry.lines) == entry.points
    return {line.rule: line.points for line in entry.lines}


def unpaid(program: Program) -> dict[str, str]:
    return {reason.rule: reason.why.value for reason in evaluated(program).unpaid}


@pytest.mark.parametrize(
    ("combination", "paid"),
    [
        # 1.5 × for the tier, 3 × for the tier's birthday, 2 × for the campaign
        (Combination.HIGHEST, {"b": 100, "birthday": 200}),
        (Combination.MULTIPLY, {"b": 100, "tier": 50, "birthday": 300, "double": 450}),
        (Combination.ADD, {"b": 100, "tier": 50, "birthday": 200, "double": 100}),
    ],
)
def test_r_earn_7_how_multipliers_combine_is_stated(combination: Combination, paid: dict[str, int]) -> None:
    walk = member(rules(DOUBLE, combination=combination), gold=True, birthday=True)
    assert lines(walk.earn("b")) == paid


@pytest.mark.parametrize(
    ("gold", "birthday", "paid"),
    [
        (False, False, {"b": 100}),
        (True, False, {"b": 100, "tier": 50}),
        (False, True, {"b": 100, "birthday": 100}),  # everybody's
        (True, True, {"b": 100, "birthday": 200}),  # the tier's, which is higher
    ],
)
def test_r_tier_1_accelerators_and_birthdays(gold: bool, birthday: bool, paid: dict[str, int]) -> None:
    assert lines(member(rules(), gold=gold, birthday=birthday).earn("b")) == paid


def test_everybodys_birthday_counts_where_it_is_higher_than_the_tiers() -> None:
    walk = member(rules(birthday=5000), gold=True, birthday=True)
    assert lines(walk.earn("b")) == {"b": 100, "birthday": 400}


def test_a_birthday_is_the_day_the_event_occurred() -> None:
    walk = member(rules(), birthday=True).until("2026-03-16 09:00")
    assert walk.pay() == 100
    assert walk.pay(on="2026-03-15 23:59") == 200


@pytest.mark.parametrize(
    ("rounding", "paid"),
    [
        (Rounding.DOWN, {"b": 3, "tier": 1, "double": 5, "half": 4}),  # 4.5, 9, 13.5
        (Rounding.UP, {"b": 3, "tier": 2, "double": 4, "half": 5}),
        (Rounding.HALF_UP, {"b": 3, "tier": 2, "double": 4, "half": 5}),
        (Rounding.HALF_EVEN, {"b": 3, "tier": 1, "double": 5, "half": 5}),
    ],
)
def test_lines_add_up_to_the_product_rounded_once(rounding: Rounding, paid: dict[str, int]) -> None:
    half = Campaign("half", frozenset({"b"}), DATES, multiplier=1500)
    program = rules(DOUBLE, half, combination=Combination.MULTIPLY, rounding=rounding, points=3)
    assert lines(member(program, gold=True).earn("b")) == paid


@given(
    points=st.integers(1, 10**6),
    multipliers=st.lists(st.integers(1001, 9999), max_size=4),
    combination=st.sampled_from(Combination),
    rounding=st.sampled_from(Rounding),
)
def test_whatever_the_multipliers_the_lines_add_up(
    points: int, multipliers: list[int], combination: Combination, rounding: Rounding
) -> None:
    campaigns = [
        Campaign(f"c{number}", frozenset({"b"}), DATES, multiplier=multiplier)
        for number, multiplier in enumerate(multipliers)
    ]
    entry = member(rules(*campaigns, combination=combination, rounding=rounding, points=points)).earn("b")
    numerator, denominator = {
        Combination.HIGHEST: (max([1000, *multipliers]), 1000),
        Combination.ADD: (1000 + sum(multiplier - 1000 for multiplier in multipliers), 1000),
        Combination.MULTIPLY: (prod(multipliers), 1000 ** len(multipliers)),
    }[combination]
    exact = points * numerator
    assert exact // denominator <= entry.points <= -(-exact // denominator)
    assert sum(line.points for line in entry.lines) == entry.points
    assert all(line.points > 0 for line in entry.lines)


def test_only_what_may_be_multiplied_is() -> None:
    program = rules(DOUBLE, others=(paying(Fixed(7), name="plain", multiplied=False),))
    assert lines(member(program).earn("b")) == {"b": 100, "plain": 7, "double": 100}


def test_caps_bound_the_rule_and_multipliers_come_on_top() -> None:
    program = small(paying(Fixed(100), caps=(Cap(Window.DAY, points=130),)), campaigns=(DOUBLE,))
    walk = Walk(program)
    assert lines(walk.earn("b")) == {"b": 100, "double": 100}
    assert lines(walk.earn("b")) == {"b": 30, "double": 30}
    assert lines(walk.earn("b")) == {}


def test_extra_points_wait_as_long_as_what_they_multiply() -> None:
    program = small(
        paying(Fixed(100), pending_days=7), paying(Fixed(10), name="now"), campaigns=(DOUBLE,), birthday_multiplier=1
    )
    walk = Walk(program)
    walk.earn("b")
    # Both are doubled: 100 more wait with the hundred, and 10 more are there with the ten.
    assert (walk.account.lots, walk.account.pending) == ({LOT: 20}, {f"2026-03-22>{LOT}": 200})


@pytest.mark.parametrize(
    ("on", "paid"),
    [("2026-03-09 23:59", 100), ("2026-03-10 00:00", 200), ("2026-03-20 23:59", 200), ("2026-03-21 00:00", 100)],
)
def test_r_earn_6_a_campaign_has_local_days_both_included(on: str, paid: int) -> None:
    assert member(rules(DOUBLE)).until(on).pay() == paid


def test_r_earn_6_the_day_an_event_occurred_decides() -> None:
    walk = member(rules(DOUBLE)).until("2026-03-22")
    assert (walk.pay(), walk.pay(on="2026-03-20 23:59")) == (100, 200)


def test_r_earn_6_a_bonus_is_paid_per_event_and_is_not_multiplied() -> None:
    bonus = Campaign("bonus", frozenset({"b"}), DATES, bonus=50, expiry=AfterDays(10))
    walk = member(rules(DOUBLE, bonus))
    assert lines(walk.earn("b", quantity=2)) == {"b": 200, "double": 200, "bonus": 50}
    assert walk.account.lots == {LOT: 400, "2026-03-25/2026-03": 50}


def test_a_campaign_has_conditions_and_behaviours() -> None:
    app = Campaign("app", frozenset({"b"}), DATES, bonus=50, when=asks("attribute.channel", Operator.EQUALS, "app"))
    walk = member(rules(app, others=(paying(Fixed(1), "other"),)))
    assert lines(walk.earn("b", attributes={"channel": "app"})) == {"b": 100, "app": 50}
    assert lines(walk.earn("b", attributes={"channel": "web"})) == {"b": 100}
    assert lines(walk.earn("other", attributes={"channel": "app"})) == {"other": 1}


class TestWhyNot:
    def test_every_campaign_is_explained(self) -> None:
        later = Campaign("later", frozenset({"b"}), Dates(date(2026, 4, 1), date(2026, 4, 2)), bonus=1)
        never = Campaign("never", frozenset({"b"}), DATES, bonus=1, when=asks("tier", Operator.PRESENT))
        weaker = Campaign("weaker", frozenset({"b"}), DATES, multiplier=1500)
        program = small(paying(Fixed(100)), campaigns=(later, never, weaker, DOUBLE))
        assert unpaid(program) == {
            "later": "not_in_campaign",
            "never": "condition_not_met",
            "weaker": "not_the_highest",
        }

    def test_nothing_to_multiply(self) -> None:
        program = small(paying(Fixed(100), multiplied=False), campaigns=(DOUBLE,))
        assert unpaid(program) == {"double": "nothing_to_multiply"}

    def test_too_little_to_multiply(self) -> None:
        tenth = Campaign("tenth", frozenset({"b"}), DATES, multiplier=1100)
        program = small(paying(Fixed(9)), campaigns=(tenth,))
        assert unpaid(program) == {"tenth": "rounded_to_zero"}


class TestBudgets:
    BOUNDED = Campaign("bounded", frozenset({"b"}), DATES, multiplier=3000, budget=1000)

    def decide(self, program: Program, *exhausted: str) -> tuple[dict[str, int], list[tuple[str, int]]]:
        decision = earn(account(), Event("e", "m-1", "b"), context(rules=program), exhausted=exhausted)
        takes = [(take.campaign.name, take.points) for take in decision.effects if isinstance(take, TakeBudget)]
        return lines(decision.entry), takes

    def test_what_a_limited_campaign_pays_is_taken_from_its_budget(self) -> None:
        assert self.decide(rules(self.BOUNDED)) == ({"b": 100, "bounded": 200}, [("bounded", 200)])
        assert self.decide(rules(DOUBLE)) == ({"b": 100, "double": 100}, [])

    @pytest.mark.parametrize("combination", Combination)
    def test_only_its_own_line_is(self, combination: Combination) -> None:
        paid, takes = self.decide(rules(DOUBLE, self.BOUNDED, combination=combination))
        assert takes == [("bounded", paid["bounded"])]

    def test_a_campaign_whose_budget_is_used_up_is_left_out(self) -> None:
        assert self.decide(rules(self.BOUNDED), "bounded") == ({"b": 100}, [])
        entry = earn(account(), Event("e", "m-1", "b"), context(rules=rules(self.BOUNDED)), exhausted=["bounded"]).entry
        assert entry.details["unpaid"] == {"bounded": "budget_exhausted"}

    def test_the_next_best_takes_its_place(self) -> None:
        assert self.decide(rules(DOUBLE, self.BOUNDED), "bounded") == ({"b": 100, "double": 100}, [])

    def test_a_campaign_that_is_not_the_highest_takes_nothing(self) -> None:
        small_one = Campaign("small", frozenset({"b"}), DATES, multiplier=1500, budget=1000)
        assert self.decide(rules(DOUBLE, small_one)) == ({"b": 100, "double": 100}, [])


def test_of_multipliers_as_high_as_each_other_the_first_pays() -> None:
    same = Campaign("same", frozenset({"b"}), DATES, multiplier=2000)
    assert lines(member(rules(DOUBLE, same)).earn("b")) == {"b": 100, "double": 100}
