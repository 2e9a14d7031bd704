"""A simulated DynamoDB: the table of template.yaml in dictionaries, in one thread, and its client.

It answers what DynamoDB Local answers (:mod:`tests.simulation.test_dynamodb` sends both the same); a parameter it does
not know is an error here, never ignored. What no local engine does is written from AWS's documentation: the delay of
global indexes, keys that are left unprocessed, pages that end anywhere, the ten minutes of a request token, and the
reasons of a transaction in which an update does not fit its item.

Nothing is copied: items go in and come out as the objects they are, and neither the engine nor the adapters ever change
one. When an operation happens, how often, and whether its answer arrives, is decided by the client's ``network``.
"""

import time
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from operator import itemgetter
from typing import Any, Final, NamedTuple
from zlib import crc32

from botocore.exceptions import ClientError

from stack.table import definition
from tests.simulation.expressions import (
    Condition,
    Expression,
    Projection,
    Unapplicable,
    Update,
    condition,
    found_at,
    key_condition,
    projection,
    update,
)
from tests.simulation.stored_values import Invalid, Item, Values, canonical_values, measured_item, sortable, text_size

type Place = tuple[str, str]
"""Partition key and sort key."""

type Request = Mapping[str, Any]

type Answer = dict[str, Any]

type Network = Callable[[str, Request, Callable[[], Answer]], Answer]
"""Gets an operation, its request, and what applies it to the table: at any time, any number of times, or never. The
answer is what the caller gets; whatever it raises, the caller meets."""

MAX_ITEM_BYTES: Final = 400 * 1024
MAX_PAGE_BYTES: Final = 1024 * 1024
MAX_BATCH_BYTES: Final = 16 * 1024 * 1024
MAX_TRANSACTION_BYTES: Final = 4 * 1024 * 1024
MAX_PARTS: Final = 100
MAX_KEYS: Final = 100
MAX_WRITES: Final = 25
MAX_HASH_BYTES: Final = 2048
MAX_RANGE_BYTES: Final = 1024
MAX_TOKEN: Final = 36

TOKEN_SECONDS: Final = 600.0
"""How long a request token is remembered."""

_PLACEHOLDERS: Final = frozenset({"ExpressionAttributeNames", "ExpressionAttributeValues"})
_CONDITIONAL: Final = _PLACEHOLDERS | {"TableName", "ConditionExpression", "ReturnValuesOnConditionCheckFailure"}
_READING: Final = frozenset(
    {"TableName", "Key", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"},
)
_PAGED: Final = _PLACEHOLDERS | {
    "TableName", "IndexName", "ConsistentRead", "FilterExpression", "ProjectionExpression", "Select", "Limit",
    "ExclusiveStartKey",
}  # fmt: skip

_PARTS: Final[Mapping[str, frozenset[str]]] = {
    "Put": _CONDITIONAL | {"Item"},
    "Update": _CONDITIONAL | {"Key", "UpdateExpression"},
    "Delete": _CONDITIONAL | {"Key"},
    "ConditionCheck": _CONDITIONAL | {"Key"},
}
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "get_item": _READING,
    "put_item": _PARTS["Put"] | {"ReturnValues"},
    "update_item": _PARTS["Update"] | {"ReturnValues"},
    "delete_item": _PARTS["Delete"] | {"ReturnValues"},
    "query": _PAGED | {"KeyConditionExpression", "ScanIndexForward"},
    "scan": _PAGED | {"Segment", "TotalSegments"},
    "batch_get_item": frozenset({"RequestItems"}),
    "batch_write_item": frozenset({"RequestItems"}),
    "transact_get_items": frozenset({"TransactItems"}),
    "transact_write_items": frozenset({"TransactItems", "ClientRequestToken"}),
}
_KEY_KINDS: Final = frozenset({"S", "N", "B"})
_OLD_OR_NONE: Final = ("NONE", "ALL_OLD")
_RETURNED: Final = (*_OLD_OR_NONE, "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")

_FAILED: Final = "ConditionalCheckFailed"
_UNFIT: Final = "ValidationError"
_FINE: Final[Mapping[str, str]] = {"Code": "None"}


class Change(NamedTuple):
    """A write that was done: what stood there before and what after, None for nothing. They may be the same."""

    key: Place
    old: Item | None
    new: Item | None


class Record(NamedTuple):
    """What the stream says of a change: ``event`` is INSERT, MODIFY or REMOVE. Writes that change nothing have none."""

    number: int
    event: str
    key: Place
    old: Item | None
    new: Item | None
    moment: float

    @property
    def keys(self) -> Item:
        return {"pk": {"S": self.key[0]}, "sk": {"S": self.key[1]}}


