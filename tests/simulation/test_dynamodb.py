"""The simulated DynamoDB is held to DynamoDB Local: both get the same requests, and have to give the same answers, the
same refusals, and hold the same items at the end.

Not compared, as no local engine does it: conflicts, the delay of global indexes, unprocessed keys, pages that end early
and forgotten tokens. Nor where DynamoDB Local itself is known to differ from AWS: it orders equal index keys by a hash,
takes an index key of a wrong type from an update, keeps numbers as an update spells them, and refuses a transaction as
a whole where AWS says which part's update does not fit its item, counts whole items for a page of a local index, and
where two parts of a transaction are at one item, may say that the condition of one of them failed.
"""

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from uuid import uuid4

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from points.adapters.dynamodb.item_size import item_size
from stack.table import create_table
from tests.simulation.dynamodb import (
    TOKEN_SECONDS,
    Change,
    Client,
    Engine,
    cancelled,
    client_error,
)
from tests.simulation.some_requests import Requests, key
from tests.simulation.stored_values import measured_item

ROUNDS = 400


class Both:
    """The simulated table and that of DynamoDB Local."""

    def __init__(self, local: Any, name: str) -> None:
        self.name = name
        self.engine = Engine(name=name)
        self.simulated = Client(self.engine)
        self.local = local

    def ask(self, operation: str, **request: Any) -> Any:
        """The answer that both give."""
        simulated = answer_of(getattr(self.simulated, operation), request)
        local = answer_of(getattr(self.local, operation), request)
        assert simulated == local, (operation, request)
        return simulated

    def on(self, operation: str, **request: Any) -> Any:
        return self.ask(operation, TableName=self.name, **request)

    def items(self, **request: Any) -> list[Any]:
        """All there is, in the order of its keys: a scan has none."""
        found = [all_pages(client.scan, {"TableName": self.name, **request}) for client in (self.simulated, self.local)]
        simulated, local = (sorted(items, key=_place) for items in found)
        assert simulated == local
        return simulated


def all_pages(scan: Callable[..., Any], request: dict[str, Any]) -> list[Any]:
    items: list[Any] = []
    while True:
        page = scan(**request)
        items += normal(page["Items"])
        if "LastEvaluatedKey" not in page:
            return items
        request = {**request, "ExclusiveStartKey": page["LastEvaluatedKey"]}


def answer_of(operation: Callable[..., Any], request: dict[str, Any]) -> Any:
    """What can be compared of an answer, whether it is one or an error."""
    try:
        answer = operation(**request)
    except ClientError as error:
        response: Any = error.response
        reasons = [{**reason, "Message": ""} for reason in response.get("CancellationReasons", [])]
        return response["Error"]["Code"], normal(reasons), normal(response.get("Item"))
    answer = {name: part for name, part in answer.items() if name not in {"ResponseMetadata", "ConsumedCapacity"}}
    for responses in answer.get("Responses", {}).values() if isinstance(answer.get("Responses"), dict) else ():
        responses.sort(key=lambda item: repr(normal(item)))
    return normal(answer)


def normal(value: Any) -> Any:
    """Numbers and sets as they are spelled here: DynamoDB Local keeps the spelling of updates."""
    match value:
        case {"N": str()} | {"SS": list()} | {"NS": list()} | {"BS": list()} if len(value) == 1:
            return measured_item({"-": value})[0]["-"]
        case dict():
            # Local's messages are only similar to ours, and to AWS's.
            return {name: normal(part) for name, part in sorted(value.items()) if name != "Message"}
        case list():
            return [normal(part) for part in value]
        case _:
            return value


def _place(item: Any) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


@pytest.fixture(scope="module")
def local(dynamodb_endpoint: str) -> Any:
    config = Config(parameter_validation=False, read_timeout=60, max_pool_connections=1)
    return botocore.session.get_session().create_client("dynamodb", endpoint_url=dynamodb_endpoint, config=config)


@pytest.fixture
def both(local: Any) -> Iterator[Both]:
    name = f"Simulated-{uuid4()}"
    create_table(local, name)
    yield Both(local, name)
    local.delete_table(TableName=name)


