"""Draws over the API: what is published, a play and its replay, and the seed that is told when nobody can play."""

from typing import Any

import pytest

from tests.support.api import SEED, Api, demo_document
from tests.support.drawing import script

STOCKED = {"id": "jackpot", "odds": "1/2", "points": 500, "stock": 2}
NOTHING = {"id": "none", "odds": "1/2", "nothing": True, "title": {"en": "Nothing", "zh-CN": "谢谢参与"}}
COIN = {"cost": 5, "from": "2026-11-01", "to": "2026-11-30", "prizes": [STOCKED, NOTHING]}


def publish(api: Api, **draws: Any) -> Any:
    document = demo_document() | {"draws": draws}
    revision = api.get("/config/draft").body["revision"]
    saved = api.put("/config/draft", {"document": document, "revision": revision})
    return api.post("/config/publish", {"revision": saved.body["revision"]})


@pytest.fixture
def api() -> Api:
    api = Api()
    assert publish(api, coin=COIN, wheel=demo_document()["draws"]["wheel"]).status == 201
    api.enrol("m1")
    api.buy("1000.00")
    return api


def play(api: Api, reference: str, draw: str = "coin", member: str = "m1") -> Any:
    return api.post(f"/members/{member}/plays", {"reference": reference, "draw": draw})


def test_what_is_published_before_the_first_play(api: Api) -> None:
    answer = api.get("/draws/coin", headers={"Accept-Language": "zh"})
    assert answer.status == 200
    body = answer.body
    digest = body.pop("seed_digest")
    assert len(bytes.fromhex(digest)) == 32
    assert body == {
        "draw": "coin", "title": None, "state": "open", "cost": 5, "from": "2026-11-01", "to": "2026-11-30",
        "limits": [], "seed": None, "closed_at": None, "seed_told_at": None,
        "prizes": [
            {"prize": "jackpot", "title": None, "odds": "1/2", "points": 500, "reward": None, "stock": 2,
             "stock_left": 2, "instead": "none"},
            {"prize": "none", "title": "谢谢参与", "odds": "1/2", "points": 0, "reward": None, "stock": None,
             "stock_left": None, "instead": None},
        ],
    }  # fmt: skip
    assert api.get("/draws/coin", headers={"Accept-Language": "en"}).body["prizes"][1]["title"] == "Nothing"
    listed = api.get("/draws").body
    assert ([draw["draw"] for draw in listed["items"]], listed["next_cursor"]) == (["coin", "wheel"], None)
    assert listed["items"][0]["seed_digest"] == digest
    page = api.get("/draws", query="limit=1").body
    assert [draw["draw"] for draw in api.get("/draws", query=f"cursor={page['next_cursor']}").body["items"]] == [
        "wheel"
    ]


def test_a_play_and_its_replay(api: Api) -> None:
    first = play(api, "p-1")
    assert first.status == 201
    again = play(api, "p-1")
    assert (again.status, again.text, again.headers["Idempotent-Replayed"]) == (200, first.text, "true")
    told = first.body["play"]
    assert (told["draw"], told["number"], told["member"], told["cost"]) == ("coin", 1, "m1", 5)
    assert told["points"] == (500 if told["prize"] == "jackpot" else 0)
    assert first.entry()["details"]["seed_digest"] == api.get("/draws/coin").body["seed_digest"]
    assert first.body["balance"]["available"] == 1_000 - 5 + told["points"]
    assert play(api, "p-1", "wheel").code == "reference_reused"


def test_a_replay_is_the_same_after_the_draw_has_gone(api: Api) -> None:
    first = play(api, "p-1")
    assert publish(api, wheel=demo_document()["draws"]["wheel"]).status == 201
    again = play(api, "p-1")
    assert (again.status, again.text) == (200, first.text)
    assert play(api, "p-2").code == "unknown_draw"


def test_refusals(api: Api) -> None:
    assert play(api, "x", "other").code == "unknown_draw"
    assert play(api, "x", member="nobody").status == 404
    assert api.get("/draws/other").status == 404
    assert api.get("/members/nobody/plays").status == 404
    api.clock.pass_by(days=-30)
    assert play(api, "x").body["begins_on"] == "2026-11-01"
    assert play(api, "x").code == "draw_not_begun"
    assert api.get("/draws/coin").body["state"] == "upcoming"
    api.clock.pass_by(days=60)
    assert play(api, "x").code == "draw_closed"
    for body in ({}, {"reference": "x"}, {"reference": "x", "draw": 5}, {"reference": "x", "draw": "a b"}):
        assert api.post("/members/m1/plays", body).code == "invalid_request"


