"""Webhooks over HTTP: endpoints, their secrets, their deliveries."""

from datetime import timedelta
from typing import Any

import pytest

from points.application.webhooks.deliver import deliver
from points.application.webhooks.fan_out import fan_out
from points.domain.telling.events import EventType
from points.domain.webhooks.deliveries import Answered
from points.domain.webhooks.endpoints import MAX_ENDPOINTS, MAX_SECRETS
from points.domain.webhooks.events import event_of
from tests.support.api import Answer, Api
from tests.support.webhooks import URL, Receiver, sent, told

SHOP = {"id": "shop", "url": URL}


@pytest.fixture
def api() -> Api:
    api = Api()
    assert api.post("/webhooks", SHOP).status == 201
    return api


def tell(api: Api, number: int = 0, *, ok: int = 204) -> str:
    """The id of a delivery that was tried once and answered so."""
    receiver = api.webhooks.postman
    assert isinstance(receiver, Receiver)
    receiver.ok = Answered(ok)
    moment = api.clock.moment + timedelta(microseconds=number)
    fan_out(api.webhooks, event_of(told(moment, id=f"evt_{number:032x}")))
    (message,) = sent(api.webhooks)
    deliver(api.webhooks, message)
    sent(api.webhooks)
    return message.delivery


def fault(answer: Answer) -> Any:
    assert (answer.status, answer.code) == (422, "invalid_request")
    return answer.body["faults"][0]["path"]


# ── endpoints ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_endpoint_is_made_and_its_secret_told_once(api: Api) -> None:
    wanted = {"id": "stock", "url": URL, "types": ["OrderPlaced", "OrderCancelled"], "description": "Warehouse"}
    made = api.post("/webhooks", wanted)
    assert (made.status, made.headers["Location"]) == (201, "/v1/programs/demo/webhooks/stock")
    assert made.body["secret"].startswith("whsec_")
    read = api.get("/webhooks/stock").body
    assert read == {name: value for name, value in made.body.items() if name != "secret"}
    assert (read["types"], read["enabled"], read["off"]) == (["OrderCancelled", "OrderPlaced"], True, None)
    assert (read["made_by"], read["urls"][0]["by"]) == ("backend-client", "backend-client")
    for place in ("/webhooks", "/webhooks/stock", "/webhooks/stock/deliveries"):
        assert "whsec_" not in api.get(place).text
    # AND made again it is there, but the secret is not told a second time
    again = api.post("/webhooks", wanted)
    assert (again.status, again.headers["Idempotent-Replayed"], again.body["secret"]) == (200, "true", None)


def test_a_name_means_one_endpoint(api: Api) -> None:
    other = api.post("/webhooks", SHOP | {"url": "https://other.example.com/"})
    assert (other.status, other.code, other.body["reference"]) == (409, "reference_reused", "shop")


def test_a_program_has_so_many_endpoints_and_no_more(api: Api) -> None:
    for number in range(MAX_ENDPOINTS - 1):
        assert api.post("/webhooks", SHOP | {"id": f"e{number}"}).status == 201
    refused = api.post("/webhooks", SHOP | {"id": "one-more"})
    assert (refused.code, refused.body["limit"], refused.body["maximum"]) == ("limit_reached", "webhook_endpoints", 10)
    assert api.post("/webhooks", SHOP).status == 200
    assert len(api.get("/webhooks").body["items"]) == MAX_ENDPOINTS
    assert api.delete("/webhooks/e0").status == 204
    assert api.post("/webhooks", SHOP | {"id": "one-more"}).status == 201


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"url": "http://hooks.example.com/"}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": ""}, "/url"),
        ({"url": None}, "/url"),
        ({"types": []}, "/types"),
        ({"types": ["Ping"]}, "/types/0"),
        ({"types": ["PointsEarned"] * (len(EventType) + 1)}, "/types"),
        ({"description": "x" * 201}, "/description"),
        ({"description": "\r\n"}, "/description"),
        ({"secret": "whsec_mine"}, "/secret"),
        ({"id": "a/b"}, "/id"),
    ],
)
def test_what_is_wrong_with_an_endpoint_is_named(api: Api, change: dict[str, Any], path: str) -> None:
    before = api.written()
    assert fault(api.post("/webhooks", SHOP | {"id": "new"} | change)) == path
    if "id" not in change:
        assert fault(api.put("/webhooks/shop", {"url": URL, "enabled": True} | change)) == path
    assert api.written() == before


def test_an_endpoint_is_changed_switched_off_and_on(api: Api) -> None:
    new = "https://new.example.com/hooks"
    api.clock.pass_by(hours=1)
    changed = api.put(
        "/webhooks/shop", {"url": new, "types": ["PointsEarned"], "enabled": True}, claims=_operator("wang")
    ).body
    assert [(each["url"], each["by"]) for each in changed["urls"]] == [(new, "wang"), (URL, "backend-client")]
    off = api.put("/webhooks/shop", {"url": new, "enabled": False}).body
    assert (off["enabled"], off["off"], off["types"]) == (False, "operator", None)
    assert len(off["urls"]) == 2
    assert api.get("/webhooks/shop").body == off
    assert fault(api.put("/webhooks/shop", {"url": new})) == "/enabled"
    assert api.put("/webhooks/shop", {"url": new, "enabled": True}).body["enabled"] is True