@pytest.mark.dynamodb
@pytest.mark.parametrize("seed", range(5))
def test_random_requests_are_answered_alike(both: Both, seed: int) -> None:
    requests = Requests(Random(f"dynamodb/{seed}"), both.name)  # noqa: S311 - repeatable on purpose
    refused = 0
    for _ in range(ROUNDS):
        operation, request = requests.next()
        answer = both.ask(operation, **request)
        refused += isinstance(answer, tuple)
        if isinstance(answer, dict) and "LastEvaluatedKey" in answer:
            requests.go_on_after(operation, request, answer["LastEvaluatedKey"])
    assert both.items() == sorted((normal(item) for item in both.engine.items.values()), key=_place)
    for index in ("history", "due", "remind"):
        both.items(IndexName=index)
    assert 0.2 < refused / ROUNDS < 0.7, "some of everything"


# ── case by case ────────────────────────────────────────────────────────────────────────────────────────────────────

VALUES: dict[str, Any] = {
    ":one": {"N": "1"}, ":same": {"N": "1.0"}, ":five": {"N": "5"}, ":nine": {"N": "9"}, ":a": {"S": "a"},
    ":b": {"S": "b"}, ":empty": {"S": ""}, ":true": {"BOOL": True}, ":null": {"NULL": True}, ":type": {"S": "N"},
    ":bytes": {"B": b"a"}, ":set": {"SS": ["y", "x"]}, ":numbers": {"NS": ["1"]}, ":list": {"L": [{"N": "1"}]},
    ":map": {"M": {"x": {"N": "1.0"}}}, ":wide": {"S": "😀"}, ":two": {"N": "2"}, ":wrong": {"N": "x1"},
    ":long": {"N": "9" * 39}, ":huge": {"N": "1E+126"}, ":tiny": {"N": "1E-131"}, ":both": {"S": "a", "N": "1"},
    ":none": {}, ":empty_set": {"SS": []}, ":double": {"SS": ["a", "a"]}, ":false_null": {"NULL": False},
    ":nines": {"N": "9" * 38}, ":small": {"N": "1E-40"}, ":large": {"S": "x" * 409_600},
}  # fmt: skip

ITEM: dict[str, Any] = {
    **key("p", "s"), "s": {"S": "a"}, "n": {"N": "5"}, "b": {"BOOL": True}, "ss": {"SS": ["x", "y"]},
    "m": {"M": {"x": {"N": "1"}, "l": {"L": [{"N": "1"}, {"S": "b"}]}}}, "y": {"B": b"ab"}, "w": {"S": "😀é"},
    "l": {"L": [{"N": "1"}, {"N": "2"}, {"N": "3"}]}, "ns": {"NS": ["1", "2"]},
}  # fmt: skip

CONDITIONS = """
attribute_exists(s) | attribute_exists(zz) | attribute_not_exists(zz) | attribute_not_exists(s)
attribute_exists(m.x) | attribute_exists(m.l[1]) | attribute_exists(m.l[7]) | attribute_exists(s.x)
attribute_exists(s[0]) | zz = :one | zz <> :one | zz = yy | zz <> yy | n <> yy | n < yy | zz < :one | NOT zz < :one
n = :five | n <> :a | n < :a | n < :true | b = :true | b < :true | n BETWEEN :one AND :nine | n BETWEEN :nine AND :one
n BETWEEN :one AND :a | n BETWEEN :one AND n | n BETWEEN zz AND :nine | n between :one and :nine | n IN (:five, :a)
n IN (:one, :one) | zz IN (:one) | n IN () | n IN (n) | m = :map | ss = :set | ss <> :set | l = :list | y = :bytes
y > :bytes | n = :same | m.x = :same | m.l[0] = :same | size(s) = :one | size(n) = :one | size(zz) = :one
size(m) = :two | size(ss) = :two | size(l) > :two | size(y) = :two | size(w) = :two | size(:wide) = :two
size(:one) = :one | size(size(s)) = :one | size(s) < :a | size(s) < :true | size(s) = size(zz) | size(s) = size(s)
size(s) BETWEEN :one AND :one | size(s) IN (:one) | :one = size(s) | attribute_type(n, :type)
attribute_type(s, :type) | attribute_type(zz, :type) | attribute_type(n, :a) | attribute_type(n, :one)
attribute_type(n, s) | begins_with(s, :a) | begins_with(s, :empty) | begins_with(n, :a) | begins_with(s, :one)
begins_with(y, :bytes) | begins_with(zz, :a) | begins_with(:a, :a) | begins_with(:one, s) | begins_with(s, n)
begins_with(s, size(s)) | contains(s, :a) | contains(s, :empty) | contains(ss, :a) | contains(ss, :b)
contains(ns, :same) | contains(l, :same) | contains(n, :one) | contains(y, :bytes) | contains(ss, :set)
contains(s, size(s)) | contains(s, s) | n = n | n <> n | n = s | attribute_exists(n) = :one | attribute_exists(:one)
attribute_exists(n, s) | attribute_exists() | foo(n) | SIZE(s) = :one | if_not_exists(n, :one) = :one | n | :true
(n) | n == :one | n = | n = :one AND | AND n = :one | n = :one s | n = :one = :one | n-s = :one | _n = :one
1n = :one | n.1 = :one | (n = :five) | ((n = :five)) | ((n) = :five) | (n) = (:five) | ((n)) = :five
(n = :five AND s = :a) OR b = :a | ((n = :five) OR (s = :b)) | NOT (n = :one) | NOT NOT n = :five
NOT n = :one AND s = :b | NOT (n = :one AND s = :b) | n = :one OR s = :a AND b = :a | n = :five OR s = :b AND b = :a
(n = :one OR s = :a) AND b = :true | n=:five | n<>:five | n>=:five AND n<=:five | n = :missing | name = :one
counter = :one | m.name = :one | #n = :five | #m.#x = :same | #missing = :one | m.#x = :one | n = :wrong | n = :long
n = :huge | n = :both | n = :none | n = :null | n < :null | n = :empty_set | n = :double | n = :false_null
n [0] = :one | m . x = :one | size (s) = :one | zz <> :one OR zz < :true | s <= :b AND s >= :a
n > :one AND (s = :b OR (b = :true AND NOT attribute_exists(zz)))
"""

