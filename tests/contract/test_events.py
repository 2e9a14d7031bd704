"""The events in `events/` are what each function is really sent: every one of them runs through its handler."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from points import bootstrap
from points.application.ports import TIMER_SHARDS, Draft, PublishedVersion, Timer
from points.application.webhooks.fan_out import fan_out
from points.bootstrap import coupons as of_coupons
from points.bootstrap import scheduled as of_schedules
from points.bootstrap import webhooks as of_webhooks
from points.domain.webhooks.events import event_of
from points.http.answers.operations import BEGUN, MADE, READ
from points.schedule.runs import NoMoment
from stack.paths import ROOT
from tests.support.api import CONTEXT, NOW, Api, demo_document
from tests.support.sweeping import WorkedOff, wired
from tests.support.webhooks import URL, Receiver, sent

EVENTS = ROOT / "events"
CLIENTS = ["5f2c1mobilebackend", "7d9a0administration"]
MEMBER = "member-1001"
NEWCOMER = "member-2002"

SAMPLES = sorted(path for path in EVENTS.glob("*/*.json") if path.stem in {*MADE, *BEGUN, *READ})


def expected_status(operation: str) -> int:
    if operation in MADE:
        return 201
    if operation in BEGUN:
        return 202
    return 200 if READ[operation] is not None else 204


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Api:
    """What the samples speak of: a member with points, a purchase, an order, a hold, an order paid in part, a newcomer,
    two versions and a draft."""
    monkeypatch.setattr("tests.support.api.CLIENT", CLIENTS[0])
    monkeypatch.setattr("tests.support.api.demo_document", lambda: {**demo_document(), "clients": CLIENTS})
    api = Api()
    document = {**demo_document(), "clients": CLIENTS}
    document["rewards"] |= {"cut": {"price": 5, "kind": "coupon", "coupon": {"source": "generated"}}}
    api.services.versions.publish("demo", PublishedVersion(2, document | {"ratio": 50}, 0, NOW, "setup").sealed())
    api.services.versions.save_draft("demo", Draft(document, 2, NOW, "setup", CLIENTS[0]))
    as_client = {"client": CLIENTS[0]}
    for member in (MEMBER, NEWCOMER):
        api.put(f"/members/{member}", {}, **as_client)
    bought = {"reference": "order-20261120-0009", "member": MEMBER, "behaviour": "purchase", "amount": "9000.00"}
    redeemed = {"reference": "redemption-20261120-0001", "reward": "coupon-200-50"}
    on_its_way = {"reference": "redemption-20261118-0003", "reward": "coupon-200-50"}
    cut = {"reference": "redemption-20261120-0007", "reward": "cut"}
    awaiting = {"reference": "redemption-20261119-0002", "reward": "smart-watch"}
    held = {"reference": "checkout-20261120-0001", "points": 500}
    of_order = {"reference": "checkout-20261120-0002", "order_amount": "128.00", "points": 1000}
    for path, body in (
        ("/events", bought),
        (f"/members/{MEMBER}/redemptions", redeemed),
        (f"/members/{MEMBER}/redemptions", on_its_way),
        (f"/members/{MEMBER}/orders/{on_its_way['reference']}/ship", {}),
        (f"/members/{MEMBER}/redemptions", cut),
        (f"/members/{MEMBER}/adjustments", {"reference": "for-the-watch", "points": 9900, "reason": "enough"}),
        (f"/members/{MEMBER}/redemptions", awaiting),
        (f"/members/{MEMBER}/holds", held),
        (f"/members/{MEMBER}/holds", of_order),
        (f"/members/{MEMBER}/holds/{of_order['reference']}/capture", {}),
    ):
        assert api.post(path, body, **as_client).status == 201
    assert api.post("/webhooks", {"id": "shop", "url": URL}, **as_client).status == 201
    (told, *_) = sample("told_events")["Records"]
    fan_out(api.webhooks, event_of(json.loads(told["body"])["detail"]))
    begun = {"reference": "cinema-2026-11", "file": "cinema/2026-11.csv"}
    assert api.post("/coupon-pools/cinema/imports", begun, **as_client).status == 202
    monkeypatch.setattr(bootstrap, "services", lambda: api.services)
    monkeypatch.setattr(of_coupons, "importing", lambda: api.importing)
    monkeypatch.setattr(of_webhooks, "webhooks", lambda: api.webhooks)
    monkeypatch.setattr(of_webhooks, "deliveries_queue", lambda: "points-WebhookDeliveries")
    return api


def sample(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "webhooks" / f"{name}.json").read_text("utf-8"))
    return event


def function(name: str) -> ModuleType:
    """Loaded anew, as Lambda does: by its file, under the name all functions share."""
    spec = importlib.util.spec_from_file_location("app", ROOT / "functions" / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def handle(name: str, event: dict[str, Any]) -> Any:
    return function(name).lambda_handler(event, CONTEXT)


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_each_event_is_answered(path: Path) -> None:
    response = handle(path.parent.name, json.loads(path.read_text("utf-8")))
    assert response["statusCode"] == expected_status(path.stem), response["body"]


def test_there_is_an_event_for_every_route() -> None:
    assert {path.stem for path in SAMPLES} == {*MADE, *BEGUN, *READ}


def test_queued_events_are_booked_and_the_poisonous_one_is_reported(api: Api) -> None:
    event = json.loads((EVENTS / "earning" / "queued_events.json").read_text("utf-8"))
    before = api.get(f"/members/{MEMBER}/balance", client=CLIENTS[0]).body["available"]
    for _ in range(2):  # a queue delivers at least once
        response = handle("earning", event)
        assert response == {"batchItemFailures": [{"itemIdentifier": event["Records"][2]["messageId"]}]}
    assert api.get(f"/members/{MEMBER}/balance", client=CLIENTS[0]).body["available"] == before + 59 + 5


def test_told_events_become_deliveries_and_the_poisonous_one_is_reported(api: Api) -> None:
    event = sample("told_events")
    sent(api.webhooks)
    for _ in range(2):  # a bus tells at least once
        response = handle("webhooks", event)
        assert response == {"batchItemFailures": [{"itemIdentifier": event["Records"][2]["messageId"]}]}
    assert len(api.get("/webhooks/shop/deliveries", client=CLIENTS[0]).body["items"]) == 2


def test_a_due_delivery_is_made_once(api: Api) -> None:
    for _ in range(2):  # a queue delivers at least once
        assert handle("webhooks", sample("due_delivery")) == {"batchItemFailures": []}
    receiver = api.webhooks.postman
    assert isinstance(receiver, Receiver)
    ((url, body, headers),) = receiver.posts
    assert (url, json.loads(body)["member"]) == (URL, MEMBER)
    assert headers["webhook-id"] == json.loads(body)["id"]


def test_a_queued_import_goes_on_and_what_nobody_can_import_is_reported(api: Api) -> None:
    files: Any = api.importing.files
    files.files["demo", "cinema/2026-11.csv"] = b"CINEMA-1\nCINEMA-2\nCINEMA-1\n"
    event = json.loads((EVENTS / "coupons" / "queued_imports.json").read_text("utf-8"))
    failed = [{"itemIdentifier": record["messageId"]} for record in event["Records"][1:]]
    for _ in range(2):  # a queue delivers at least once
        assert handle("coupons", event) == {"batchItemFailures": failed}
    pool = api.get("/coupon-pools/cinema", client=CLIENTS[0]).body
    assert pool == {"pool": "cinema", "imported": 2, "free": 2, "issued": 0, "exact": True}


# ── scheduled work ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def queue(api: Api, monkeypatch: pytest.MonkeyPatch) -> WorkedOff:
    """What both functions send their work to."""
    queue = WorkedOff()
    monkeypatch.setattr(of_schedules, "expiry", lambda: wired(api.services, queue))
    monkeypatch.setattr(of_schedules, "reminders", lambda: wired(api.services, queue, Timer.REMIND))
    return queue


@pytest.mark.parametrize("name", ["expiry", "reminders"])
def test_the_schedules_event_becomes_one_message_for_each_shard(name: str, queue: WorkedOff) -> None:
    event = json.loads((EVENTS / name / "hourly.json").read_text("utf-8"))
    for _ in range(2):  # a schedule fires at least once
        assert handle(name, event) == {"messages": TIMER_SHARDS}
    assert len(queue.bodies) == 2 * TIMER_SHARDS
    assert {body["time"] for body in queue.bodies} == {event["time"].replace("Z", ".000000Z")}


@pytest.mark.parametrize("event", [{}, {"time": "today"}, {"time": "2026-12-31T16:01:00"}, {"time": None}])
@pytest.mark.parametrize("name", ["expiry", "reminders"])
def test_a_schedule_without_a_moment_starts_nothing(name: str, event: Any, queue: WorkedOff) -> None:
    """Nobody would know what is due: whoever sent it hears of it."""
    with pytest.raises(NoMoment):
        handle(name, event)
    assert not queue.waiting


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("name", ["expiry", "reminders"])
def test_swept_shards_are_done(name: str) -> None:
    event = json.loads((EVENTS / name / "swept_shards.json").read_text("utf-8"))
    for _ in range(2):  # a queue delivers at least once
        assert handle(name, event) == {"batchItemFailures": []}


@pytest.mark.usefixtures("queue")
def test_what_nobody_can_sweep_is_reported_alone() -> None:
    event = json.loads((EVENTS / "expiry" / "poisonous.json").read_text("utf-8"))
    failed = [{"itemIdentifier": record["messageId"]} for record in event["Records"][1:]]
    assert handle("expiry", event) == {"batchItemFailures": failed}
