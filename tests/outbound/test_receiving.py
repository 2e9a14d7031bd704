"""Receivers as the guide has them written, by the library the convention publishes: what we send is accepted, what
somebody altered, kept or made up is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from standardwebhooks import Webhook, WebhookVerificationError

from points.adapters.webhooks.postman import CheckedPostman
from points.adapters.webhooks.secrets import SystemSecrets
from points.adapters.webhooks.signing import StandardSigner
from points.application.webhooks.deliver import deliver
from points.application.webhooks.fan_out import fan_out
from points.application.webhooks.manage_endpoints import make_endpoint, rotate_secret
from points.domain.webhooks.deliveries import Answered
from points.domain.webhooks.endpoints import Wanted
from points.domain.webhooks.events import event_of
from tests.outbound.receivers import HOST, Received, answering, serving
from tests.support.api import TestClock
from tests.support.webhooks import Receiver, memory_webhooks, sent, told

NOW = datetime(2026, 11, 25, 10, 0, 0, 250_000, tzinfo=UTC)
URL = "https://hooks.example.com/points"


class Seen:
    """A receiver that does what the guide says: verify, then ask whether this id was here before."""

    def __init__(self, *secrets: str) -> None:
        self.secrets = secrets
        self.ids: set[str] = set()
        self.done: list[str] = []

    def receive(self, headers: dict[str, str], body: bytes) -> int:
        for secret in self.secrets:
            try:
                event = Webhook(secret).verify(body, headers)
            except WebhookVerificationError:
                continue
            if event["id"] not in self.ids:
                self.ids.add(event["id"])
                self.done.append(event["type"])
            return 204
        return 401


def taken(received: Received) -> tuple[dict[str, str], bytes]:
    return received.headers, received.body


def delivered(clock: TestClock) -> tuple[str, Received]:
    """(the endpoint's secret, what one delivery brought over a real connection)."""
    with serving(answering("204 No Content")) as server:
        webhooks = replace(memory_webhooks(clock, loopback=True), postman=CheckedPostman(loopback=True))
        _, secret = make_endpoint(
            webhooks, "demo", "shop", Wanted(f"http://{HOST}:{server.port}/hooks"), actor="operator"
        )
        fan_out(webhooks, event_of(told(NOW, data={"note": "积分", "points": 5})))
        deliver(webhooks, sent(webhooks)[0])
    assert secret is not None
    return secret, server.received[0]


@pytest.fixture
def clock() -> TestClock:
    return TestClock(NOW)


def test_ours_is_accepted(clock: TestClock) -> None:
    secret, received = delivered(clock)
    with time_machine.travel(NOW, tick=False):
        event = Webhook(secret).verify(received.body, received.headers)
    assert (event["type"], event["seq"], event["data"]) == ("PointsEarned", 12, {"note": "积分", "points": 5})
    assert received.header("webhook-id") == event["id"]
    assert received.header("webhook-timestamp") == str(int(NOW.timestamp()))


def test_what_was_altered_is_refused(clock: TestClock) -> None:
    secret, received = delivered(clock)
    headers, body = taken(received)
    altered = [
        (headers, body.replace(b'"points":5', b'"points":9')),
        (headers, body + b" "),
        (headers | {"webhook-id": "evt_" + "0" * 32}, body),
        (headers | {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}, body),
        (headers | {"webhook-signature": "v1," + "A" * 43 + "="}, body),
        ({name: value for name, value in headers.items() if name.lower() != "webhook-signature"}, body),
    ]
    with time_machine.travel(NOW, tick=False):
        receiver = Seen(secret)
        assert [receiver.receive(*each) for each in altered] == [401] * len(altered)
        assert Seen(SystemSecrets().make()).receive(headers, body) == 401
        assert receiver.receive(headers, body) == 204


@pytest.mark.parametrize("away", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_what_is_old_or_from_the_future_is_refused(clock: TestClock, away: timedelta) -> None:
    secret, received = delivered(clock)
    with time_machine.travel(NOW + away, tick=False):
        assert Seen(secret).receive(*taken(received)) == 401


def test_what_is_replayed_within_minutes_is_known_by_its_id(clock: TestClock) -> None:
    """The signature is right and the time is: only the receiver can know that it was there before."""
    secret, received = delivered(clock)
    receiver = Seen(secret)
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        assert [receiver.receive(*taken(received)) for _ in range(3)] == [204] * 3
    assert receiver.done == ["PointsEarned"]


def test_a_retry_is_the_same_event_at_another_time(clock: TestClock) -> None:
    away = Receiver()
    away.answers.append(Answered(500))
    webhooks = memory_webhooks(clock, away)
    _, secret = make_endpoint(webhooks, "demo", "shop", Wanted(URL), actor="operator")
    fan_out(webhooks, event_of(told(NOW)))
    deliver(webhooks, sent(webhooks)[0])
    (again,) = sent(webhooks)
    clock.moment = again.due_at
    deliver(webhooks, again)
    (_, body, headers), (_, second_body, second_headers) = away.posts
    assert body == second_body
    assert headers["webhook-id"] == second_headers["webhook-id"]
    assert headers["webhook-timestamp"] < second_headers["webhook-timestamp"]
    with time_machine.travel(again.due_at, tick=False):
        assert secret is not None
        Webhook(secret).verify(second_body, dict(second_headers))


def test_both_secrets_are_good_while_one_replaces_the_other(clock: TestClock) -> None:
    away = Receiver()
    webhooks = memory_webhooks(clock, away)
    _, old = make_endpoint(webhooks, "demo", "shop", Wanted(URL), actor="operator")
    _, new = rotate_secret(webhooks, "demo", "shop", keep_hours=24)
    assert old is not None
    accepted = {}
    for hours in (23, 24):
        clock.moment = NOW + timedelta(hours=hours)
        event = event_of(told(clock.moment, id=f"evt_{hours:032d}"))
        fan_out(webhooks, event)
        deliver(webhooks, sent(webhooks)[0])
        _, body, headers = away.posts[-1]
        with time_machine.travel(clock.moment, tick=False):
            accepted[hours] = [Seen(secret).receive(dict(headers), body.encode()) for secret in (old, new)]
    assert accepted == {23: [204, 204], 24: [401, 204]}


def test_secrets_are_what_the_convention_wants_and_never_the_same() -> None:
    made = {SystemSecrets().make() for _ in range(100)}
    assert len(made) == 100
    assert {secret[:6] for secret in made} == {"whsec_"}
    headers = StandardSigner().headers(sorted(made)[:2], event="evt_1", body="{}", at=NOW)
    assert [each[:3] for each in headers["webhook-signature"].split(" ")] == ["v1,", "v1,"]
