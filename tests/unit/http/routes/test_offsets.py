"""Orders that points pay part of, over the API: quote, hold, capture, refund, and who is refused."""

from typing import Any

import pytest

from points.application.ports import PublishedVersion
from points.http.answers.offsets import OffsetQuoteAnswer, OrderRefundAnswer
from points.http.answers.redemption import HoldAnswer
from tests.support.api import NOW, Answer, Api, demo_document

QUOTE, HOLDS = "/members/m1/offset-quote", "/members/m1/holds"


@pytest.fixture
def api() -> Api:
    """A member with 5,678 points; half of an order of 50 or more, in steps of 100."""
    api = Api()
    api.enrol()
    adjusted = api.post("/members/m1/adjustments", {"reference": "a", "points": 5_678, "reason": "start"})
    assert adjusted.status == 201
    return api


def publish(api: Api, **changes: Any) -> None:
    live = api.services.programs.live("demo").version
    head = api.services.versions.live("demo")
    assert head is not None
    document = {name: value for name, value in {**demo_document(), **changes}.items() if value is not None}
    version = PublishedVersion(live + 1, document, 1, NOW, "setup", previous_digest=head.digest)
    api.services.versions.publish("demo", version.sealed())


def held(api: Api, reference: str = "h", **body: Any) -> Answer:
    return api.post(HOLDS, {"reference": reference, **body})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"order_amount": "128.00"}, (5_600, "56.00", "balance")),
        ({"order_amount": "66.66"}, (3_300, "33.00", "maximum_share")),
        ({"order_amount": "66.66", "points": 3_000}, (3_000, "30.00", None)),
        ({"order_amount": "0.01"}, (0, "0.00", "minimum_order")),
        ({"order_amount": "1000000000.00", "points": 150}, (100, "1.00", "step")),
    ],
)
def test_a_quote(api: Api, body: dict[str, Any], expected: tuple[int, str, str | None]) -> None:
    before = api.written()
    answered = api.post(QUOTE, body)
    assert answered.status == 200
    OffsetQuoteAnswer.model_validate(answered.body)
    points, discount, limited_by = expected
    assert answered.body == {"points": points, "discount": discount, "limited_by": limited_by}
    assert api.written() == before


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "/order_amount"),
        ({"order_amount": 128}, "/order_amount"),
        ({"order_amount": "1.005"}, "/order_amount"),
        ({"order_amount": "-1"}, "/order_amount"),
        ({"order_amount": "999999999999999"}, "/order_amount"),
        ({"order_amount": "128.00", "points": 0}, "/points"),
        ({"order_amount": "128.00", "points": "100"}, "/points"),
        ({"order_amount": "128.00", "share": 5}, "/share"),
    ],
)
def test_a_quote_of_nonsense(api: Api, body: dict[str, Any], path: str) -> None:
    refused = api.post(QUOTE, body)
    assert (refused.status, refused.code) == (422, "invalid_request")
    assert [fault["path"] for fault in refused.body["faults"]] == [path]


def test_who_gets_no_quote(api: Api) -> None:
    body = {"order_amount": "128.00"}
    assert api.post("/members/nobody/offset-quote", body).code == "not_found"
    api.post("/members/m1/freeze", {"reference": "f", "reason": "why", "activities": ["redeeming"]})
    frozen = api.post(QUOTE, body)
    assert (frozen.status, frozen.code, frozen.body["frozen"]) == (409, "member_frozen", "redeeming")
    publish(api, offset=None)
    assert (api.post(QUOTE, body).status, api.post(QUOTE, body).code) == (422, "invalid_request")


def test_real_names_only(api: Api) -> None:
    publish(api, offset={"real_name_only": True})
    assert api.post(QUOTE, {"order_amount": "9.00"}).body["limited_by"] == "real_name_required"
    api.put("/members/m1", {"real_name_verified": True})
    assert api.post(QUOTE, {"order_amount": "9.00"}).body["points"] == 900


