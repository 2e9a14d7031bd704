"""The shipped programs are good, and what a document says is what decisions work with."""

import json
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import jsonschema_rs
import pytest

from points.adapters.program_document import PydanticProgramDocuments
from points.adapters.program_document.building import thousandths
from points.adapters.program_document.schema import json_schema
from points.domain.money import Currency, Rounding
from points.domain.program import expiry
from points.domain.program.attributes import AttributeType, EventAttribute
from points.domain.program.behaviours import Behaviour
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.conditions import ALWAYS, AllOf, AnyOf, Operator
from points.domain.program.dates import Dates
from points.domain.program.multipliers import Combination, Multipliers
from points.domain.program.offsets import OffsetRules
from points.domain.program.program import Program
from points.domain.program.referral import ReferralRules
from points.domain.program.refunds import ShortfallPolicy
from points.domain.program.rewards import RewardKind
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Rule, Streak
from points.domain.program.segments import Segment, Segments
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, StepDown, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.support.documents import REMOVED, SHIPPED, asks, changed, faults, full, shipped, warnings
from tests.unit.adapters.test_program_document_faults import FAULTS, Row

DOCUMENTS = PydanticProgramDocuments()


def loaded(name: str) -> Program:
    return DOCUMENTS.load(shipped(name), name=name, version=3)


