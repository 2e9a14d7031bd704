"""Webhook endpoints and deliveries: kept exactly, changed by one at a time, listed within bounds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import DeliveryItem
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.webhooks import DynamoDBDeliveries, DynamoDBEndpoints
from points.adapters.webhooks.paging import LOOKED_AT
from points.application.ports import RaceLost
from points.domain.telling.events import EventType
from points.domain.webhooks.deliveries import (
    Answered,
    Delivery,
    NotAnswered,
    State,
    again,
    claimed,
    delivery_of,
    settled,
)
from points.domain.webhooks.endpoints import Endpoint, Wanted, changed, failed, gone, made, rotated
from points.domain.webhooks.events import MAX_BODY_BYTES, event_of
from tests.store.support import Store
from tests.support.webhooks import URL, told

NOW = datetime(2026, 11, 25, 10, 0, 0, 123_456, tzinfo=UTC)
SHOP = made("demo", "shop", Wanted(URL), secret="whsec_Zmlyc3Q=", actor="li", now=NOW)


def full() -> Endpoint:
    """With everything an endpoint may have."""
    types = frozenset({EventType.POINTS_EARNED, EventType.ORDER_PLACED})
    found = rotated(SHOP, "whsec_c2Vjb25k", keep_hours=24, now=NOW)
    found = rotated(found, "whsec_dGhpcmQ=", keep_hours=48, now=NOW + timedelta(seconds=1))
    found = changed(
        found, Wanted(f"{URL}/new", types, "仓库"), enabled=True, actor="wang", now=NOW + timedelta(hours=1)
    )
    return gone(failed(found, NOW), NOW)


def delivery(number: int = 0, **event: Any) -> Delivery:
    moment = NOW + timedelta(microseconds=number)
    return delivery_of(event_of(told(moment, id=f"evt_{number:032d}", **event)), SHOP, NOW)


# ── endpoints ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("endpoint", [SHOP, replace(full(), revision=1)], ids=["new", "full"])
def test_an_endpoint_is_read_as_it_was_written(store: Store, endpoint: Endpoint) -> None:
    assert store.endpoints.one("demo", "shop") is None
    store.endpoints.save(endpoint)
    assert store.endpoints.one("demo", "shop") == endpoint
    assert store.endpoints.one("outlet", "shop") is None


def test_endpoints_are_those_of_their_program(store: Store) -> None:
    for program, name in (("demo", "b"), ("demo", "a"), ("demo2", "c"), ("dem", "d")):
        store.endpoints.save(replace(SHOP, program=program, name=name))
    assert [endpoint.name for endpoint in store.endpoints.all("demo")] == ["a", "b"]
    store.endpoints.remove("demo", "a")
    store.endpoints.remove("demo", "a")
    assert [endpoint.name for endpoint in store.endpoints.all("demo")] == ["b"]
    assert store.endpoints.all("nobody") == []


def test_of_two_changes_at_once_one_is_lost(store: Store) -> None:
    store.endpoints.save(SHOP)
    with pytest.raises(RaceLost):
        store.endpoints.save(replace(SHOP, made_by="somebody else"))
    store.endpoints.save(failed(SHOP, NOW))
    with pytest.raises(RaceLost):
        store.endpoints.save(gone(SHOP, NOW))
    assert store.endpoints.one("demo", "shop") == failed(SHOP, NOW)
    store.endpoints.remove("demo", "shop")
    with pytest.raises(RaceLost):
        store.endpoints.save(gone(failed(SHOP, NOW), NOW))


# ── deliveries ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_delivery_is_kept_as_it_is_at_every_step(store: Store) -> None:
    new = delivery(data={"note": "积分\n\u2028"})
    assert store.deliveries.add(new) == new
    attempt = claimed(new, NOW)
    failing = settled(attempt, NotAnswered("timeout"), NOW, lambda bound: bound - 1)
    resent = again(failing, SHOP, NOW)
    second = claimed(resent, NOW)
    done = settled(second, Answered(204), NOW, lambda bound: bound - 1)
    for step in (attempt, failing, resent, second, done):
        store.deliveries.save(step)
        assert store.deliveries.one("demo", "shop", new.name) == step
    # AND an event that comes again finds what became of it
    assert store.deliveries.add(new) == done


def test_an_attempt_is_claimed_by_one(store: Store) -> None:
    store.deliveries.add(delivery())
    store.deliveries.save(claimed(delivery(), NOW))
    with pytest.raises(RaceLost):
        store.deliveries.save(claimed(delivery(), NOW + timedelta(seconds=1)))


def test_a_body_of_any_size_that_is_taken_is_kept(store: Store) -> None:
    size = len(event_of(told(NOW, id=f"evt_{0:032d}", data={"x": ""})).body)
    large = delivery(data={"x": "x" * (MAX_BODY_BYTES - size)})
    assert len(large.body) == MAX_BODY_BYTES
    assert store.deliveries.add(large) == large
    assert store.deliveries.one("demo", "shop", large.name) == large


def names(store: Store, state: State | None, limit: int) -> list[list[str]]:
    """Page by page."""
    pages, before = [], None
    while True:
        page = store.deliveries.page("demo", "shop", state=state, before=before, limit=limit)
        pages.append([item.name for item in page.items])
        before = page.next_key
        if before is None:
            return pages


def test_deliveries_come_newest_first_and_end(store: Store) -> None:
    added = [store.deliveries.add(delivery(number)).name for number in range(6)]
    store.deliveries.add(replace(delivery(7), endpoint="shop2"))
    assert names(store, None, 4) == [added[:1:-1], added[1::-1]]
    assert names(store, None, 6) == [added[::-1]]
    assert names(store, None, 3) == [added[:2:-1], added[2::-1]]
    assert store.deliveries.page("demo", "nobody", state=None, before=None, limit=5).items == []


def test_a_state_is_looked_for_within_bounds(store: Store) -> None:
    number = LOOKED_AT + 20
    added = [store.deliveries.add(delivery(each)) for each in range(number)]
    for each in (added[0], added[1], added[-1]):
        store.deliveries.save(claimed(each, NOW))
        store.deliveries.save(settled(claimed(each, NOW), Answered(500), NOW, lambda _bound: 0))
    # The first page looks at so many and says where it goes on.
    assert names(store, State.FAILED, 5) == [[added[-1].name], [added[1].name, added[0].name]]
    assert names(store, State.FAILED, 1)[0] == [added[-1].name]
    assert [name for page in names(store, State.FAILED, 1) for name in page] == [
        each.name for each in (added[-1], added[1], added[0])
    ]
    assert names(store, State.DEAD, 5) == [[], []]


# ── as stored ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_deliveries_alone_are_removed_by_time(table: Table) -> None:
    DynamoDBEndpoints(table).save(SHOP)
    DynamoDBDeliveries(table).add(delivery())
    ends = {item["sk"]["S"]: item.get("ttl") for item in table.scan()}
    assert ends == {
        "ENDPOINT#shop": None,
        f"DELIVERY#{delivery().name}": {"N": str(int(NOW.timestamp()) + 30 * 24 * 3600)},
    }


def test_a_write_whose_answer_was_lost_and_that_is_repeated_is_no_race(table: Table) -> None:
    """botocore repeats by itself, and then finds what it wrote."""
    deliveries, endpoints = DynamoDBDeliveries(table), DynamoDBEndpoints(table)
    deliveries.add(delivery())
    for _ in range(2):
        endpoints.save(SHOP)
        deliveries.save(claimed(delivery(), NOW))


def test_a_delivery_that_goes_between_two_looks_was_ours(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    deliveries = DynamoDBDeliveries(table)
    deliveries.add(delivery())
    put = table.put

    def forgetful(item: Any, **condition: Any) -> None:
        try:
            put(item, **condition)
        except Exception as failure:
            failure.item = None  # type: ignore[attr-defined]
            raise

    monkeypatch.setattr(table, "put", forgetful)
    assert deliveries.add(delivery()) == delivery()


def test_keys_are_of_their_own(table: Table) -> None:
    DynamoDBDeliveries(table).add(delivery())
    (item,) = table.scan()
    assert item["pk"]["S"] == keys.deliveries_pk("demo", "shop") == "P#demo#WEBHOOKS#shop"
    assert DeliveryItem.read(item).delivery() == delivery()
    with pytest.raises(ValueError, match="cannot be part of a key"):
        keys.endpoint_sk("a#b")
