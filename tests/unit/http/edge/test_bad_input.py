"""No request, however malformed, gets a 5xx, and none of these writes anything."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.api import ALL_SCOPES, STRANGER, Answer, Api, rest_event

EVENT = {"reference": "r1", "member": "m1", "behaviour": "purchase", "amount": "128.00"}
CHECK_IN = {"reference": "r1", "member": "m1", "behaviour": "check_in"}
REVERSAL = {"reference": "r1", "of": {"kind": "earn", "reference": "seed"}, "reason": "returned"}
ADJUSTMENT = {"reference": "r1", "points": 5, "reason": "x"}
REFERRAL = {"reference": "r1", "referrer": "m2"}
SAMPLES = {"events": [CHECK_IN]}

type Case = tuple[str, str, Any, int, str]

# method, path, body, status, code
BODIES: list[Case] = [
    # amounts
    ("POST", "/events", EVENT | {"amount": 128}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": 128.0}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "NaN"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "Infinity"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "1e3"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "-1.00"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "+1.00"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": " 1.00"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "1.00\n"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "1.001"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "01.00"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "1,000.00"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "１２８"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "9" * 15}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": "9" * 10_000}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": ""}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"amount": True}, 422, "invalid_request"),
    ("POST", "/events", {**EVENT, "amount": None}, 422, "invalid_request"),  # purchase wants one
    # quantities
    ("POST", "/events", CHECK_IN | {"quantity": 0}, 422, "invalid_request"),
    ("POST", "/events", CHECK_IN | {"quantity": -1}, 422, "invalid_request"),
    ("POST", "/events", CHECK_IN | {"quantity": 1.5}, 422, "invalid_request"),
    ("POST", "/events", CHECK_IN | {"quantity": 1.0}, 422, "invalid_request"),
    ("POST", "/events", CHECK_IN | {"quantity": "1"}, 422, "invalid_request"),
    ("POST", "/events", CHECK_IN | {"quantity": True}, 422, "invalid_request"),
    ("POST", "/events", CHECK_IN | {"quantity": 10_001}, 422, "invalid_request"),
    ("POST", "/events", CHECK_IN | {"quantity": 10**400}, 422, "invalid_request"),
    # identifiers
    ("POST", "/events", EVENT | {"reference": ""}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": "a" * 65}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": "a\u0000b"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": "a\n"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": "😀"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": "é"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": "a#b"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": "a/b"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": 7}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"reference": None}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"member": "m 1"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"member": ["m1"]}, 422, "invalid_request"),
    ("POST", "/events", {"reference": "r1", "member": "m1"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"points": 1_000_000}, 422, "invalid_request"),  # not for callers to say
    # times
    ("POST", "/events", EVENT | {"occurred_at": "2026-11-21"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"occurred_at": "2026-11-21T04:00:00"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"occurred_at": "2026-02-30T04:00:00Z"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"occurred_at": "0001-01-01T00:00:00+08:00"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"occurred_at": "9999-12-31T23:59:59-08:00"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"occurred_at": "2026-11-21T04:00:00+99:99"}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"occurred_at": 1795233600}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"occurred_at": "2026-11-21T04:06:00Z"}, 422, "occurred_in_future"),
    ("POST", "/events", EVENT | {"occurred_at": "2026-10-01T00:00:00Z"}, 422, "occurred_too_early"),
    ("POST", "/events", EVENT | {"occurred_at": "1970-01-01T00:00:00+14:00"}, 422, "occurred_too_early"),
    # attributes
    ("POST", "/events", EVENT | {"attributes": {"a": 1.5}}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"attributes": {"a": {}}}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"attributes": {"a": None}}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"attributes": {"a": "x" * 257}}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"attributes": {"": "x"}}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"attributes": {f"a{n}": n for n in range(21)}}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"attributes": {"a": 10**40}}, 422, "invalid_request"),
    ("POST", "/events", EVENT | {"attributes": []}, 422, "invalid_request"),
    # what does not exist
    ("POST", "/events", EVENT | {"behaviour": "fly"}, 422, "unknown_behaviour"),
    ("POST", "/events", EVENT | {"member": "nobody"}, 404, "not_found"),
    ("POST", "/events/dry-run", EVENT | {"member": "nobody"}, 404, "not_found"),
    ("POST", "/members/nobody/holds", {"reference": "r1", "points": 1}, 404, "not_found"),
    ("POST", "/members/m1/redemptions", {"reference": "r1", "reward": "moon"}, 422, "unknown_reward"),
    ("POST", "/members/m1/holds/none/capture", {}, 404, "not_found"),
    ("POST", "/members/m1/holds/none/release", None, 404, "not_found"),
    ("POST", "/members/m1/orders/none/cancel", None, 404, "not_found"),
    ("POST", "/members/m1/reversals", REVERSAL | {"of": {"kind": "earn", "reference": "no"}}, 404, "not_found"),
    # points
    ("POST", "/members/m1/holds", {"reference": "r1", "points": 0}, 422, "invalid_request"),
    ("POST", "/members/m1/holds", {"reference": "r1", "points": -5}, 422, "invalid_request"),
    ("POST", "/members/m1/holds", {"reference": "r1", "points": 0.5}, 422, "invalid_request"),
    ("POST", "/members/m1/holds", {"reference": "r1", "points": "5"}, 422, "invalid_request"),
    ("POST", "/members/m1/holds", {"reference": "r1", "points": 10**12 + 1}, 422, "invalid_request"),
    ("POST", "/members/m1/holds", {"reference": "r1", "points": 1, "expires_in": 0}, 422, "invalid_request"),
    ("POST", "/members/m1/holds", {"reference": "r1", "points": 1, "expires_in": 10**9}, 422, "invalid_request"),
    ("POST", "/members/m1/holds", {"reference": "r1", "points": 101}, 409, "insufficient_points"),
    ("POST", "/members/m1/holds/open/capture", {"points": 51}, 409, "insufficient_points"),
    ("POST", "/members/m1/holds/open/capture", {"points": 0}, 422, "invalid_request"),
    ("POST", "/members/m1/redemptions", {"reference": "r1", "reward": "e-reader"}, 409, "insufficient_points"),
    (
        "POST",
        "/members/m1/redemptions",
        {"reference": "r1", "reward": "e-reader", "quantity": 0},
        422,
        "invalid_request",
    ),
    ("POST", "/members/m1/reversals", REVERSAL | {"points": 151}, 409, "already_reversed"),
    ("POST", "/members/m1/reversals", REVERSAL | {"amount": "150.01"}, 409, "already_reversed"),
    ("POST", "/members/m1/reversals", REVERSAL | {"amount": "0.00"}, 422, "invalid_request"),
    ("POST", "/members/m1/reversals", REVERSAL | {"amount": "1.00", "points": 1}, 422, "invalid_request"),
    ("POST", "/members/m1/reversals", REVERSAL | {"reason": ""}, 422, "invalid_request"),
    ("POST", "/members/m1/reversals", REVERSAL | {"reason": "x" * 501}, 422, "invalid_request"),
    ("POST", "/members/m1/reversals", REVERSAL | {"reason": "a\u0007"}, 422, "invalid_request"),
    ("POST", "/members/m1/reversals", REVERSAL | {"of": {"kind": "redeem", "reference": "x"}}, 422, "invalid_request"),
    ("POST", "/members/m1/adjustments", {"reference": "r1", "points": 0, "reason": "x"}, 422, "invalid_request"),
    ("POST", "/members/m1/adjustments", {"reference": "r1", "points": -101, "reason": "x"}, 409, "insufficient_points"),
    ("POST", "/members/m1/adjustments", {"reference": "r1", "points": 5}, 422, "invalid_request"),
    (
        "POST",
        "/members/m1/adjustments",
        {"reference": "r1", "points": 5, "reason": "x", "expires_on": "2026-11-20"},
        422,
        "invalid_request",
    ),
    ("POST", "/members/m1/adjustments", ADJUSTMENT | {"category": "gift"}, 422, "invalid_request"),
    ("POST", "/members/m1/adjustments", ADJUSTMENT | {"category": "void"}, 422, "invalid_request"),
    ("POST", "/members/m1/adjustments", ADJUSTMENT | {"points": -5, "category": "give_back"}, 422, "invalid_request"),
    ("POST", "/members/m1/freeze", {"reference": "r1", "reason": "x", "activities": []}, 422, "invalid_request"),
    ("POST", "/members/m1/freeze", {"reference": "r1", "reason": "x", "activities": ["fun"]}, 422, "invalid_request"),
    # a reference used for something else
    ("POST", "/events", EVENT | {"reference": "seed"}, 409, "reference_reused"),
    # profiles
    ("PUT", "/members/m1", {"birthday": "2027-02-29"}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"birthday": "2026-11-22"}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"birthday": "20000101"}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"birthday": 951782400}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"locale": "chinese please"}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"email": "nobody"}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"email": "a@b\u0000"}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"phone": "call me"}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"real_name_verified": "yes"}, 422, "invalid_request"),
    ("PUT", "/members/m1", {"tier": "gold"}, 422, "invalid_request"),
    ("PUT", "/members/unborn", {"opt_out": 1}, 422, "invalid_request"),
    # programs
    ("PUT", "/config/draft", {"document": {}, "revision": 0}, 409, "version_conflict"),
    ("PUT", "/config/draft", {"document": {}, "revision": -1}, 422, "invalid_request"),
    ("PUT", "/config/draft", {"document": [], "revision": 0}, 422, "invalid_request"),
    ("PUT", "/config/draft", {"document": {"ratio": 1.5}, "revision": 0}, 422, "invalid_request"),
    ("PUT", "/config/draft", {"document": {"ratio": 10**30}, "revision": 0}, 422, "invalid_request"),
    ("PUT", "/config/draft", {"revision": 0}, 422, "invalid_request"),
    ("POST", "/config/publish", {"revision": 9}, 409, "version_conflict"),
    ("PUT", "/config/draft", {"document": {"x" * 129: 1}, "revision": 1}, 422, "invalid_request"),
    ("PUT", "/config/draft", {"document": {"x": "y" * 350_000}, "revision": 1}, 422, "invalid_request"),
    ("POST", "/config/validate", {}, 422, "invalid_request"),
    ("POST", "/config/validate", {"document": None}, 422, "invalid_request"),
    ("POST", "/config/validate", {"document": [{}]}, 422, "invalid_request"),
    ("POST", "/config/validate", {"document": {"ratio": 1.5}}, 422, "invalid_request"),
    ("POST", "/config/validate", {"document": {}, "revision": 1}, 422, "invalid_request"),
    ("POST", "/config/validate", [], 400, "invalid_request"),
    ("POST", "/config/rollback", {"version": 1}, 422, "invalid_request"),
    ("POST", "/config/rollback", {"version": 0, "live_version": 1}, 422, "invalid_request"),
    ("POST", "/config/rollback", {"version": "1", "live_version": 1}, 422, "invalid_request"),
    ("POST", "/config/rollback", {"version": 1, "live_version": 10**40}, 422, "invalid_request"),
    ("POST", "/config/rollback", {"version": 1, "live_version": 2}, 409, "version_conflict"),
    ("POST", "/config/rollback", {"version": 2, "live_version": 1}, 404, "not_found"),
    ("POST", "/config/simulate", {}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"events": []}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"events": [CHECK_IN] * 501}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"events": [CHECK_IN, 7]}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"events": CHECK_IN}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"events": [EVENT | {"amount": 128}]}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"events": [EVENT | {"member_facts": []}]}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"events": [EVENT | {"member_facts": {"tier": "V3"}}]}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"events": [EVENT | {"member_facts": {"birthday": 1}}]}, 422, "invalid_request"),
    ("POST", "/config/simulate", SAMPLES | {"from": "2026-11-01T00:00:00Z"}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"from": "2026-11-01T00:00:00Z"}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"from": None, "to": None}, 422, "invalid_request"),
    ("POST", "/config/simulate", {"from": "2026-11-01", "to": "2026-11-02"}, 422, "invalid_request"),
    (
        "POST",
        "/config/simulate",
        {"from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"},
        422,
        "invalid_request",
    ),
    ("POST", "/config/simulate", SAMPLES | {"document": {}}, 422, "invalid_program"),
    ("POST", "/config/simulate", SAMPLES | {"document": {"a": {"b": [1] * 50}}}, 422, "invalid_program"),
    ("POST", "/config/simulate", SAMPLES | {"document": {"a": 0.5}}, 422, "invalid_request"),
    # referrals
    ("POST", "/members/m1/confirmations", {"earning": "no"}, 404, "not_found"),
    ("POST", "/members/m1/confirmations", {"earning": "a#b"}, 422, "invalid_request"),
    ("POST", "/members/m1/confirmations", {}, 422, "invalid_request"),
    ("POST", "/members/m1/referral", REFERRAL, 404, "not_found"),
    ("POST", "/members/nobody/referral", REFERRAL, 404, "not_found"),
    ("POST", "/members/new/referral", REFERRAL | {"referrer": "new"}, 422, "invalid_request"),
    ("POST", "/members/new/referral", REFERRAL | {"referrer": "a#b"}, 422, "invalid_request"),
    ("POST", "/members/new/referral", REFERRAL | {"referrer": None}, 422, "invalid_request"),
    ("POST", "/members/new/referral", REFERRAL | {"points": 1}, 422, "invalid_request"),
    ("POST", "/members/new/referral", {"referrer": "m1"}, 422, "invalid_request"),
    ("POST", "/members/m1/referral", REFERRAL | {"referrer": "new"}, 409, "referral_refused"),
    # batches
    ("POST", "/events/batch", {"events": []}, 422, "invalid_request"),
    ("POST", "/events/batch", {"events": [CHECK_IN] * 101}, 422, "invalid_request"),
    ("POST", "/events/batch", [CHECK_IN], 400, "invalid_request"),
    ("POST", "/events/batch", {"events": CHECK_IN}, 422, "invalid_request"),
]

# A JSON text as it is sent.
TEXTS: list[tuple[str, int]] = [
    ("", 400),
    ("   ", 400),
    ("null", 400),
    ("[]", 400),
    ('[{"reference":"r1","member":"m1","behaviour":"check_in"}]', 400),
    ('"text"', 400),
    ("1", 400),
    ("{", 400),
    ("{'reference': 'r1'}", 400),
    ("reference=r1&member=m1", 400),
    ('{"reference":"r1"}{"reference":"r2"}', 400),
    ("[" * 100_000, 400),
    ('{"a":' * 100_000, 400),
    ('{"attributes":{"a":' + "9" * 100_000 + "}}", 400),
    ('{"reference":"r1","member":"m1","behaviour":"check_in","quantity":NaN}', 422),
    ('{"reference":"r1","member":"m1","behaviour":"check_in","quantity":1e0}', 422),
    ('{"reference":"r1","member":"m1","behaviour":"check_in","quantity":1e400}', 422),
    ('{"reference":"\\ud83d","member":"m1","behaviour":"check_in"}', 400),
    ('{"reference":"\ud83d","member":"m1","behaviour":"check_in"}', 400),
    ('{"reference":"' + "r" * 1_100_000 + '"}', 413),
    ("x" * 10_000_000, 413),
    ("😀" * 300_000, 413),
]

QUERIES: list[tuple[str, str, str]] = [
    ("/members/m1/entries", "limit=0", "?limit"),
    ("/members/m1/entries", "limit=101", "?limit"),
    ("/members/m1/entries", "limit=-1", "?limit"),
    ("/members/m1/entries", "limit=1.0", "?limit"),
    ("/members/m1/entries", "limit=%201", "?limit"),
    ("/members/m1/entries", "limit=%EF%BC%91", "?limit"),
    ("/members/m1/entries", "limit=" + "9" * 5000, "?limit"),
    ("/members/m1/entries", "limit=", "?limit"),
    ("/members/m1/entries", "limit=1&limit=2", "?limit"),
    ("/members/m1/entries", "cursor=", "?cursor"),
    ("/members/m1/entries", "cursor=nonsense", "?cursor"),
    ("/members/m1/entries", "cursor=" + "a" * 5000, "?cursor"),
    ("/members/m1/entries", "kind=gift", "?kind"),
    ("/members/m1/entries", "from=yesterday", "?from"),
    ("/members/m1/entries", "from=2026-11-21T00:00:00", "?from"),
    ("/members/m1/entries", "from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z", "?to"),
    ("/members/m1/entries", "Kind=earn", "?Kind"),
    ("/members/m1/entries", "%00=1", "?\x00"),
    ("/members/m1/balance", "as_of=2026-02-30T00:00:00Z", "?as_of"),
    ("/members/m1/balance", "as_of=0001-01-01T00:00:00%2B14:00", "?as_of"),
    ("/orders", "", "?member"),
    ("/orders", "member=", "?member"),
    ("/orders", "member=%F0%9F%98%80", "?member"),
    ("/rewards", "member=a%23b", "?member"),
    ("/config/versions", "cursor=W10", "?cursor"),
    ("/config/versions/1/diff", "against=0", "?against"),
    ("/config/versions/1/diff", "against=draft", "?against"),
    ("/config/versions/1/diff", "against=1&against=2", "?against"),
    ("/config/draft/diff", "against=1", "?against"),
    ("/members/m1/tier", "as_of=2026-11-21T00:00:00Z", "?as_of"),
    ("/members/m1/tier/history", "limit=0", "?limit"),
    ("/members/m1/tier/history", "cursor=W10", "?cursor"),
    ("/members/m1/progress", "day=today", "?day"),
    ("/expiry", "language=", "?language"),
    ("/expiry", "language=../../secrets", "?language"),
    ("/expiry", "language=en&language=zh-CN", "?language"),
    ("/expiry", "lang=en", "?lang"),
    ("/members/m1/expiries", "language=%00", "?language"),
    ("/members/m1/expiries", "as_of=2026-11-21T00:00:00Z", "?as_of"),
]


@pytest.fixture
def api() -> Api:
    """A member with 150 points of a purchase, 100 available and 50 held, and a new one."""
    api = Api()
    api.enrol()
    api.enrol("new")
    api.buy("150.00", reference="seed")
    api.post("/members/m1/holds", {"reference": "open", "points": 50})
    return api


def refused(api: Api, ask: Callable[[], Answer]) -> Answer:
    """The answer, which must be a whole problem and must have written nothing."""
    before = api.written()
    answer = ask()
    assert 400 <= answer.status < 500
    problem = answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "code"} <= problem.keys()
    assert problem["status"] == answer.status
    assert api.written() == before
    return answer


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), BODIES, ids=lambda value: json.dumps(value)[:60])
def test_bad_bodies(api: Api, method: str, path: str, body: Any, status: int, code: str) -> None:
    answer = refused(api, lambda: api.call(method, path, body))
    assert (answer.status, answer.code) == (status, code), answer.text
    if code == "invalid_request":
        assert answer.body["faults"]


@pytest.mark.parametrize(("text", "status"), TEXTS, ids=lambda value: repr(value)[:40])
@pytest.mark.parametrize("path", ["/events", "/events/batch", "/events/dry-run"])
def test_bad_texts(api: Api, path: str, text: str, status: int) -> None:
    answer = refused(api, lambda: api.post(path, text))
    assert answer.code == "invalid_request"
    # Where one text has a single event's fields, the batch has other things to complain of.
    assert answer.status == status or path == "/events/batch"


@pytest.mark.parametrize(("path", "query", "place"), QUERIES)
def test_bad_queries(api: Api, path: str, query: str, place: str) -> None:
    answer = refused(api, lambda: api.get(path, query=query))
    assert (answer.status, answer.code) == (400, "invalid_request")
    assert place in [fault["path"] for fault in answer.body["faults"]]


@pytest.mark.parametrize(
    "member", ["m%20x", "%F0%9F%98%80", "a%23b", "a%2Fb", "%00", "m1%0A", "-m", "m" * 65, "é", "😀"]
)
@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("GET", "/balance"), ("DELETE", ""), ("POST", "/holds/h/release")]
)
def test_bad_members_in_paths(api: Api, method: str, rest: str, member: str) -> None:
    answer = refused(api, lambda: api.call(method, f"/members/{member}{rest}"))
    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.body["faults"][0]["path"] == "{member}"


@pytest.mark.parametrize("version", ["0", "-1", "1.0", "one", "9" * 30, "%20"])
def test_bad_versions_in_paths(api: Api, version: str) -> None:
    answer = refused(api, lambda: api.get(f"/config/versions/{version}"))
    assert (answer.status, answer.code) == (422, "invalid_request")


@pytest.mark.parametrize("program", ["Demo", "de_mo", "-demo", "d" * 33, "演示", "demo%23"])
def test_bad_programs_in_paths(api: Api, program: str) -> None:
    answer = refused(api, lambda: api.send(rest_event("GET", f"/programs/{program}/rewards")))
    assert (answer.status, answer.code) == (422, "invalid_request")


def test_an_unknown_program(api: Api) -> None:
    answer = refused(api, lambda: api.send(rest_event("POST", "/programs/other/events", EVENT)))
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("body", [base64.b64encode(b"\xff\xfe{}").decode(), "no base64 at all!", "abc", "é"])
def test_bytes_that_are_no_text(api: Api, body: str) -> None:
    event = rest_event("POST", "/programs/demo/events") | {"body": body, "isBase64Encoded": True}
    answer = refused(api, lambda: api.send(event))
    assert (answer.status, answer.code) == (400, "invalid_request")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", "*/*"]
)
def test_another_content_type(api: Api, kind: str) -> None:
    answer = refused(api, lambda: api.post("/events", EVENT, headers={"Content-Type": kind}))
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PATCH", "/events", 405),
        ("GET", "/events", 405),
        ("DELETE", "/rewards", 405),
        ("GET", "/nothing", 404),
        ("GET", "", 404),
    ],
)
def test_no_such_route(api: Api, method: str, path: str, status: int) -> None:
    answer = refused(api, lambda: api.call(method, path))
    assert (answer.status, answer.code) == (status, "not_found" if status == 404 else "method_not_allowed")
    assert (answer.headers.get("Allow") is not None) == (status == 405)


def test_a_program_of_another_client(api: Api) -> None:
    answer = refused(api, lambda: api.post("/events", EVENT, client=STRANGER, scope=ALL_SCOPES))
    assert (answer.status, answer.code) == (403, "forbidden")
