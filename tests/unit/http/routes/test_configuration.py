"""A program's life as a document over HTTP: checked, compared, tried, published, rolled back (R-EARN-8)."""

from typing import Any

import pytest

from points.application.administration import simulate_program
from points.http.rendering import configuration as program_rendering
from tests.support.api import Answer, Api, demo_document

PERIOD = {"from": "2026-11-20T00:00:00Z", "to": "2026-11-22T00:00:00Z"}


@pytest.fixture
def api() -> Api:
    api = Api()
    api.enrol()
    return api


def doubled() -> dict[str, Any]:
    """The demo program with two points for every yuan."""
    document = demo_document()
    document["rules"][0]["value"]["points"] = 2
    return document


def published(api: Api, document: dict[str, Any], *, revision: int) -> Answer:
    """``revision`` is the one the draft has before."""
    assert api.put("/config/draft", {"document": document, "revision": revision}).status == 200
    return api.post("/config/publish", {"revision": revision + 1})


# ── checking ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_document_is_checked_without_being_saved(api: Api) -> None:
    before = api.written()
    fine = api.post("/config/validate", {"document": doubled()})
    assert (fine.status, fine.body) == (200, {"faults": [], "warnings": []})
    document = demo_document() | {"ratio": 0, "time_zone": "Mars/Olympus"}
    document["rewards"]["coupon-200-50"]["stock_shards"] = 2
    document["rules"][0]["behaviour"] = "fly"
    verdict = api.post("/config/validate", {"document": document}).body
    assert {"/ratio", "/time_zone", "/rules/0/behaviour"} <= {fault["path"] for fault in verdict["faults"]}
    assert [warning["code"] for warning in verdict["warnings"]] == ["nothing_to_share"]
    assert api.written() == before


def test_all_faults_are_named_at_once_and_the_live_version_stays_live(api: Api) -> None:
    document = demo_document() | {f"unknown-{number}": 1 for number in range(80)} | {"ratio": 0}
    answer = published(api, document, revision=1)
    assert (answer.status, answer.code) == (422, "invalid_program")
    assert len(answer.body["faults"]) == 81
    assert api.get("/config").body["version"] == 1
    assert api.buy("10.00").status == 201


def test_an_answer_has_an_end_whatever_the_document(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_rendering, "MAX_FAULTS", 3)
    monkeypatch.setattr(program_rendering, "MAX_DIFFERENCES", 3)
    document = {f"unknown-{number}": 1 for number in range(10)}
    assert len(api.post("/config/validate", {"document": document}).body["faults"]) == 3
    api.put("/config/draft", {"document": document, "revision": 1})
    found = api.get("/config/draft/diff").body
    assert (len(found["differences"]), found["truncated"]) == (3, True)


# ── comparing and rolling back ──────────────────────────────────────────────────────────────────────────────────────


def test_versions_are_compared_place_by_place(api: Api) -> None:
    changed = {"path": "/rules/purchase/value/points", "change": "changed", "before": 1, "after": 2}
    published(api, doubled(), revision=1)
    assert api.get("/config/versions/2/diff").body == {"differences": [changed], "truncated": False}
    back = api.get("/config/versions/1/diff", query="against=2").body["differences"]
    assert back == [changed | {"before": 2, "after": 1}]
    assert api.get("/config/versions/2/diff", query="against=2").body["differences"] == []
    first = api.get("/config/versions/1/diff").body["differences"]
    assert {item["change"] for item in first} == {"added"}
    assert [item["path"] for item in first] == [f"/{name}" for name in demo_document()]
    assert api.get("/config/versions/3/diff").code == "not_found"
    assert api.get("/config/versions/2/diff", query="against=3").code == "not_found"


def test_the_draft_is_compared_with_what_is_live(api: Api) -> None:
    assert api.get("/config/draft/diff").body["differences"] == []
    document = demo_document() | {"ratio": 50}
    del document["referral"]
    api.put("/config/draft", {"document": document, "revision": 1})
    changed, removed = api.get("/config/draft/diff").body["differences"]
    assert changed == {"path": "/ratio", "change": "changed", "before": 100, "after": 50}
    assert (removed["path"], removed["change"], removed["after"]) == ("/referral", "removed", None)


def test_a_roll_back_is_a_new_version_and_is_done_once(api: Api) -> None:
    published(api, doubled(), revision=1)
    rollback = {"version": 1, "live_version": 2}
    first = api.post("/config/rollback", rollback)
    assert (first.status, first.headers["Location"]) == (201, "/v1/programs/demo/config/versions/3")
    assert (first.body["version"], first.body["restores"], first.body["revision"]) == (3, 1, 2)
    again = api.post("/config/rollback", rollback)
    assert (again.status, again.text, again.headers["Idempotent-Replayed"]) == (200, first.text, "true")
    assert api.get("/config").body["document"] == api.get("/config/versions/1").body["document"]
    late = api.post("/config/rollback", {"version": 2, "live_version": 1})
    assert (late.code, late.body["found"]) == ("version_conflict", 3)
    assert api.post("/config/rollback", {"version": 9, "live_version": 3}).code == "not_found"
    restores = [version["restores"] for version in api.get("/config/versions").body["items"]]
    assert restores == [1, None, None]