class _Refused(Exception):
    """A write that does not fit what stands there: a reason of a cancelled transaction, or an error of its own."""

    def __init__(self, code: str, message: str, item: Item | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.item = item

    def reason(self) -> dict[str, Any]:
        reason: dict[str, Any] = {"Code": self.code, "Message": str(self)}
        return reason if self.item is None else {**reason, "Item": self.item}

    def error(self, operation: str) -> ClientError:
        if self.code == _UNFIT:
            return client_error(operation, "ValidationException", message=str(self))
        more: dict[str, Any] = {} if self.item is None else {"Item": self.item}
        return client_error(operation, "ConditionalCheckFailedException", message=str(self), **more)


class _NoSuchTable(Exception):
    pass


# ── indexes ─────────────────────────────────────────────────────────────────────────────────────────────────────────

type _Row = tuple[Any, str, str]
"""Where an item stands in its part of an index: what it is sorted by, then its own key."""


class _Index:
    """An index of keys. ``views`` are the items in it as it shows them."""

    def __init__(self, specification: Mapping[str, Any], kinds: Mapping[str, str], *, is_global: bool) -> None:
        assert specification["Projection"] == {"ProjectionType": "KEYS_ONLY"}
        self.name: str = specification["IndexName"]
        self.is_global = is_global
        self.hash, self.range = (each["AttributeName"] for each in specification["KeySchema"])
        self.hash_kind, self.range_kind = kinds[self.hash], kinds[self.range]
        self.attributes = frozenset({"pk", "sk", self.hash, self.range})
        self.rows: dict[Any, list[_Row]] = {}
        self.views: dict[Place, Item] = {}
        self.sizes: dict[Place, int] = {}
        self._coming: list[tuple[float, int, Place, Item | None]] = []
        self._newest: dict[Place, float] = {}

    def view(self, item: Item | None) -> Item | None:
        """The item as the index shows it, None where it has no place in it."""
        if item is None or self.range not in item or self.hash not in item:
            return None
        return {name: item[name] for name in ("pk", "sk", self.hash, self.range) if name in item}

    def row(self, view: Item) -> _Row:
        return sortable(self.range_kind, view[self.range][self.range_kind]), view["pk"]["S"], view["sk"]["S"]

    def hash_of(self, view: Item) -> Any:
        return view[self.hash][self.hash_kind]

    def replace(self, place: Place, view: Item | None) -> None:
        before = self.views.pop(place, None)
        if before is not None:
            rows = self.rows[self.hash_of(before)]
            del rows[bisect_left(rows, self.row(before))]
            if not rows:
                del self.rows[self.hash_of(before)]
        if view is not None:
            self.views[place] = view
            self.sizes[place] = measured_item(view)[1]
            insort(self.rows.setdefault(self.hash_of(view), []), self.row(view))

    def replace_later(self, moment: float, number: int, place: Place, view: Item | None) -> None:
        """``number`` orders what comes at the same moment. No change of an item overtakes an earlier one."""
        moment = max(moment, self._newest.get(place, moment))
        self._newest[place] = moment
        heappush(self._coming, (moment, number, place, view))

    def catch_up(self, now: float) -> None:
        while self._coming and self._coming[0][0] <= now:
            moment, _, place, view = heappop(self._coming)
            if self._newest.get(place) == moment:
                del self._newest[place]
            self.replace(place, view)

    def fault(self, item: Item) -> str | None:
        """Why an item with these attributes cannot be in the index. Raises Invalid for what no index takes."""
        for name, kind, most in (
            (self.hash, self.hash_kind, MAX_HASH_BYTES),
            (self.range, self.range_kind, MAX_RANGE_BYTES),
        ):
            value = item.get(name)
            if value is None:
                continue
            content = value.get(kind)
            if content is None:
                if value.keys().isdisjoint(_KEY_KINDS):
                    raise Invalid("Invalid attribute value type")
                return f"One or more parameter values were invalid: Type mismatch for Index Key {name}"
            if content == "":
                raise Invalid(
                    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
                    f"an empty string value. IndexName: {self.name}, IndexKey: {name}"
                )
            if kind == "S" and text_size(content) > most:
                raise Invalid("One or more parameter values were invalid: Size limit exceeded")
        return None


# ── writes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Write:
    """A write that DynamoDB takes as a request; whether it fits what stands there comes later."""

    action: str
    place: Place
    condition: Condition | None
    values: Values
    shows_item: bool
    item: Item | None = None
    size: int = 0
    update: Update | None = None
    fault: str | None = None


class _Outcome(NamedTuple):
    write: _Write
    old: Item | None
    new: Item | None
    size: int


class Engine:
    """The table. ``now`` is in seconds, of any epoch, and never goes back.

    ``index_lag`` is asked at each change how long a global index takes to show it, ``page_limit`` at each page how many
    items it may have at most (None: as many as there are), ``unprocessed`` at each batch of so many keys how many of
    them are left for another time; one is always done.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        index_lag: Callable[[], float] = lambda: 0.0,
        page_limit: Callable[[], int | None] = lambda: None,
        unprocessed: Callable[[int], int] = lambda _: 0,
        name: str = "Ledger",
    ) -> None:
        self.name = name
        self.items: dict[Place, Item] = {}
        self.stream: list[Record] = []
        self.on_commit: list[Callable[[Sequence[Change]], None]] = []
        self._now, self._index_lag, self._page_limit, self._unprocessed = now, index_lag, page_limit, unprocessed
        self._sizes: dict[Place, int] = {}
        self._sort_keys: dict[str, list[str]] = {}
        self._partitions: list[tuple[int, str]] = []
        self._indexes = {index.name: index for index in _indexes()}
        self._changes = 0
        self._tokens: dict[str, Any] = {}
        self._token_ages: deque[tuple[float, str]] = deque()
        self._tokens_given = 0
        self._operations: dict[str, Callable[[Request], Answer]] = {
            "get_item": self._get_item,
            "put_item": partial(self._write_item, "Put"),
            "update_item": partial(self._write_item, "Update"),
            "delete_item": partial(self._write_item, "Delete"),
            "query": self._query,
            "scan": self._scan,
            "batch_get_item": self._batch_get_item,
            "batch_write_item": self._batch_write_item,
            "transact_get_items": self._transact_get_items,
            "transact_write_items": self._transact_write_items,
        }

    def apply(self, operation: str, request: Request) -> Answer:
        """One operation, at once and as a whole. Raises ClientError as botocore would."""
        _refuse_unknown(operation, request, _KNOWN[operation])
        try:
            return self._operations[operation](request)
        except Invalid as error:
            raise client_error(operation, "ValidationException", message=str(error)) from error
        except _Refused as refused:
            raise refused.error(operation) from refused
        except _NoSuchTable as error:
            message = "Cannot do operations on a non-existent table"
            raise client_error(operation, "ResourceNotFoundException", message=message) from error

    def touched(self, operation: str, request: Request) -> tuple[Place, ...]:
        """The keys of a write, and of a transaction of any kind; none for other reads, and for what is no key."""
        try:
            return tuple(self._place(part.get("Key") or part["Item"]) for part in _parts(operation, request))
        except Invalid:
            return ()

    def new_token(self) -> str:
        """A request token that nobody has yet, as botocore gives one to each transaction; but the same in each run."""
        self._tokens_given += 1
        return f"token-{self._tokens_given}"

    # ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _own(self, request: Request) -> None:
        if request["TableName"] != self.name:
            raise _NoSuchTable

    def _key(self, key: Item) -> Place:
        if len(key) != 2:
            raise Invalid("The number of conditions on the keys is invalid")
        return self._place(key)

    def _place(self, item: Item) -> Place:
        try:
            pk, sk = item["pk"]["S"], item["sk"]["S"]
        except KeyError as error:
            if "pk" in item and "sk" in item:
                raise Invalid("One or more parameter values were invalid: Type mismatch for key") from error
            raise Invalid("One of the required keys was not given a value") from error
        if not pk or not sk:
            raise Invalid("The AttributeValue for a key attribute cannot contain an empty string value")
        if text_size(pk) > MAX_HASH_BYTES or text_size(sk) > MAX_RANGE_BYTES:
            raise Invalid("Hash primary key values must be under 2048 bytes, and range primary key values under 1024")
        return pk, sk

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _get_item(self, request: Request) -> Answer:
        self._own(request)
        place = self._key(request["Key"])
        projected = _projection_of(request)
        item = self.items.get(place)
        if item is None:
            return {}
        return {"Item": item if projected is None else projected.of(item)}

    def _transact_get_items(self, request: Request) -> Answer:
        parts = request.get("TransactItems")
        if not parts or len(parts) > MAX_PARTS:
            raise Invalid(f"Member must have length from 1 to {MAX_PARTS}")
        gets = [part["Get"] for part in parts]
        for get in gets:
            _refuse_unknown("transact_get_items", get, _READING - {"ConsistentRead"})
        answers = [self._get_item(get) for get in gets]
        places = [self._key(get["Key"]) for get in gets]
        _refuse_repeated(places)
        if sum(self._sizes.get(place, 0) for place in places) > MAX_TRANSACTION_BYTES:
            raise Invalid("Payload in response is too large")
        return {"Responses": answers}

    def _batch_get_item(self, request: Request) -> Answer:
        asked = self._only_table(request)
        _refuse_unknown("batch_get_item", asked, _READING - {"TableName", "Key"} | {"Keys"})
        keys = asked["Keys"]
        if not 0 < len(keys) <= MAX_KEYS:
            raise Invalid(f"BatchGetItem takes from 1 to {MAX_KEYS} keys")
        places = [self._key(each) for each in keys]
        if len(set(places)) < len(places):
            raise Invalid("Provided list of item keys contains duplicates")
        projected = _projection_of(asked)
        done = self._done_of(places)
        found = [self.items[place] for place in places[:done] if place in self.items]
        # In no order anybody could rely on.
        found.reverse()
        answer: Answer = {"Responses": {self.name: [projected.of(item) for item in found] if projected else found}}
        answer["UnprocessedKeys"] = {self.name: {**asked, "Keys": keys[done:]}} if done < len(keys) else {}
        return answer

    def _done_of(self, places: Sequence[Place]) -> int:
        """How many of a batch are answered: as many as fit, less those that are left by chance."""
        room = MAX_BATCH_BYTES
        fits = 0
        for place in places:
            room -= self._sizes.get(place, 0)
            if room < 0:
                break
            fits += 1
        return max(1, fits - self._unprocessed(len(places)))

    def _only_table(self, request: Request) -> Any:
        asked = request["RequestItems"]
        if not asked:
            raise Invalid("a batch must have some requests set")
        if asked.keys() != {self.name}:
            raise _NoSuchTable
        return asked[self.name]

    # ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _index_of(self, request: Request) -> _Index | None:
        self._own(request)
        name = request.get("IndexName")
        if name is None:
            return None
        if name not in self._indexes:
            raise Invalid(f"The table does not have the specified index: {name}")
        index = self._indexes[name]
        if index.is_global and request.get("ConsistentRead"):
            raise Invalid("Consistent reads are not supported on global secondary indexes")
        index.catch_up(self._now())
        return index

    def _query(self, request: Request) -> Answer:
        index = self._index_of(request)
        names, values = _placeholders(request)
        keys = key_condition(request["KeyConditionExpression"], names)
        page = _Page.of(request, index, names, values, keys)
        partition, order, bounds = self._key_terms(keys.terms, values, index)
        rows: list[Any]
        if index is None:
            rows, sort_value = self._sort_keys.get(partition, []), None
        else:
            rows, sort_value = index.rows.get(partition, []), _SORTED_BY
        low, high = _range(rows, sort_value, order, bounds)
        forwards = request.get("ScanIndexForward", True)
        if index is None and order in (_ENDS_FORWARDS if forwards else _ENDS_BACKWARDS):
            page.end = partition, bounds[-1 if forwards else 0]
        start = request.get("ExclusiveStartKey")
        if start is not None:
            row = self._start(start, index, partition, order, bounds)
            if index is None and (partition, row) == page.end:
                raise Invalid("The provided starting key does not match the range key predicate")
            if forwards:
                low = max(low, bisect_right(rows, row))
            else:
                high = min(high, bisect_left(rows, row))
        positions = range(low, high) if forwards else range(high - 1, low - 1, -1)
        if index is None:
            return self._page(page, ((partition, rows[position]) for position in positions))
        return self._page(page, (rows[position][1:] for position in positions))

    def _key_terms(
        self, terms: Mapping[str, tuple[str, tuple[str, ...]]], values: Values, index: _Index | None
    ) -> tuple[Any, str | None, list[Any]]:
        """The partition, and the operator and sort values of the condition on the sort key, None for none."""
        hash_name, range_name = ("pk", "sk") if index is None else (index.hash, index.range)
        hash_kind, range_kind = ("S", "S") if index is None else (index.hash_kind, index.range_kind)
        if not terms.keys() <= {hash_name, range_name} or hash_name not in terms:
            raise Invalid("Query condition missed key schema element")
        order, placeholders = terms[hash_name]
        if order != "=":
            raise Invalid("Query key condition not supported")
        (partition,) = _key_contents(placeholders, values, hash_kind)
        if range_name not in terms:
            return partition, None, []
        order, placeholders = terms[range_name]
        contents = _key_contents(placeholders, values, range_kind)
        return partition, order, [sortable(range_kind, content) for content in contents]

    def _start(self, start: Item, index: _Index | None, partition: Any, order: str | None, bounds: list[Any]) -> Any:
        """The row after which a page begins; nothing has to stand there, but it has to be where the query looks."""
        row: Any
        if index is None:
            if start.keys() != {"pk", "sk"}:
                raise Invalid("Exclusive Start Key must have same size as table's key schema")
            found, row = self._place(start)
            sort_value = row
        else:
            if start.keys() != index.attributes:
                raise Invalid("Exclusive Start Key must have same size as table's key schema")
            found, row = index.hash_of(start), index.row(start)
            sort_value = row[0]
        if found != partition or not _is_within(sort_value, order, bounds):
            raise Invalid("The provided starting key does not match the range key predicate")
        return row

    def _scan(self, request: Request) -> Answer:
        index = self._index_of(request)
        names, values = _placeholders(request)
        page = _Page.of(request, index, names, values, None)
        start = request.get("ExclusiveStartKey")
        if index is not None:
            return self._page(page, _index_places(index, start))
        places = self._places(None if start is None else self._key(start))
        segments = request.get("TotalSegments", 1)
        if segments > 1:
            segment = request["Segment"]
            places = (place for place in places if crc32(place[0].encode()) * segments >> 32 == segment)
        return self._page(page, places)

    def _places(self, after: Place | None) -> Iterator[Place]:
        """All keys, partition by partition, in an order that means nothing, as DynamoDB's."""
        first = 0
        if after is not None:
            pk, sk = after
            first = bisect_left(self._partitions, (crc32(pk.encode()), pk))
            if first < len(self._partitions) and self._partitions[first][1] == pk:
                sort_keys = self._sort_keys[pk]
                for position in range(bisect_right(sort_keys, sk), len(sort_keys)):
                    yield pk, sort_keys[position]
                first += 1
        for position in range(first, len(self._partitions)):
            pk = self._partitions[position][1]
            for sk in self._sort_keys[pk]:
                yield pk, sk

    def _page(self, page: "_Page", places: Iterable[Any]) -> Answer:
        index, limit = page.index, page.limit
        most = self._page_limit()
        if most is not None:
            limit = max(1, most) if limit is None else min(limit, max(1, most))
        shown, sizes = (self.items, self._sizes) if index is None else (index.views, index.sizes)
        source = index.views if index is not None and index.is_global else self.items
        found: list[Item] = []
        scanned = size = 0
        last: Item | None = None
        for place in places:
            item = shown[place]
            scanned += 1
            size += sizes[place]
            if page.filter is None or page.filter.holds(item, page.values):
                found.append(item if page.projected is None else page.projected(source[place]))
            if scanned == limit or size > MAX_PAGE_BYTES:
                if place != page.end:
                    last = {"pk": item["pk"], "sk": item["sk"]} if index is None else item
                break
        answer: Answer = {"Count": len(found), "ScannedCount": scanned}
        if not page.counts:
            answer["Items"] = found
        if last is not None:
            answer["LastEvaluatedKey"] = last
        return answer

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _write_item(self, action: str, request: Request) -> Answer:
        wanted = request.get("ReturnValues", "NONE")
        if wanted not in (_RETURNED if action == "Update" else _OLD_OR_NONE):
            raise Invalid("Return values set to invalid value")
        outcome = self._outcome(self._accepted(action, request))
        self._commit([outcome])
        shown = _returned(wanted, outcome)
        return {"Attributes": shown} if shown else {}

    def _transact_write_items(self, request: Request) -> Answer:
        parts = request["TransactItems"]
        if not 0 < len(parts) <= MAX_PARTS:
            raise Invalid(f"Member must have length from 1 to {MAX_PARTS}")
        writes = [self._accepted_part(part) for part in parts]
        _refuse_repeated([write.place for write in writes])
        token = request.get("ClientRequestToken")
        if token is not None and self._is_repeated(token, parts):
            return {}
        outcomes: list[_Outcome] = []
        reasons: dict[int, Mapping[str, Any]] = {}
        for position, write in enumerate(writes):
            try:
                outcomes.append(self._outcome(write))
            except _Refused as refused:
                reasons[position] = refused.reason()
        if reasons:
            raise cancelled("transact_write_items", [reasons.get(place, _FINE) for place in range(len(writes))])
        size = sum(outcome.size for outcome in outcomes if outcome.write.action != "ConditionCheck")
        if size > MAX_TRANSACTION_BYTES:
            raise Invalid(f"Transaction payload size cannot exceed 4MB. Payload Size: {size}")
        self._commit([outcome for outcome in outcomes if outcome.write.action != "ConditionCheck"])
        if token is not None:
            self._tokens[token] = parts
            self._token_ages.append((self._now(), token))
        return {}

    def _accepted_part(self, part: Mapping[str, Request]) -> _Write:
        if len(part) != 1:
            raise Invalid("TransactItems can only contain one of Check, Put, Update or Delete")
        ((action, request),) = part.items()
        _refuse_unknown("transact_write_items", request, _PARTS[action])
        if action == "ConditionCheck" and "ConditionExpression" not in request:
            raise Invalid("conditionExpression failed to satisfy constraint: Member must not be null")
        return self._accepted(action, request)

    def _is_repeated(self, token: str, parts: Sequence[Any]) -> bool:
        """Whether a transaction was already done under a token. Raises ClientError for another transaction's token."""
        if len(token) > MAX_TOKEN:
            raise Invalid(f"clientRequestToken must have length less than or equal to {MAX_TOKEN}")
        oldest = self._now() - TOKEN_SECONDS
        while self._token_ages and self._token_ages[0][0] <= oldest:
            del self._tokens[self._token_ages.popleft()[1]]
        earlier = self._tokens.get(token)
        if earlier is None:
            return False
        if earlier != parts:
            raise client_error("transact_write_items", "IdempotentParameterMismatchException")
        return True

    def _batch_write_item(self, request: Request) -> Answer:
        parts = self._only_table(request)
        if not 0 < len(parts) <= MAX_WRITES:
            raise Invalid(f"BatchWriteItem takes from 1 to {MAX_WRITES} requests")
        writes = [self._accepted_batch_part(part) for part in parts]
        if len({write.place for write in writes}) < len(writes):
            raise Invalid("Provided list of item keys contains duplicates")
        for write in writes:
            if write.fault is not None:
                raise Invalid(write.fault)
        done = max(1, len(writes) - self._unprocessed(len(writes)))
        for write in writes[:done]:
            self._commit([self._outcome(write)])
        return {"UnprocessedItems": {self.name: parts[done:]} if done < len(parts) else {}}

    def _accepted_batch_part(self, part: Mapping[str, Request]) -> _Write:
        ((kind, request),) = part.items()
        return self._accepted(kind.removesuffix("Request"), {"TableName": self.name, **request})

    def _accepted(self, action: str, request: Request) -> _Write:
        """Raises Invalid for what DynamoDB refuses whatever stands there."""
        self._own(request)
        on_failure = request.get("ReturnValuesOnConditionCheckFailure", "NONE")
        if on_failure not in _OLD_OR_NONE:
            raise Invalid("returnValuesOnConditionCheckFailure must be one of ALL_OLD, NONE")
        names, values = _placeholders(request)
        text = request.get("ConditionExpression")
        wanted = None if text is None else condition(text, names)
        text = request.get("UpdateExpression")
        changes = None if text is None else update(text, names)
        _check_placeholders(names, values, wanted, changes)
        if action == "Put":
            place = self._place(request["Item"])
            write = _Write(action, place, wanted, values, on_failure == "ALL_OLD")
            self._take_item(write, request["Item"])
            return write
        place = self._key(request["Key"])
        if changes is not None and not changes.changed.isdisjoint(("pk", "sk")):
            raise Invalid("Cannot update an attribute that is part of the key")
        return _Write(action, place, wanted, values, on_failure == "ALL_OLD", update=changes)

    def _take_item(self, write: _Write, item: Item) -> None:
        write.item, write.size = measured_item(item)
        if write.size > MAX_ITEM_BYTES:
            raise Invalid("Item size has exceeded the maximum allowed size")
        write.fault = self._index_fault(write.item)

    def _index_fault(self, item: Item) -> str | None:
        for index in self._indexes.values():
            if index.hash in item or index.range in item:
                fault = index.fault(item)
                if fault is not None:
                    return fault
        return None

    def _outcome(self, write: _Write) -> _Outcome:
        """What a write makes of what stands there. Raises _Refused."""
        if write.fault is not None:
            raise _Refused(_UNFIT, write.fault)
        place = write.place
        old = self.items.get(place)
        if write.condition is not None and not write.condition.holds(_NOTHING if old is None else old, write.values):
            raise _Refused(_FAILED, "The conditional request failed", old if write.shows_item else None)
        match write.action:
            case "Put":
                return _Outcome(write, old, write.item, write.size)
            case "Delete":
                return _Outcome(write, old, None, 0)
            case "Update":
                return _Outcome(write, old, *self._updated(write, old))
            case _:
                return _Outcome(write, old, old, 0)

    def _updated(self, write: _Write, old: Item | None) -> tuple[Item, int]:
        before = {"pk": {"S": write.place[0]}, "sk": {"S": write.place[1]}} if old is None else old
        try:
            item = before if write.update is None else write.update.apply(before, write.values)
            item, size = measured_item(item)
            fault = self._index_fault(item)
        except (Unapplicable, Invalid) as error:
            raise _Refused(_UNFIT, str(error)) from error
        if size > MAX_ITEM_BYTES:
            fault = "Item size to update has exceeded the maximum allowed size"
        if fault is not None:
            raise _Refused(_UNFIT, fault)
        return item, size

    def _commit(self, outcomes: Sequence[_Outcome]) -> None:
        now = self._now()
        for write, old, new, size in outcomes:
            place = write.place
            if new is None:
                if old is not None:
                    self._forget(place)
            else:
                if old is None:
                    self._make_room(place)
                self.items[place] = new
                self._sizes[place] = size
            if old != new:
                self._spread(place, old, new, now)
        if self.on_commit:
            changes = [Change(write.place, old, new) for write, old, new, _ in outcomes]
            for told in self.on_commit:
                told(changes)

    def _spread(self, place: Place, old: Item | None, new: Item | None, now: float) -> None:
        """To the stream, and to the indexes that show it otherwise than before."""
        self._changes += 1
        event = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        self.stream.append(Record(self._changes, event, place, old, new, now))
        for index in self._indexes.values():
            before, after = index.view(old), index.view(new)
            if before == after:
                continue
            if index.is_global:
                index.replace_later(now + self._index_lag(), self._changes, place, after)
            else:
                index.replace(place, after)

    def _make_room(self, place: Place) -> None:
        pk, sk = place
        sort_keys = self._sort_keys.get(pk)
        if sort_keys is None:
            self._sort_keys[pk] = [sk]
            insort(self._partitions, (crc32(pk.encode()), pk))
        else:
            insort(sort_keys, sk)

    def _forget(self, place: Place) -> None:
        pk, sk = place
        del self.items[place], self._sizes[place]
        sort_keys = self._sort_keys[pk]
        del sort_keys[bisect_left(sort_keys, sk)]
        if not sort_keys:
            del self._sort_keys[pk]
            del self._partitions[bisect_left(self._partitions, (crc32(pk.encode()), pk))]


_NOTHING: Final[Item] = {}

_ENDS_FORWARDS: Final = ("<=", "BETWEEN")
_ENDS_BACKWARDS: Final = (">=", "BETWEEN")

_SORTED_BY: Final = itemgetter(0)


def _indexes() -> Iterator[_Index]:
    table = definition()
    kinds = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}
    assert [each["AttributeName"] for each in table["KeySchema"]] == ["pk", "sk"]
    assert kinds["pk"] == kinds["sk"] == "S"
    for specification in table["LocalSecondaryIndexes"]:
        yield _Index(specification, kinds, is_global=False)
    for specification in table["GlobalSecondaryIndexes"]:
        yield _Index(specification, kinds, is_global=True)


