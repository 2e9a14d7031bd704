"""A function that is deployed wrongly does not start."""

import pytest

from points.settings import SettingsError, outbox_settings, settings


def test_the_table_is_named_by_the_environment() -> None:
    assert settings({"LEDGER_TABLE": "points-Ledger.1", "OTHER": "x"}).ledger_table == "points-Ledger.1"


@pytest.mark.parametrize("name", ["", "ab", "a b", "a" * 256, "名字"])
def test_what_is_no_table_is_refused_by_the_variables_name(name: str) -> None:
    with pytest.raises(SettingsError, match="LEDGER_TABLE"):
        settings({"LEDGER_TABLE": name})
    with pytest.raises(SettingsError, match="LEDGER_TABLE"):
        settings({})


OUTBOX = {
    "EVENT_BUS": "points-ledger",
    "EMAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/email",
    "SMS_QUEUE_URL": "http://127.0.0.1:4566/000000000000/sms",
    "SET_ASIDE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/set-aside",
}


def test_the_outbox_is_told_where_everything_is() -> None:
    found = outbox_settings(OUTBOX | {"OTHER": "x"})
    assert (found.event_bus, found.set_aside_queue) == ("points-ledger", OUTBOX["SET_ASIDE_QUEUE_URL"])
    assert found.channel_queues == {"email": OUTBOX["EMAIL_QUEUE_URL"], "sms": OUTBOX["SMS_QUEUE_URL"]}


@pytest.mark.parametrize("variable", OUTBOX)
@pytest.mark.parametrize("value", ["", "a bus", "queue/email" + " " * 3, "https://", "名字"])
def test_what_leads_nowhere_is_refused_by_the_variables_name(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        outbox_settings(OUTBOX | {variable: value})
    with pytest.raises(SettingsError, match=variable):
        outbox_settings({name: url for name, url in OUTBOX.items() if name != variable})
