"""Random requests to a table: all operations, over few keys, so that they meet.

Mostly sensible and sometimes wrong: what is refused has to be refused alike.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, Final

from tests.simulation.stored_values import Value

type Request = dict[str, Any]

PARTITIONS: Final = ("p", "q", "é")
SORT_KEYS: Final = ("a", "b", "b#1", "b#2", "c", "ü")
SHARDS: Final = ("d0", "d1")
NAMES: Final = ("s", "n", "c", "m", "l", "ss", "x")
TEXTS: Final = ("", "a", "b", "ba", "é", "😀")
NUMBERS: Final = ("0", "1", "-1", "2", "10", "2.5", "-0.25", "1E+3", "1.0", "12345678901234567890")
KINDS: Final = ("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS")


def key(pk: str, sk: str) -> dict[str, Value]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


class Requests:
    def __init__(self, random: Random, table: str) -> None:
        self.random = random
        self.table = table
        self._next: tuple[str, Request] | None = None

    def next(self) -> tuple[str, Request]:
        """An operation and its request."""
        if self._next is not None:
            (operation, request), self._next = self._next, None
            return operation, request
        make = self.random.choices(
            (self._put, self._update, self._delete, self._transact, self._batch_write, self._get, self._query,
             self._batch_get, self._transact_get),
            (5, 8, 2, 8, 1, 2, 8, 1, 1),
        )[0]  # fmt: skip
        return make()

    def go_on_after(self, operation: str, request: Request, last: Any) -> None:
        """The next request is for the page after this one."""
        self._next = operation, {**request, "ExclusiveStartKey": last}

    # ── operations ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _put(self) -> tuple[str, Request]:
        request = self._conditional({"Item": self._item()})
        if self._chance(0.3):
            request["ReturnValues"] = self.random.choice(("ALL_OLD", "NONE", "ALL_NEW"))
        return "put_item", request

    def _update(self) -> tuple[str, Request]:
        values: dict[str, Value] = {}
        request = {"Key": self._key(), "UpdateExpression": self._changes(values)}
        if self._chance(0.7):
            request["ReturnValues"] = self.random.choice(("ALL_OLD", "ALL_NEW", "UPDATED_NEW", "UPDATED_OLD", "NONE"))
        return "update_item", self._conditional(request, values)

    def _delete(self) -> tuple[str, Request]:
        request = self._conditional({"Key": self._key()})
        if self._chance(0.5):
            request["ReturnValues"] = "ALL_OLD"
        return "delete_item", request

    def _transact(self) -> tuple[str, Request]:
        places = self._places(self.random.randint(1, 4))
        return "transact_write_items", {"TransactItems": [self._part(place) for place in places]}

    def _part(self, place: tuple[str, str]) -> Request:
        kind = self.random.choice(("Put", "Update", "Delete", "ConditionCheck"))
        values: dict[str, Value] = {}
        if kind == "Put":
            return {kind: self._conditional({"Item": self._item(place)})}
        request: Request = {"Key": key(*place)}
        if kind == "Update":
            request["UpdateExpression"] = self._fitting_changes(values)
        part = self._conditional(request, values, always=kind == "ConditionCheck")
        return {kind: part}

    def _batch_write(self) -> tuple[str, Request]:
        parts = [
            {"PutRequest": {"Item": self._item(place)}}
            if self._chance(0.5)
            else {"DeleteRequest": {"Key": key(*place)}}
            for place in self._perhaps_repeated(self._places(self.random.randint(1, 5)))
        ]
        return "batch_write_item", {"RequestItems": {self.table: parts}}

    def _get(self) -> tuple[str, Request]:
        return "get_item", self._projected({"TableName": self.table, "Key": self._key(), "ConsistentRead": True})

    def _batch_get(self) -> tuple[str, Request]:
        keys = [key(*place) for place in self._perhaps_repeated(self._places(self.random.randint(1, 8)))]
        return "batch_get_item", {"RequestItems": {self.table: {"Keys": keys, "ConsistentRead": True}}}

    def _transact_get(self) -> tuple[str, Request]:
        places = self._perhaps_repeated(self._places(self.random.randint(1, 4)))
        gets = [{"Get": self._projected({"TableName": self.table, "Key": key(*place)})} for place in places]
        return "transact_get_items", {"TransactItems": gets}

    def _query(self) -> tuple[str, Request]:
        index = self.random.choice((None, None, "history", "due"))
        values: dict[str, Value] = {}
        request: Request = {"TableName": self.table}
        if index is not None:
            request["IndexName"] = index
        partition, sort_key = {None: ("pk", "sk"), "history": ("pk", "seq"), "due": ("due_shard", "due_at")}[index]
        text = f"{partition} = {self._name_value(values, self._partition(index))}"
        if self._chance(0.6):
            text += f" AND {self._key_term(sort_key, values)}"
        request["KeyConditionExpression"] = text
        if self._chance(0.5):
            request["ScanIndexForward"] = self._chance(0.5)
        if self._chance(0.5):
            request["Limit"] = self.random.randint(1, 4)
        if self._chance(0.2):
            request["Select"] = "COUNT"
        if self._chance(0.3):
            request["FilterExpression"] = self._condition(values, 1)
        if self._chance(0.1):
            request["ConsistentRead"] = True
        request["ExpressionAttributeValues"] = values
        return "query", request

    def _partition(self, index: str | None) -> Value:
        return {"S": self.random.choice(SHARDS if index == "due" else PARTITIONS)}

    def _key_term(self, name: str, values: dict[str, Value]) -> str:
        def value() -> str:
            if name == "sk":
                return self._name_value(values, {"S": self.random.choice((*SORT_KEYS, "b#", "z"))})
            return self._name_value(values, {"N": str(self.random.randint(-1, 40))})

        match self.random.randrange(4):
            case 0:
                return f"{name} BETWEEN {value()} AND {value()}"
            case 1:
                return f"begins_with({name}, {value()})"
            case _:
                return f"{name} {self.random.choice(('=', '<', '<=', '>', '>='))} {value()}"

    # ── items ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _place(self) -> tuple[str, str]:
        return self.random.choice(PARTITIONS), self.random.choice(SORT_KEYS)

    def _places(self, count: int) -> list[tuple[str, str]]:
        """Different ones."""
        return self.random.sample([(pk, sk) for pk in PARTITIONS for sk in SORT_KEYS], count)

    def _perhaps_repeated(self, places: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [*places, places[0]] if self._chance(0.05) else places

    def _key(self) -> dict[str, Value]:
        if self._chance(0.02):
            wrong: list[dict[str, Value]] = [{"pk": {"S": "p"}}, key("p", ""), {"pk": {"S": "p"}, "sk": {"N": "1"}}]
            return self.random.choice(wrong)
        return key(*self._place())

    def _item(self, place: tuple[str, str] | None = None) -> dict[str, Value]:
        place = place or self._place()
        item = key(*place)
        for name in self.random.sample(NAMES, self.random.randint(0, 4)):
            item[name] = self._fitting(name)
        if self._chance(0.5):
            item["seq"] = self._index_number(place)
        if self._chance(0.5):
            item["due_shard"] = {"S": self.random.choice(SHARDS)}
        if self._chance(0.6):
            item["due_at"] = self._index_number(place)
        if self._chance(0.02):
            item["due_at"] = {"S": "soon"}
        return item

    def _index_number(self, place: tuple[str, str]) -> Value:
        """No two items have the same: the order of equal keys is nobody's promise."""
        number = PARTITIONS.index(place[0]) * len(SORT_KEYS) + SORT_KEYS.index(place[1])
        return {"N": str(number + self.random.randint(0, 2) * 18)}

    def _fitting(self, name: str) -> Value:
        """A value of the kind an attribute mostly has; a counter always has one."""
        kind = {"s": "S", "n": "N", "c": "N", "m": "M", "l": "L", "ss": "SS"}.get(name)
        if kind is None or (name != "c" and self._chance(0.1)):
            kind = self.random.choice(KINDS)
        return self._value(kind)

    def _value(self, kind: str, depth: int = 0) -> Value:
        pick, sample, some = self.random.choice, self.random.sample, self.random.randint
        inner = KINDS if depth == 0 else ("S", "N")
        make: Mapping[str, Callable[[], Any]] = {
            "S": lambda: pick(TEXTS),
            "N": lambda: "9" * 39 if self._chance(0.01) else pick(NUMBERS),
            "B": lambda: pick((b"", b"a", b"ab", b"\xff")),
            "BOOL": lambda: self._chance(0.5),
            "NULL": lambda: True,
            "M": lambda: {name: self._value(pick(inner), 1) for name in sample("uvw", 2)},
            "L": lambda: [self._value(pick(inner), 1) for _ in range(some(0, 3))],
            "SS": lambda: sample(TEXTS[1:], some(1, 3)),
            "NS": lambda: sample(NUMBERS[:6], some(1, 3)),
        }
        return {kind: make[kind]()}

    # ── expressions ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _name_value(self, values: dict[str, Value], value: Value) -> str:
        placeholder = f":v{len(values)}"
        values[placeholder] = value
        return placeholder

    def _conditional(
        self, request: Request, values: dict[str, Value] | None = None, *, always: bool = False
    ) -> Request:
        values = {} if values is None else values
        request = {"TableName": self.table, **request}
        if always or self._chance(0.5):
            request["ConditionExpression"] = self._condition(values, 2)
            if self._chance(0.5):
                request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if self._chance(0.02):
            self._name_value(values, {"S": "of no use"})
        if values:
            request["ExpressionAttributeValues"] = values
        return request

    def _projected(self, request: Request) -> Request:
        if self._chance(0.5):
            request["ProjectionExpression"] = ", ".join(self._path() for _ in range(self.random.randint(1, 3)))
        return request

    def _path(self) -> str:
        return self.random.choice((*NAMES, *NAMES, "m.u", "m.v", "l[0]", "l[1]", "m.u.v", "pk", "missing"))

    def _operand(self, values: dict[str, Value]) -> str:
        if self._chance(0.6):
            return self._name_value(values, self._value(self.random.choice(("S", "N", "N", *KINDS))))
        return self._path()

    def _condition(self, values: dict[str, Value], depth: int) -> str:
        if depth and self._chance(0.5):
            left, right = self._condition(values, depth - 1), self._condition(values, depth - 1)
            return self.random.choice((f"{left} AND {right}", f"{left} OR {right}", f"NOT ({left}) AND {right}"))
        return self._test(self._path(), lambda: self._operand(values), values)

    def _test(self, path: str, operand: Callable[[], str], values: dict[str, Value]) -> str:
        make: Sequence[Callable[[], str]] = (
            lambda: f"attribute_exists({path})",
            lambda: f"attribute_not_exists({path})",
            lambda: f"attribute_type({path}, {self._name_value(values, {'S': self.random.choice(KINDS)})})",
            lambda: f"begins_with({path}, {operand()})",
            lambda: f"contains({path}, {operand()})",
            lambda: f"size({path}) {self._comparator()} {operand()}",
            lambda: f"{path} BETWEEN {operand()} AND {operand()}",
            lambda: f"{path} IN ({operand()}, {operand()})",
            lambda: f"{path} {self._comparator()} {operand()}",
        )
        return self.random.choice(make)()

    def _comparator(self) -> str:
        return self.random.choice(("=", "=", "<>", "<", "<=", ">", ">="))

    def _changes(self, values: dict[str, Value]) -> str:
        """An update of any kind, which may well not fit its item."""
        sections: dict[str, list[str]] = {}
        for path in self.random.sample((*NAMES, "m.u", "l[0]", "l[1]", "m.z", "l[9]"), self.random.randint(1, 3)):
            section = self.random.choice(("SET", "SET", "REMOVE", "ADD", "DELETE"))
            if path == "c" and section in {"SET", "DELETE"}:
                section = "ADD"
            sections.setdefault(section, []).append(self._change(section, path, values))
        return " ".join(f"{section} {', '.join(changes)}" for section, changes in sections.items())

    def _change(self, section: str, path: str, values: dict[str, Value]) -> str:
        match section:
            case "SET":
                return f"{path} = {self._new_value(path, values)}"
            case "ADD":
                kind = "N" if path in {"n", "c"} or self._chance(0.3) else "SS"
                return f"{path} {self._name_value(values, self._value(kind))}"
            case "DELETE":
                return f"{path} {self._name_value(values, self._value(self.random.choice(('SS', 'SS', 'NS', 'N'))))}"
            case _:
                return path

    def _new_value(self, path: str, values: dict[str, Value]) -> str:
        name = path.partition(".")[0].partition("[")[0]
        match self.random.randrange(6):
            case 0:
                number = self._name_value(values, self._value("S" if self._chance(0.1) else "N"))
                return f"{self._path()} {self.random.choice('+-')} {number}"
            case 1:
                return f"if_not_exists({self._path()}, {self._name_value(values, self._fitting(name))})"
            case 2:
                return f"list_append({self._path()}, {self._name_value(values, self._fitting(name))})"
            case 3:
                return self._path()
            case _:
                return self._name_value(values, self._fitting(name))

    def _fitting_changes(self, values: dict[str, Value]) -> str:
        """An update that fits whatever item is there."""
        changes = [f"SET x = {self._name_value(values, self._value(self.random.choice(KINDS)))}"]
        if self._chance(0.5):
            changes.append("REMOVE s, missing")
        if self._chance(0.5):
            changes.append(f"ADD c {self._name_value(values, self._value('N'))}")
        return " ".join(changes)
