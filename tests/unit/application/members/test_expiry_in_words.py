"""R-EXP-5: each policy, each setting and each coming expiry as whole sentences, as a member reads them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.adapters.wording import BabelWording
from points.application.members.enrol_member import enrol_member
from points.application.members.expiry_phrases import Coming, policy_phrase, policy_terms
from points.application.members.read_expiries import ToldExpiries, coming_expiries, read_expiries, told_expiries
from points.application.members.read_expiry_rule import ExpirySetting, ExpirySource, read_expiry_rule
from points.domain.calendar import NEVER
from points.domain.errors import NotFound
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Hold
from points.domain.ledger.members import Profile
from points.domain.limits import MAX_LOTS
from points.domain.program import expiry
from points.domain.program.behaviours import Behaviour
from points.domain.program.campaigns import Campaign
from points.domain.program.dates import Dates
from points.domain.program.expiry import (
    AfterDays,
    AfterMonths,
    ByActivity,
    EndOfMonth,
    EndOfYear,
    ExpiryPolicy,
    NeverExpires,
    YearlyClearing,
)
from points.domain.program.program import Program
from points.domain.program.referral import ReferralRules
from points.domain.program.rules import Fixed
from points.domain.program.tasks import Counted, Task
from points.domain.program.windows import Window
from tests.builders import NOW, account, local, paying, program, services, small

PURCHASE = frozenset({"purchase"})
SEVERAL = frozenset({"purchase", "review", "share"})
TITLES = {
    "purchase": {"en": "Purchase", "zh-CN": "购物"},
    "review": {"en": "Review", "zh-CN": "评论"},
}

POLICIES: list[tuple[ExpiryPolicy, str, str]] = [
    # R-EXP-1 (a): in the year after, or some years later
    (
        EndOfYear(0),
        "Points expire on December 31 of the year in which they are earned.",
        "积分将于获得当年的 12月31日到期。",
    ),
    (
        EndOfYear(1),
        "Points expire on December 31 of the year after the one in which they are earned.",
        "积分将于获得次年的 12月31日到期。",
    ),
    (
        EndOfYear(2),
        "Points expire on December 31, 2 years after the year in which they are earned.",
        "积分将于获得年份之后第 2 年的 12月31日到期。",
    ),
    (
        EndOfYear(21),
        "Points expire on December 31, 21 years after the year in which they are earned.",
        "积分将于获得年份之后第 21 年的 12月31日到期。",
    ),
    # R-EXP-1 (b): at the end of a month
    (
        EndOfMonth(0),
        "Points expire at the end of the month in which they are earned.",
        "积分将于获得当月的最后一天到期。",
    ),
    (
        EndOfMonth(1),
        "Points expire at the end of the month after the one in which they are earned.",
        "积分将于获得次月的最后一天到期。",
    ),
    (
        EndOfMonth(2),
        "Points expire at the end of the month, 2 months after the month in which they are earned.",
        "积分将于获得月份之后第 2 个月的最后一天到期。",
    ),
    (
        EndOfMonth(12),
        "Points expire at the end of the same month in the year after they are earned.",
        "积分将于获得次年同月的最后一天到期。",
    ),
    (
        EndOfMonth(21),
        "Points expire at the end of the month, 21 months after the month in which they are earned.",
        "积分将于获得月份之后第 21 个月的最后一天到期。",
    ),
    # R-EXP-1 (c): so long after they are earned
    (AfterDays(1), "Points expire on the day after they are earned.", "积分将于获得次日到期。"),
    (AfterDays(2), "Points expire 2 days after the day on which they are earned.", "积分将于获得后第 2 天到期。"),
    (
        AfterDays(18_250),
        "Points expire 18,250 days after the day on which they are earned.",
        "积分将于获得后第 18,250 天到期。",
    ),
    (
        AfterMonths(1),
        "Points expire 1 month after the day on which they are earned.",
        "积分将于获得满 1 个月之日到期。",
    ),
    (
        AfterMonths(21),
        "Points expire 21 months after the day on which they are earned.",
        "积分将于获得满 21 个月之日到期。",
    ),
    # R-EXP-1 (d): the same day each year
    (
        YearlyClearing(3, 31),
        "Points earned in one calendar year expire on March 31 of the next.",
        "积分按年清零：上一年获得的部分于每年 3月31日到期。",
    ),
    (
        YearlyClearing(2, 28),
        "Points earned in one calendar year expire on February 28 of the next.",
        "积分按年清零：上一年获得的部分于每年 2月28日到期。",
    ),
    (
        YearlyClearing(2, 29),
        "Points earned in one calendar year expire on the last day of February of the next.",
        "积分按年清零：上一年获得的部分于每年 2月的最后一天到期。",
    ),
    (
        YearlyClearing(6, 31),
        "Points earned in one calendar year expire on June 30 of the next.",
        "积分按年清零：上一年获得的部分于每年 6月30日到期。",
    ),
    # R-EXP-1 (e): not at all
    (NeverExpires(), "Points do not expire.", "积分永久有效。"),
    # … and once there is no activity
    (
        ByActivity(18),
        "All points stay valid as long as you earn at least once every 18 months; otherwise the whole balance expires.",
        "每 18 个月内至少获得一次积分，全部积分即持续有效；否则全部积分将到期。",
    ),
    (
        ByActivity(1),
        "All points stay valid as long as you earn at least once a month; otherwise the whole balance expires.",
        "每个月至少获得一次积分，全部积分即持续有效；否则全部积分将到期。",
    ),
    (
        ByActivity(18, PURCHASE),
        "All points stay valid as long as there is at least one “Purchase” every 18 months; "
        "otherwise the whole balance expires.",
        "每 18 个月内至少有一次“购物”，全部积分即持续有效；否则全部积分将到期。",
    ),
    (
        ByActivity(1, SEVERAL),
        "All points stay valid as long as there is at least one “Purchase”, “Review”, or “share” a month; "
        "otherwise the whole balance expires.",
        "每个月至少有一次“购物”、“评论”或“share”，全部积分即持续有效；否则全部积分将到期。",
    ),
]


def titled(**changes: Any) -> Program:
    """``share`` has no title."""
    behaviours = {name: Behaviour(name, title=TITLES.get(name, {})) for name in sorted(SEVERAL)}
    return program(**{"behaviours": behaviours, "rules": ()} | changes)


# ── the rule ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("policy", "english", "chinese"), POLICIES)
def test_the_rule_of_a_program(policy: ExpiryPolicy, english: str, chinese: str) -> None:
    rules = titled(expiry=policy)
    assert read_expiry_rule(services(), rules, "en").sentence == english
    assert read_expiry_rule(services(), rules, "zh-CN").sentence == chinese


def test_every_policy_there_is_has_words_and_terms() -> None:
    known = {type(policy) for policy, _, _ in POLICIES}
    assert known == {
        kind for kind in vars(expiry).values() if isinstance(kind, type) and hasattr(kind, "expires_on")
    } - {ExpiryPolicy}


@pytest.mark.parametrize(
    ("policy", "terms"),
    [
        (EndOfYear(1), {"type": "end_of_year", "years": 1}),
        (EndOfMonth(12), {"type": "end_of_month", "months": 12}),
        (AfterDays(90), {"type": "after_days", "days": 90}),
        (AfterMonths(6), {"type": "after_months", "months": 6}),
        (YearlyClearing(2, 29), {"type": "yearly_clearing", "month": 2, "day": 29}),
        (ByActivity(18), {"type": "by_activity", "months": 18, "behaviours": []}),
        (ByActivity(18, SEVERAL), {"type": "by_activity", "months": 18, "behaviours": ["purchase", "review", "share"]}),
        (NeverExpires(), {"type": "never"}),
    ],
)
def test_a_policy_as_data_is_what_a_document_says(policy: ExpiryPolicy, terms: dict[str, Any]) -> None:
    assert policy_terms(policy) == terms


def test_a_policy_nobody_has_put_into_words_is_no_policy() -> None:
    class Whenever:
        def expires_on(self, earned_on: date) -> date:
            return earned_on

    with pytest.raises(AssertionError):
        policy_phrase(Whenever(), str)


# ── what differs ────────────────────────────────────────────────────────────────────────────────────────────────────


def overriding() -> Program:
    every_day = Dates(date(2026, 11, 1), date(2026, 11, 11))
    return small(
        paying(Fixed(1), "same", expiry=EndOfYear(1)),
        paying(Fixed(1), "none"),
        paying(Fixed(5), "check_in", expiry=AfterDays(90), title={"en": "Check-in", "zh-CN": "签到"}),
        paying(Fixed(5), "share", expiry=NeverExpires(), title={"zh-CN": "分享"}),
        tasks=(Task("notes", PURCHASE, Counted.EVENTS, 2, Window.WEEK, 30, expiry=EndOfMonth(1)),),
        campaigns=(
            Campaign(
                "double",
                PURCHASE,
                every_day,
                2_000,
                expiry=YearlyClearing(3, 31),
                title={"en": "Double", "zh-CN": "双倍"},
            ),
        ),
        referral=ReferralRules(1, 1, expiry=AfterMonths(1)),
        languages=("zh-CN", "en"),
    )


def test_only_what_differs_is_told_with_its_title_or_its_id() -> None:
    english = read_expiry_rule(services(), overriding(), "en").overrides
    chinese = read_expiry_rule(services(), overriding(), "zh-CN").overrides
    assert [(each.source, each.name, each.title, each.policy) for each in english] == [
        (ExpirySource.RULE, "check_in", "Check-in", AfterDays(90)),
        (ExpirySource.RULE, "share", "分享", NeverExpires()),  # no English title: the program's first language
        (ExpirySource.TASK, "notes", None, EndOfMonth(1)),
        (ExpirySource.CAMPAIGN, "double", "Double", YearlyClearing(3, 31)),
        (ExpirySource.REFERRAL, None, None, AfterMonths(1)),
    ]
    assert [each.sentence for each in english] == [
        "Points for “Check-in” expire 90 days after the day on which they are earned.",
        "Points for “分享” do not expire.",
        "Points for the task “notes” expire at the end of the month after the one in which they are earned.",
        "Points from the campaign “Double” earned in one calendar year expire on March 31 of the next.",
        "Points for inviting friends expire 1 month after the day on which they are earned.",
    ]
    assert [each.sentence for each in chinese] == [
        "“签到”所得积分将于获得后第 90 天到期。",
        "“分享”所得积分永久有效。",
        "任务“notes”所得积分将于获得次月的最后一天到期。",
        "活动“双倍”所得积分按年清零：上一年获得的部分于每年 3月31日到期。",
        "邀请好友所得积分将于获得满 1 个月之日到期。",
    ]


def test_a_title_is_looked_for_in_the_programs_first_language_and_nowhere_else() -> None:
    rules = small(paying(Fixed(5), "share", expiry=NeverExpires(), title={"zh-CN": "分享"}), languages=("en",))
    (override,) = read_expiry_rule(services(), rules, "en").overrides
    assert (override.title, override.sentence) == (None, "Points for “share” do not expire.")


@pytest.mark.parametrize(
    ("behaviours", "english", "chinese"),
    [
        (
            frozenset[str](),
            "Points for “b” stay valid as long as you earn at least once every 2 months; otherwise they expire.",
            "每 2 个月内至少获得一次积分，“b”所得积分即持续有效；否则将到期。",
        ),
        (
            frozenset({"b"}),
            "Points for “b” stay valid as long as there is at least one “b” every 2 months; otherwise they expire.",
            "每 2 个月内至少有一次“b”，“b”所得积分即持续有效；否则将到期。",
        ),
    ],
)
def test_some_points_by_activity(behaviours: frozenset[str], english: str, chinese: str) -> None:
    rules = small(paying(Fixed(5), expiry=ByActivity(2, behaviours)))
    assert [each.sentence for each in read_expiry_rule(services(), rules, "en").overrides] == [english]
    assert [each.sentence for each in read_expiry_rule(services(), rules, "zh-CN").overrides] == [chinese]


# ── what else decides ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("days", "english", "chinese"),
    [
        (
            0,
            "Points that are earned can be spent at least on the day they become available.",
            "获得的积分至少在可用当天可以使用。",
        ),
        (
            1,
            "Points that are earned can be spent for at least 1 day after the day they become available.",
            "获得的积分自可用次日起，至少还有 1 天可以使用。",
        ),
        (
            2,
            "Points that are earned can be spent for at least 2 days after the day they become available.",
            "获得的积分自可用次日起，至少还有 2 天可以使用。",
        ),
        (
            21,
            "Points that are earned can be spent for at least 21 days after the day they become available.",
            "获得的积分自可用次日起，至少还有 21 天可以使用。",
        ),
    ],
)
def test_how_long_points_can_be_spent_at_least(days: int, english: str, chinese: str) -> None:
    rules = program(spendable_days=days)
    for language, sentence in (("en", english), ("zh-CN", chinese)):
        term, _, _ = read_expiry_rule(services(), rules, language).terms
        assert (term.about, term.days, term.sentence) == (ExpirySetting.SPENDABLE_DAYS, days, sentence)


@pytest.mark.parametrize(
    ("days", "english", "chinese"),
    [
        (
            None,
            "Points that come back with a cancellation or refund after their expiry date cannot be spent again.",
            "因取消或退款退回的积分，如已过到期日，不能再使用。",
        ),
        (
            0,
            "Points that come back with a cancellation or refund after their expiry date cannot be spent again.",
            "因取消或退款退回的积分，如已过到期日，不能再使用。",
        ),
        (
            1,
            "Points that come back with a cancellation or refund after their expiry date can be spent until 1 day "
            "after that date.",
            "因取消或退款退回的积分，如已过到期日，在到期日后的 1 天内仍可使用。",
        ),
        (
            30,
            "Points that come back with a cancellation or refund after their expiry date can be spent until 30 days "
            "after that date.",
            "因取消或退款退回的积分，如已过到期日，在到期日后的 30 天内仍可使用。",
        ),
    ],
)
def test_what_comes_back_expired(days: int | None, english: str, chinese: str) -> None:
    rules = program(expired_return_days=days)
    for language, sentence in (("en", english), ("zh-CN", chinese)):
        _, term, _ = read_expiry_rule(services(), rules, language).terms
        assert (term.about, term.days, term.sentence) == (ExpirySetting.EXPIRED_RETURN_DAYS, days, sentence)


def test_held_points_do_not_expire_while_they_are_held() -> None:
    for language, sentence in (
        ("en", "Points that are held for an order do not expire while they are held."),
        ("zh-CN", "为订单冻结的积分，在冻结期间不会到期。"),
    ):
        *_, term = read_expiry_rule(services(), program(), language).terms
        assert (term.about, term.days, term.sentence) == (ExpirySetting.HOLDS, None, sentence)


# ── a member's coming expiries ──────────────────────────────────────────────────────────────────────────────────────


def told(
    expiries: Sequence[Coming], language: str, *, on: str = "2026-11-21", rules: Program | None = None
) -> ToldExpiries:
    rules = rules or program()
    return told_expiries(BabelWording(), rules, expiries, language, now=local(on, rules.zone))


@pytest.mark.parametrize(
    ("points", "on", "english", "chinese"),
    [
        (1_200, "2027-12-31", "1,200 points expire on December 31, 2027.", "1,200 积分将于 2027年12月31日到期。"),
        (1, "2027-12-31", "1 point expires on December 31, 2027.", "1 积分将于 2027年12月31日到期。"),
        (2, "2028-02-29", "2 points expire on February 29, 2028.", "2 积分将于 2028年2月29日到期。"),
        (21, "2026-11-22", "21 points expire on November 22, 2026.", "21 积分将于 2026年11月22日到期。"),
        (
            5,
            "2026-11-21",
            "5 points expire at the end of today, November 21, 2026.",
            "5 积分将于今天（2026年11月21日）到期。",
        ),
        (
            1,
            "2026-11-21",
            "1 point expires at the end of today, November 21, 2026.",
            "1 积分将于今天（2026年11月21日）到期。",
        ),
    ],
)
def test_one_expiry(points: int, on: str, english: str, chinese: str) -> None:
    coming = [Coming(date.fromisoformat(on), points)]
    assert [each.sentence for each in told(coming, "en").expiries] == [english]
    assert [each.sentence for each in told(coming, "zh-CN").expiries] == [chinese]


@pytest.mark.parametrize(
    ("policy", "english", "chinese"),
    [
        (
            ByActivity(18),
            "1,200 points expire on May 25, 2028, unless you earn before then.",
            "1,200 积分将于 2028年5月25日到期；在此之前获得积分，有效期将自动顺延。",
        ),
        (
            ByActivity(18, frozenset({"purchase", "share"})),
            "1,200 points expire on May 25, 2028, unless there is a new “Purchase” or “share” before then.",
            "1,200 积分将于 2028年5月25日到期；在此之前有新的“购物”或“share”，有效期将自动顺延。",
        ),
        (
            EndOfYear(1),  # what moved before the policy changed
            "1,200 points expire on May 25, 2028, unless you earn before then.",
            "1,200 积分将于 2028年5月25日到期；在此之前获得积分，有效期将自动顺延。",
        ),
    ],
)
def test_an_expiry_that_moves_says_what_moves_it(policy: ExpiryPolicy, english: str, chinese: str) -> None:
    rules = titled(expiry=policy)
    coming = [Coming(date(2028, 5, 25), 1_200, moving=True)]
    for language, sentence in (("en", english), ("zh-CN", chinese)):
        (one,) = told(coming, language, rules=rules).expiries
        assert (one.sentence, one.coming.moving) == (sentence, True)


FIRST = Coming(date(2027, 12, 31), 1_200)
MANY = [FIRST, Coming(date(2028, 2, 29), 1), Coming(date(2028, 12, 31), 2_199)]


@pytest.mark.parametrize(
    ("expiries", "on", "english", "chinese"),
    [
        ([], "2026-11-21", "No points are due to expire.", "目前没有将要到期的积分。"),
        (
            [FIRST],
            "2026-11-21",
            "Next to expire: 1,200 points on December 31, 2027 (in 405 days).",
            "最近到期：1,200 积分，到期日 2027年12月31日（还有 405 天）。",
        ),
        (
            [FIRST],
            "2027-12-29",
            "Next to expire: 1,200 points on December 31, 2027 (in 2 days).",
            "最近到期：1,200 积分，到期日 2027年12月31日（还有 2 天）。",
        ),
        (
            [replace(FIRST, points=1)],
            "2027-12-30",
            "Next to expire: 1 point on December 31, 2027 (tomorrow).",
            "最近到期：1 积分，到期日 2027年12月31日（明天）。",
        ),
        (
            [FIRST],
            "2027-12-31 23:59",
            "Next to expire: 1,200 points on December 31, 2027 (today).",
            "最近到期：1,200 积分，到期日 2027年12月31日（今天）。",
        ),
        (
            MANY,
            "2027-12-10",
            "Next to expire: 1,200 points on December 31, 2027 (in 21 days). In all, 3,400 points expire on 3 dates.",
            "最近到期：1,200 积分，到期日 2027年12月31日（还有 21 天）。共有 3,400 积分将分 3 次到期。",
        ),
        (
            [replace(FIRST, moving=True), MANY[1]],
            "2027-12-10",
            "Next to expire: 1,200 points on December 31, 2027 (in 21 days), unless you earn before then. "
            "In all, 1,201 points expire on 2 dates.",
            "最近到期：1,200 积分，到期日 2027年12月31日（还有 21 天）；在此之前获得积分，有效期将自动顺延。"
            "共有 1,201 积分将分 2 次到期。",
        ),
        (
            [FIRST, replace(FIRST, points=5, moving=True)],
            "2027-12-10",
            "Next to expire: 1,200 points on December 31, 2027 (in 21 days). In all, 1,205 points expire on that date.",
            "最近到期：1,200 积分，到期日 2027年12月31日（还有 21 天）。该日共有 1,205 积分到期。",
        ),
    ],
)
def test_the_summary(expiries: list[Coming], on: str, english: str, chinese: str) -> None:
    assert told(expiries, "en", on=on).sentence == english
    assert told(expiries, "zh-CN", on=on).sentence == chinese


def read(held: Account, on: str = "2026-11-21") -> ToldExpiries:
    rules = program()
    now = local(on, rules.zone)
    return told_expiries(BabelWording(), rules, coming_expiries(held, rules, now), "en", now=now)


def test_a_member_with_nothing() -> None:
    rules = program()
    wired = services(rules)
    enrol_member(wired, rules, "m-1", Profile())
    told = read_expiries(wired, rules, "m-1", "en")
    assert (told.sentence, list(told.expiries), told.as_of) == ("No points are due to expire.", [], NOW)


def test_nobody_is_told_of_somebody_who_is_not_there() -> None:
    with pytest.raises(NotFound):
        read_expiries(services(), program(), "m-1", "en")


def test_what_never_expires_waits_or_is_held_is_not_among_them() -> None:
    held = account(
        lots={"2027-12-31/2026-11": 7, f"{NEVER}/2026-11": 100},
        pending={"2026-12-01>2027-06-30/2026-11": 20},
        holds={"h": Hold(local("2026-11-22"), {"2027-01-31/2026-01": 3})},
    )
    assert [(each.coming, each.days_left) for each in read(held).expiries] == [(Coming(date(2027, 12, 31), 7), 405)]


def test_the_last_moment_is_today_and_the_next_one_is_over() -> None:
    held = account(lots={"2027-12-31/2026-11": 7})
    (one,) = read(held, "2027-12-31 23:59").expiries
    assert (one.days_left, one.sentence) == (0, "7 points expire at the end of today, December 31, 2027.")
    assert read(held, "2028-01-01 00:00").sentence == "No points are due to expire."


def test_an_account_at_its_limit_is_told_whole() -> None:
    days = [date.fromordinal(date(2027, 1, 1).toordinal() + number) for number in range(MAX_LOTS)]
    held = account(lots={lot.bucket(expires_on=day, earned_on=date(2026, 11, 1)): 1 for day in days})
    told = read(held)
    assert [each.coming.on for each in told.expiries] == days
    assert told.sentence.endswith("In all, 120 points expire on 120 dates.")
