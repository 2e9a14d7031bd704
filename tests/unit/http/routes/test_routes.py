"""What the API answers, route by route, and that a replay is the original answer whatever has happened since."""

import json
from typing import Any

import pytest

from points.application.ports import RaceLost
from points.domain import errors
from points.http.routes import earning
from tests.support.api import Answer, Api, rest_event


@pytest.fixture
def api() -> Api:
    api = Api()
    api.enrol()
    return api


def replayed(answer: Answer, first: Answer) -> None:
    assert (answer.status, answer.headers["Idempotent-Replayed"]) == (200, "true")
    assert first.status == 201
    assert "Idempotent-Replayed" not in first.headers
    assert answer.text == first.text


def test_a_write_is_seen_by_the_tests_that_want_none() -> None:
    api = Api()
    before = api.written()
    api.enrol()
    assert api.written() != before


# ── members ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_enrolling_makes_a_member_once_and_then_replaces_the_profile() -> None:
    api = Api()
    profile = {"locale": "zh-CN", "birthday": "2000-02-29", "attributes": {"vip": True, "level": 3, "city": "上海"}}
    first = api.put("/members/m1", profile)
    assert (first.status, first.headers["Location"]) == (201, "/v1/programs/demo/members/m1")
    again = api.put("/members/m1", {"email": "a@example.com"})
    assert (again.status, "Location" in again.headers) == (200, False)
    assert first.body["profile"]["attributes"] == profile["attributes"]
    assert first.body["profile"]["birthday"] == "2000-02-29"
    assert again.body["profile"]["birthday"] is None
    assert api.get("/members/m1").body == again.body
    assert again.body["status"] == "active"
    assert again.body["balance"] == {"available": 0, "pending": 0, "held": 0, "owed": 0}


def test_the_location_stands_below_a_custom_domain_as_it_was_called() -> None:
    api = Api()
    for number, base in enumerate(("/loyalty", "/v1", "")):
        path = f"/programs/demo/members/m{number}"
        event = rest_event("PUT", path, {})
        event["requestContext"]["path"] = base + path
        assert api.send(event).headers["Location"] == base + path


def test_an_erased_member_keeps_the_ledger(api: Api) -> None:
    api.put("/members/m1", {"email": "a@example.com", "phone": "+8613800000000"})
    api.buy("100.00")
    for _ in range(2):
        erased = api.call("DELETE", "/members/m1")
        assert (erased.status, erased.text) == (204, "")
    member = api.get("/members/m1").body
    assert (member["profile"]["email"], member["balance"]["available"]) == (None, 100)


def test_the_balance_names_what_expires_and_can_be_asked_for_another_moment(api: Api) -> None:
    api.buy("100.00")
    api.clock.pass_by(days=60)
    api.buy("50.00", reference="order-2")
    now = api.get("/members/m1/balance").body
    assert now["available"] == 150
    assert now["expiring"] == [{"on": "2027-12-31", "points": 100}, {"on": "2028-12-31", "points": 50}]
    before = api.get("/members/m1/balance", query="as_of=2026-12-01T08:00:00%2B08:00").body
    assert (before["available"], before["as_of"]) == (100, "2026-12-01T00:00:00.000000Z")
    later = api.get("/members/m1/balance", query="as_of=2028-06-01T00:00:00Z").body
    assert (later["available"], later["expiring"]) == (50, [{"on": "2028-12-31", "points": 50}])