UPDATES = """
SET a = :one | SET n = n + :one | SET n = n - :same | SET n = zz + :one | SET n = s + :one | SET n = n + :a
SET n = :one + :two | SET n = :one + :two + :five | SET n = (n + :one) | SET n = n + n
SET n = if_not_exists(n, :one) | SET zz = if_not_exists(zz, :one) + :two | SET a = if_not_exists(yy, zz)
SET a = s, s = n | SET a = zz | SET a = m.l | SET m.y = :one | SET zz.y = :one | SET s.y = :one | SET m.l[5] = :one
SET m.l[0] = :five | SET m.l[5].x = :one | SET l[7] = :one, l[9] = :two | SET l[1] = :nine REMOVE l[0]
SET l[9] = :one REMOVE l[3] | SET l = list_append(l, :list) | SET l = list_append(:list, l)
SET l = list_append(s, :list) | SET l = list_append(l, :one) | SET a = m, m.x = :five | SET m.x = :one, m = :one
SET n = :one, n = :two | SET n = :one SET s = :a | SET n = :one REMOVE n | SET m.x = :one, m[0] = :two
set n = :one remove s add a :one | SET n = size(s) | SET n = attribute_exists(s) | SET n = foo(s) | SET n = :one,
SET | FOO n = :one | n = :one | REMOVE s, n | REMOVE zz | REMOVE m.x, m.l[0] | REMOVE l[0], l[1] | REMOVE l[9]
REMOVE s.t | REMOVE zz.t | REMOVE m.zz | REMOVE m | REMOVE l[0].x | ADD n :one | ADD zz :one | ADD s :one | ADD n :a
ADD ss :set | ADD ns :numbers | ADD ns :set | ADD zz :set | ADD m.x :one | ADD m.zz :one | ADD l :list | ADD n s
ADD n :nines | ADD n :small | DELETE ss :set | DELETE ns :numbers | DELETE zz :set | DELETE n :one | DELETE n :set
DELETE s :set | SET pk = :a | REMOVE sk | ADD sk :set | SET due_shard = :a | SET due_shard = :empty
SET due_at = :one, due_shard = :b | SET name = :one | SET n = :long | SET n = :huge | SET n = :tiny | SET n = :wrong
SET n = :large | SET s = :large, n = :one | SET #n = :one | SET #m.#x = :five
SET n = :one ADD zz :one DELETE ss :set REMOVE s | SET n = n + :nines
"""

PROJECTIONS = """
s | s, n | m.x | m.x, m.l[1] | m.l[1], m.l[0] | zz | m.zz, s | l[5] | l[0], l[2] | pk, s | s, s | m, m.x | m.x, m[0]
name | #m.#x | #missing | s, | s n | s..n | size(s) | :one | (s) | s[x] | m.l[0].x
"""