def _operator(name: str) -> dict[str, str]:
    return {"client_id": "backend-client", "scope": "points/admin", "username": name}


def test_what_is_not_there(api: Api) -> None:
    gone = f"/webhooks/shop/deliveries/{0:016d}.evt_{0:032d}"
    for answer in (
        api.get("/webhooks/nobody"),
        api.put("/webhooks/nobody", {"url": URL, "enabled": True}),
        api.post("/webhooks/nobody/secret"),
        api.post("/webhooks/nobody/test"),
        api.get("/webhooks/nobody/deliveries"),
        api.get(gone),
        api.post(f"{gone}/resend"),
    ):
        assert (answer.status, answer.code) == (404, "not_found")
    assert api.get("/webhooks/shop/deliveries/42").status == 422


def test_an_endpoint_is_removed_and_may_be_removed_twice(api: Api) -> None:
    for _ in range(2):
        assert api.delete("/webhooks/shop").status == 204
    assert api.get("/webhooks").body == {"items": []}


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_secret_is_rotated(api: Api) -> None:
    first = api.post("/webhooks/shop/secret")
    assert (first.status, first.body["secrets_until"]) == (200, ["2026-11-22T04:00:00.000000Z"])
    second = api.post("/webhooks/shop/secret", {"keep_hours": 0}).body
    assert second["secrets_until"] == []
    assert second["secret"] != first.body["secret"]
    assert fault(api.post("/webhooks/shop/secret", {"keep_hours": 169})) == "/keep_hours"
    for _ in range(MAX_SECRETS - 1):
        assert api.post("/webhooks/shop/secret").status == 200
    refused = api.post("/webhooks/shop/secret")
    assert (refused.code, refused.body["limit"]) == ("limit_reached", "webhook_secrets")


# ── deliveries ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_deliveries_are_listed_newest_first_page_by_page(api: Api) -> None:
    ids = [tell(api, number, ok=204 if number % 3 else 500) for number in range(7)]
    first = api.get("/webhooks/shop/deliveries", query="limit=4").body
    assert [item["id"] for item in first["items"]] == ids[:2:-1]
    second = api.get("/webhooks/shop/deliveries", query=f"limit=4&cursor={first['next_cursor']}").body
    assert [item["id"] for item in second["items"]] == ids[2::-1]
    assert second["next_cursor"] is None
    failed = api.get("/webhooks/shop/deliveries", query="state=failed&limit=2").body
    assert [item["id"] for item in failed["items"]] == [ids[6], ids[3]]
    rest = api.get("/webhooks/shop/deliveries", query=f"state=failed&limit=2&cursor={failed['next_cursor']}").body
    assert [item["id"] for item in rest["items"]] == [ids[0]]
    assert api.get("/webhooks/shop/deliveries", query="state=lost").status == 400
    assert "body" not in first["items"][0]


def test_a_delivery_is_shown_with_what_is_sent(api: Api) -> None:
    delivery = api.get(f"/webhooks/shop/deliveries/{tell(api, 1, ok=500)}").body
    assert (delivery["state"], delivery["status"], delivery["why"], delivery["attempts"]) == (
        "failed",
        500,
        "status",
        1,
    )
    assert delivery["next_attempt_at"] == "2026-11-21T04:00:10.000000Z"
    receiver = api.webhooks.postman
    assert isinstance(receiver, Receiver)
    assert delivery["body"] == receiver.posts[0][1]


def test_a_delivery_is_sent_again_once_however_often_it_is_asked_for(api: Api) -> None:
    name = tell(api)
    for _ in range(2):
        again = api.post(f"/webhooks/shop/deliveries/{name}/resend")
        assert (again.status, again.body["state"], again.body["resent"]) == (200, "pending", 1)
    tried = [deliver(api.webhooks, message).tried for message in sent(api.webhooks)]
    assert tried == [True, False]
    assert api.get(f"/webhooks/shop/deliveries/{name}").body["state"] == "delivered"


def test_nothing_is_sent_again_to_an_endpoint_that_is_off(api: Api) -> None:
    name = tell(api, ok=410)
    assert api.get("/webhooks/shop").body["off"] == "gone"
    refused = api.post(f"/webhooks/shop/deliveries/{name}/resend")
    assert (refused.status, refused.code, refused.body["off"]) == (409, "endpoint_off", "gone")
    api.put("/webhooks/shop", {"url": URL, "enabled": True})
    assert api.post(f"/webhooks/shop/deliveries/{name}/resend").status == 200


def test_a_ping_can_be_followed(api: Api) -> None:
    ping = api.post("/webhooks/shop/test")
    assert (ping.status, ping.body["type"], ping.body["state"]) == (201, "Ping", "pending")
    (message,) = sent(api.webhooks)
    deliver(api.webhooks, message)
    place = ping.headers["Location"].removeprefix("/v1/programs/demo")
    assert api.get(place).body["state"] == "delivered"
