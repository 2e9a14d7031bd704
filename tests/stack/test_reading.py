"""What the deployed API tells: balances at other moments, entries page by page, and what it says to far too much."""

from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from stack.api import Api
from stack.outputs import Stack
from tests.stack.support import entries, member_with, purchase, stored

MEGABYTE = 1024 * 1024


def balance(api: Api, member: str, as_of: str) -> tuple[int, int, Any]:
    body = api.expect("GET", f"/members/{member}/balance?as_of={quote(as_of)}").body
    return body["available"], body["held"], body["expiring"]


def test_a_balance_can_be_asked_for_any_moment(backend: Api) -> None:
    member = member_with(backend, "as-of", 1_000)
    hold = backend.expect("POST", f"/members/{member}/holds", {"reference": "h", "points": 400}).body["entry"]
    backend.expect("POST", f"/members/{member}/holds/h/capture", {"points": 300})
    bought = entries(backend, member)[-1]
    # The program's, not ours: a lot of this year lasts until the end of the next, in Shanghai.
    last_day = bought["lots"][0]["expires_on"]
    year = int(last_day[:4])

    assert balance(backend, member, "2020-01-01T00:00:00Z") == (0, 0, [])
    assert balance(backend, member, bought["at"]) == (1_000, 0, [{"on": last_day, "points": 1_000}])
    assert balance(backend, member, hold["at"])[:2] == (600, 400)
    assert balance(backend, member, datetime.now(UTC).isoformat())[:2] == (700, 0)
    assert balance(backend, member, f"{year}-12-31T23:59:59+08:00")[0] == 700
    assert balance(backend, member, f"{year + 1}-01-01T00:00:00+08:00") == (0, 0, [])


@pytest.mark.parametrize("as_of", ["yesterday", "2026-11-21", "2026-11-21T00:00:00", "9999-12-31T00:00:00Z", ""])
def test_a_moment_that_is_none_is_refused(backend: Api, as_of: str) -> None:
    refused = backend.call("GET", f"/members/as-of/balance?as_of={quote(as_of)}")
    assert (refused.status, refused.body["code"]) == (400, "invalid_request")
    assert refused.body["faults"][0]["path"] == "?as_of"


def test_entries_come_newest_first_and_page_by_page(backend: Api) -> None:
    member = member_with(backend, "paging", 0)
    for number in range(5):
        backend.expect("POST", "/events", purchase(member, f"r-{number}", "1.00"))
    backend.expect("POST", f"/members/{member}/holds", {"reference": "h", "points": 1})

    sizes, references, cursor = [], [], ""
    while True:
        page = backend.expect("GET", f"/members/{member}/entries?limit=2&kind=earn{cursor}").body
        sizes.append(len(page["items"]))
        references += [entry["reference"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert references == ["r-4", "r-3", "r-2", "r-1", "r-0"]
    assert max(sizes) == 2
    assert [entry["kind"] for entry in entries(backend, member)] == ["hold", *["earn"] * 5]


def test_a_cursor_of_another_listing_or_of_nobody_is_refused(backend: Api, admin: Api) -> None:
    member = member_with(backend, "cursors", 0)
    for number in range(2):
        backend.expect("POST", "/events", purchase(member, f"r-{number}", "1.00"))
    path = f"/members/{member}/entries"
    cursor = backend.expect("GET", f"{path}?limit=1").body["next_cursor"]
    for refused in (
        backend.call("GET", f"{path}?cursor=AAAA"),
        backend.call("GET", f"{path}?cursor={quote('🎁')}"),
        backend.call("GET", f"/orders?member={member}&cursor={cursor}"),
        admin.call("GET", f"/config/versions?cursor={cursor}"),
    ):
        assert (refused.status, refused.body["code"]) == (400, "invalid_request")
        assert refused.body["faults"][0]["code"] == "bad_cursor"


@pytest.mark.parametrize("megabytes", [2, 10])
def test_a_body_of_many_megabytes_is_refused_as_too_large(published: Stack, backend: Api, megabytes: int) -> None:
    before = stored(published)
    start, end = b'{"reference": "big", "member": "big", "behaviour": "check_in", "attributes": {"x": "', b'"}}'
    content = start + b"x" * (megabytes * MEGABYTE - len(start) - len(end)) + end
    place = urlsplit(f"{backend.base}/events")
    connection = HTTPConnection(place.netloc, timeout=60)
    headers = {"Authorization": f"Bearer {backend.token}", "Content-Type": "application/json"}
    connection.request("POST", place.path, content, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json"), text[:500]
    assert '"code":"invalid_request"' in text
    assert stored(published) == before
