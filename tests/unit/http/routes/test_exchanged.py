"""Orders that expiring points bought: read, listed and cancelled like any other, and never placed by a caller."""

from typing import Any

import pytest

from points.application.administration.adjust_points import adjust_points
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.domain.movements.adjusting import Adjustment
from tests.support.api import Api, demo_document

MEMBER = "/members/m1"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """A member whose points bought something on 1 December."""
    document: dict[str, Any] = {**demo_document(), "exchange_at_expiry": ["coupon-200-50"]}
    monkeypatch.setattr("tests.support.api.demo_document", lambda: document)
    api = Api()
    clock, services = api.clock, api.services
    api.enrol()
    program = services.programs.live("demo")
    for number in range(3):
        give = Adjustment(f"a-{number}", "m1", 2_500, "because", clock.now().date())
        adjust_points(services, program, give, actor="t")
        clock.pass_by(days=1)
        bring_up_to_date(services, program, "m1", clock.now())
    return api


def test_their_references_begin_as_no_callers_does(api: Api) -> None:
    orders = api.get("/orders", query="member=m1").body["items"]
    assert [order["reference"] for order in orders] == ["~2026-11-22.2", "~2026-11-23.4", "~2026-11-24.6"]
    for path, body in (
        ("/redemptions", {"reference": "~2026-11-22.2", "reward": "coupon-200-50"}),
        ("/redemptions", {"reference": "~x", "reward": "coupon-200-50"}),
        ("/holds", {"reference": "~x", "points": 1}),
    ):
        assert api.post(f"{MEMBER}{path}", body).status == 422


def test_they_are_read_and_listed_page_by_page(api: Api) -> None:
    found, cursor = list[str](), ""
    following: Any = ""
    for _ in range(3):
        page = api.get("/orders", query=f"member=m1&limit=1{cursor}").body
        found += [order["reference"] for order in page["items"]]
        following = page["next_cursor"]
        cursor = f"&cursor={following}"
    assert len(set(found)) == 3
    assert following is None
    for reference in found:
        order = api.get(f"{MEMBER}/orders/{reference}")
        assert (order.status, order.body["state"], order.body["points"]) == (200, "placed", 2_500)
    entries = api.get(f"{MEMBER}/entries", query="kind=redeem").body["items"]
    assert {entry["reference"] for entry in entries} == set(found)
    assert {entry["actor"] for entry in entries} == {"expiry"}


def test_they_are_cancelled_once(api: Api) -> None:
    first = api.post(f"{MEMBER}/orders/~2026-11-22.2/cancel", {})
    assert (first.status, first.body["order"]["state"]) == (201, "cancelled")
    again = api.post(f"{MEMBER}/orders/~2026-11-22.2/cancel", {})
    assert (again.status, again.text) == (200, first.text)


@pytest.mark.parametrize("reference", ["~", "~~x", "~%23", "~%24x", f"~{'x' * 65}", "~%0A"])
def test_nothing_else_is_a_reference(api: Api, reference: str) -> None:
    assert api.get(f"{MEMBER}/orders/{reference}").status == 422


@pytest.mark.parametrize("path", ["/holds/~2026-11-22.2/release", "/holds/~2026-11-22.2/capture"])
def test_no_hold_has_one(api: Api, path: str) -> None:
    assert api.post(f"{MEMBER}{path}", {}).status == 422