def test_the_programs_of_the_requirements_are_shipped() -> None:
    assert SHIPPED == ["demo", "jd-beans", "yanxuan"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_program_has_no_fault(name: str) -> None:
    assert faults(shipped(name)) == []


def test_nothing_is_warned_about() -> None:
    assert {name: warnings(shipped(name)) for name in SHIPPED} == {
        "demo": [],
        "jd-beans": [],
        "yanxuan": [],
    }


def test_what_people_call_things_comes_with_them_and_decides_nothing() -> None:
    program = loaded("demo")
    assert (program.languages, program.title["en"]) == (("zh-CN", "en"), "Demo shop points")
    (rule, *_), (task, *_), (campaign, *_) = program.rules, program.tasks, program.campaigns
    assert program.behaviours["purchase"].title == {"zh-CN": "购物", "en": "Purchase"}
    assert rule.title["en"] == "Purchase: 1 point per yuan"
    assert task.title["en"] == "Newcomers: complete your profile"
    assert campaign.title["zh-CN"] == "双十一双倍积分"
    assert replace(rule, title={}) == rule


def test_the_worked_case() -> None:
    program = loaded("demo")
    assert (program.name, program.version, program.zone) == ("demo", 3, ZoneInfo("Asia/Shanghai"))
    assert (program.currency, program.ratio) == (Currency("CNY", 2), 100)
    assert program.expiry == expiry.EndOfYear(1)
    assert program.behaviours["purchase"] == Behaviour("purchase", core=True)
    assert [behaviour.name for behaviour in program.behaviours.values() if behaviour.core] == ["purchase"]
    assert program.rules == (
        Rule("purchase", "purchase", PerAmount(1, 100, Rounding.DOWN)),
        Rule("check_in", "check_in", Streak((5, 5, 6, 6, 8, 8, 15), starts_anew=True), multiplied=False),
        Rule("referral", "referral", Fixed(300), multiplied=False),
        Rule("review", "review", Fixed(20), caps=(Cap(Window.DAY, 5), Cap(Window.MONTH, points=1000))),
        Rule("photo", "photo", PerOccurrences(50, 3), caps=(Cap(Window.DAY, points=200),)),
    )
    assert program.tasks == (
        Task("newbie_profile", frozenset({"profile"}), Counted.EVENTS, 1, Window.LIFETIME, 50),
        Task("daily_share", frozenset({"share"}), Counted.EVENTS, 1, Window.DAY, 2),
        Task("weekly_reviews", frozenset({"review"}), Counted.EVENTS, 5, Window.WEEK, 30),
    )
    assert program.campaigns == (
        Campaign(
            "double_eleven",
            frozenset({"purchase"}),
            Dates(date(2027, 11, 1), date(2027, 11, 11)),
            multiplier=2000,
            budget=5_000_000,
            budget_shards=8,
        ),
    )
    assert program.multipliers == Multipliers(Combination.MULTIPLY, Rounding.DOWN)
    assert program.birthday_multiplier == 2000
    assert program.tiers == Tiers(
        TierMetric.POINTS,
        (Level("V1", 0), Level("V2", 10_000, 1200), Level("V3", 50_000, 1500)),
        months=12,
        calendar_year=True,
        grace_days=31,
        step_down=StepDown.ONE_LEVEL,
    )
    assert program.segments == Segments(12, (Segment("low", 0), Segment("high", 1_000_000)))
    # How much is too much is the operator's to tune; what happens then is the example.
    assert [replace(rule, more_than=1) for rule in program.risk] == [
        RiskRule("too_many_reviews", Velocity.EVENTS, Window.HOUR, 1, RiskAction.REFUSE, frozenset({"review"})),
        RiskRule("too_many_events", Velocity.EVENTS, Window.DAY, 1, RiskAction.FREEZE),
        RiskRule("sudden_wealth", Velocity.POINTS, Window.DAY, 1, RiskAction.PEND, pending_days=7),
    ]
    assert program.referral == ReferralRules(100, 300, "purchase", 50)
    prices = {name: reward.price for name, reward in program.rewards.items()}
    assert prices.items() >= {
        ("coupon-200-50", 2500), ("phone-credit-30", 3000), ("video-membership", 3500), ("e-reader", 24000)
    }  # fmt: skip
    lounge = program.rewards["v3-lounge-pass"].when
    assert (lounge.field, lounge.operator, lounge.values) == ("tier", Operator.AT_LEAST, (2,))  # type: ignore[union-attr]
    assert (program.shortfall, program.expired_return_days) == (ShortfallPolicy.OWE, 30)
    assert (program.backdating_days, program.hold_seconds, program.week_starts_on) == (7, 900, 0)
    assert program.event_attributes == {}


def test_jd_beans() -> None:
    """100 = 1 yuan, 50 % of an order, multiples of 1000, real names only, the previous year cleared at year's end."""
    program, document = loaded("jd-beans"), shipped("jd-beans")
    assert program.ratio == 100
    assert document["offset"] == {
        "maximum_share_percent": 50, "step": 1000, "minimum_points": 1000, "real_name_only": True
    }  # fmt: skip
    assert program.offset == OffsetRules(
        maximum_share_percent=50, step=1000, minimum_points=1000, real_name_only=True
    )  # fmt: skip
    assert program.expiry.expires_on(date(2026, 1, 1)) == date(2027, 12, 31)
    assert program.expiry.expires_on(date(2026, 12, 31)) == date(2027, 12, 31)
    assert [rule.pending_days for rule in program.rules] == [7, 0, 0, 0]
    assert all(reward.when != ALWAYS for reward in program.rewards.values())
    assert program.event_attributes == {"photos": EventAttribute("photos", AttributeType.NUMBER)}
    assert program.risk == (
        RiskRule("hasty_redemptions", Velocity.REDEMPTIONS, Window.DAY, 20, RiskAction.REFUSE),
    )  # fmt: skip


def test_yanxuan() -> None:
    """Hot goods, red packets at several thresholds, a year card for points, partners' coupons."""
    program = loaded("yanxuan")
    (hot,) = program.campaigns
    assert (hot.multiplier, hot.budget, hot.budget_shards) == (3000, 2_000_000, 4)
    assert {name: each.type.value for name, each in program.event_attributes.items()} == {
        "hot": "flag", "photos": "number", "length": "number"
    }  # fmt: skip
    assert program.member_attributes == {"year_card"}
    assert program.shortfall is ShortfallPolicy.TAKE_AVAILABLE
    spring = program.tasks[1]
    assert (spring.counted, spring.target, spring.window) == (Counted.AMOUNT, 50_000, Window.LIFETIME)
    assert {name for name, reward in program.rewards.items() if reward.kind is RewardKind.GOODS} == {
        "hot-towels",
        "tote-bag",
    }
    assert sorted(reward.price for name, reward in program.rewards.items() if name.startswith("red-")) == [
        500,
        1900,
        4500,
    ]
    # A review pays by one rule or by the other, whatever it has.
    full_review, other = program.rules[2].when, program.rules[3].when
    assert isinstance(full_review, AllOf)
    assert isinstance(other, AnyOf)


def test_everything_becomes_what_it_says() -> None:
    program = DOCUMENTS.load(full(), name="all", version=1)
    assert program.rules[0] == Rule(
        "purchase", "purchase", PerAmount(1, 100, Rounding.DOWN, minimum_minor=500), pending_days=7
    )
    assert program.rules[1].dates == Dates(date(2026, 1, 1), date(2027, 12, 31))
    assert program.multipliers == Multipliers(Combination.ADD, Rounding.HALF_UP)
    assert program.event_attributes == {"length": EventAttribute("length", AttributeType.NUMBER)}
    assert program.clients == {"shop"}


@pytest.mark.parametrize(
    ("written", "policy"),
    [
        ({"type": "end_of_year"}, expiry.EndOfYear(1)),
        ({"type": "end_of_month", "months": 6}, expiry.EndOfMonth(6)),
        ({"type": "after_days", "days": 90}, expiry.AfterDays(90)),
        ({"type": "after_months", "months": 3}, expiry.AfterMonths(3)),
        ({"type": "yearly_clearing", "month": 2, "day": 29}, expiry.YearlyClearing(2, 29)),
        ({"type": "never"}, expiry.NeverExpires()),
    ],
)
def test_expiry_policies(written: dict[str, object], policy: expiry.ExpiryPolicy) -> None:
    places = ("/expiry", "/rules/1/expiry", "/tasks/1/expiry", "/campaigns/1/expiry", "/referral/expiry")
    # Some of these live shorter than the longest lead.
    document = changed(full(), ("/reminders", REMOVED), *((place, written) for place in places))
    assert faults(document) == []
    program = DOCUMENTS.load(document, name="x", version=1)
    assert program.referral is not None
    own = [program.rules[1].expiry, program.tasks[1].expiry, program.campaigns[1].expiry, program.referral.expiry]
    assert [program.expiry, *own] == [policy] * 5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0), ("1", 1000), ("1.5", 1500), ("1.50", 1500), ("1.500", 1500), ("1.001", 1001), ("0.5", 500),
        ("999.999", 999_999),
    ],
)  # fmt: skip
def test_multipliers_are_thousandths(text: str, value: int) -> None:
    assert thousandths(text) == value


