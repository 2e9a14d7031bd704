"""What API Gateway answers by itself, before any of our code runs."""

import base64
import json
from http.client import HTTPResponse
from typing import Any
from urllib import error, parse, request

import pytest

from stack import tokens
from stack.outputs import Stack

MEMBER = "/programs/demo/members/gateway-test"


def call(stack: Stack, method: str, path: str, token: str | None) -> tuple[HTTPResponse | error.HTTPError, Any]:
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    asked = request.Request(
        stack["api_url"] + path, method=method, headers=headers, data=b"{}" if method == "PUT" else None
    )
    try:
        answer: HTTPResponse | error.HTTPError = request.urlopen(asked, timeout=30)
    except error.HTTPError as refused:
        answer = refused
    with answer:
        return answer, json.load(answer)


def forged(token: str) -> str:
    """The same token with more rights than were signed."""
    header, claims, signature = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(claims + "=="))
    content["scope"] += " points/admin"
    raised = base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
    return f"{header}.{raised}.{signature}"


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c"])
def test_a_request_without_a_valid_token_is_refused_with_a_problem(stack: Stack, token: str | None) -> None:
    answer, problem = call(stack, "GET", MEMBER, token)
    assert (answer.status, problem["status"], problem["code"]) == (401, 401, "unauthorized")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_token_whose_claims_were_altered_is_refused(stack: Stack) -> None:
    answer, problem = call(stack, "PUT", "/programs/demo/config/draft", forged(tokens.fetch(stack)))
    assert (answer.status, problem["code"]) == (401, "unauthorized")


def test_each_route_wants_its_own_scope(stack: Stack) -> None:
    reading = tokens.fetch(stack, scopes=["points/read"])
    answer, problem = call(stack, "PUT", MEMBER, reading)
    # REST APIs answer 401, not 403, to a valid token that lacks the scope.
    assert (answer.status, problem["code"]) == (401, "unauthorized")


def test_the_back_end_cannot_get_a_token_for_administration(stack: Stack) -> None:
    with pytest.raises(error.HTTPError) as refused:
        tokens.fetch(stack, "backend", scopes=["points/admin"])
    with refused.value:
        assert refused.value.status == 400


def test_a_wrong_secret_gets_no_token(stack: Stack) -> None:
    client = stack["clients"]["backend"] | {"secret": "wrong"}
    with pytest.raises(error.HTTPError) as refused:
        tokens.fetch_for(stack["token_url"], {"id": client["id"], "secret": client["secret"]})
    with refused.value:
        assert refused.value.status in {400, 401}


def test_an_unknown_route_is_not_found(stack: Stack) -> None:
    answer, problem = call(stack, "GET", "/programs/demo/nowhere", tokens.fetch(stack))
    assert (answer.status, problem["code"]) == (404, "not_found")


def test_the_stack_is_reachable_from_this_machine_only(stack: Stack) -> None:
    for url in (stack["api_url"], stack["token_url"], stack["endpoint_url"], stack["queue_url"]):
        assert parse.urlsplit(url).hostname == "127.0.0.1"