def test_entries_are_paged_newest_first_without_gap_or_overlap(api: Api) -> None:
    for number in range(7):
        api.buy("10.00", reference=f"order-{number}")
        api.clock.pass_by(hours=1)
    seen, cursor = [], ""
    while True:
        page = api.get("/members/m1/entries", query=f"limit=3{cursor}").body
        seen += [entry["reference"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"order-{number}" for number in reversed(range(7))]
    window = "from=2026-11-21T05:00:00Z&to=2026-11-21T07:00:00Z&kind=earn"
    found = api.get("/members/m1/entries", query=window).body["items"]
    assert [entry["reference"] for entry in found] == ["order-2", "order-1"]


# ── earning ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_event_pays_and_says_why(api: Api) -> None:
    body = api.buy("3280.50").body
    entry = body["entry"]
    assert entry["points"] == 3280
    assert entry["lines"] == [{"rule": "purchase", "title": "购物：1 元 1 分", "points": 3280}]
    assert entry["details"] == {"behaviour": "purchase", "amount": "3280.50"}
    assert entry["lots"] == [{"expires_on": "2027-12-31", "earned_in": "2026-11", "points": 3280}]
    assert body["balance"] == {"available": 3280, "pending": 0, "held": 0, "owed": 0}
    assert [offer["reward"] for offer in body["redeemable"]] == ["phone-credit-30", "coupon-200-50"]


def test_a_replay_is_the_first_answer_even_after_another_version_went_live(api: Api) -> None:
    first = api.buy("3280.50")
    api.post("/members/m1/redemptions", {"reference": "r1", "reward": "coupon-200-50"})
    document = api.get("/config").body["document"]
    document |= {"rewards": {"sticker": {"price": 1}}, "ratio": 50}
    api.put("/config/draft", {"document": document, "revision": 1})
    published = api.post("/config/publish", {"revision": 2})
    assert published.body["version"] == 2
    replayed(api.buy("3280.50"), first)


def test_an_event_that_pays_nothing_is_booked_with_the_reason(api: Api) -> None:
    event = {"reference": "p1", "member": "m1", "behaviour": "photo", "quantity": 2}
    entry = api.post("/events", event).entry()
    assert (entry["points"], entry["details"]["unpaid"]) == (0, [{"rule": "photo", "why": "more_needed"}])
    assert api.post("/events", event | {"reference": "p2"}).entry()["points"] == 50


def test_a_dry_run_says_what_would_be_paid_and_writes_nothing(api: Api) -> None:
    event = {"reference": "p1", "member": "m1", "behaviour": "photo", "quantity": 4}
    before = api.written()
    paid = api.post("/events/dry-run", event)
    unpaid = api.post("/events/dry-run", event | {"quantity": 1})
    assert (paid.status, paid.body["points"]) == (200, 50)
    assert paid.body["lines"] == [{"rule": "photo", "title": "晒图：每 3 张 50 分", "points": 50, "capped": False}]
    assert paid.body["balance"]["available"] == 50
    assert (unpaid.body["points"], unpaid.body["unpaid"]) == (0, [{"rule": "photo", "why": "more_needed"}])
    assert api.written() == before


def test_a_batch_answers_each_event_in_its_place(api: Api) -> None:
    good = {"reference": "b1", "member": "m1", "behaviour": "check_in"}
    events = [
        good,
        {"reference": "b2"},
        7,
        good | {"member": "nobody"},
        good,
        good | {"reference": "b3", "behaviour": "fly"},
        None,
    ]
    answer = api.post("/events/batch", {"events": events}, headers={"Accept-Language": "zh"})
    items = answer.body["items"]
    assert [item["status"] for item in items] == [201, 422, 422, 404, 200, 422, 422]
    assert [item["reference"] for item in items] == ["b1", "b2", None, "b1", "b1", "b3", None]
    assert items[4]["entry"] == items[0]["entry"]
    assert items[1]["problem"]["title"] == "请求无效"
    assert items[5]["problem"]["code"] == "unknown_behaviour"
    assert api.get("/members/m1/balance").body["available"] == 5


def test_reversals_by_amount_by_points_and_of_the_rest(api: Api) -> None:
    api.buy("100.00")
    of = {"kind": "earn", "reference": "order-1"}
    refund = {"reference": "refund-1", "of": of, "amount": "30.00", "reason": "returned"}
    first = api.post("/members/m1/reversals", refund)
    assert (first.status, first.entry()["points"], first.entry()["reverses"]) == (201, -30, of)
    assert first.entry()["details"] == {"amount": "30.00", "reversed": 30}
    second = api.post("/members/m1/reversals", {"reference": "refund-2", "of": of, "points": 20, "reason": "x"})
    rest = api.post("/members/m1/reversals", {"reference": "refund-3", "of": of, "reason": "x"})
    assert (second.entry()["points"], rest.entry()["points"], rest.body["balance"]["available"]) == (-20, -50, 0)
    replayed(api.post("/members/m1/reversals", refund), first)


# ── redemption ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_redemption_makes_an_order_that_can_be_cancelled_once(api: Api) -> None:
    api.buy("3000.00")
    redemption = {"reference": "r1", "reward": "coupon-200-50"}
    first = api.post("/members/m1/redemptions", redemption)
    place = first.headers["Location"].removeprefix("/v1/programs/demo")
    assert first.body["order"].items() <= api.get(place).body.items()
    assert (first.body["order"]["state"], first.body["balance"]["available"]) == ("placed", 500)
    api.clock.pass_by(minutes=5)
    cancelled = api.post(f"{place}/cancel", {"reason": "by mistake"})
    assert cancelled.status == 201
    found = api.get(place).body
    assert cancelled.body["order"].items() <= found.items()
    assert [(step["state"], step["reason"]) for step in found["history"]] == [
        ("placed", None),
        ("cancelled", "by mistake"),
    ]
    assert (cancelled.body["order"]["state"], cancelled.body["balance"]["available"]) == ("cancelled", 3000)
    assert cancelled.entry()["reason"] == "by mistake"
    api.buy("1.00", reference="order-2")
    replayed(api.post(f"{place}/cancel"), cancelled)
    replayed(api.post("/members/m1/redemptions", redemption), first)


def test_what_was_spent_is_told_apart_from_a_debt_repaid_with_it(api: Api) -> None:
    api.buy("100.00")
    api.post("/members/m1/holds", {"reference": "h1", "points": 100, "expires_in": 60})
    of = {"kind": "earn", "reference": "order-1"}
    owed = api.post("/members/m1/reversals", {"reference": "refund-1", "of": of, "points": 40, "reason": "x"})
    assert owed.body["balance"] == {"available": 0, "pending": 0, "held": 100, "owed": 40}
    api.clock.pass_by(minutes=2)
    # The hold has run out: its points are back, 40 of them repay the debt, and 10 of the others are set aside again.
    again = api.post("/members/m1/holds", {"reference": "h2", "points": 10})
    assert again.body["balance"] == {"available": 50, "pending": 0, "held": 10, "owed": 0}
    captured = api.post("/members/m1/holds/h2/capture")
    for lot in captured.entry()["lots"]:
        assert lot == {"expires_on": "2027-12-31", "earned_in": "2026-11", "points": -10}


def test_orders_are_paged(api: Api) -> None:
    api.buy("10000.00")
    for number in range(3):
        api.post("/members/m1/redemptions", {"reference": f"r{number}", "reward": "coupon-200-50"})
    page = api.get("/orders", query="member=m1&limit=2").body
    rest = api.get("/orders", query=f"member=m1&limit=2&cursor={page['next_cursor']}").body
    assert [order["reference"] for order in page["items"] + rest["items"]] == ["r0", "r1", "r2"]
    assert rest["next_cursor"] is None


def test_the_catalogue_says_what_a_member_can_have(api: Api) -> None:
    api.buy("3000.00")
    offers = {offer["reward"]: offer for offer in api.get("/rewards", query="member=m1").body["items"]}
    assert (offers["phone-credit-30"]["eligible"], offers["phone-credit-30"]["reasons"]) == (True, [])
    assert offers["e-reader"] == {
        "reward": "e-reader",
        "title": "电子阅读器",
        "description": None,
        "pictures": [],
        "kind": "goods",
        "loop": "open",
        "price": 24000,
        "discount": 0,
        "cash": None,
        "months": None,
        "from": None,
        "to": None,
        "limits": [],
        "stock_left": 100,
        "left_today": None,
        "eligible": False,
        "reasons": [{"code": "insufficient_points", "available": 3000, "required": 24000}],
        "missing": 21000,
    }
    assert all(offer["eligible"] for offer in api.get("/rewards").body["items"])


def test_a_hold_is_captured_in_part(api: Api) -> None:
    api.buy("1000.00")
    hold = {"reference": "h1", "points": 500, "expires_in": 60}
    held = api.post("/members/m1/holds", hold)
    assert held.body["hold"] == {
        "reference": "h1",
        "state": "held",
        "points": 500,
        "captured": 0,
        "released": 0,
        "expires_at": "2026-11-21T04:01:00.000000Z",
    }
    captured = api.post("/members/m1/holds/h1/capture", {"points": 300})
    assert captured.body["hold"] | {"expires_at": None} == {
        "reference": "h1",
        "state": "captured",
        "points": 500,
        "captured": 300,
        "released": 200,
        "expires_at": None,
    }
    assert captured.body["balance"] == {"available": 700, "pending": 0, "held": 0, "owed": 0}
    replayed(api.post("/members/m1/holds", hold), held)
    replayed(api.post("/members/m1/holds/h1/capture", {"points": 300}), captured)
    assert api.post("/members/m1/holds/h1/release").code == "already_captured"
    assert api.post("/members/m1/holds/h1/capture", {"points": 301}).code == "reference_reused"


def test_a_hold_is_released_or_runs_out(api: Api) -> None:
    api.buy("1000.00")
    api.post("/members/m1/holds", {"reference": "h1", "points": 1000})
    released = api.post("/members/m1/holds/h1/release")
    assert (released.status, released.body["hold"]["state"], released.body["hold"]["released"]) == (
        201,
        "released",
        1000,
    )
    replayed(api.post("/members/m1/holds/h1/release"), released)
    assert api.post("/members/m1/holds/h1/capture").code == "already_released"
    api.post("/members/m1/holds", {"reference": "h2", "points": 10, "expires_in": 1})
    api.clock.pass_by(seconds=1)
    expired = api.post("/members/m1/holds/h2/capture")
    assert (expired.status, expired.code) == (409, "hold_expired")
    assert expired.body["expired_at"] == "2026-11-21T04:00:01.000000Z"


def test_a_refusal_names_the_numbers(api: Api) -> None:
    api.buy("100.00")
    answer = api.post("/members/m1/holds", {"reference": "h1", "points": 101}, headers={"Accept-Language": "zh-CN"})
    assert (answer.status, answer.code, answer.body["title"]) == (409, "insufficient_points", "积分不足")
    assert (answer.body["available"], answer.body["required"]) == (100, 101)
    assert answer.headers["Content-Language"] == "zh-CN"


# ── administration ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_adjustments_give_and_take(api: Api) -> None:
    given = {"reference": "a1", "points": 50, "reason": "late parcel", "expires_on": "2027-01-31"}
    first = api.post("/members/m1/adjustments", given)
    assert (first.entry()["points"], first.entry()["lots"][0]["expires_on"]) == (50, "2027-01-31")
    taken = api.post("/members/m1/adjustments", {"reference": "a2", "points": -20, "reason": "abuse"})
    assert taken.body["balance"]["available"] == 30
    replayed(api.post("/members/m1/adjustments", given), first)


def test_freezing_stops_what_it_names_until_it_is_lifted(api: Api) -> None:
    api.buy("3000.00")
    frozen = api.post("/members/m1/freeze", {"reference": "f1", "reason": "case 42", "activities": ["redeeming"]})
    assert (frozen.status, frozen.entry()["details"]) == (201, {"frozen": ["redeeming"]})
    assert api.get("/members/m1").body["frozen"] == ["redeeming"]
    refused = api.post("/members/m1/redemptions", {"reference": "r1", "reward": "coupon-200-50"})
    assert (refused.code, refused.body["frozen"]) == ("member_frozen", "redeeming")
    assert api.buy("1.00", reference="order-2").status == 201
    lifted = api.post("/members/m1/unfreeze", {"reference": "u1", "reason": "cleared"})
    assert lifted.entry()["details"] == {"frozen": []}
    assert api.post("/members/m1/redemptions", {"reference": "r1", "reward": "coupon-200-50"}).status == 201


def test_a_program_is_drafted_published_and_read_back(api: Api) -> None:
    document = api.get("/config").body["document"] | {"ratio": 50}
    saved = api.put("/config/draft", {"document": document, "revision": 1})
    assert (saved.status, saved.body["revision"], api.get("/config/draft").body) == (200, 2, saved.body)
    conflict = api.put("/config/draft", {"document": document, "revision": 1})
    assert (conflict.status, conflict.code, conflict.body["found"]) == (409, "version_conflict", 2)
    published = api.post("/config/publish", {"revision": saved.body["revision"]})
    assert (published.status, published.body["version"]) == (201, 2)
    assert published.headers["Location"] == "/v1/programs/demo/config/versions/2"
    replayed(api.post("/config/publish", {"revision": 2}), published)
    assert api.get("/config").body["document"]["ratio"] == 50
    assert api.get("/config/versions/1").body["document"]["ratio"] == 100
    page = api.get("/config/versions", query="limit=1").body
    rest = api.get("/config/versions", query=f"cursor={page['next_cursor']}").body
    assert [version["version"] for version in page["items"] + rest["items"]] == [2, 1]
    assert api.get("/config/versions/3").code == "not_found"


def test_a_faulty_program_is_refused_with_every_fault(api: Api) -> None:
    document = api.get("/config").body["document"] | {"ratio": 0, "time_zone": "Mars/Olympus"}
    api.put("/config/draft", {"document": document, "revision": 1})
    answer = api.post("/config/publish", {"revision": 2})
    assert (answer.status, answer.code) == (422, "invalid_program")
    assert sorted(fault["path"] for fault in answer.body["faults"]) == ["/ratio", "/time_zone"]


# ── what is not the caller's fault ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("error", "status"), [(errors.Conflict(), 409), (errors.Throttled(), 429), (errors.LedgerUnavailable(), 503)]
)
def test_what_passes_says_when_to_try_again(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(earning, "earn_points", fail)
    answer = api.buy("1.00")
    assert answer.status == status
    assert int(answer.headers["Retry-After"]) > 0


def test_a_profile_that_loses_every_race_is_worth_another_try(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(*_: Any, **__: Any) -> None:
        raise RaceLost

    monkeypatch.setattr(api.services.members, "enrol", lose)
    monkeypatch.setattr(api.services.members, "erase", lose)
    for answer in (api.enrol(), api.call("DELETE", "/members/m1")):
        assert (answer.status, answer.code) == (409, "conflict")
        assert int(answer.headers["Retry-After"]) > 0


def test_a_bug_is_logged_for_us_and_not_shown_to_callers(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("the inside story")

    monkeypatch.setattr(earning, "earn_points", fail)
    answer = api.buy("1.00")
    assert (answer.status, answer.code) == (500, "internal_error")
    assert "inside" not in answer.text
    (logged,) = caplog.records
    assert logged.exc_info is not None
    assert logged.exc_info[0] is ZeroDivisionError
    assert vars(logged)["correlation_id"] == "request-1"


def test_each_call_is_counted_once_and_without_personal_data(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    api.put("/members/m-secret", {"email": "a@example.com"})
    api.post("/members/m-secret/holds", {"reference": "h1", "points": 5})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["Calls"], line["code"], line["status"]) for line in lines] == [
        ([1.0], "ok", 201),
        ([1.0], "insufficient_points", 409),
    ]
    assert "secret" not in str(lines)
    assert "example" not in str(lines)