# ── what requests say ───────────────────────────────────────────────────────────────────────────────────────────────


def _refuse_unknown(operation: str, request: Request, known: frozenset[str]) -> None:
    if not request.keys() <= known:
        raise NotImplementedError(f"the simulated {operation} knows no {sorted(request.keys() - known)}")


def _parts(operation: str, request: Request) -> Iterable[Request]:
    """Each with a key or an item, of the operations that are in each other's way."""
    match operation:
        case "put_item" | "update_item" | "delete_item":
            return (request,)
        case "transact_write_items" | "transact_get_items":
            return (part for each in request["TransactItems"] for part in each.values())
        case "batch_write_item":
            writes = (write for each in request["RequestItems"].values() for write in each)
            return (part for write in writes for part in write.values())
        case _:
            return ()


def _refuse_repeated(places: Sequence[Place]) -> None:
    if len(set(places)) < len(places):
        raise Invalid("Transaction request cannot include multiple operations on one item")


def _placeholders(request: Request) -> tuple[Mapping[str, str] | None, Values]:
    names, values = request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    if names is not None and not names:
        raise Invalid("ExpressionAttributeNames must not be empty")
    if values is None:
        return names, _NOTHING
    if not values:
        raise Invalid("ExpressionAttributeValues must not be empty")
    return names, canonical_values(values)


