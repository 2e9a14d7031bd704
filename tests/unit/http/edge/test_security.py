"""Every route wants its scope and a client of the program; nobody else learns or changes anything."""

from collections.abc import Iterator
from typing import Any

import pytest

from points.http import openapi
from tests.support.api import ALL_SCOPES, CLIENT, STRANGER, Api, rest_event
from tests.support.webhooks import URL

DELIVERY = f"1795233600000000.evt_{'0' * 32}"

# A body each route would accept, so that what is refused is the caller.
BODIES: dict[str, Any] = {
    "enrol_member": {},
    "post_event": {"reference": "r", "member": "m1", "behaviour": "check_in"},
    "post_event_batch": {"events": [{"reference": "r", "member": "m1", "behaviour": "check_in"}]},
    "preview_event": {"reference": "r", "member": "m1", "behaviour": "check_in"},
    "reverse_entry": {"reference": "r", "of": {"kind": "earn", "reference": "x"}, "reason": "x"},
    "redeem_reward": {"reference": "r", "reward": "coupon-200-50"},
    "hold_points": {"reference": "r", "points": 1},
    "write_off_coupon": {"reference": "r"},
    "start_import": {"reference": "r", "file": "codes.csv"},
    "quote_offset": {"order_amount": "1.00"},
    "refund_order": {"reference": "r", "amount": "1.00"},
    "adjust_points": {"reference": "r", "points": 1, "reason": "x"},
    "freeze_member": {"reference": "r", "reason": "x"},
    "unfreeze_member": {"reference": "r", "reason": "x"},
    "save_draft": {"document": {}, "revision": 0},
    "publish_draft": {"revision": 1},
    "roll_back": {"version": 1, "live_version": 1},
    "check_document": {"document": {}},
    "simulate_draft": {"events": [{"reference": "r", "member": "m1", "behaviour": "check_in"}]},
    "refer_member": {"reference": "r", "referrer": "m2"},
    "confirm_points": {"earning": "r"},
    "make_webhook": {"id": "x", "url": URL},
    "change_webhook": {"url": URL, "enabled": True},
    "rotate_webhook_secret": {},
}


def routes() -> Iterator[Any]:
    for path, operations in openapi.document()["paths"].items():
        for method, operation in operations.items():
            name = operation["operationId"]
            filled = path.format(
                program="demo",
                member="m1",
                reference="x",
                version="1",
                endpoint="x",
                delivery=DELIVERY,
                code="x",
                pool="x",
            )
            query = "member=m1" if name == "list_orders" else ""
            yield pytest.param(method.upper(), filled, name, operation["security"][0]["tokens"][0], query, id=name)


ROUTES = pytest.mark.parametrize(("method", "path", "name", "scope", "query"), list(routes()))


@ROUTES
def test_a_token_without_the_scope_is_refused(method: str, path: str, name: str, scope: str, query: str) -> None:
    api = Api()
    others = " ".join(set(ALL_SCOPES.split()) - {scope})
    before = api.written()
    for granted in (others, "", scope + "s", scope.upper()):
        answer = api.send(rest_event(method, path, BODIES.get(name), scope=granted, query=query))
        assert (answer.status, answer.code, answer.body["scope"]) == (403, "forbidden", scope)
    assert api.written() == before


@ROUTES
def test_another_programs_client_is_refused(method: str, path: str, name: str, scope: str, query: str) -> None:
    api = Api()
    before = api.written()
    answer = api.send(rest_event(method, path, BODIES.get(name), client=STRANGER, scope=scope, query=query))
    assert (answer.status, answer.code) == (403, "forbidden")
    assert api.written() == before


