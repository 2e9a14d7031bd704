"""Pools by the API."""

import pytest

from tests.support.api import Api

ANN, BEN = "ann", "ben"


@pytest.fixture
def api() -> Api:
    api = Api()
    for member in (ANN, BEN):
        api.enrol(member)
    return api


def join(api: Api, member: str, reference: str = "in") -> object:
    answer = api.post("/pools/home/members", {"reference": reference, "member": member})
    assert answer.status == 201, answer.text
    return answer


def test_a_pool_is_made_joined_spent_from_and_left(api: Api) -> None:
    made = api.put("/pools/home", {"owner": ANN})
    assert (made.status, made.headers["Location"]) == (201, "/v1/programs/demo/pools/home")
    assert made.body["balance"] == {"available": 0, "pending": 0, "held": 0, "owed": 0}
    again = api.put("/pools/home", {"owner": BEN})
    assert (again.status, again.body["owner"], again.body["members"]) == (200, BEN, [])
    for member in (ANN, BEN):
        join(api, member)
    earned = api.post("/events", {"reference": "e", "member": ANN, "behaviour": "purchase", "amount": "9000.00"})
    assert earned.body["balance"]["available"] == 9_000
    assert api.get(f"/members/{ANN}/balance").body["available"] == 0
    for member in (ANN, BEN):
        for path in (f"/members/{member}", f"/members/{member}/balance"):
            assert api.get(path).body["pool"] == {"pool": "home", "available": 9_000}
    bought = api.post(f"/members/{BEN}/redemptions", {"reference": "r", "reward": "coupon-200-50"})
    assert bought.status == 201, bought.text
    pool = api.get("/pools/home").body
    assert (pool["members"], pool["balance"]["available"]) == ([ANN, BEN], 9_000 + bought.entry()["points"])
    assert sum(each["points"] for each in pool["expiring"]) == pool["balance"]["available"]
    kinds = [entry["kind"] for entry in api.get("/pools/home/entries").body["items"]]
    assert kinds == ["pool_out", "pool_in", "pool_joined", "pool_joined", "pool_set", "pool_set"]
    for _ in range(2):
        assert api.delete(f"/pools/home/members/{BEN}").status == 204
    assert api.get(f"/members/{BEN}").body["pool"] is None
    assert api.get("/pools/home").body["members"] == [ANN]


def test_joining_is_replayed(api: Api) -> None:
    api.put("/pools/home", {"owner": ANN})
    body = {"reference": "in", "member": ANN}
    first, again = (api.post("/pools/home/members", body) for _ in range(2))
    assert (first.status, again.status, again.headers["Idempotent-Replayed"]) == (201, 200, "true")
    assert again.text == first.text


def test_refusals(api: Api) -> None:
    assert api.get("/pools/home").code == "not_found"
    assert api.get("/pools/home/entries").code == "not_found"
    assert api.put("/pools/home", {"owner": "nobody"}).code == "not_found"
    assert api.delete(f"/pools/home/members/{ANN}").code == "not_found"
    assert api.post("/pools/home/members", {"reference": "in", "member": ANN}).code == "not_found"
    api.put("/pools/home", {"owner": ANN})
    api.put("/pools/work", {"owner": ANN})
    join(api, ANN)
    assert api.post("/pools/work/members", {"reference": "in-2", "member": ANN}).code == "already_in_pool"


@pytest.mark.parametrize("path", ["", "/balance", "/entries", "/tier"])
def test_the_account_of_a_pool_is_no_members(api: Api, path: str) -> None:
    """Its name is none that a request could ask for."""
    api.put("/pools/home", {"owner": ANN})
    for name in ("pool/home", "pool%2Fhome", "pool%2fhome"):
        assert api.get(f"/members/{name}{path}").status in {404, 422}
    given = {"reference": "t", "to": "pool/home", "points": 100}
    assert api.post(f"/members/{ANN}/transfers", given).status == 422
    linked = {"reference": "i", "referrer": "pool/home"}
    assert api.post(f"/members/{BEN}/referral", linked).status == 422
