"""The table: reads, single writes, and pages followed to their end.

All reads but those of global indexes are strongly consistent: a ledger that shows an old balance right after a movement
looks as if it had lost the movement.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from points.adapters.dynamodb.failures import CONDITION_FAILED, code_of, lost_races, translated
from points.adapters.dynamodb.keys import Key, key
from points.adapters.dynamodb.models import Item
from points.application.ports import Backoff, Deadline, RaceLost
from points.domain.errors import LedgerUnavailable, Throttled

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

    def __init__(self, client: "DynamoDBClient", name: str, backoff: Backoff, deadline: Deadline) -> None:
        self.client = client
        self.name = name
        self.backoff = backoff
        self._deadline = deadline

    def call[Answer](self, operation: Callable[..., Answer], **request: Any) -> Answer:
        """The one door to the client. A call that might not end in time is not made: LedgerUnavailable says so."""
        if not self._deadline.leaves_time():
            raise LedgerUnavailable("there was no time left to ask the ledger")
        with translated():
            return operation(**request)

    def get(self, pk: str, sk: str) -> Item | None:
        answer = self.call(self.client.get_item, TableName=self.name, Key=key(pk, sk), ConsistentRead=True)
        return answer.get("Item")

    def get_together(self, wanted: Sequence[Key]) -> list[Item | None]:
        """Items as they all were at one moment, in order. Raises RaceLost while somebody writes one of them."""
        requests: Any = [{"Get": {"TableName": self.name, "Key": each}} for each in wanted]
        with lost_races():
            answer = self.call(self.client.transact_get_items, TransactItems=requests)
        return [response.get("Item") for response in answer["Responses"]]

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
            answer = self.call(self.client.batch_get_item, RequestItems=requests)
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
        consistent: bool = True,
    ) -> Iterator[Item]:
        """Items in key order, page after page; ``limit`` ends it early and keeps pages no larger than needed. A global
        index cannot be read ``consistent``."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": consistent,
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
            answer = self.call(self.client.query, **request)
            yield from answer["Items"]
            left = None if left is None else left - len(answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if not start:
                return

    def scan(self) -> Iterator[Item]:
        """Every item there is, for the auditor and nobody else: what it costs grows with the whole table."""
        request: dict[str, Any] = {"TableName": self.name, "ConsistentRead": True}
        while True:
            answer = self.call(self.client.scan, **request)
            yield from answer["Items"]
            start: Any = answer.get("LastEvaluatedKey")
            if not start:
                return
            request["ExclusiveStartKey"] = start

    def put(self, item: Item, *, condition: str | None = None, values: Item | None = None) -> None:
        """Raises ConditionFailed."""
        request: dict[str, Any] = {"TableName": self.name, "Item": item}
        if condition is not None:
            request["ConditionExpression"] = condition
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if values is not None:
            request["ExpressionAttributeValues"] = values
        try:
            with _in_the_way():
                self.call(self.client.put_item, **request)
        except ClientError as error:
            if code_of(error) != CONDITION_FAILED:
                raise
            found: Any = error.response
            raise ConditionFailed(found.get("Item")) from error

    def update(self, place: Key, *, expression: str, condition: str, values: Item) -> None:
        """Raises ConditionFailed."""
        try:
            with _in_the_way():
                self.call(
                    self.client.update_item,
                    TableName=self.name,
                    Key=place,
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
        except ClientError as error:
            if code_of(error) != CONDITION_FAILED:
                raise
            raise ConditionFailed(None) from error

    def delete(self, pk: str, sk: str) -> None:
        with _in_the_way():
            self.call(self.client.delete_item, TableName=self.name, Key=key(pk, sk))


@contextmanager
def _in_the_way() -> Iterator[None]:
    """Raises Throttled for a single write that met a transaction at its item: nothing was written, and it is no race of
    an account that could be decided again."""
    try:
        yield
    except RaceLost as lost:
        raise Throttled("a transaction is at the item") from lost
