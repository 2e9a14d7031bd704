"""Events by the queue: each message for itself, once for ever, and what fails is reported alone."""

import json
from typing import Any

import pytest

from points.domain.errors import LedgerUnavailable
from points.queue import events
from tests.support.api import CONTEXT, Api

EVENT = {"program": "demo", "reference": "order-1", "member": "m1", "behaviour": "purchase", "amount": "128.00"}


@pytest.fixture
def api() -> Api:
    api = Api()
    api.enrol()
    return api


def deliver(api: Api, *bodies: Any) -> list[int]:
    """The places of the messages that are reported as failed."""
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    records = [
        {"messageId": str(place), "eventSource": "aws:sqs", "body": text, "receiptHandle": "x", "attributes": {}}
        for place, text in enumerate(texts)
    ]
    response = events.book_messages(api.services, {"Records": records}, CONTEXT)
    return [int(failure["itemIdentifier"]) for failure in response["batchItemFailures"]]


def test_events_are_booked_as_by_the_api(api: Api) -> None:
    assert deliver(api, EVENT, EVENT | {"reference": "order-2"}) == []
    (newest, _) = api.get("/members/m1/entries").body["items"]
    assert (newest["reference"], newest["points"], newest["actor"]) == ("order-2", 128, "queue")


def test_a_message_delivered_twice_is_booked_once_and_succeeds(api: Api) -> None:
    assert deliver(api, EVENT, EVENT) == []
    assert deliver(api, EVENT) == []
    assert api.get("/members/m1/balance").body["available"] == 128


def test_an_event_the_api_had_is_the_same_event(api: Api) -> None:
    assert api.buy("128.00").status == 201
    assert deliver(api, EVENT) == []
    assert api.get("/members/m1/balance").body["available"] == 128


@pytest.mark.parametrize(
    ("poison", "code"),
    [
        ("not json", "invalid_request"),
        ("", "invalid_request"),
        ("[]", "invalid_request"),
        ("null", "invalid_request"),
        ("[" * 100_000, "invalid_request"),
        ("\ud83d", "invalid_request"),
        (EVENT | {"amount": 128}, "invalid_request"),
        ({name: value for name, value in EVENT.items() if name != "program"}, "invalid_request"),
        (EVENT | {"program": "other"}, "not_found"),
        (EVENT | {"member": "nobody"}, "not_found"),
        (EVENT | {"reference": "poison", "behaviour": "fly"}, "unknown_behaviour"),
        (EVENT | {"reference": "taken"}, "reference_reused"),
    ],
)
def test_a_poisonous_message_is_reported_and_the_others_are_booked(
    api: Api, caplog: pytest.LogCaptureFixture, poison: Any, code: str
) -> None:
    api.buy("1.00", reference="taken")
    assert deliver(api, EVENT, poison, EVENT | {"reference": "order-2"}) == [1]
    assert api.get("/members/m1/balance").body["available"] == 257
    logged = [vars(record) for record in caplog.records if record.message == "event refused"]
    assert [(record["message_id"], record["code"]) for record in logged] == [("1", code)]
    assert "m1" not in str([(record["message"], record["faults"]) for record in logged])


def test_a_batch_of_nothing_but_refusals_is_reported_whole(api: Api) -> None:
    assert deliver(api, "no", "no") == [0, 1]


def test_what_fails_for_now_comes_back(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise LedgerUnavailable

    def break_down(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    for function in (fail, break_down):
        monkeypatch.setattr(events, "earn_points", function)
        assert deliver(api, EVENT) == [0]
    assert [record.message for record in caplog.records if record.levelname in {"WARNING", "ERROR"}][:2] == [
        "event refused",
        "event failed",
    ]
    monkeypatch.undo()
    assert deliver(api, EVENT) == []
