"""Auctions over HTTP: what is answered to whom, and what is refused how."""

from datetime import timedelta

import pytest

from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.ports import PublishedVersion
from points.http.answers.auctions import Auction, AuctionsAnswer, BidAnswer
from tests.support.api import NOW, Answer, Api, demo_document
from tests.support.auctions import NAME, with_auction

PLACE = f"/auctions/{NAME}"
READER = "points/read points/redeem"


@pytest.fixture
def api() -> Api:
    api = Api()
    document = with_auction(demo_document(), later={"from": "2026-11-22T08:00", "to": "2026-11-22T09:00"})
    api.services.versions.publish("demo", PublishedVersion(2, document, 1, NOW, "setup").sealed())
    for member in ("m1", "m2"):
        api.enrol(member)
        api.post(f"/members/{member}/adjustments", {"reference": "a", "points": 5_000, "reason": "to bid with"})
    return api


def bid(api: Api, member: str, points: int, reference: str | None = None) -> Answer:
    body = {"reference": reference or f"{member}-{points}", "member": member, "points": points}
    return api.post(f"{PLACE}/bids", body)


def test_a_bid_is_made_and_repeated(api: Api) -> None:
    made = bid(api, "m1", 1_000, "r-1")
    assert made.status == 201
    BidAnswer.model_validate(made.body)
    assert made.body["bid"] == {
        "auction": NAME, "bid": 1, "points": 1_000, "closes_at": "2026-11-21T12:00:00.000000Z",
    }  # fmt: skip
    assert made.body["balance"] == {"available": 4_000, "pending": 0, "held": 1_000, "owed": 0}
    bid(api, "m2", 1_500)
    again = bid(api, "m1", 1_000, "r-1")
    assert (again.status, again.headers["Idempotent-Replayed"], again.text) == (200, "true", made.text)
    other = bid(api, "m1", 2_000, "r-1")
    assert (other.status, other.code) == (409, "reference_reused")


def test_refusals_have_their_numbers(api: Api) -> None:
    low = bid(api, "m1", 999)
    assert (low.status, low.code, low.body["required"], low.body["amount"]) == (409, "bid_too_low", 1_000, 0)
    poor = bid(api, "m1", 5_001)
    assert (poor.code, poor.body["available"], poor.body["required"]) == ("insufficient_points", 5_000, 5_001)
    early = api.post("/auctions/later/bids", {"reference": "r", "member": "m1", "points": 1_000})
    assert (early.code, early.body["opens_at"]) == ("auction_not_begun", "2026-11-22T00:00:00.000000Z")
    api.clock.pass_by(hours=8)
    late = bid(api, "m1", 1_000)
    assert (late.code, late.body["closed_at"]) == ("auction_closed", "2026-11-21T12:00:00.000000Z")
    nowhere = api.post("/auctions/nowhere/bids", {"reference": "r", "member": "m1", "points": 1})
    assert (nowhere.status, nowhere.code, nowhere.body["resource"]) == (404, "not_found", "auction")
    nobody = bid(api, "nobody", 1_000)
    assert (nobody.status, nobody.body["resource"]) == (404, "member")
    texts = [
        api.post(f"{PLACE}/bids", {"reference": "r", "member": "m1", "points": 1}, headers={"Accept-Language": to})
        for to in ("en", "zh-CN")
    ]
    assert [text.body["title"] for text in texts] == ["The auction is over", "竞拍已结束"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"member": "m1", "points": 5}, "/reference"),
        ({"reference": "r", "points": 5}, "/member"),
        ({"reference": "r", "member": "m1"}, "/points"),
        ({"reference": "r", "member": "m1", "points": "5"}, "/points"),
        ({"reference": "r", "member": "m1", "points": 1.5}, "/points"),
        ({"reference": "r", "member": "m1", "points": 0}, "/points"),
        ({"reference": "r/1", "member": "m1", "points": 5}, "/reference"),
        ({"reference": "r", "member": "m1", "points": 5, "auction": "x"}, "/auction"),
    ],
)
def test_bad_bids_leave_nothing(api: Api, body: dict[str, object], path: str) -> None:
    before = api.written()
    refused = api.post(f"{PLACE}/bids", body)
    assert (refused.status, [fault["path"] for fault in refused.body["faults"]]) == (422, [path])
    assert api.written() == before


