"""Transfers by the API: what is answered the first time, on a replay, and where they are refused."""

import pytest

from tests.support.api import Answer, Api, demo_document

ANN, BEN = "ann", "ben"


@pytest.fixture
def api() -> Api:
    api = Api()
    for member in (ANN, BEN):
        api.enrol(member)
    api.post("/events", {"reference": "e", "member": ANN, "behaviour": "purchase", "amount": "1000.00"})
    return api


def give(api: Api, points: int = 300, to: str = BEN, reference: str = "t") -> Answer:
    return api.post(f"/members/{ANN}/transfers", {"reference": reference, "to": to, "points": points})


def test_a_transfer_says_what_both_have_of_it(api: Api) -> None:
    answer = give(api)
    assert answer.status == 201
    assert answer.body["transfer"] == {
        "reference": "t",
        "member": ANN,
        "to": BEN,
        "points": 300,
        "fee": 3,
        "state": "transferred",
        "returned": 0,
        "fee_returned": 0,
    }
    assert (answer.entry()["kind"], answer.entry()["points"]) == ("transfer_out", -303)
    assert answer.entry()["lines"] == [{"rule": "transfer_fee", "title": None, "points": -3}]
    assert "counted" not in answer.entry()["details"]
    assert [lots["points"] for lots in answer.entry()["details"]["fee_lots"]] == [3]
    (received,) = api.get(f"/members/{BEN}/entries").body["items"]
    assert (received["kind"], received["reference"], received["points"]) == ("transfer_in", "ann/t", 300)
    assert received["details"] == {"giver": ANN, "points": 300}


def test_its_way_back_is_an_operators_and_both_are_replayed(api: Api) -> None:
    first = give(api)
    path = f"/members/{ANN}/transfers/t/reversal"
    assert api.post(path, {"reason": "stolen"}, scope="points/redeem").status == 403
    back = api.post(path, {"reason": "stolen"})
    assert back.status == 201
    assert back.body["transfer"] | {"state": "", "returned": 0} == first.body["transfer"] | {
        "state": "",
        "fee_returned": 3,
    }
    assert (back.body["transfer"]["state"], back.body["transfer"]["returned"]) == ("reversed", 300)
    assert back.entry()["reason"] == "stolen"
    assert back.entry()["details"] == {"reversed": 300, "last": True, "fee": 3, "to": BEN}
    for again, original in ((give(api), first), (api.post(path, {"reason": "another"}), back)):
        assert (again.status, again.text) == (200, original.text)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert api.get(f"/members/{ANN}/balance").body["available"] == 1_000
    assert api.get(f"/members/{BEN}/balance").body["available"] == 0


def test_refusals(api: Api) -> None:
    before = api.written()
    assert give(api, to=ANN).code == "invalid_request"
    assert give(api, to="nobody").code == "not_found"
    assert give(api, points=99).code == "invalid_request"
    assert give(api, points=1_000).code == "insufficient_points"
    assert api.post(f"/members/{ANN}/transfers/t/reversal", {"reason": "r"}).code == "not_found"
    assert (
        api.post(f"/members/{ANN}/transfers", {"reference": "t", "to": BEN, "points": 200, "message": "hi"}).status
        == 422
    )
    assert api.written() == before
    give(api)
    assert give(api, points=200).code == "reference_reused"


def test_the_demo_program_lets_members_give() -> None:
    assert demo_document()["transfers"]["fee"] == {"percent": "1"}
