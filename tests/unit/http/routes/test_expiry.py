"""Expiry in words over HTTP: a program's rule, a member's coming expiries, and in which language."""

import json
import re
from typing import Any

import pytest

from points.http.answers.expiry import ExpiriesAnswer, ExpiryRuleAnswer
from stack.paths import ROOT
from tests.support.api import Answer, Api, demo_document

PLACES = ["/expiry", "/members/m1/expiries"]


@pytest.fixture
def api() -> Api:
    api = Api()
    api.enrol()
    return api


def published(api: Api, **changes: Any) -> None:
    # Without reminders: some of these policies let points live shorter than the longest lead, or for ever.
    document = {name: part for name, part in demo_document().items() if name != "reminders"} | changes
    api.put("/config/draft", {"document": document, "revision": 1})
    assert api.post("/config/publish", {"revision": 2}).status == 201


def spoken(answer: Answer) -> str:
    """The language of an answer, which its header has to agree with."""
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Language"] == answer.body["language"]
    return str(answer.body["language"])


# ── the rule ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_r_exp_5_the_rule_of_the_demo_program(api: Api) -> None:
    answer = api.get("/expiry", query="language=en")
    assert answer.body == {
        "language": "en",
        "sentence": "Points expire on December 31 of the year after the one in which they are earned.",
        "expiry": {"type": "end_of_year", "years": 1},
        "overrides": [],
        "terms": [
            {
                "about": "spendable_days",
                "days": 1,
                "sentence": "Points that are earned can be spent for at least 1 day after the day they become "
                "available.",
            },
            {
                "about": "expired_return_days",
                "days": 30,
                "sentence": "Points that come back with a cancellation or refund after their expiry date can be spent "
                "until 30 days after that date.",
            },
            {
                "about": "holds",
                "days": None,
                "sentence": "Points that are held for an order do not expire while they are held.",
            },
        ],
    }
    assert "积分将于获得次年的 12月31日到期。" in api.get("/expiry", query="language=zh-CN").text


def test_what_differs_is_told_beside_it(api: Api) -> None:
    document = demo_document()
    document["rules"][0]["expiry"] = {"type": "end_of_year"}  # what the program says anyway
    document["rules"][1]["expiry"] = {"type": "after_days", "days": 90}
    document["campaigns"][0]["expiry"] = {"type": "yearly_clearing", "month": 3, "day": 31}
    document["referral"] |= {"expiry": {"type": "after_months", "months": 6}}
    published(api, **document)
    answer = api.get("/expiry", query="language=en").body
    assert answer["overrides"] == [
        {
            "of": "rule",
            "id": "check_in",
            "title": "Check-in, more for each day in a row",
            "sentence": "Points for “Check-in, more for each day in a row” expire 90 days after the day on which they "
            "are earned.",
            "expiry": {"type": "after_days", "days": 90},
        },
        {
            "of": "campaign",
            "id": "double_eleven",
            "title": "Double points on 11 November",
            "sentence": "Points from the campaign “Double points on 11 November” earned in one calendar year expire on "
            "March 31 of the next.",
            "expiry": {"type": "yearly_clearing", "month": 3, "day": 31},
        },
        {
            "of": "referral",
            "id": None,
            "title": None,
            "sentence": "Points for inviting friends expire 6 months after the day on which they are earned.",
            "expiry": {"type": "after_months", "months": 6},
        },
    ]
    ExpiryRuleAnswer.model_validate(answer)


@pytest.mark.parametrize(
    "expiry",
    [
        {"type": "end_of_year", "years": 2},
        {"type": "end_of_month", "months": 12},
        {"type": "after_days", "days": 400},
        {"type": "after_months", "months": 13},
        {"type": "yearly_clearing", "month": 2, "day": 29},
        {"type": "never"},
    ],
    ids=lambda expiry: str(expiry["type"]),
)
def test_a_policy_is_answered_as_the_document_has_it(api: Api, expiry: dict[str, Any]) -> None:
    published(api, expiry=expiry)
    answer = api.get("/expiry")
    assert answer.body["expiry"] == expiry
    ExpiryRuleAnswer.model_validate(answer.body)


# ── a member's coming expiries ──────────────────────────────────────────────────────────────────────────────────────


def test_a_member_without_points(api: Api) -> None:
    assert api.get("/members/m1/expiries", query="language=en").body == {
        "language": "en",
        "sentence": "No points are due to expire.",
        "expiring": [],
        "as_of": "2026-11-21T04:00:00.000000Z",
    }