def test_a_hold_for_an_order_its_capture_and_its_refunds(api: Api) -> None:
    first = held(api, order_amount="128.00")
    HoldAnswer.model_validate(first.body)
    assert first.status == 201
    assert first.body["offset"] == {"order_amount": "128.00", "points": 5_600, "discount": "56.00"}
    assert first.body["hold"]["points"] == first.body["balance"]["held"] == 5_600
    details = first.entry()["details"]
    assert (details["order_amount"], details["discount"], details["ratio"]) == ("128.00", "56.00", 100)

    captured = api.post(f"{HOLDS}/h/capture", {"points": 2_801})
    assert captured.body["offset"] == {"order_amount": "128.00", "points": 2_801, "discount": "28.01"}
    assert (captured.body["hold"]["released"], captured.entry()["details"]["held_on"]) == (2_799, "2026-11-21")

    part = api.post(f"{HOLDS}/h/refunds", {"reference": "r", "amount": "28.00", "reason": "too large"})
    OrderRefundAnswer.model_validate(part.body)
    assert part.status == 201
    assert part.body["refund"] == {
        "reference": "r", "hold": "h", "amount": "28.00", "points": 612, "money": "21.88", "last": False
    }  # fmt: skip
    assert part.entry()["reverses"] == {"kind": "capture", "reference": "h"}
    assert (part.entry()["details"]["reversed"], part.entry()["details"]["money"]) == (612, "21.88")
    assert part.entry()["reason"] == "too large"

    too_much = api.post(f"{HOLDS}/h/refunds", {"reference": "r-2", "amount": "100.01"})
    assert (too_much.status, too_much.code) == (409, "already_reversed")
    assert (too_much.body["remaining_amount"], too_much.body["required_amount"]) == ("100.00", "100.01")
    rest = api.post(f"{HOLDS}/h/refunds", {"reference": "r-2", "amount": "100.00"})
    assert rest.body["refund"] == {
        "reference": "r-2", "hold": "h", "amount": "100.00", "points": 2_189, "money": "78.11", "last": True
    }  # fmt: skip
    # The very points, and 128.00 - 28.01 in money.
    assert 612 + 2_189 == 2_801
    assert 2_188 + 7_811 == 12_800 - 2_801
    assert api.get("/members/m1/balance").body["available"] == 5_678


def test_a_plain_hold_answers_no_offset(api: Api) -> None:
    assert held(api, points=5).body["offset"] is None
    assert api.post(f"{HOLDS}/h/capture").body["offset"] is None
    refused = api.post(f"{HOLDS}/h/refunds", {"reference": "r", "amount": "1.00"})
    assert (refused.status, refused.code) == (422, "invalid_request")


def test_a_release_gives_all_back(api: Api) -> None:
    held(api, order_amount="128.00")
    released = api.post(f"{HOLDS}/h/release")
    assert (released.body["offset"], released.body["balance"]["available"]) == (None, 5_678)
    assert api.post(f"{HOLDS}/h/refunds", {"reference": "r", "amount": "1.00"}).code == "not_found"


def test_a_hold_is_refused_unless_all_of_it_may_be_used(api: Api) -> None:
    before = api.written()
    refused = held(api, order_amount="66.66", points=3_400)
    assert (refused.status, refused.code) == (409, "offset_refused")
    numbers = {name: refused.body[name] for name in ("limited_by", "usable", "discount", "required")}
    assert numbers == {"limited_by": "maximum_share", "usable": 3_300, "discount": "33.00", "required": 3_400}
    nothing = held(api, order_amount="49.99")
    assert (nothing.code, nothing.body["limited_by"], nothing.body["usable"]) == ("offset_refused", "minimum_order", 0)
    neither = held(api)
    assert (neither.status, [fault["path"] for fault in neither.body["faults"]]) == (422, ["/points"])
    assert held(api, order_amount="x").status == 422
    assert api.post("/members/nobody/holds", {"reference": "h", "order_amount": "128.00"}).code == "not_found"
    assert api.written() == before


def test_titles_in_the_callers_language(api: Api) -> None:
    refused = api.post(HOLDS, {"reference": "h", "order_amount": "1.00"}, headers={"Accept-Language": "zh"})
    assert refused.body["title"] == "积分不能抵扣该订单这么多金额"


def test_replays_say_what_was_said_whatever_has_become_of_the_program(api: Api) -> None:
    requests = [
        (HOLDS, {"reference": "h", "order_amount": "128.00"}),
        (f"{HOLDS}/h/capture", {"points": 2_801}),
        (f"{HOLDS}/h/refunds", {"reference": "r", "amount": "28.00"}),
    ]
    answers = [api.post(*request) for request in requests]
    assert [answer.status for answer in answers] == [201, 201, 201]
    publish(api, offset=None, ratio=7)
    before = api.written()
    for request, answer in zip(requests, answers, strict=True):
        again = api.post(*request)
        assert (again.status, again.headers["Idempotent-Replayed"], again.text) == (200, "true", answer.text)
    others = [
        (HOLDS, {"reference": "h", "order_amount": "128.01"}),
        (HOLDS, {"reference": "h", "points": 5_600}),
        (f"{HOLDS}/h/refunds", {"reference": "r", "amount": "28.01"}),
    ]
    assert {api.post(*other).code for other in others} == {"reference_reused"}
    assert api.written() == before


def test_a_capture_of_an_order_is_not_reversed_by_points(api: Api) -> None:
    held(api, order_amount="128.00")
    api.post(f"{HOLDS}/h/capture")
    body = {"reference": "r", "of": {"kind": "capture", "reference": "h"}, "points": 5, "reason": "why"}
    refused = api.post("/members/m1/reversals", body)
    assert (refused.status, [fault["path"] for fault in refused.body["faults"]]) == (422, ["/of"])


def test_each_needs_the_scope_to_redeem(api: Api) -> None:
    for path in (QUOTE, f"{HOLDS}/h/refunds"):
        assert api.post(path, {}, scope="points/read points/earn points/admin").code == "forbidden"
