"""Webhook endpoints and their deliveries in DynamoDB.

Each is put as a whole, in the place of the revision before: they are sealed, and no seal can be changed in part.
"""

from collections.abc import Sequence

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import number
from points.adapters.dynamodb.models import DeliveryItem, EndpointItem, LedgerItem
from points.adapters.dynamodb.table import ConditionFailed, Table
from points.adapters.webhooks.paging import LOOKED_AT, first_page
from points.application.ports import Page, RaceLost
from points.domain.webhooks.deliveries import Delivery, State
from points.domain.webhooks.endpoints import MAX_ENDPOINTS, Endpoint

_ABSENT = "attribute_not_exists(pk)"
_MOST_ENDPOINTS = 2 * MAX_ENDPOINTS
"""Two that are made at one moment may be one more than there should be; so many there never are."""


class DynamoDBEndpoints:
    """Implements :class:`points.application.webhooks.ports.Endpoints`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def all(self, program: str) -> Sequence[Endpoint]:
        items = self._table.query(
            "pk = :pk AND begins_with(sk, :endpoints)",
            {":pk": {"S": keys.endpoints_pk(program)}, ":endpoints": {"S": keys.ENDPOINT_PREFIX}},
            limit=_MOST_ENDPOINTS,
        )
        return [EndpointItem.read(item).endpoint() for item in items]

    def one(self, program: str, name: str) -> Endpoint | None:
        item = self._table.get(keys.endpoints_pk(program), keys.endpoint_sk(name))
        return None if item is None else EndpointItem.read(item).endpoint()

    def save(self, endpoint: Endpoint) -> None:
        _put(self._table, EndpointItem.of(endpoint), endpoint.revision)

    def remove(self, program: str, name: str) -> None:
        self._table.delete(keys.endpoints_pk(program), keys.endpoint_sk(name))


class DynamoDBDeliveries:
    """Implements :class:`points.application.webhooks.ports.Deliveries`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, delivery: Delivery) -> Delivery:
        try:
            self._table.put(DeliveryItem.of(delivery).item(), condition=_ABSENT)
        except ConditionFailed as failure:
            if failure.item is None:
                # Gone again since: its days are over, and nobody will ask for it.
                return delivery
            return DeliveryItem.read(failure.item).delivery()
        return delivery

    def one(self, program: str, endpoint: str, name: str) -> Delivery | None:
        item = self._table.get(keys.deliveries_pk(program, endpoint), keys.delivery_sk(name))
        return None if item is None else DeliveryItem.read(item).delivery()

    def save(self, delivery: Delivery) -> None:
        _put(self._table, DeliveryItem.of(delivery), delivery.revision)

    def page(
        self, program: str, endpoint: str, *, state: State | None, before: str | None, limit: int
    ) -> Page[Delivery]:
        looked_at = limit if state is None else max(limit, LOOKED_AT)
        pk = keys.deliveries_pk(program, endpoint)
        start = None if before is None else keys.key(pk, keys.delivery_sk(before))
        # One more than is looked at: it tells whether there is a next page.
        newest = self._table.query("pk = :pk", {":pk": {"S": pk}}, backwards=True, after=start, limit=looked_at + 1)
        return first_page((DeliveryItem.read(item).delivery() for item in newest), state, looked_at, limit)


def _put(table: Table, model: LedgerItem, revision: int) -> None:
    """Raises RaceLost."""
    item = model.item()
    try:
        if revision == 1:
            table.put(item, condition=_ABSENT)
        else:
            table.put(item, condition="n = :before", values={":before": {"N": number(revision - 1)}})
    except ConditionFailed as failure:
        # The client repeats a write whose answer was lost, and then finds its own.
        if failure.item is None or dict(failure.item) != item:
            raise RaceLost from failure
