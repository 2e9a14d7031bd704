"""Where members stand over HTTP: progress, tier, segment, referral, and what the answers to events say of them."""

from typing import Any

import pytest

from tests.support.api import Answer, Api, demo_document


@pytest.fixture
def api() -> Api:
    api = Api()
    api.enrol()
    return api


def happened(api: Api, behaviour: str, reference: str, **more: object) -> Answer:
    answer = api.post("/events", {"reference": reference, "member": "m1", "behaviour": behaviour, **more})
    assert answer.status == 201, answer.text
    return answer


def published(api: Api, **changes: object) -> None:
    api.put("/config/draft", {"document": demo_document() | changes, "revision": 1})
    assert api.post("/config/publish", {"revision": 2}).status == 201


# ── progress ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_progress_of_tasks_and_streaks(api: Api) -> None:
    happened(api, "review", "r1")
    happened(api, "share", "s1")
    happened(api, "check_in", "c1", occurred_at="2026-11-20T10:00:00+08:00")
    happened(api, "check_in", "c2")
    progress = api.get("/members/m1/progress").body
    tasks = {task["task"]: task for task in progress["tasks"]}
    assert tasks["weekly_reviews"] == {
        "task": "weekly_reviews",
        "counts": "events",
        "progress": 1,
        "target": 5,
        "paid": False,
        "points": 30,
        "per": "week",
        "ends_on": "2026-11-22",
    }
    assert (tasks["daily_share"]["progress"], tasks["daily_share"]["paid"]) == (1, True)
    assert tasks["newbie_profile"]["ends_on"] is None
    assert progress["streaks"] == [{"rule": "check_in", "days": 2, "counted_today": True, "next_points": 6}]


def test_progress_in_money_is_a_decimal_string(api: Api) -> None:
    task = {"id": "spend", "behaviours": ["purchase"], "counts": "amount", "target": "1000.00", "per": "month"}
    published(api, tasks=[task | {"points": 100}])
    api.buy("328.50")
    (progress,) = api.get("/members/m1/progress").body["tasks"]
    assert (progress["counts"], progress["progress"], progress["target"]) == ("amount", "328.50", "1000.00")


# ── tier ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_tier_rises_in_the_movement_that_reaches_it_and_is_remembered(api: Api) -> None:
    assert api.get("/members/m1/tier").body == {
        "tier": "V1",
        "since": None,
        "review_on": None,
        "metric": 0,
        "next": {"tier": "V2", "threshold": 10_000, "missing": 10_000},
        "segment": "low",
    }
    bought = api.buy("12000.00")
    assert bought.entry()["details"]["tier"] == "V2"
    standing = api.get("/members/m1/tier").body
    assert standing["next"] == {"tier": "V3", "threshold": 50_000, "missing": 38_000}
    assert (standing["tier"], standing["since"], standing["segment"]) == ("V2", "2026-11-21", "high")
    member = api.get("/members/m1").body
    assert (member["tier"], member["segment"]) == ("V2", "high")
    api.clock.pass_by(days=1)
    api.buy("40000.00", reference="order-2")
    assert api.get("/members/m1/tier").body["next"] is None
    page = api.get("/members/m1/tier/history", query="limit=1").body
    rest = api.get("/members/m1/tier/history", query=f"limit=1&cursor={page['next_cursor']}").body
    assert page["items"] + rest["items"] == [
        {"tier": "V3", "since": "2026-11-22", "seq": 2},
        {"tier": "V2", "since": "2026-11-21", "seq": 1},
    ]
    assert rest["next_cursor"] is None


def test_tiers_by_spend_are_told_in_money(api: Api) -> None:
    levels = [{"id": "V1", "from": "0"}, {"id": "V2", "from": "500.00", "formerly": ["V3"]}]
    published(api, tiers={"by": "spend", "window": "lifetime", "levels": levels}, rewards={})
    api.buy("120.50")
    standing = api.get("/members/m1/tier").body
    assert standing["metric"] == "120.50"
    assert standing["next"] == {"tier": "V2", "threshold": "500.00", "missing": "379.50"}


def test_a_program_without_tiers_has_no_tier_to_tell(api: Api) -> None:
    published(api, tiers=None, rewards={})
    nothing = dict.fromkeys(("tier", "since", "review_on", "metric", "next"))
    assert api.get("/members/m1/tier").body == nothing | {"segment": "low"}
    assert api.get("/members/m1").body["tier"] is None
    assert api.get("/members/m1/tier/history").body == {"items": [], "next_cursor": None}


def test_what_is_for_a_tier_is_neither_promised_nor_given_to_others(api: Api) -> None:
    assert "v3-lounge-pass" not in [offer["reward"] for offer in api.buy("5000.00").body["redeemable"]]
    offers = {offer["reward"]: offer["reasons"] for offer in api.get("/rewards", query="member=m1").body["items"]}
    assert offers["v3-lounge-pass"] == [{"code": "not_eligible", "reward": "v3-lounge-pass", "because": "tier"}]
    refused = api.post("/members/m1/redemptions", {"reference": "r1", "reward": "v3-lounge-pass"})
    assert (refused.status, refused.code) == (409, "not_eligible")