def test_who_leads_is_told_to_operators_and_to_nobody_else(api: Api) -> None:
    bid(api, "m1", 1_000)
    bid(api, "m2", 1_200)
    seen = api.get(PLACE, scope=READER)
    Auction.model_validate(seen.body)
    assert (seen.body["amount"], seen.body["bids"], seen.body["required"]) == (1_200, 2, 1_300)
    assert (seen.body["leader"], seen.body["leading"], seen.body["state"]) == (None, None, "open")
    assert "m2" not in seen.text
    for member, leads in (("m1", False), ("m2", True)):
        mine = api.get(PLACE, query=f"member={member}", scope=READER).body
        assert (mine["leading"], mine["leader"]) == (leads, None)
    assert api.get(PLACE).body["leader"] == "m2"
    # AND entries and events of whoever was overtaken do not say it either
    assert "m2" not in api.get("/members/m1/entries", scope=READER).text


def test_the_list(api: Api) -> None:
    bid(api, "m1", 1_000)
    first = api.get("/auctions", query="limit=1", headers={"Accept-Language": "zh-CN"})
    AuctionsAnswer.model_validate(first.body)
    (shown,) = first.body["items"]
    assert (shown["auction"], shown["title"], shown["amount"]) == (NAME, "阅读器之夜", 1_000)
    rest = api.get("/auctions", query=f"limit=1&cursor={first.body['next_cursor']}")
    assert [(item["auction"], item["state"], item["amount"]) for item in rest.body["items"]] == [
        ("later", "upcoming", None)
    ]
    assert rest.body["next_cursor"] is None
    assert api.get("/auctions", query="cursor=x").status == 400


def test_it_is_settled_and_what_was_won_is_an_order(api: Api) -> None:
    bid(api, "m1", 1_000)
    api.clock.pass_by(hours=9)
    assert api.get(PLACE).body["state"] == "closed"
    bring_up_to_date(api.services, api.services.programs.live("demo"), "m1", api.clock.now())
    seen = api.get(PLACE, query="member=m1").body
    assert (seen["state"], seen["leading"], seen["ended_by"]) == ("settled", True, "expiry")
    order = api.get(f"/members/m1/orders/~auction.{NAME}")
    assert (order.status, order.body["reward"], order.body["points"]) == (200, "e-reader", 1_000)
    cancelled = api.post(f"/members/m1/orders/~auction.{NAME}/cancel", {})
    assert (cancelled.status, cancelled.body["balance"]["available"]) == (201, 5_000)


def test_an_operator_calls_it_off(api: Api) -> None:
    bid(api, "m1", 1_000)
    assert api.post(f"{PLACE}/cancel", {}).status == 422
    done = api.post(f"{PLACE}/cancel", {"reason": "it broke"})
    Auction.model_validate(done.body)
    assert (done.status, done.body["state"], done.body["why"], done.body["reason"]) == (
        201, "cancelled", "operator", "it broke",
    )  # fmt: skip
    again = api.post(f"{PLACE}/cancel", {"reason": "another reason"})
    assert (again.status, again.text) == (200, done.text)
    assert api.get("/members/m1/balance").body["available"] == 5_000
    shown = api.get(PLACE, scope=READER).body
    assert (shown["state"], shown["reason"], shown["ended_by"], shown["leader"]) == ("cancelled", None, None, None)
    assert api.post("/auctions/nowhere/cancel", {"reason": "r"}).status == 404


def test_a_late_bid_is_answered_with_the_later_close(api: Api) -> None:
    api.clock.moment = NOW + timedelta(hours=7, minutes=59, seconds=30)
    made = bid(api, "m1", 1_000)
    assert made.body["bid"]["closes_at"] == "2026-11-21T12:02:00.000000Z"
    seen = api.get(PLACE).body
    assert (seen["closes_at"], seen["extended"]) == ("2026-11-21T12:02:00.000000Z", 1)
