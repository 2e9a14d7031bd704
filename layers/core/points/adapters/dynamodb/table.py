"""The table: reads, single writes, and pages followed to their end.

All reads are strongly consistent: a ledger that shows an old balance right after a movement looks as if it had lost
the movement.
"""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from points.adapters.dynamodb.failures import CONDITION_FAILED, code_of, translated
from points.adapters.dynamodb.keys import Key, key
from points.adapters.dynamodb.models import Item
from points.application.ports import Backoff
from points.domain.errors import Throttled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BATCH = 100
"""Keys BatchGetItem takes in one call."""

BATCH_ATTEMPTS = 8
"""Calls for one batch: what DynamoDB leaves unprocessed is asked for again, after a pause, but not for ever."""


class ConditionFailed(Exception):
    """A single write's condition was not met; ``item`` is what stands there, None for nothing."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("the condition of a write was not met")
        self.item = item


class Table:
    """One table through one client. Every method may raise Throttled and LedgerUnavailable."""

    def __init__(self, client: "DynamoDBClient", name: str, backoff: Backoff) -> None:
        self.client = client
        self.name = name
        self.backoff = backoff

    def get(self, pk: str, sk: str) -> Item | None:
        with translated():
            answer = self.client.get_item(TableName=self.name, Key=key(pk, sk), ConsistentRead=True)
        return answer.get("Item")

    def get_all(self, wanted: Sequence[Key]) -> list[Item]:
        """The items that exist, in the order of their keys."""
        found = {
            (item["pk"]["S"], item["sk"]["S"]): item
            for batch in batched(wanted, BATCH, strict=False)
            for item in self._batch(list(batch))
        }
        places = [(each["pk"]["S"], each["sk"]["S"]) for each in wanted]
        return [found[place] for place in places if place in found]

    def _batch(self, wanted: list[Key]) -> Iterator[Item]:
        requests: Any = {self.name: {"Keys": wanted, "ConsistentRead": True}}
        for attempt in range(BATCH_ATTEMPTS):
            if attempt:
                self.backoff.wait(attempt)
            with translated():
                answer = self.client.batch_get_item(RequestItems=requests)
            yield from answer["Responses"].get(self.name, [])
            requests = answer.get("UnprocessedKeys")
            if not requests:
                return
        raise Throttled("the ledger is at its limit")

    def query(
        self,
        condition: str,
        values: Item,
        *,
        limit: int | None = None,
        backwards: bool = False,
        index: str | None = None,
        after: Key | None = None,
    ) -> Iterator[Item]:
        """Items in key order, page after page; ``limit`` ends it early and keeps pages no larger than needed."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
            "ScanIndexForward": not backwards,
        }
        if index is not None:
            request["IndexName"] = index
        start: Any = after
        left = limit
        while left is None or left > 0:
            if start:
                request["ExclusiveStartKey"] = start
            if left is not None:
                request["Limit"] = left
            with translated():
                answer = self.client.query(**request)
            yield from answer["Items"]
            left = None if left is None else left - len(answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if not start:
                return

    def scan(self, *only_below: str) -> Iterator[Item]:
        """Every item there is, or those whose partition key has one of those parts, for the auditor and nobody else:
        what it costs grows with the whole table, and leaving items out makes the answer shorter, not the reading."""
        request: dict[str, Any] = {"TableName": self.name, "ConsistentRead": True}
        if only_below:
            names = [f":part{number}" for number in range(len(only_below))]
            request["FilterExpression"] = " OR ".join(f"contains(pk, {name})" for name in names)
            request["ExpressionAttributeValues"] = {
                name: {"S": part} for name, part in zip(names, only_below, strict=True)
            }
        while True:
            with translated():
                answer = self.client.scan(**request)
            yield from answer["Items"]
            start: Any = answer.get("LastEvaluatedKey")
            if not start:
                return
            request["ExclusiveStartKey"] = start

    def put(self, item: Item, *, condition: str | None = None, values: Item | None = None) -> None:
        """Raises ConditionFailed, and RaceLost while a transaction is at the item."""
        request: dict[str, Any] = {"TableName": self.name, "Item": item}
        if condition is not None:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if values is not None:
            request["ExpressionAttributeValues"] = values
        with translated():
            try:
                self.client.put_item(**request)
            except ClientError as error:
                if code_of(error) != CONDITION_FAILED:
                    raise
                found: Any = error.response
                raise ConditionFailed(found.get("Item")) from error

    def delete(self, pk: str, sk: str) -> None:
        with translated():
            self.client.delete_item(TableName=self.name, Key=key(pk, sk))
