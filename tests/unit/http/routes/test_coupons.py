"""Coupons and pools over the API."""

from typing import Any

import pytest

from points.application.ports import PublishedVersion
from tests.support.api import NOW, Api, demo_document
from tests.support.importing import worked_off

CUT = {
    "price": 5,
    "kind": "coupon",
    "title": {"en": "A cut", "zh-CN": "折扣券"},
    "coupon": {"source": "generated", "valid_days": 30},
}
FILM = {"price": 5, "kind": "voucher", "coupon": {"source": "pool", "pool": "films"}}


@pytest.fixture
def api() -> Api:
    api = Api()
    document = demo_document()
    document["rewards"] = {**document["rewards"], "cut": CUT, "film": FILM}
    api.services.versions.publish("demo", PublishedVersion(2, document, 1, NOW, "setup").sealed())
    api.enrol()
    api.buy("500.00")
    return api


def redeemed(api: Api, reward: str, reference: str = "r1", **body: Any) -> Any:
    answer = api.post("/members/m1/redemptions", {"reference": reference, "reward": reward, **body})
    assert answer.status == 201, answer.text
    return answer.body


def test_a_coupon_from_its_redemption_to_its_use(api: Api) -> None:
    body = redeemed(api, "cut", quantity=2)
    assert body["order"]["state"] == "fulfilled"
    one, other = body["entry"]["details"]["codes"]
    assert body["entry"]["details"]["good_until"] == "2026-12-21"
    again = api.post("/members/m1/redemptions", {"reference": "r1", "reward": "cut", "quantity": 2})
    assert (again.status, again.body) == (200, body)
    assert api.get(f"/coupons/{one.lower()}").body == {
        "code": one,
        "reward": "cut",
        "title": "折扣券",
        "member": "m1",
        "order": "r1",
        "state": "issued",
        "issued_at": "2026-11-21T04:00:00.000000Z",
        "expires_on": "2026-12-21",
        "ended_at": None,
    }
    use = {"reference": "till-1", "amount": "99.00", "note": "ask for Anna"}
    used = api.post(f"/coupons/{one}/write-off", use)
    assert (used.status, used.body["coupon"]["state"], used.body["entry"]["points"]) == (201, "written_off", 0)
    assert used.body["entry"]["details"] == {"amount": "99.00", "order": "r1", "reference": "till-1", "reward": "cut"}
    assert used.body["entry"]["reason"] == "ask for Anna"
    replayed = api.post(f"/coupons/{one}/write-off", use)
    assert (replayed.status, replayed.body) == (200, used.body)
    assert replayed.headers["Idempotent-Replayed"] == "true"
    refused = api.post(f"/coupons/{one}/write-off", {"reference": "till-2"})
    assert (refused.status, refused.code, refused.body["order"]) == (409, "coupon_used", "r1")
    assert refused.body["used_at"] == "2026-11-21T04:00:00.000000Z"
    listed = api.get("/members/m1/coupons").body
    assert [(each["code"], each["state"]) for each in listed["items"]] == [(one, "written_off"), (other, "issued")]
    cancelled = api.post("/members/m1/orders/r1/cancel")
    assert (cancelled.status, cancelled.code, cancelled.body["coupon"]) == (409, "coupon_used", one)


def test_codes_that_are_none(api: Api) -> None:
    code = redeemed(api, "cut")["entry"]["details"]["codes"][0]
    wrong = ("2" if code[0] != "2" else "3") + code[1:]
    for path, method in ((f"/coupons/{wrong}", api.get), (f"/coupons/{wrong}/write-off", api.post)):
        answer = method(path, {"reference": "x"}) if method == api.post else method(path)
        assert (answer.status, answer.code) == (422, "coupon_mistyped")
    assert api.get("/coupons/nobody-has-it").code == "unknown_coupon"
    assert api.get("/coupons/nobody-has-it").status == 404
    assert api.post("/coupons/nobody-has-it/write-off", {"reference": "x"}).code == "unknown_coupon"
    for odd in ("a%23b", "%24", "a b", "折扣", "x" * 65):
        assert api.get(f"/coupons/{odd}").status == 422


def test_a_members_coupons_page_by_page(api: Api) -> None:
    for number in range(3):
        redeemed(api, "cut", f"r{number}")
    first = api.get("/members/m1/coupons", query="limit=2").body
    assert [each["order"] for each in first["items"]] == ["r2", "r1"]
    second = api.get("/members/m1/coupons", query=f"limit=2&cursor={first['next_cursor']}").body
    assert [each["order"] for each in second["items"]] == ["r0"]
    assert api.get("/members/m2/coupons").status == 404
    assert api.get("/members/m1/coupons", query="cursor=x").status == 400


def test_a_pool_is_filled_and_taken_from(api: Api) -> None:
    files: Any = api.importing.files
    files.files["demo", "2026/films.csv"] = b"FILM-1\nFILM-2\nFILM-1\n"
    body = {"reference": "first", "file": "2026/films.csv"}
    begun = api.post("/coupon-pools/films/imports", body)
    assert (begun.status, begun.body["state"], begun.body["size"]) == (202, "waiting", None)
    place = "/coupon-pools/films/imports/first"
    assert begun.headers["Location"].endswith(place)
    assert api.post("/members/m1/redemptions", {"reference": "r0", "reward": "film"}).code == "out_of_stock"
    worked_off(api.importing)
    done = api.get(place).body
    assert (done["state"], done["imported"], done["lines"], done["read"]) == ("done", 2, 3, 21)
    assert (done["rejected"], done["named"]) == ({"repeated": 1}, [{"line": 3, "why": "repeated"}])
    assert api.post("/coupon-pools/films/imports", body).body == done
    assert api.post("/coupon-pools/films/imports", body | {"file": "other.csv"}).code == "reference_reused"
    codes = redeemed(api, "film")["entry"]["details"]
    assert (codes["pool"], len(codes["codes"])) == ("films", 1)
    assert api.get("/coupon-pools/films").body == {
        "pool": "films",
        "imported": 2,
        "free": 1,
        "issued": 1,
        "exact": True,
    }
    assert api.get("/coupon-pools/films/imports/second").status == 404


@pytest.mark.parametrize("file", ["../demo/x.csv", "/x.csv", "a//b", "a/../b", ".x", "x/", "", "a b", "x" * 600])
def test_a_file_is_of_the_programs_own_folder(api: Api, file: str) -> None:
    assert api.post("/coupon-pools/films/imports", {"reference": "r", "file": file}).status == 422
