"""Who may do what, in process: every route with every set of scopes, and cursors that were given for something else.

Expired and tampered tokens never reach our code: they are refused by the gateway, and tried on the deployed stack.
"""

from itertools import combinations
from typing import Any

import pytest

from tests.fuzz.hostile import SECRET, Figures, Round
from tests.support.api import ALL_SCOPES, CLIENT, STRANGER, Answer, Api, rest_event
from tests.support.webhooks import URL
from tests.unit.http.edge.test_security import BODIES, routes

SCOPES = ALL_SCOPES.split()
SETS = [frozenset(chosen) for size in range(len(SCOPES) + 1) for chosen in combinations(SCOPES, size)]


@pytest.mark.parametrize(("method", "path", "name", "scope", "query"), list(routes()))
def test_a_route_is_open_to_exactly_the_sets_that_have_its_scope(
    method: str, path: str, name: str, scope: str, query: str
) -> None:
    api = Api()
    api.enrol()
    for scopes in SETS:
        before = api.written()
        answer = api.send(rest_event(method, path, BODIES.get(name), scope=" ".join(sorted(scopes)), query=query))
        if scope in scopes:
            assert answer.status not in {401, 403}, (scopes, answer.text)
        else:
            assert (answer.status, answer.code, answer.body["scope"]) == (403, "forbidden", scope)
            assert api.written() == before


@pytest.mark.parametrize(("method", "path", "name", "scope", "query"), list(routes()))
def test_neither_program_is_open_to_the_others_client(
    method: str, path: str, name: str, scope: str, query: str
) -> None:
    api = Round("programs", Figures()).api
    for program, client in (("demo", STRANGER), ("outlet", CLIENT), ("bakery", CLIENT)):
        before = api.written()
        place = path.replace("/demo/", f"/{program}/").replace("/demo", f"/{program}")
        answer = api.send(rest_event(method, place, BODIES.get(name), client=client, query=query))
        # Of a program that is only a draft nothing is there, and its drafts are its founder's.
        assert (answer.status, answer.code) in {(403, "forbidden"), (404, "not_found")}, (name, program)
        assert (answer.status == 404) <= (program == "bakery")
        assert SECRET not in answer.text
        assert api.written() == before
    assert scope in SCOPES


# ── cursors ─────────────────────────────────────────────────────────────────────────────────────────────────────────

type Listing = tuple[str, str, str]
"""(program, path, query)"""

LISTINGS: list[Listing] = [
    ("demo", "/members/m1/entries", ""),
    ("demo", "/members/m1/entries", "kind=earn"),
    ("demo", "/members/m1/entries", "from=2026-11-01T00:00:00Z"),
    ("demo", "/members/m1/entries", "to=2026-12-01T00:00:00Z"),
    ("demo", "/members/m2/entries", ""),
    ("outlet", "/members/m1/entries", ""),
    ("demo", "/members/m1/tier/history", ""),
    ("demo", "/members/m2/tier/history", ""),
    ("outlet", "/members/m1/tier/history", ""),
    ("demo", "/orders", "member=m1"),
    ("demo", "/orders", "member=m2"),
    ("outlet", "/orders", "member=m1"),
    ("demo", "/rewards", ""),
    ("demo", "/rewards", "member=m1"),
    ("outlet", "/rewards", ""),
    ("demo", "/config/versions", ""),
    ("outlet", "/config/versions", ""),
    ("demo", "/webhooks/m1/deliveries", ""),
    ("demo", "/webhooks/m1/deliveries", "state=pending"),
    ("demo", "/webhooks/m2/deliveries", ""),
    ("outlet", "/webhooks/m1/deliveries", ""),
]


def lived_in() -> Api:
    """Two programs of one client, each with two members who have two of everything that is listed."""
    api = Api()
    document = api.get("/config").body["document"]
    for program in ("demo", "outlet"):
        api.program = program
        revision = 1 if program == "demo" else 0
        for ratio in (100, 200):
            changed: dict[str, Any] = document | {"ratio": ratio}
            revision = api.put("/config/draft", {"document": changed, "revision": revision}).body["revision"]
            assert api.post("/config/publish", {"revision": revision}).status == 201
        for member in ("m1", "m2"):
            assert api.post("/webhooks", {"id": member, "url": URL}).status == 201
            for _ in range(2):
                api.clock.pass_by(seconds=1)
                assert api.post(f"/webhooks/{member}/test").status == 201
            api.enrol(member)
            for number, amount in enumerate(("20000.00", "60000.00")):
                assert api.buy(amount, member=member, reference=f"b{number}").status == 201
                order = {"reference": f"o{number}", "reward": "coupon-200-50"}
                assert api.post(f"/members/{member}/redemptions", order).status == 201
    return api


def asked(api: Api, listing: Listing, *more: str) -> Answer:
    api.program, path, query = listing
    return api.get(path, query="&".join(filter(None, [query, "limit=1", *more])))


def test_a_cursor_goes_on_where_it_was_given_and_nowhere_else() -> None:
    api = lived_in()
    cursors = {listing: asked(api, listing).body["next_cursor"] for listing in LISTINGS}
    assert all(cursors.values()), cursors
    assert len(set(cursors.values())) == len(LISTINGS)
    before = api.written()
    for given, cursor in cursors.items():
        for listing in LISTINGS:
            answer = asked(api, listing, f"cursor={cursor}")
            if listing == given:
                assert (answer.status, len(answer.body["items"])) == (200, 1)
            else:
                assert (answer.status, answer.code) == (400, "invalid_request"), (given, listing)
                assert [fault["code"] for fault in answer.body["faults"]] == ["bad_cursor"]
                assert "items" not in answer.body
    assert api.written() == before