def _check_placeholders(names: Mapping[str, str] | None, values: Values, *expressions: Expression | None) -> None:
    """Each is defined and used, and each value is one that its expressions can have."""
    used_names: frozenset[str] = frozenset()
    used_values: frozenset[str] = frozenset()
    for expression in expressions:
        if expression is not None:
            used_names |= expression.names
            used_values |= expression.values
    if values.keys() != used_values:
        raise Invalid(f"ExpressionAttributeValues unused or not defined: {sorted(values.keys() ^ used_values)}")
    if names is not None and names.keys() != used_names:
        raise Invalid(f"ExpressionAttributeNames unused in expressions: {sorted(names.keys() - used_names)}")
    for expression in expressions:
        if expression is not None:
            for check in expression.checks:
                check(values)


def _projection_of(request: Request) -> Projection | None:
    names, text = request.get("ExpressionAttributeNames"), request.get("ProjectionExpression")
    if text is None and names is None:
        return None
    projected = None if text is None else projection(text, names)
    _check_placeholders(names, _NOTHING, projected)
    return projected


@dataclass(slots=True)
class _Page:
    """What a query or scan wants of the items it comes by."""

    index: _Index | None
    limit: int | None
    filter: Condition | None
    values: Values
    projected: Callable[[Item], Item] | None
    counts: bool
    end: Place | None = None
    """A key after which there can be nothing. DynamoDB Local knows of it in the table and not in its indexes."""

    @classmethod
    def of(
        cls,
        request: Request,
        index: _Index | None,
        names: Mapping[str, str] | None,
        values: Values,
        keys: Expression | None,
    ) -> "_Page":
        limit = request.get("Limit")
        if limit is not None and limit < 1:
            raise Invalid("Limit must be greater than or equal to 1")
        text = request.get("FilterExpression")
        filtered = None if text is None else condition(text, names, "FilterExpression")
        text = request.get("ProjectionExpression")
        projected = None if text is None else projection(text, names)
        _check_placeholders(names, values, keys, filtered, projected)
        if filtered is not None:
            _check_filter(filtered, index, is_query=keys is not None)
        shown = _shown(request.get("Select"), projected, index)
        return cls(index, limit, filtered, values, shown, request.get("Select") == "COUNT")


