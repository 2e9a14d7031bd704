"""Faults on the way to DynamoDB, put in by botocore's own hook just before a request leaves.

What our client makes of them, its repetitions included, is therefore the real thing. Every thread draws from a
generator seeded with the run's seed and its own number.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count, cycle
from random import Random
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

type Fault = Callable[[AWSPreparedRequest], AWSResponse | None]
"""Answers in DynamoDB's place, raises in the connection's, or returns None and lets the request go on."""


@dataclass
class Faults:
    """``rate`` is how often a request is struck. The kinds of fault take turns, so that each has its turn.

    Reads are struck as well, by what can strike a read.
    """

    client: Any
    seed: int
    rate: float
    struck: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._threads = count()
        self._local = threading.local()
        self._lock = threading.Lock()
        refusals: list[Fault] = [throttled, conflict, in_progress, server_fault, no_connection]
        self._for_writes = cycle([*refusals, self._lost_answer, self._cut_off, self._twice])
        self._for_reads = cycle([throttled, server_fault, no_connection, self._lost_answer])
        events = self.client.meta.events
        events.register("before-send.dynamodb.TransactWriteItems", self._strike_write)
        for operation in ("GetItem", "Query", "BatchGetItem"):
            events.register(f"before-send.dynamodb.{operation}", self._strike_read)

    def _strike_write(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        return self._strike(request, self._for_writes)

    def _strike_read(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        return self._strike(request, self._for_reads)

    def _strike(self, request: AWSPreparedRequest, kinds: Iterator[Fault]) -> AWSResponse | None:
        if getattr(self._local, "is_cut_off", False):
            self._local.is_cut_off = False
            no_connection(request)
        if self._random().random() >= self.rate:
            return None
        with self._lock:
            kind = next(kinds)
            self.struck[kind.__name__.strip("_")] += 1
        return kind(request)

    def _random(self) -> Random:
        if not hasattr(self._local, "random"):
            self._local.random = Random(f"{self.seed}/{next(self._threads)}")  # noqa: S311 - repeatable on purpose
        random: Random = self._local.random
        return random

    def _lost_answer(self, request: AWSPreparedRequest) -> AWSResponse | None:
        """DynamoDB did it, and nobody heard. The client repeats it by itself, under the same token."""
        self._deliver(request)
        raise ReadTimeoutError(endpoint_url=request.url)

    def _cut_off(self, request: AWSPreparedRequest) -> AWSResponse | None:
        """The same, and the repetition does not get through either: only the entry itself can tell what happened."""
        self._local.is_cut_off = True
        return self._lost_answer(request)

    def _twice(self, request: AWSPreparedRequest) -> AWSResponse | None:
        """The network delivers the request twice; the second answer is the one that arrives."""
        self._deliver(request)
        return None

    def _deliver(self, request: AWSPreparedRequest) -> None:
        self.client._endpoint.http_session.send(request)


@dataclass
class Conflicts:
    """What DynamoDB does with transactions that overlap at an item, and its local engine, which does one after the
    other, does not: the one that comes later is cancelled with TransactionConflict.

    Each transaction is under way for ``seconds``, however busy this machine is: that is for AWS to be quick about, not
    for us. ``sent`` counts the transactions that put each entry: one, and one more for every retry.
    """

    client: Any
    seconds: float = 0.02
    met: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._busy_until: dict[str, float] = {}
        self.client.meta.events.register("before-send.dynamodb.TransactWriteItems", self._send)

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        assert isinstance(request.body, bytes)
        items = [_place(part) for part in json.loads(request.body)["TransactItems"]]
        now = time.monotonic()
        with self._lock:
            self.sent[items[0]] += 1
            busy = [item for item in items if self._busy_until.get(item, 0) > now]
            self.met.update(busy)
            if not busy:
                self._busy_until.update(dict.fromkeys(items, now + self.seconds))
        if busy:
            reasons = [{"Code": "TransactionConflict" if item in busy else "None"} for item in items]
            return _refusal(request, 400, "TransactionCanceledException", CancellationReasons=reasons)
        answer: AWSResponse = self.client._endpoint.http_session.send(request)
        time.sleep(max(0, now + self.seconds - time.monotonic()))
        return answer


def _place(part: dict[str, Any]) -> str:
    (request,) = part.values()
    key = request.get("Key") or request["Item"]
    return f"{key['pk']['S']} {key['sk']['S']}"


def throttled(request: AWSPreparedRequest) -> AWSResponse:
    return _refusal(request, 400, "ThrottlingException")


def in_progress(request: AWSPreparedRequest) -> AWSResponse:
    return _refusal(request, 400, "TransactionInProgressException")


def server_fault(request: AWSPreparedRequest) -> AWSResponse:
    return _refusal(request, 500, "InternalServerError")


def no_connection(request: AWSPreparedRequest) -> AWSResponse:
    raise ConnectTimeoutError(endpoint_url=request.url)


def conflict(request: AWSPreparedRequest) -> AWSResponse:
    """Another transaction is at one of the items, which AWS says and no emulator ever does."""
    assert isinstance(request.body, bytes)
    parts = json.loads(request.body)["TransactItems"]
    reasons = [{"Code": "None"} for _ in parts]
    reasons[1] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return _refusal(request, 400, "TransactionCanceledException", CancellationReasons=reasons)


def _refusal(request: AWSPreparedRequest, status: int, code: str, **more: Any) -> AWSResponse:
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "injected", **more})
    headers: Any = {"Content-Type": "application/x-amz-json-1.0"}
    return AWSResponse(request.url, status, headers, _Body(body.encode()))


class _Body(BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()