def test_money_has_the_decimals_of_its_currency() -> None:
    for decimals, text, minor in ((0, "500", 500), (0, "500.00", 500), (2, "500.5", 50_050), (3, "0.125", 125)):
        document = changed(full(), ("/currency", {"code": "XXX", "decimals": decimals}), ("/tasks/0/target", text))
        assert ("/tasks/0/target", "wrong_amount") not in faults(document)
        assert DOCUMENTS.load(document, name="x", version=1).tasks[0].target == minor


def test_week_starts() -> None:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for number, day in enumerate(days):
        document = changed(full(), ("/week_starts_on", day))
        assert DOCUMENTS.load(document, name="x", version=1).week_starts_on == number


def test_dates_may_be_one_day() -> None:
    document = changed(full(), ("/campaigns/0/from", "2028-02-29"), ("/campaigns/0/to", "2028-02-29"))
    assert faults(document) == []
    assert DOCUMENTS.load(document, name="x", version=1).campaigns[0].dates.include(date(2028, 2, 29))


def test_thresholds_grow() -> None:
    spend = {
        "by": "spend",
        "window": "months",
        "months": 6,
        "levels": [{"id": "A", "from": "0"}, {"id": "B", "from": "0.01"}, {"id": "C", "from": "0.02"}],
    }
    document = changed(
        full(), ("/tiers", spend), ("/rules/1/when", None), ("/rewards/pass/when", asks("tier", "in", ["C"]))
    )
    assert faults(document) == []
    tiers = DOCUMENTS.load(document, name="x", version=1).tiers
    assert tiers is not None
    assert [level.threshold for level in tiers.levels] == [0, 1, 2]
    # AND each level that does not is named, the ones after it against the highest so far
    levels = [{"id": name, "from": points} for name, points in (("A", 0), ("B", 50), ("C", 20), ("D", 50), ("E", 51))]
    document = changed(full(), ("/tiers/levels", levels), ("/rules/1/when", None), ("/rewards/pass/when", None))
    assert faults(document) == [
        ("/tiers/levels/2/from", "overlapping_thresholds"),
        ("/tiers/levels/3/from", "overlapping_thresholds"),
    ]


# ── JSON Schema ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_schema_is_one() -> None:
    schema = json_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(schema)
    json.dumps(schema)


VALIDATOR = jsonschema_rs.Draft202012Validator(json_schema())


@pytest.mark.parametrize("document", [*map(shipped, SHIPPED), full()], ids=[*SHIPPED, "full"])
def test_the_schema_accepts_good_programs(document: object) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


SAID_BY_SCHEMA = {
    "missing",
    "unknown_key",
    "wrong_type",
    "wrong_form",
    "out_of_range",
    "wrong_length",
    "unknown_choice",
}


@pytest.mark.parametrize(
    "row", [row for row in FAULTS if row[0] in SAID_BY_SCHEMA], ids=lambda row: f"{row[0]} {row[1]}"
)
def test_the_schema_refuses_what_has_not_the_shape(row: Row) -> None:
    """So an editor that knows the schema shows most faults while they are written."""
    document = changed(full(), *row[2])
    # JSON has one kind of number: to a schema 100.0 is a whole number.
    if "100.0" not in str(row[2]):
        assert not VALIDATOR.is_valid(document)