KEY_CONDITIONS = """
pk = :p | pk = :p AND sk = :b | pk = :p AND sk < :b | sk <= :b AND pk = :p | pk = :p AND sk > :b
(pk = :p) AND (sk >= :b) | (pk = :p AND sk >= :b) | pk = :p AND begins_with(sk, :b) | pk = :p AND sk BETWEEN :b AND :c
pk = :p AND sk BETWEEN :c AND :b | pk = :p AND sk BETWEEN :b AND :one | pk = :p AND sk <> :b | pk = :p OR sk = :b
NOT pk = :p | pk < :p | sk = :b | pk = :p AND zz = :b | pk = :p AND sk = :one | pk = :p AND sk = :b AND zz = :b
pk = :p AND sk IN (:b) | pk = :p AND pk = :p | pk = :p AND sk > :b AND sk < :c | :p = pk | pk = :p and :b < sk
begins_with(pk, :p) | pk = :p AND begins_with(sk, :one) | pk = :p AND sk = :empty
pk = :p AND begins_with(sk, :empty) | pk = :empty | pk = :one | pk = :p AND attribute_exists(sk) | pk = :p AND
pk = :p AND pk.x = :b | pk = :missing | due_shard = :p | #pk = :p AND sk = :b
"""

NAMES = {"#n": "n", "#m": "m", "#x": "x", "#pk": "pk"}


def expressions(texts: str) -> Iterator[dict[str, Any]]:
    """Each with what it names of names and values, as a part of a request named ``text``."""
    for text in (text.strip() for line in texts.strip().splitlines() for text in line.split(" | ")):
        values = {name: value for name, value in VALUES.items() if re.search(rf"{name}\b", text)}
        names = {name: stands_for for name, stands_for in NAMES.items() if re.search(rf"{name}\b", text)}
        parts = {"text": text, "ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
        yield {name: part for name, part in parts.items() if part}


@pytest.mark.dynamodb
def test_conditions_are_judged_alike(both: Both) -> None:
    both.on("put_item", Item=ITEM)
    fulfilled = 0
    for request in expressions(CONDITIONS):
        answer = both.on("put_item", Item=ITEM, ConditionExpression=request.pop("text"), **request)
        fulfilled += answer == {}
    assert fulfilled > 50


@pytest.mark.dynamodb
def test_updates_do_alike(both: Both) -> None:
    for request in expressions(UPDATES):
        expression = request.pop("text")
        for item in (ITEM, key("p", "s")):
            both.on("put_item", Item=item)
            for wanted in ("ALL_NEW", "UPDATED_NEW", "UPDATED_OLD"):
                both.on("update_item", Key=key("p", "s"), UpdateExpression=expression, ReturnValues=wanted, **request)
            both.on("get_item", Key=key("p", "s"))
        both.on("delete_item", Key=key("p", "s"), ReturnValues="ALL_OLD")
        both.on("update_item", Key=key("p", "s"), UpdateExpression=expression, ReturnValues="ALL_OLD", **request)
        both.on("get_item", Key=key("p", "s"))
    both.on("update_item", Key=key("p", "new"), ReturnValues="ALL_NEW")
    both.on("update_item", Key=key("p", "new"), ReturnValues="EVERYTHING")


@pytest.mark.dynamodb
def test_projections_show_alike(both: Both) -> None:
    both.on("put_item", Item=ITEM)
    for request in expressions(PROJECTIONS):
        request.pop("ExpressionAttributeValues", None)
        both.on("get_item", Key=key("p", "s"), ProjectionExpression=request.pop("text"), **request)


@pytest.mark.dynamodb
def test_key_conditions_find_alike(both: Both) -> None:
    for sk in ("a", "b", "b1", "b2", "c", "d"):
        both.on("put_item", Item=key("p", sk))
    values = VALUES | {":p": {"S": "p"}, ":c": {"S": "c"}}
    for request in expressions(KEY_CONDITIONS):
        text = request["text"]
        named = {name: value for name, value in values.items() if re.search(rf"{name}\b", text)}
        request["ExpressionAttributeValues"] = named
        both.on("query", KeyConditionExpression=request.pop("text"), **request)


@pytest.mark.dynamodb
def test_places_to_begin_at(both: Both) -> None:
    for number, sk in enumerate(("a", "b", "c")):
        index = {"seq": {"N": str(number)}, "due_shard": {"S": "d"}, "due_at": {"N": str(number)}}
        both.on("put_item", Item={**key("p", sk), **index})
    table: Any = ({}, key("p", "b"), key("p", "bb"), key("q", "b"), {"pk": {"S": "p"}}, key("p", ""))
    for start in table:
        for condition in ("pk = :p", "pk = :p AND sk >= :b"):
            values = {":p": {"S": "p"}} | ({":b": {"S": "b"}} if ":b" in condition else {})
            request = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, "Limit": 1}
            for forwards in (True, False):
                both.on(
                    "query", ScanIndexForward=forwards, **request, **({"ExclusiveStartKey": start} if start else {})
                )
    history: Any = ({**key("p", "b"), "seq": {"N": "1"}}, {**key("p", "gone"), "seq": {"N": "1.5"}}, key("p", "b"))
    timers: Any = ({**key("p", "b"), "due_shard": {"S": "d"}, "due_at": {"N": "1"}}, key("p", "b"))
    for name, attribute, starts in (("history", "pk", history), ("due", "due_shard", timers)):
        value = {":p": {"S": "p" if attribute == "pk" else "d"}}
        request = {
            "IndexName": name,
            "KeyConditionExpression": f"{attribute} = :p",
            "ExpressionAttributeValues": value,
        }
        for start in starts:
            both.on("query", ExclusiveStartKey=start, **request)
        for more in ({"Limit": 0}, {"Limit": 3}, {"Limit": 4}, {"Select": "COUNT"}, {"ConsistentRead": True},
                     {"ProjectionExpression": "sk"}, {"ProjectionExpression": "zz"}, {"Select": "ALL_ATTRIBUTES"},
                     {"FilterExpression": "attribute_exists(sk)"}, {"FilterExpression": "attribute_exists(zz)"},
                     {"FilterExpression": f"attribute_exists({attribute})"}):  # fmt: skip
            both.on("query", **request, **more)
    nobody = {":p": {"S": "p"}}
    both.on("query", IndexName="none", KeyConditionExpression="pk = :p", ExpressionAttributeValues=nobody)
    both.items(Limit=1)
    both.items(Limit=2, IndexName="due")