# ── referral ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_referral_pays_both_with_the_qualifying_event(api: Api) -> None:
    api.enrol("m2")
    referral = {"reference": "i1", "referrer": "m2"}
    linked = api.post("/members/m1/referral", referral)
    assert (linked.status, linked.entry()["kind"], linked.entry()["details"]) == (201, "referred", {"referrer": "m2"})
    again = api.post("/members/m1/referral", referral)
    assert (again.status, again.text) == (200, linked.text)
    event = {"reference": "order-1", "member": "m1", "behaviour": "purchase", "amount": "10.00"}
    expected: list[dict[str, Any]] = [
        {"rule": "purchase", "title": "购物：1 元 1 分", "points": 10},
        {"rule": "invitation", "title": None, "points": 100},
    ]
    tried = api.post("/events/dry-run", event).body
    assert tried["lines"] == [line | {"capped": False} for line in expected]
    assert api.post("/events", event).entry()["lines"] == expected
    newest, oldest = api.get("/members/m2/entries").body["items"]
    assert (newest["kind"], newest["points"]) == ("referral_reward", 300)
    assert newest["details"] == {"newcomer": "m1", "rewarded": True}
    assert (oldest["kind"], oldest["points"]) == ("referral", 0)


def test_nobody_is_referred_who_is_no_newcomer(api: Api) -> None:
    api.enrol("m2")
    api.buy("1.00")
    refused = api.post("/members/m1/referral", {"reference": "i1", "referrer": "m2"})
    assert (refused.status, refused.code) == (409, "referral_refused")
    assert api.post("/members/m2/referral", {"reference": "i1", "referrer": "nobody"}).code == "not_found"
    assert api.post("/members/m2/referral", {"reference": "i1", "referrer": "m1"}).status == 201
    assert api.post("/members/m1/referral", {"reference": "i2", "referrer": "m2"}).code == "referral_refused"


# ── what events answer ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dry_run_gives_every_rule_that_does_not_pay_and_says_what_a_cap_cut(api: Api) -> None:
    event = {"reference": "r1", "member": "m1", "behaviour": "review", "quantity": 7}
    tried = api.post("/events/dry-run", event).body
    assert tried["lines"] == [{"rule": "review", "title": "评论", "points": 100, "capped": True}]
    assert tried["unpaid"] == [{"rule": "weekly_reviews", "why": "more_needed"}]
    purchase = {"reference": "p1", "member": "m1", "behaviour": "purchase", "amount": "10.00"}
    unpaid = api.post("/events/dry-run", purchase).body["unpaid"]
    # Not kept with an entry: it is no news that a campaign is not on.
    assert unpaid == [{"rule": "double_eleven", "why": "not_in_campaign"}]
    assert "unpaid" not in api.post("/events", purchase).entry()["details"]


def test_the_risk_rules_that_were_triggered_are_named(api: Api) -> None:
    risk = {"id": "sudden", "counts": "points", "per": "day", "more_than": 50, "action": "pend", "pending_days": 3}
    refusing = {"id": "often", "counts": "events", "per": "day", "more_than": 1, "action": "refuse"}
    published(api, risk=[risk, refusing])
    bought = api.buy("60.00")
    assert bought.entry()["details"]["risk"] == ["sudden"]
    assert bought.body["balance"]["pending"] == 60
    refused = api.buy("1.00", reference="order-2")
    assert (refused.status, refused.code) == (409, "risk_refused")
    assert (refused.body["rule"], refused.body["maximum"], refused.body["window"]) == ("often", 1, "day")


def test_attributes_that_are_declared_are_kept_and_shown_and_no_others(api: Api) -> None:
    when = {"field": "attribute.note", "op": "present"}
    rule = {"id": "app", "behaviour": "check_in", "value": {"type": "fixed", "points": 5}, "when": when}
    declared = {"channel": {"type": "choice", "of": ["app", "web"]}, "shop": {"type": "code"}}
    published(api, rules=[rule], campaigns=[], tasks=[], event_attributes=declared)
    # GIVEN a text that a rule asks for, and a fact that no rule asks for
    sent = {"channel": "app", "note": "my telephone is 13800000000", "city": "上海"}
    entry = happened(api, "check_in", "c1", attributes=sent).entry()
    # THEN the rule pays, and what is kept is what is declared
    assert entry["points"] == 5
    assert entry["details"]["attributes"] == {"channel": "app"}
    # AND what does not fit what is declared is told
    event = {"reference": "c2", "member": "m1", "behaviour": "check_in", "attributes": {"shop": "a sentence", "x": 1}}
    answer = api.post("/events", event)
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert [fault["path"] for fault in answer.body["faults"]] == ["/attributes/shop"]


def test_adjustments_say_what_they_are_for(api: Api) -> None:
    api.buy("100.00")
    body = {"reference": "a1", "points": -40, "reason": "abuse"}
    assert api.post("/members/m1/adjustments", body).entry()["details"] == {"category": "correction"}
    void = api.post("/members/m1/adjustments", body | {"reference": "a2", "category": "void"})
    assert void.entry()["details"] == {"category": "void"}
    back = {"reference": "a3", "points": 40, "reason": "stolen", "category": "give_back"}
    assert api.post("/members/m1/adjustments", back).entry()["details"] == {"category": "give_back"}


# ── pending points ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_confirmed_points_wait_no_longer(api: Api) -> None:
    purchase = next(rule for rule in demo_document()["rules"] if rule["id"] == "purchase")
    published(api, rules=[purchase | {"pending_days": 7}])
    waiting = happened(api, "purchase", "order-1", amount="100.00")
    assert waiting.body["balance"]["pending"] == 100

    confirmed = api.post("/members/m1/confirmations", {"earning": "order-1"})
    again = api.post("/members/m1/confirmations", {"earning": "order-1"})

    assert confirmed.status == 201
    assert confirmed.body["balance"] == {"available": 100, "pending": 0, "held": 0, "owed": 0}
    assert (again.status, again.body) == (200, confirmed.body)
    assert api.post("/members/m1/confirmations", {"earning": "order-2"}).code == "not_found"