# ── a publish goes live ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_warm_function_sees_a_publish_within_five_seconds_and_entries_name_what_decided_them() -> None:
    seconds = [1_000.0]
    api = Api(monotonic=lambda: seconds[0])
    api.enrol()
    assert api.buy("10.00", reference="a").entry()["program_version"] == 1
    seconds[0] += 3
    assert published(api, doubled(), revision=1).status == 201
    seconds[0] += 1.9
    before = api.buy("10.00", reference="b").entry()
    assert (before["points"], before["program_version"]) == (10, 1)
    seconds[0] += 0.1
    after = api.buy("10.00", reference="c").entry()
    assert (after["points"], after["program_version"]) == (20, 2)
    # Whoever asks again hears what was decided then.
    assert api.buy("10.00", reference="a").entry()["points"] == 10


# ── trying a draft ──────────────────────────────────────────────────────────────────────────────────────────────────


def sample(number: int, behaviour: str, **more: Any) -> dict[str, Any]:
    return {"reference": f"s{number}", "member": "nobody", "behaviour": behaviour, **more}


def test_a_draft_is_tried_on_samples_beside_the_live_version(api: Api) -> None:
    api.put("/config/draft", {"document": doubled(), "revision": 1})
    before = api.written()
    events = [
        sample(1, "purchase", amount="20000.00", occurred_at="2026-11-19T10:00:00+08:00"),
        sample(2, "check_in", occurred_at="2026-11-20T10:00:00+08:00"),
        sample(3, "fly"),
    ]
    answer = api.post("/config/simulate", {"events": events})
    assert answer.status == 200
    assert answer.body["live"] == {
        "events": 3,
        "points": 20_005,
        "by_rule": {"check_in": 5, "purchase": 20_000},
        "by_segment": {"high": 5, "low": 20_000},
        "by_day": {"2026-11-19": 20_000, "2026-11-20": 5},
        "refused": {"unknown_behaviour": 1},
    }
    assert (answer.body["draft"]["points"], answer.body["truncated"]) == (40_005, False)
    assert api.written() == before


def test_samples_say_what_is_known_of_their_members(api: Api) -> None:
    facts = {"birthday": "1990-11-21", "real_name_verified": True, "attributes": {"vip": True}}
    events = [sample(1, "purchase", amount="100.00", member_facts=facts)]
    figures = api.post("/config/simulate", {"document": demo_document(), "events": events}).body["live"]
    assert figures["by_rule"] == {"birthday": 100, "purchase": 100}


def test_a_draft_is_tried_on_what_was_recorded(api: Api) -> None:
    api.buy("100.00")
    api.clock.pass_by(days=1, hours=12)
    api.buy("7.00", reference="order-2")
    before = api.written()
    tried = api.post("/config/simulate", {"document": doubled(), **PERIOD}).body
    assert (tried["live"]["events"], tried["live"]["points"], tried["draft"]["points"]) == (1, 100, 200)
    assert api.written() == before


@pytest.mark.parametrize("bound", ["MAX_SAMPLES", "MAX_ENTRIES", "MAX_MEMBERS"])
def test_a_period_with_more_than_is_looked_at_says_so(api: Api, monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    api.enrol("m2")
    for member in ("m1", "m2"):
        api.buy("100.00", member=member)
    monkeypatch.setattr(simulate_program, bound, 2)
    assert api.post("/config/simulate", {"document": doubled(), **PERIOD}).body["truncated"] is False
    monkeypatch.setattr(simulate_program, bound, 1)
    tried = api.post("/config/simulate", {"document": doubled(), **PERIOD}).body
    assert (tried["truncated"], tried["live"]["points"]) == (True, 100)


def test_a_program_of_any_size_is_tried_on_as_much_as_there_is_time_for(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [sample(number, "share") for number in range(3)]
    # Both versions have one task for it.
    monkeypatch.setattr(simulate_program, "MAX_EVALUATIONS", 2 * 2 * (simulate_program._EVENT + 1))
    tried = api.post("/config/simulate", {"document": demo_document(), "events": events}).body
    assert (tried["truncated"], tried["live"]["events"], tried["draft"]["events"]) == (True, 2, 2)


def test_a_draft_with_faults_is_not_tried(api: Api) -> None:
    body = {"document": demo_document() | {"ratio": 0, "colour": 1}, "events": [sample(1, "check_in")]}
    answer = api.post("/config/simulate", body)
    assert (answer.status, answer.code, len(answer.body["faults"])) == (422, "invalid_program", 2)
