"""Operators and deliveries change endpoints at the same time: no change is lost, and none is tried for ever."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from points.adapters.memory import MemoryDeliveries, MemoryEndpoints
from points.application.ports import RaceLost
from points.application.webhooks.fan_out import fan_out
from points.application.webhooks.manage_endpoints import (
    MAX_ATTEMPTS,
    change_endpoint,
    make_endpoint,
    read_endpoint,
    rotate_secret,
)
from points.application.webhooks.operate_deliveries import list_deliveries, resend_delivery
from points.application.webhooks.ports import Webhooks
from points.domain.errors import Conflict, InvalidRequest, ReferenceReused
from points.domain.webhooks.deliveries import Answered, claimed, settled
from points.domain.webhooks.endpoints import Endpoint, Wanted, failed
from points.domain.webhooks.events import event_of
from tests.support.api import TestClock
from tests.support.webhooks import URL, memory_webhooks, sent, told

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


class Contended(MemoryEndpoints):
    """Somebody counts a failure before each of the first so many writes."""

    def __init__(self, races: int) -> None:
        super().__init__()
        self.races = races

    def save(self, endpoint: Endpoint) -> None:
        if self.races and (found := self.one(endpoint.program, endpoint.name)):
            self.races -= 1
            super().save(failed(found, NOW))
        super().save(endpoint)


def contended(races: int) -> Webhooks:
    endpoints = Contended(0)
    webhooks = replace(memory_webhooks(TestClock(NOW)), endpoints=endpoints, recent=endpoints)
    make_endpoint(webhooks, "demo", "shop", Wanted(URL), actor="li")
    endpoints.races = races
    return webhooks


def test_a_change_and_what_happens_meanwhile_both_count() -> None:
    webhooks = contended(MAX_ATTEMPTS - 1)
    change_endpoint(webhooks, "demo", "shop", Wanted(f"{URL}/new"), enabled=True, actor="wang")
    found = read_endpoint(webhooks, "demo", "shop")
    assert (found.wanted.url, found.failures) == (f"{URL}/new", MAX_ATTEMPTS - 1)


def test_what_keeps_losing_is_a_conflict() -> None:
    webhooks = contended(MAX_ATTEMPTS)
    with pytest.raises(Conflict):
        rotate_secret(webhooks, "demo", "shop", keep_hours=1)
    assert len(read_endpoint(webhooks, "demo", "shop").secrets) == 1


def test_two_that_make_the_same_endpoint_make_one() -> None:
    webhooks = memory_webhooks(TestClock(NOW))
    endpoints = webhooks.endpoints

    class Late:
        """Sees what is there only after it has tried to write."""

        def __init__(self) -> None:
            self.looks = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(endpoints, name)

        def all(self, program: str) -> Any:
            self.looks += 1
            return [] if self.looks == 1 else endpoints.all(program)

    _, secret = make_endpoint(webhooks, "demo", "shop", Wanted(URL), actor="li")
    late = replace(webhooks, endpoints=Late())
    again, none = make_endpoint(late, "demo", "shop", Wanted(URL), actor="wang")
    assert (again.made_by, none) == ("li", None)
    assert secret is not None
    with pytest.raises(ReferenceReused):
        make_endpoint(replace(webhooks, endpoints=Late()), "demo", "shop", Wanted(f"{URL}/x"), actor="wang")


def test_what_keeps_vanishing_is_a_conflict() -> None:
    class Racing(MemoryEndpoints):
        def save(self, endpoint: Endpoint) -> None:  # noqa: ARG002
            raise RaceLost

    with pytest.raises(Conflict):
        make_endpoint(
            replace(memory_webhooks(TestClock(NOW)), endpoints=Racing()), "demo", "shop", Wanted(URL), actor="li"
        )


def test_this_machine_is_for_stacks_on_it() -> None:
    here = Wanted("http://127.0.0.1:4001/hooks")
    with pytest.raises(InvalidRequest):
        make_endpoint(memory_webhooks(TestClock(NOW)), "demo", "shop", here, actor="li")
    local = memory_webhooks(TestClock(NOW), loopback=True)
    assert make_endpoint(local, "demo", "shop", here, actor="li")[0].wanted == here


def test_a_delivery_that_attempts_keep_changing_is_sent_again_within_bounds() -> None:
    webhooks = memory_webhooks(TestClock(NOW))
    make_endpoint(webhooks, "demo", "shop", Wanted(URL), actor="li")
    fan_out(webhooks, event_of(told(NOW)))
    (message,) = sent(webhooks)
    deliveries = webhooks.deliveries
    new = deliveries.one("demo", "shop", message.delivery)
    assert new is not None
    deliveries.save(claimed(new, NOW))
    deliveries.save(settled(claimed(new, NOW), Answered(500), NOW, lambda _bound: 0))
    races = [2]

    class Contended(MemoryDeliveries):
        def save(self, delivery: Any) -> None:
            if races[0]:
                races[0] -= 1
                raise RaceLost
            deliveries.save(delivery)

    contended = Contended()
    contended.__dict__.update(vars(deliveries))
    busy = replace(webhooks, deliveries=contended)
    assert resend_delivery(busy, "demo", "shop", message.delivery).round == 1
    races[0] = 100
    done = deliveries.one("demo", "shop", message.delivery)
    assert done is not None
    deliveries.save(claimed(done, NOW))
    with pytest.raises(Conflict):
        resend_delivery(busy, "demo", "shop", message.delivery)
    assert len(list_deliveries(webhooks, "demo", "shop", state=None, before=None, limit=5).items) == 1