def _check_filter(filtered: Condition, index: _Index | None, *, is_query: bool) -> None:
    key = {"pk", "sk"} if index is None else {index.hash, index.range}
    if is_query and not filtered.attributes.isdisjoint(key):
        raise Invalid("Filter Expression can only contain non-primary key attributes")
    if index is not None and not filtered.attributes <= index.attributes:
        raise Invalid(f"Secondary index {index.name} does not project one or more filter attributes")


def _shown(select: str | None, projected: Projection | None, index: _Index | None) -> Callable[[Item], Item] | None:
    """What is made of the item, which is read from the table for a local index; None: it is shown as it was found."""
    if select not in (None, "COUNT", "ALL_ATTRIBUTES", "SPECIFIC_ATTRIBUTES"):
        raise NotImplementedError(f"the simulated table does not select {select}")
    more = select == "ALL_ATTRIBUTES" or (
        projected is not None and index and not projected.attributes <= index.attributes
    )
    if index is not None and index.is_global and more:
        raise Invalid(f"Global secondary index {index.name} does not project what was asked for")
    if projected is not None:
        return projected.of
    return _itself if select == "ALL_ATTRIBUTES" else None


def _itself(item: Item) -> Item:
    return item


def _key_contents(placeholders: Iterable[str], values: Values, kind: str) -> list[Any]:
    contents = [values[each].get(kind) for each in placeholders]
    for content in contents:
        if content is None:
            raise Invalid("Condition parameter type does not match schema type")
        if content == "":
            raise Invalid("The AttributeValue for a key attribute cannot contain an empty string value")
    return contents