@pytest.mark.dynamodb
def test_limits_of_items(both: Both) -> None:
    def nested(kind: str, levels: int) -> Any:
        value: Any = {"N": "1"}
        for _ in range(levels):
            value = {kind: {"a": value} if kind == "M" else [value]}
        return value

    room = 409_600 - len("pkpsksx")
    values = (
        *VALUES.values(), {"S": "x" * room}, {"S": "x" * (room + 1)}, {"S": "é" * (room // 2 + 1)},
        {"M": {"": {"N": "1"}}},
        *(nested(kind, levels) for kind in "ML" for levels in (31, 32)), {"N": "1" + "0" * 50}, {"N": "0.0000001"},
        {"N": "-0"}, {"N": "007"}, {"N": "+7"}, {"N": " 7"}, {"N": ""}, {"N": "NaN"}, {"N": "1E-130"}, {"N": "-9E+125"},
        {"NS": ["1", "1.0"]}, {"NS": ["10", "9"]}, {"L": []}, {"M": {}}, {"B": b""}, {"SS": [""]}, {"BS": [b"b", b"a"]},
    )  # fmt: skip
    for value in values:
        both.on("put_item", Item={**key("p", "s"), "x": value})
        both.on("get_item", Key=key("p", "s"))
    keys: Any = (
        {"pk": {"S": "p"}}, {**key("p", "s"), "x": {"S": ""}}, key("", "s"), key("p", ""), key("p" * 2048, "s"),
        key("p" * 2049, "s"), key("p", "é" * 512), key("p", "é" * 513), {"pk": {"N": "1"}, "sk": {"S": "s"}}, {},
    )  # fmt: skip
    for each in keys:
        both.on("put_item", Item=each)
        both.on("get_item", Key=each)
        both.on("delete_item", Key=each)
    index_keys = ({"seq": {"S": "1"}}, {"seq": {"N": "1"}}, {"due_shard": {"S": ""}}, {"due_shard": {"S": "d" * 2049}},
                  {"due_shard": {"N": "1"}}, {"due_at": {"NULL": True}}, {"remind_at": {"BOOL": True}})  # fmt: skip
    for attributes in index_keys:
        both.on("put_item", Item={**key("p", "s"), **attributes})
        part = {"Put": {"TableName": both.name, "Item": {**key("p", "s"), **attributes}}}
        both.ask("transact_write_items", TransactItems=[part, put(both.name, "other")])
        both.ask(
            "batch_write_item", RequestItems={both.name: [{"PutRequest": {"Item": {**key("p", "s"), **attributes}}}]}
        )
    both.ask("get_item", TableName="none", Key=key("p", "s"))
    assert both.items()


def put(table: str, sk: str, **more: Any) -> dict[str, Any]:
    attributes = more.pop("attributes", {})
    return {"Put": {"TableName": table, "Item": {**key("t", sk), **attributes}, **more}}


def check_of(table: str, sk: str) -> dict[str, Any]:
    return {"ConditionCheck": {"TableName": table, "Key": key("t", sk), "ConditionExpression": "attribute_exists(pk)"}}


@pytest.mark.dynamodb
def test_transactions(both: Both) -> None:
    table = both.name
    absent = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    large = {"attributes": {"x": {"S": "x" * 399_000}}}
    check = {
        "ConditionCheck": {"TableName": table, "Key": key("t", "1"), "ConditionExpression": "attribute_exists(pk)"}
    }
    too_large = {
        "Update": {
            "TableName": table,
            "Key": key("t", "0"),
            "UpdateExpression": "SET z = :v",
            "ExpressionAttributeValues": {":v": {"S": "x" * 200_000}},
        }
    }
    transactions: Any = (
        [], [put(table, "1", **absent)], [put(table, "1", **absent), put(table, "2", **absent)],
        [put(table, "2", **absent), put(table, "3", **absent), check], [put(table, "1"), put(table, "1")],
        [put(table, "1"), check], [check], [put(table, str(number)) for number in range(100)],
        [put(table, str(number)) for number in range(101)], [{}], [{**check, **put(table, "1")}],
        [put(table, str(number), **large) for number in range(10)],
        [put(table, str(number), **large) for number in range(11)], [too_large, put(table, "new")],
        [put(table, "1", ConditionExpression="x =")], [put("none", "1")], [put(table, "")],
        [{"ConditionCheck": {"TableName": table, "Key": key("t", "1")}}],
        [{kind: {"TableName": table, "Key": key("t", kind)}} for kind in ("Delete", "Update")],
        [put(table, "1", ExpressionAttributeValues={":v": {"N": "1"}})],
    )  # fmt: skip
    for parts in transactions:
        both.ask("transact_write_items", TransactItems=parts)
    for keys in (
        ["1"],
        ["1", "gone"],
        ["1", "1"],
        [str(number) for number in range(100)],
        [str(n) for n in range(101)],
        [],
    ):
        gets = [{"Get": {"TableName": table, "Key": key("t", sk)}} for sk in keys]
        both.ask("transact_get_items", TransactItems=gets)
    assert len(both.items()) == 101


@pytest.mark.dynamodb
def test_a_token_is_good_for_one_transaction(both: Both) -> None:
    absent = {"ConditionExpression": "attribute_not_exists(pk)"}
    for sk, token in (
        ("1", "first"),
        ("1", "first"),
        ("2", "first"),
        ("1", "second"),
        ("3", "second"),
        ("3", "t" * 37),
    ):
        both.ask("transact_write_items", TransactItems=[put(both.name, sk, **absent)], ClientRequestToken=token)
    assert len(both.items()) == 2


@pytest.mark.dynamodb
def test_batches(both: Both) -> None:
    name = both.name
    for count in (0, 25, 26):
        writes = [{"PutRequest": {"Item": key("p", f"{number:03}")}} for number in range(count)]
        both.ask("batch_write_item", RequestItems={name: writes})
    one = {"PutRequest": {"Item": key("p", "1")}}
    both.ask("batch_write_item", RequestItems={name: [one, {"DeleteRequest": {"Key": key("p", "1")}}]})
    both.ask("batch_write_item", RequestItems={name: [one, {"DeleteRequest": {"Key": key("p", "001")}}]})
    both.ask("batch_write_item", RequestItems={name: [one, {"PutRequest": {"Item": key("", "1")}}]})
    both.ask("batch_write_item", RequestItems={"none": [one]})
    for keys in ([], ["001"], ["002", "gone", "003"], ["002", "002"], [str(number) for number in range(101)], [""]):
        both.ask("batch_get_item", RequestItems={name: {"Keys": [key("p", sk) for sk in keys]}})
    both.ask("batch_get_item", RequestItems={name: {"Keys": [key("p", "002")], "ProjectionExpression": "sk"}})
    both.ask("batch_get_item", RequestItems={"none": {"Keys": [key("p", "002")]}})
    both.ask("batch_get_item", RequestItems={})
    both.items()


@pytest.mark.dynamodb
def test_pages_end_at_a_megabyte_and_batches_at_sixteen(both: Both) -> None:
    for number in range(45):
        both.on("put_item", Item={**key("p", f"{number:02}"), "x": {"S": "x" * 400_000}, "seq": {"N": str(number)}})
    request = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}
    for more in ({}, {"ScanIndexForward": False}, {"Limit": 2}, {"Limit": 4}, {"Select": "COUNT"},
                 {"ProjectionExpression": "sk"}):  # fmt: skip
        both.on("query", **request, **more)
    both.on("scan", ProjectionExpression="sk")
    # Which keys are left is chance; how many is not.
    asked = {both.name: {"Keys": [key("p", f"{number:02}") for number in range(45)], "ProjectionExpression": "sk"}}
    for client in (both.simulated, both.local):
        answer = client.batch_get_item(RequestItems=asked)
        assert len(answer["Responses"][both.name]) == 41
        assert len(answer["UnprocessedKeys"][both.name]["Keys"]) == 4
    gets = [{"Get": {"TableName": both.name, "Key": key("p", f"{number:02}")}} for number in range(11)]
    both.ask("transact_get_items", TransactItems=gets)
    both.ask("transact_get_items", TransactItems=gets[:10])


# ── what no local engine does ───────────────────────────────────────────────────────────────────────────────────────


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def due(client: Client) -> list[tuple[str, str]]:
    """What the index shows, as (when it is due, sort key)."""
    answer = client.query(
        TableName="Ledger",
        IndexName="due",
        KeyConditionExpression="due_shard = :d",
        ExpressionAttributeValues={":d": {"S": "d"}},
    )
    return [(item["due_at"]["N"], item["sk"]["S"]) for item in answer["Items"]]


def timed(sk: str, due_at: int | None) -> dict[str, Any]:
    return {**key("p", sk), **({"due_shard": {"S": "d"}, "due_at": {"N": str(due_at)}} if due_at is not None else {})}


def test_a_global_index_shows_the_past_and_each_item_in_its_order() -> None:
    clock = Clock()
    lags = iter((5.0, 1.0, 3.0, 0.0))
    client = Client(Engine(now=clock, index_lag=lambda: next(lags)))
    client.put_item(TableName="Ledger", Item=timed("a", 1))
    client.put_item(TableName="Ledger", Item=timed("a", 2))
    client.put_item(TableName="Ledger", Item=timed("b", 9))
    assert due(client) == []
    clock.now = 3.0
    assert due(client) == [("9", "b")]
    clock.now = 4.9
    client.put_item(TableName="Ledger", Item=timed("a", None))
    assert due(client) == [("9", "b")], "a change does not overtake the ones before it"
    clock.now = 5.0
    assert due(client) == [("9", "b")]
    with pytest.raises(ClientError, match="Consistent reads"):
        client.scan(TableName="Ledger", IndexName="due", ConsistentRead=True)


def test_a_change_of_nothing_an_index_shows_takes_no_time_there() -> None:
    lags = iter((0.0,))
    client = Client(Engine(index_lag=lambda: next(lags)))
    for text in "xyz":
        client.put_item(TableName="Ledger", Item={**timed("a", 1), "s": {"S": text}})
    assert due(client) == [("1", "a")]


def test_a_token_is_forgotten_after_ten_minutes() -> None:
    clock = Clock()
    client = Client(Engine(now=clock))
    count = {
        "Update": {
            "TableName": "Ledger",
            "Key": key("p", "s"),
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }

    def counted() -> str:
        client.transact_write_items(TransactItems=[count], ClientRequestToken="once")
        return str(client.get_item(TableName="Ledger", Key=key("p", "s"))["Item"]["n"]["N"])

    assert counted() == "1"
    clock.now = TOKEN_SECONDS - 0.1
    assert counted() == "1"
    clock.now = TOKEN_SECONDS
    assert counted() == "2"


def test_a_transaction_delivered_twice_is_done_once_and_anything_else_twice() -> None:
    def twice(_operation: str, _request: Any, apply: Callable[[], Any]) -> Any:
        apply()
        return apply()

    client = Client(Engine(), twice)
    values = {":one": {"N": "1"}}
    update = {"TableName": "Ledger", "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": values}
    for _ in range(3):
        client.transact_write_items(TransactItems=[{"Update": {**update, "Key": key("p", "once")}}])
        client.update_item(**update, Key=key("p", "twice"))
    assert client.engine.items["p", "once"]["n"] == {"N": "3"}
    assert client.engine.items["p", "twice"]["n"] == {"N": "6"}


def test_an_update_that_does_not_fit_is_a_reason_to_cancel() -> None:
    """As the reference of TransactWriteItems has it; DynamoDB Local refuses the request."""
    client = Client(Engine())
    client.put_item(TableName="Ledger", Item={**key("t", "1"), "s": {"S": "a"}})
    unfit = {
        "Update": {
            "TableName": "Ledger",
            "Key": key("t", "1"),
            "UpdateExpression": "ADD s :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }
    with pytest.raises(ClientError) as refusal:
        client.transact_write_items(TransactItems=[put("Ledger", "2"), unfit])
    response: Any = refusal.value.response
    assert [reason["Code"] for reason in response["CancellationReasons"]] == ["None", "ValidationError"]
    assert ("t", "2") not in client.engine.items


def test_pages_end_and_keys_are_left_when_asked_to() -> None:
    client = Client(Engine(page_limit=lambda: 2, unprocessed=lambda keys: keys - 1))
    for number in range(5):
        client.put_item(TableName="Ledger", Item=key("p", str(number)))
    found = all_pages(client.scan, {"TableName": "Ledger"})
    assert [item["sk"]["S"] for item in found] == list("01234")
    answer = client.batch_get_item(RequestItems={"Ledger": {"Keys": [key("p", str(number)) for number in range(5)]}})
    assert answer["Responses"] == {"Ledger": [key("p", "0")]}
    assert len(answer["UnprocessedKeys"]["Ledger"]["Keys"]) == 4


def test_the_stream_has_what_changed_and_watchers_hear_of_every_write() -> None:
    clock = Clock()
    engine = Engine(now=clock)
    heard: list[tuple[Change, ...]] = []
    engine.on_commit.append(lambda changes: heard.append(tuple(changes)))
    client = Client(engine)
    first, second = {**key("p", "s"), "n": {"N": "1"}}, {**key("p", "s"), "n": {"N": "2"}}
    for item in (first, first, second):
        clock.now += 1
        client.put_item(TableName="Ledger", Item=item)
    client.transact_write_items(
        TransactItems=[{"Delete": {"TableName": "Ledger", "Key": key("p", "s")}}, put("Ledger", "1")]
    )
    with pytest.raises(ClientError):
        client.delete_item(TableName="Ledger", Key=key("p", "s"), ConditionExpression="attribute_exists(pk)")
    assert [(each.number, each.event, each.old, each.new, each.moment) for each in engine.stream] == [
        (1, "INSERT", None, first, 1.0),
        (2, "MODIFY", first, second, 3.0),
        (3, "REMOVE", second, None, 3.0),
        (4, "INSERT", None, key("t", "1"), 3.0),
    ]
    assert engine.stream[0].keys == key("p", "s")
    assert [len(changes) for changes in heard] == [1, 1, 1, 2]
    assert heard[1] == (Change(("p", "s"), first, first),)


def test_what_is_touched() -> None:
    engine = Engine()
    check = {
        "ConditionCheck": {"TableName": "Ledger", "Key": key("t", "2"), "ConditionExpression": "attribute_exists(pk)"}
    }
    parts = [put("Ledger", "1"), check]
    assert engine.touched("transact_write_items", {"TransactItems": parts}) == (("t", "1"), ("t", "2"))
    assert engine.touched("put_item", {"Item": ITEM}) == (("p", "s"),)
    assert engine.touched("delete_item", {"Key": key("p", "s")}) == (("p", "s"),)
    assert engine.touched("get_item", {"Key": key("p", "s")}) == ()
    assert engine.touched("put_item", {"Item": key("p", "")}) == ()


def test_what_is_not_simulated_is_never_ignored() -> None:
    with pytest.raises(NotImplementedError, match="ReturnConsumedCapacity"):
        Client(Engine()).get_item(TableName="Ledger", Key=key("p", "s"), ReturnConsumedCapacity="TOTAL")


def test_errors_are_as_botocore_raises_them() -> None:
    throttled = client_error("put_item", "ThrottlingException", message="slow down")
    assert str(throttled) == "An error occurred (ThrottlingException) when calling the PutItem operation: slow down"
    response: Any = cancelled("transact_write_items", [{"Code": "None"}, {"Code": "TransactionConflict"}]).response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["Error"]["Message"].endswith("[None, TransactionConflict]")
    assert len(response["CancellationReasons"]) == 2


def test_sizes_are_those_of_the_adapters() -> None:
    requests = Requests(Random("sizes"), "Ledger")  # noqa: S311 - repeatable on purpose
    for _ in range(300):
        _, request = requests.next()
        item = request.get("Item", {})
        if not re.search(r"'SS'|'NS'|'N': '(-?\d*\.|9{39})", repr(item)):
            canonical, size = measured_item(item)
            assert size == item_size(canonical)
    assert measured_item(ITEM)[0] is ITEM, "what is canonical already stays the same object"