def test_r_exp_5_coming_expiries_as_the_balance_has_them(api: Api) -> None:
    api.buy("1200.00")
    adjustment = {"reference": "a1", "points": 1, "reason": "sorry", "expires_on": "2026-11-21"}
    assert api.post("/members/m1/adjustments", adjustment).status == 201
    answer = api.get("/members/m1/expiries", query="language=en").body
    assert answer == {
        "language": "en",
        "sentence": "Next to expire: 1 point on November 21, 2026 (today). In all, 1,201 points expire on 2 dates.",
        "expiring": [
            {
                "on": "2026-11-21",
                "points": 1,
                "days_left": 0,
                "moving": False,
                "sentence": "1 point expires at the end of today, November 21, 2026.",
            },
            {
                "on": "2027-12-31",
                "points": 1_200,
                "days_left": 405,
                "moving": False,
                "sentence": "1,200 points expire on December 31, 2027.",
            },
        ],
        "as_of": "2026-11-21T04:00:00.000000Z",
    }
    ExpiriesAnswer.model_validate(answer)
    dates = [{"on": each["on"], "points": each["points"]} for each in answer["expiring"]]
    assert dates == api.get("/members/m1/balance").body["expiring"]


def test_a_day_has_begun_when_it_has_in_the_programs_time_zone(api: Api) -> None:
    adjustment = {"reference": "a1", "points": 5, "reason": "sorry", "expires_on": "2026-11-21"}
    assert api.post("/members/m1/adjustments", adjustment).status == 201
    api.clock.pass_by(hours=11, minutes=59)  # 23:59 in Shanghai
    assert "5 积分将于今天（2026年11月21日）到期。" in api.get("/members/m1/expiries").text
    api.clock.pass_by(minutes=1)
    assert api.get("/members/m1/expiries").body["sentence"] == "目前没有将要到期的积分。"


def test_nobody_and_nothing_are_not_found(api: Api) -> None:
    assert api.get("/members/nobody/expiries").status == 404
    api.program = "nothing"
    assert [api.get(place).status for place in PLACES] == [404, 404]


# ── in which language ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("asked", "preferred", "language"),
    [
        ("en", None, "en"),
        ("zh-CN", None, "zh-CN"),
        ("en", "zh-CN", "en"),
        ("zh-CN", "en", "zh-CN"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "zh-TW", "zh-CN"),
        (None, "ZH", "zh-CN"),
        (None, "fr, en;q=0.3, zh;q=0.2", "en"),
        # Neither is preferred: the program's first.
        (None, None, "zh-CN"),
        (None, "fr, de;q=0.5", "zh-CN"),
        (None, "*", "zh-CN"),
        (None, "en;q=0", "zh-CN"),
        (None, "en;q=nan,;;,", "zh-CN"),
        (None, "", "zh-CN"),
    ],
)
def test_the_language_is_the_one_asked_for_then_a_preferred_one_then_the_programs(
    api: Api, place: str, asked: str | None, preferred: str | None, language: str
) -> None:
    headers = {} if preferred is None else {"Accept-Language": preferred}
    query = "" if asked is None else f"language={asked}"
    assert spoken(api.get(place, query=query, headers=headers)) == language


def test_another_program_speaks_another_language_first(api: Api) -> None:
    published(api, languages=["en", "zh-CN"])
    assert [spoken(api.get(place)) for place in PLACES] == ["en", "en"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("language", ["fr", "zh", "zh-TW", "EN", "en-GB", "zh-cn"])
def test_a_language_nothing_is_written_in_is_refused(api: Api, place: str, language: str) -> None:
    answer = api.get(place, query=f"language={language}", headers={"Accept-Language": "en"})
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.body["faults"] == [
        {"path": "?language", "code": "invalid_value", "message": "must be one of en, zh-CN"}
    ]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "language", ["", "..%2Ftexts%2Fen", "en%00", "en.json", "e", "en%0A", "x" * 33, "%F0%9F%98%80"]
)
def test_what_is_no_language_at_all_is_no_query(api: Api, place: str, language: str) -> None:
    answer = api.get(place, query=f"language={language}")
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert [fault["path"] for fault in answer.body["faults"]] == ["?language"]


@pytest.mark.parametrize("place", PLACES)
def test_it_is_for_those_who_may_read(api: Api, place: str) -> None:
    assert api.get(place, scope="points/earn points/redeem points/admin").status == 403
    assert api.get(place, scope="points/read").status == 200


# ── the guide ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_guide_shows_what_is_answered(api: Api) -> None:
    chapter = (ROOT / "docs/guide.md").read_text("utf-8").split("### Expiry in words")[1].split("\n## ")[0]
    rule, expiries = map(json.loads, re.findall(r"```json\n(.*?)```", chapter, re.DOTALL))
    api.buy("1200.00")
    assert api.get("/expiry", query="language=en").body == rule
    assert api.get("/members/m1/expiries", headers={"Accept-Language": "zh-CN"}).body == expiries
