"""The delivery function as Lambda loads it, and what the others must not load for it."""

import importlib.util
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from points.bootstrap import delivery
from points.settings import delivery_settings, settings
from stack.paths import ROOT

ENVIRONMENT = {
    "LEDGER_TABLE": "points-Ledger",
    "SENT_TABLE": "points-Sent",
    "EMAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/emails",
    "EMAIL_DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/emails-dead",
    "SMS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/texts",
    "SMS_DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/texts-dead",
}
CONTEXT: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 25_000)


def loaded(monkeypatch: pytest.MonkeyPatch, **changes: str) -> ModuleType:
    monkeypatch.setattr(delivery, "settings", lambda: settings(ENVIRONMENT))
    monkeypatch.setattr(delivery, "delivery_settings", lambda: delivery_settings(ENVIRONMENT | changes))
    delivery.delivery.cache_clear()
    spec = importlib.util.spec_from_file_location("app", ROOT / "functions" / "delivery" / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_it_starts_and_answers_an_empty_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    app = loaded(monkeypatch)
    assert app.lambda_handler({"Records": []}, CONTEXT) == {"batchItemFailures": []}


def test_without_a_sender_there_is_no_way_out_by_e_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded(monkeypatch)
    assert set(delivery.delivery().outlets) == {"sms"}
    loaded(monkeypatch, SENDER_EMAIL="points@shop.example")
    assert set(delivery.delivery().outlets) == {"email", "sms"}