def _range(
    rows: list[Any], sort_value: Callable[[Any], Any] | None, order: str | None, bounds: list[Any]
) -> tuple[int, int]:
    """The positions, from and to, of the rows that a condition on the sort key wants."""
    if order is None:
        return 0, len(rows)
    low, high = bounds[0], bounds[-1]
    if order == "begins_with":
        first = bisect_left(rows, low, key=sort_value)
        return first, bisect_left(
            rows, True, lo=first, key=lambda row: not (sort_value(row) if sort_value else row).startswith(low)
        )
    first = 0
    last = len(rows)
    if order in {"=", ">=", "BETWEEN"}:
        first = bisect_left(rows, low, key=sort_value)
    elif order == ">":
        first = bisect_right(rows, low, key=sort_value)
    if order in {"=", "<=", "BETWEEN"}:
        last = bisect_right(rows, high, key=sort_value)
    elif order == "<":
        last = bisect_left(rows, high, key=sort_value)
    return first, last


def _is_within(sort_value: Any, order: str | None, bounds: list[Any]) -> bool:
    return _range([sort_value], None, order, bounds) == (0, 1)


def _index_places(index: _Index, start: Item | None) -> Iterator[Place]:
    """All rows of an index, part by part, in an order that means nothing."""
    parts = sorted((crc32(str(part).encode()), part) for part in index.rows)
    first = (-1, "")
    if start is not None:
        part = index.hash_of(start)
        first = (crc32(str(part).encode()), part)
        rows = index.rows.get(part, [])
        yield from (row[1:] for row in rows[bisect_right(rows, index.row(start)) :])
    for _, part in parts[bisect_right(parts, first) :]:
        yield from (row[1:] for row in index.rows[part])


