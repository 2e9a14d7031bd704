"""What the stack tests share: waiting with a deadline, buying, reading all there is, looking under the API."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from points.adapters.backoff import JitteredBackoff
from points.adapters.cached_programs import CachedPrograms
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.walk import DynamoDBWalk
from points.adapters.program_document import PydanticProgramDocuments
from points.application.administration.audit_ledger import Audit, audit_ledger
from stack import outputs
from stack.api import Answer, Api
from stack.outputs import Stack

WAIT_SECONDS: Final = 30.0
_BETWEEN_LOOKS_SECONDS: Final = 0.05
TRIES: Final = 50


def eventually[Value](look: Callable[[], Value], *, what: str, seconds: float = WAIT_SECONDS) -> Value:
    """The first true value of `look`. Fails saying `what` never came, and what was seen last."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"{what}: not after {seconds:g} s; last seen {seen!r}"
        time.sleep(_BETWEEN_LOOKS_SECONDS)
    return seen


def purchase(member: str, reference: str, amount: str) -> dict[str, Any]:
    return {"reference": reference, "member": member, "behaviour": "purchase", "amount": amount}


def member_with(api: Api, member: str, points: int) -> str:
    """A new member who has bought for so many points, under the reference `first`."""
    assert api.call("PUT", f"/members/{member}", {}).status == 201
    if points:
        assert api.call("POST", "/events", purchase(member, "first", f"{points}.00")).status == 201
    return member


def insist(api: Api, method: str, path: str, body: object = None) -> Answer:
    """As the guide tells callers to: the same request again after a time-out, or if the answer is that this helps."""
    heard = []
    for _ in range(TRIES):
        try:
            answer = api.call(method, path, body)
        except TimeoutError:
            heard.append("nothing")
            continue
        if answer.status < 400 or answer.body["code"] not in {"conflict", "throttled", "unavailable"}:
            return answer
        heard.append(answer.body["code"])
    raise AssertionError(f"{method} {path}: {heard}")


def entries(api: Api, member: str, *, query: str = "") -> list[dict[str, Any]]:
    """All of a member's entries, newest first, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = api.expect("GET", f"/members/{member}/entries?limit=100{query}{cursor}").body
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def available(api: Api, member: str) -> int:
    return int(api.expect("GET", f"/members/{member}/balance").body["available"])


def in_program(api: Api, program: str) -> Api:
    """The same caller at another program."""
    return replace(api, base=f"{api.base.rpartition('/')[0]}/{program}")


def stored(stack: Stack) -> dict[tuple[str, str], Any]:
    """Every item of the table: equal before and after means that nothing was written."""
    pages = outputs.client("dynamodb", stack["endpoint_url"]).get_paginator("scan")
    items = [item for page in pages.paginate(TableName=stack["table"], ConsistentRead=True) for item in page["Items"]]
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in items}


def audit(stack: Stack) -> Audit:
    """The auditor on the deployed table."""
    table = Table(
        outputs.client("dynamodb", stack["endpoint_url"]), stack["table"], JitteredBackoff(), InvocationDeadline()
    )
    return audit_ledger(DynamoDBWalk(table), CachedPrograms(DynamoDBProgramVersions(table), PydanticProgramDocuments()))