@ROUTES
def test_nobody_is_refused(method: str, path: str, name: str, scope: str, query: str) -> None:  # noqa: ARG001
    api = Api()
    before = api.written()
    nobody: list[Any] = [{}, {"scope": ALL_SCOPES}, {"client_id": "", "scope": ALL_SCOPES}]
    for claims in nobody:
        answer = api.send(rest_event(method, path, BODIES.get(name), claims=claims, query=query))
        assert (answer.status, answer.code) == (401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    contexts: list[dict[str, Any]] = [{}, {"authorizer": None}, {"authorizer": {}}]
    for context in contexts:
        event = rest_event(method, path, BODIES.get(name), query=query) | {"requestContext": context}
        assert api.send(event).status == 401
    assert api.written() == before


@ROUTES
def test_the_scope_is_enough(method: str, path: str, name: str, scope: str, query: str) -> None:
    api = Api()
    answer = api.send(rest_event(method, path, BODIES.get(name), scope=scope, query=query))
    assert answer.status not in {401, 403}, answer.text


def test_a_program_is_founded_by_an_administrator_and_then_its_clients_only() -> None:
    api = Api(program="bakery")
    document = {**api_document(), "clients": ["baker"]}
    draft = {"document": document, "revision": 0}
    assert api.put("/config/draft", draft, client="baker", scope="points/earn").code == "forbidden"
    assert api.get("/config/draft", client="baker").code == "not_found"
    assert api.put("/config/draft", draft, client="baker").status == 200
    # Until it is published it is its founder's, and nobody else can read it, take its name or publish it.
    attempts: list[tuple[str, str, Any]] = [
        ("GET", "/config/draft", None),
        ("PUT", "/config/draft", {"document": {**document, "clients": [STRANGER]}, "revision": 1}),
        ("PUT", "/config/draft", {"document": {**document, "clients": [STRANGER]}, "revision": 0}),
        ("POST", "/config/publish", {"revision": 1}),
        ("GET", "/config/draft/diff", None),
    ]
    for method, path, body in attempts:
        assert api.call(method, path, body, client=STRANGER).code == "forbidden"
    # THEN what others see of it is that it is taken
    assert api.get("/config/draft", client="baker").body["document"]["clients"] == ["baker"]
    assert api.post("/config/validate", {"document": document}, client="baker").body == {"faults": [], "warnings": []}
    added = api.get("/config/draft/diff", client="baker").body["differences"]
    assert [item["path"] for item in added] == [f"/{name}" for name in document]
    assert api.post("/config/publish", {"revision": 1}, client="baker").status == 201
    for method, path, body in (
        ("GET", "/config/draft", None),
        ("PUT", "/config/draft", {"document": document, "revision": 1}),
        ("POST", "/config/publish", {"revision": 1}),
        ("POST", "/config/validate", {"document": document}),
        ("GET", "/config/draft/diff", None),
    ):
        assert api.call(method, path, body, client=STRANGER).code == "forbidden"
        assert api.call(method, path, body, client="baker").status == 200


def test_nobody_locks_themselves_out() -> None:
    api = Api(program="bakery")
    api.put("/config/draft", {"document": {**api_document(), "clients": ["baker"]}, "revision": 0}, client="other")
    answer = api.post("/config/publish", {"revision": 1}, client="other")
    assert (answer.status, answer.code) == (422, "invalid_program")
    assert answer.body["faults"][0] | {"message": ""} == {"path": "/clients", "code": "locked_out", "message": ""}


@pytest.mark.parametrize(
    ("claims", "actor"),
    [
        ({"client_id": CLIENT}, CLIENT),
        ({"client_id": CLIENT, "username": "ops-li"}, "ops-li"),
        ({"client_id": CLIENT, "cognito:username": "ops-li"}, "ops-li"),
    ],
)
def test_entries_record_the_operator_or_else_the_client(claims: dict[str, str], actor: str) -> None:
    api = Api()
    api.enrol()
    body = {"reference": "r1", "points": 5, "reason": "goodwill"}
    answer = api.post("/members/m1/adjustments", body, claims={**claims, "scope": ALL_SCOPES})
    assert answer.entry()["actor"] == actor


def api_document() -> dict[str, Any]:
    return {
        "time_zone": "Asia/Shanghai",
        "currency": {"code": "CNY", "decimals": 2},
        "ratio": 100,
        "expiry": {"type": "never"},
        "behaviours": {"visit": {}},
        "rules": [{"id": "visit", "behaviour": "visit", "value": {"type": "fixed", "points": 5}}],
    }