def _returned(wanted: str, outcome: _Outcome) -> Item | None:
    match wanted:
        case "NONE":
            return None
        case "ALL_OLD":
            return outcome.old
        case "ALL_NEW":
            return outcome.new
        case _:
            image = (outcome.old if wanted == "UPDATED_OLD" else outcome.new) or {}
            paths = () if outcome.write.update is None else outcome.write.update.paths
            return {str(path[0]): image[str(path[0])] for path in paths if found_at(image, path) is not None}


# ── the client ──────────────────────────────────────────────────────────────────────────────────────────────────────


def direct(operation: str, request: Request, apply: Callable[[], Answer]) -> Answer:  # noqa: ARG001
    """A network on which nothing ever happens."""
    return apply()


class Client:
    """What adapters call instead of botocore's client. Every call goes through ``network``."""

    def __init__(self, engine: Engine, network: Network = direct) -> None:
        self.engine = engine
        self._network = network

    def _call(self, operation: str, request: Request) -> Answer:
        return self._network(operation, request, partial(self.engine.apply, operation, request))

    def get_item(self, **request: Any) -> Answer:
        return self._call("get_item", request)

    def put_item(self, **request: Any) -> Answer:
        return self._call("put_item", request)

    def update_item(self, **request: Any) -> Answer:
        return self._call("update_item", request)

    def delete_item(self, **request: Any) -> Answer:
        return self._call("delete_item", request)

    def query(self, **request: Any) -> Answer:
        return self._call("query", request)

    def scan(self, **request: Any) -> Answer:
        return self._call("scan", request)

    def batch_get_item(self, **request: Any) -> Answer:
        return self._call("batch_get_item", request)

    def batch_write_item(self, **request: Any) -> Answer:
        return self._call("batch_write_item", request)

    def transact_get_items(self, **request: Any) -> Answer:
        return self._call("transact_get_items", request)

    def transact_write_items(self, **request: Any) -> Answer:
        """With a token, as botocore adds one to each call: delivered again, it is done once."""
        request.setdefault("ClientRequestToken", self.engine.new_token())
        return self._call("transact_write_items", request)


def client_error(operation: str, code: str, *, status: int = 400, message: str = "", **more: Any) -> ClientError:
    """What botocore raises for an answer that says no. ``more`` stands in the answer beside ``Error``."""
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RetryAttempts": 0},
        **more,
    }
    return ClientError(response, "".join(part.capitalize() for part in operation.split("_")))


def cancelled(operation: str, reasons: Sequence[Mapping[str, Any]]) -> ClientError:
    """A transaction that was cancelled; ``reasons`` are in the order of its parts, ``{"Code": "None"}`` for none."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return client_error(
        operation, "TransactionCanceledException", message=message, Message=message, CancellationReasons=list(reasons)
    )