def test_everything_verifies_by_the_script_of_the_guide(api: Api) -> None:
    """Beginning with who has nothing to go by but what the API says."""
    for member in ("m2", "m3"):
        api.enrol(member)
        api.buy("200.00", member=member)
    for number in range(30):
        for member in ("m1", "m2", "m3"):
            assert play(api, f"p-{number}", member=member).status == 201
    before = api.get("/draws/coin").body["seed_digest"]
    api.clock.pass_by(days=10)
    assert api.get("/draws/coin").body["seed"] is None
    assert api.get("/draws/coin").body["state"] == "closed"
    api.clock.pass_by(seconds=59)
    assert api.get("/draws").body["items"][0]["seed"] is None
    api.clock.pass_by(seconds=1)
    draw = api.get("/draws/coin").body
    assert (draw["seed_digest"], draw["prizes"][0]["stock_left"]) == (before, 0)

    problems = script()["problems"]
    for member in ("m1", "m2", "m3"):
        plays, cursor = list[Any](), ""
        while True:
            page = api.get(f"/members/{member}/plays", query=f"draw=coin&limit=7{cursor}").body
            plays += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert [each["number"] for each in plays] == list(range(30, 0, -1))
        assert list(problems("demo", draw, plays)) == []
        assert {each["given"] for each in plays} <= {"jackpot", "none"}
        wrong = [plays[0] | {"prize": "none" if plays[0]["prize"] == "jackpot" else "jackpot"}, *plays[1:]]
        assert len(list(problems("demo", draw, wrong))) == 1


def test_the_seed_of_a_draw_that_has_left_is_told_all_the_same(api: Api) -> None:
    play(api, "p-1")
    digest = api.get("/draws/coin").body["seed_digest"]
    assert publish(api).status == 201
    assert api.get("/draws").body["items"] == []
    seeds = []
    for minutes in (0, 14_400, 1):
        api.clock.pass_by(minutes=minutes)
        told = api.get("/draws/coin").body
        assert told["seed_digest"] == digest
        seeds.append(told["seed"])
    assert seeds == [None, None, SEED.hex()]
    # AND it cannot come back to be played with a seed that is known.
    assert publish(api, coin=COIN | {"to": "2027-12-31"}).body["faults"][0]["code"] == "draw_over"
    assert publish(api, coin=COIN).status == 201
    assert play(api, "p-2").code == "draw_closed"
    assert len(api.get("/members/m1/plays").body["items"]) == 1


def test_publishing_keeps_what_was_promised(api: Api) -> None:
    dearer = publish(api, coin=COIN | {"cost": 6})
    assert [(fault["path"], fault["code"]) for fault in dearer.body["faults"]] == [("/draws/coin", "draw_begun")]
    more = COIN | {"prizes": [STOCKED | {"stock": 3}, NOTHING]}
    assert publish(api, coin=more).status == 201
    assert api.get("/draws/coin").body["prizes"][0]["stock_left"] == 3
    assert publish(api, coin=COIN).body["faults"][0]["code"] == "stock_reduced"
    assert publish(api, coin=more | {"to": "2026-12-31"}).status == 201


def test_publishing_makes_a_seed_once(api: Api) -> None:
    assert api.services.draws.seed("demo", "later") is None
    later = COIN | {"from": "2027-01-01", "to": "2027-01-31"}
    assert publish(api, coin=COIN, later=later).status == 201
    seed = api.services.draws.seed("demo", "later")
    assert seed is not None
    assert seed.seed == SEED
    for draws in ({"coin": COIN}, {"coin": COIN, "later": later}):
        assert publish(api, **draws).status == 201
        assert api.services.draws.seed("demo", "later") == seed
    assert api.get("/draws/later").body["state"] == "upcoming"


def test_an_unpublished_draw_has_no_seed(api: Api) -> None:
    broken = COIN | {"prizes": [STOCKED]}
    assert publish(api, coin=COIN, broken=broken).status == 422
    assert api.services.draws.seed("demo", "broken") is None
