"""A function that is deployed wrongly does not start."""

import pytest

from points.settings import SettingsError, delivery_settings, outbox_settings, settings, webhook_settings


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


QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/points-ledger-EmailQueue-1A2B"
DELIVERY = {
    "SENT_TABLE": "points-Sent",
    "EMAIL_QUEUE_URL": QUEUE,
    "EMAIL_DEAD_LETTER_QUEUE_URL": QUEUE,
    "SMS_QUEUE_URL": "http://127.0.0.1:4566/000000000000/sms",
    "SMS_DEAD_LETTER_QUEUE_URL": QUEUE,
}


def test_delivery_needs_its_queues_and_its_table_and_no_sender() -> None:
    found = delivery_settings(DELIVERY)
    assert (found.sent_table, found.email_queue_url) == ("points-Sent", QUEUE)
    assert (found.sender_email, found.sms_sender_id) == ("", "")
    assert delivery_settings(DELIVERY | {"SENDER_EMAIL": "points@shop.example"}).sender_email == "points@shop.example"


@pytest.mark.parametrize("name", DELIVERY)
def test_what_is_missing_or_wrong_is_named(name: str) -> None:
    for value in ("", "no such thing!"):
        with pytest.raises(SettingsError, match=name):
            delivery_settings(DELIVERY | {name: value})


@pytest.mark.parametrize("address", ["points", "Shop <points@shop.example>", "a@b c", "@"])
def test_a_sender_is_an_address_and_no_more(address: str) -> None:
    with pytest.raises(SettingsError, match="SENDER_EMAIL"):
        delivery_settings(DELIVERY | {"SENDER_EMAIL": address})


QUEUES = {
    "WEBHOOK_DELIVERIES": "https://sqs.eu-west-1.amazonaws.com/123456789012/points-WebhookDeliveries-1A2B",
    "WEBHOOK_DEAD_LETTERS": "http://127.0.0.1:4566/000000000000/dead-letters",
}


def test_webhooks_go_by_two_queues_and_to_this_machine_only_where_it_says_so() -> None:
    found = webhook_settings(QUEUES)
    assert (found.deliveries_name, found.loopback) == ("points-WebhookDeliveries-1A2B", False)
    assert webhook_settings(QUEUES | {"WEBHOOKS_TO_LOOPBACK": "true"}).loopback
    for value in ("", "True", "1", "yes"):
        with pytest.raises(SettingsError, match="WEBHOOKS_TO_LOOPBACK"):
            webhook_settings(QUEUES | {"WEBHOOKS_TO_LOOPBACK": value})


@pytest.mark.parametrize("name", QUEUES)
@pytest.mark.parametrize(
    "address", ["", "queue", "https://sqs.eu-west-1.amazonaws.com", "https://host/a b/c", "ftp://a/b"]
)
def test_what_is_no_queue_is_refused_by_the_variables_name(name: str, address: str) -> None:
    with pytest.raises(SettingsError, match=name):
        webhook_settings(QUEUES | {name: address})
