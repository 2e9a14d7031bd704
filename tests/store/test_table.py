"""The table itself: made from the template, read to its last page, patient with what is left unprocessed."""

from typing import Any

import pytest

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import Item
from points.adapters.dynamodb.table import BATCH_ATTEMPTS, ConditionFailed, Table
from points.domain.errors import Throttled
from stack.table import definition
from tests.store.support import NoWaiting


def item(pk: str, sk: str, size: int = 1) -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}, "x": {"S": "x" * size}}


@pytest.mark.parametrize("table", ["moto", pytest.param("dynamodb", marks=pytest.mark.dynamodb)], indirect=True)
def test_it_is_the_table_of_the_template(table: Table) -> None:
    found: Any = table.client.describe_table(TableName=table.name)["Table"]
    wanted = definition()
    assert found["KeySchema"] == wanted["KeySchema"]
    assert found["StreamSpecification"] == wanted["StreamSpecification"]
    for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        indexes = {index["IndexName"]: (index["KeySchema"], index["Projection"]) for index in found[kind]}
        assert indexes == {index["IndexName"]: (index["KeySchema"], index["Projection"]) for index in wanted[kind]}
        assert all(projection == {"ProjectionType": "KEYS_ONLY"} for _, projection in indexes.values())


def test_pages_are_followed_to_the_end(table: Table) -> None:
    """An answer of DynamoDB ends at 1 MB: 30 items of 100 KB take three."""
    wanted = [f"s{number:02d}" for number in range(30)]
    for sk in wanted:
        table.put(item("p", sk, 100_000))
    values: Item = {":pk": {"S": "p"}}
    assert [found["sk"]["S"] for found in table.query("pk = :pk", values)] == wanted
    assert [found["sk"]["S"] for found in table.query("pk = :pk", values, limit=17, backwards=True)] == wanted[:12:-1]
    after = keys.key("p", "s20")
    assert [found["sk"]["S"] for found in table.query("pk = :pk", values, after=after)] == wanted[21:]
    assert sorted(found["sk"]["S"] for found in table.scan()) == wanted
    # BatchGetItem ends at 16 MB, and at 100 keys.
    batch = [keys.key("p", sk) for sk in reversed(wanted)]
    assert [found["sk"]["S"] for found in table.get_all(batch)] == wanted[::-1]


def test_many_keys_are_read_in_their_order_and_missing_ones_left_out(table: Table) -> None:
    for number in range(0, 250, 2):
        table.put(item("p", f"s{number}"))
    wanted = [keys.key("p", f"s{number}") for number in range(250)]
    assert [found["sk"]["S"] for found in table.get_all(wanted)] == [f"s{number}" for number in range(0, 250, 2)]
    assert table.get_all([]) == []


class StingyClient:
    """Answers only ``at_a_time`` keys of a batch and leaves the rest unprocessed, as a busy table does."""

    def __init__(self, client: Any, at_a_time: int) -> None:
        self._client = client
        self._at_a_time = at_a_time

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - the name of the API
        ((table, request),) = RequestItems.items()
        answered, rest = request["Keys"][: self._at_a_time], request["Keys"][self._at_a_time :]
        answer: Any = {"Responses": {table: []}, "UnprocessedKeys": {}}
        if answered:
            answer = self._client.batch_get_item(RequestItems={table: {**request, "Keys": answered}})
        if rest:
            answer["UnprocessedKeys"] = {table: {**request, "Keys": rest}}
        return answer


def test_unprocessed_keys_are_asked_for_again(table: Table) -> None:
    for number in range(9):
        table.put(item("p", f"s{number}"))
    wanted = [keys.key("p", f"s{number}") for number in range(9)]
    waiting = NoWaiting()
    stingy: Any = StingyClient(table.client, 4)
    found = Table(stingy, table.name, waiting, InvocationDeadline()).get_all(wanted)
    assert [each["sk"]["S"] for each in found] == [f"s{number}" for number in range(9)]
    assert waiting.waits == [1, 2]


def test_but_not_for_ever(table: Table) -> None:
    waiting = NoWaiting()
    stingy: Any = StingyClient(table.client, 0)
    with pytest.raises(Throttled):
        Table(stingy, table.name, waiting, InvocationDeadline()).get_all([keys.key("p", "s")])
    assert waiting.waits == list(range(1, BATCH_ATTEMPTS))


def test_a_condition_that_fails_brings_what_stands_there(table: Table) -> None:
    table.put(item("p", "s"), condition="attribute_not_exists(pk)")
    with pytest.raises(ConditionFailed) as failure:
        table.put(item("p", "s", 2), condition="attribute_not_exists(pk)")
    assert failure.value.item == item("p", "s")
    with pytest.raises(ConditionFailed) as failure:
        table.put(item("p", "t"), condition="x = :x", values={":x": {"S": "y"}})
    assert not failure.value.item
    assert table.get("p", "t") is None
