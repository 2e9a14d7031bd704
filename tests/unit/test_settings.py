"""A function that is deployed wrongly does not start."""

import pytest

from points.settings import SettingsError, settings, webhook_settings


def test_the_table_is_named_by_the_environment() -> None:
    assert settings({"LEDGER_TABLE": "points-Ledger.1", "OTHER": "x"}).ledger_table == "points-Ledger.1"


@pytest.mark.parametrize("name", ["", "ab", "a b", "a" * 256, "名字"])
def test_what_is_no_table_is_refused_by_the_variables_name(name: str) -> None:
    with pytest.raises(SettingsError, match="LEDGER_TABLE"):
        settings({"LEDGER_TABLE": name})
    with pytest.raises(SettingsError, match="LEDGER_TABLE"):
        settings({})


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
