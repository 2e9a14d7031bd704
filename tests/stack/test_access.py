"""Who may do what, on the deployed API: every route's scope, expired tokens, programs of others. Nothing is written."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from stack import deploy, outputs, template, tokens
from stack.api import Api
from stack.outputs import Stack
from stack.paths import PROGRAMS, ROOT
from tests.stack.support import eventually, in_program, member_with, stored

SCOPES = {"points/read", "points/earn", "points/redeem", "points/admin"}


def routes() -> Iterator[tuple[str, str, str]]:
    """(method, path with its parameters' names, scope) of each route in the template."""
    for function in template.resources("AWS::Serverless::Function").values():
        for event in function["Properties"]["Events"].values():
            if event["Type"] == "Api":
                properties = event["Properties"]
                (scope,) = properties["Auth"]["AuthorizationScopes"]
                yield properties["Method"], properties["Path"], scope


def samples() -> dict[tuple[str, str], dict[str, Any]]:
    """By method and path: an event that would do something if it were let through."""
    events = [json.loads(file.read_text("utf-8")) for file in (ROOT / "events").glob("*/*.json")]
    return {(event["httpMethod"], event["resource"]): event for event in events if "httpMethod" in event}


def place_of(sample: dict[str, Any]) -> str:
    """Below the program."""
    query = urlencode(sample["queryStringParameters"] or {})
    return f"{sample['path'].removeprefix('/programs/demo')}?{query}".removesuffix("?")


def body_of(sample: dict[str, Any]) -> Any:
    return None if sample["body"] is None else json.loads(sample["body"])


ROUTES = sorted(routes())
SAMPLES = samples()


@pytest.fixture(scope="module")
def without(stack: Stack) -> dict[str, str]:
    """By scope: a token with every scope but that one."""
    return {scope: tokens.fetch(stack, "admin", scopes=sorted(SCOPES - {scope})) for scope in SCOPES}


@pytest.fixture(scope="module")
def only(stack: Stack) -> dict[str, str]:
    return {scope: tokens.fetch(stack, "admin", scopes=[scope]) for scope in SCOPES}


@pytest.fixture(scope="module")
def sampled(backend: Api, admin: Api) -> str:
    """The member the samples speak of, with enough for every sample to succeed."""
    member = member_with(backend, "member-1001", 0)
    bought = {"reference": "order-20261120-0009", "member": member, "behaviour": "purchase", "amount": "9000.00"}
    backend.expect("POST", "/events", bought)
    order = {"reference": "redemption-20261120-0001", "reward": "coupon-200-50"}
    backend.expect("POST", f"/members/{member}/redemptions", order)
    on_its_way = {"reference": "redemption-20261118-0003", "reward": "coupon-200-50"}
    backend.expect("POST", f"/members/{member}/redemptions", on_its_way)
    admin.expect("POST", f"/members/{member}/orders/redemption-20261118-0003/ship", {})
    backend.expect("POST", f"/members/{member}/holds", {"reference": "checkout-20261120-0001", "points": 500})
    of_order = {"reference": "checkout-20261120-0002", "order_amount": "128.00", "points": 1000}
    backend.expect("POST", f"/members/{member}/holds", of_order)
    backend.expect("POST", f"/members/{member}/holds/checkout-20261120-0002/capture")
    return member


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize(("method", "path", "scope"), ROUTES, ids=[f"{method} {path}" for method, path, _ in ROUTES])
def test_a_route_wants_its_own_scope_and_no_other(
    published: Stack, backend: Api, without: dict[str, str], only: dict[str, str], method: str, path: str, scope: str
) -> None:
    sample = SAMPLES[method, path]
    before = stored(published)

    refused = replace(backend, token=without[scope]).call(method, place_of(sample), body_of(sample))

    # A REST API says 401, not 403, to a valid token that lacks the scope.
    assert (refused.status, refused.body["code"]) == (401, "unauthorized")
    assert refused.headers["Content-Type"] == "application/problem+json"
    # With nothing but its scope the route is reached: it is the scope that was missing. There is nothing to do for it.
    place = path.removeprefix("/programs/{program}").format(
        member="nobody",
        reference="nothing",
        version="1",
        endpoint="nowhere",
        delivery="nothing",
        code="nothing",
        pool="nowhere",
    )
    reached = replace(backend, token=only[scope]).call(method, place, [] if method in {"POST", "PUT"} else None)
    assert reached.status in {200, 204, 400, 404, 422}, reached.body
    assert stored(published) == before


def test_a_token_is_worth_nothing_once_it_has_expired(published: Stack, backend: Api) -> None:
    """Of a client made for the purpose: the template's tokens live for an hour."""
    deployed = outputs.stack_outputs(deploy.STACK_NAME, published["endpoint_url"])
    assert deployed is not None
    made = outputs.client("cognito-idp", published["endpoint_url"]).create_user_pool_client(
        UserPoolId=deployed["UserPoolId"],
        ClientName="short-lived",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=["points/read", "points/earn"],
        AccessTokenValidity=2,
        TokenValidityUnits={"AccessToken": "seconds"},
    )["UserPoolClient"]
    client: outputs.Client = {"id": made["ClientId"], "secret": made["ClientSecret"]}
    path = f"/members/{member_with(backend, 'expired', 10)}"
    before = stored(published)
    caller = Api(backend.base, tokens.fetch_for(published["token_url"], client))

    fresh = caller.call("GET", path)
    assert (fresh.status, fresh.body["code"]) == (403, "forbidden"), "the program does not know this client"
    eventually(lambda: caller.call("PUT", path, {"locale": "en"}).status == 401, what="the token expires")
    late = caller.call("PUT", path, {"locale": "en"})
    assert (late.status, late.body["code"]) == (401, "unauthorized")
    assert stored(published) == before


@pytest.mark.parametrize(
    "token", ["x", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é", "0" * 5000], ids=lambda token: token[:12]
)
def test_garbage_is_no_token(published: Stack, backend: Api, token: str) -> None:
    before = stored(published)
    refused = Api(backend.base, token).call("PUT", "/members/garbage", {})
    assert (refused.status, refused.body["code"]) == (401, "unauthorized")
    assert stored(published) == before


@pytest.fixture(scope="module")
def outlet(published: Stack, admin: Api) -> str:
    """A second program, which grants nobody but the admin client."""
    document = json.loads((PROGRAMS / "demo.json").read_text("utf-8"))
    document["clients"] = [published["clients"]["admin"]["id"]]
    founder = in_program(admin, "outlet")
    saved = founder.expect("PUT", "/config/draft", {"document": document, "revision": 0})
    founder.expect("POST", "/config/publish", {"revision": saved.body["revision"]})
    member_with(founder, "member-1001", 100)
    return "outlet"


def test_another_programs_client_is_forbidden_on_every_route_its_token_reaches(
    published: Stack, backend: Api, outlet: str
) -> None:
    before = stored(published)
    stranger = in_program(backend, outlet)
    for method, path, scope in ROUTES:
        if scope == "points/admin":
            continue  # the back end gets no such token
        sample = SAMPLES[method, path]
        refused = stranger.call(method, place_of(sample), body_of(sample))
        assert (refused.status, refused.body["code"]) == (403, "forbidden"), (method, path)
    assert stored(published) == before


def test_nobody_publishes_a_program_that_would_shut_them_out(published: Stack, admin: Api) -> None:
    founder = in_program(admin, "closed")
    document = json.loads((PROGRAMS / "demo.json").read_text("utf-8"))
    document["clients"] = [published["clients"]["backend"]["id"]]
    saved = founder.expect("PUT", "/config/draft", {"document": document, "revision": 0})
    refused = founder.call("POST", "/config/publish", {"revision": saved.body["revision"]})
    assert (refused.status, refused.body["code"]) == (422, "invalid_program")
    assert founder.call("GET", "/config").status == 404
