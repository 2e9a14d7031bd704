"""Requests of our own making: each is right at first, for what the ledger holds by now, and then spoilt in some places.

Routes, parameters and bodies come from the OpenAPI document, so that a route that is added is fuzzed without being
named here. What chance would never hit (the reference of an open hold, the revision of the draft) comes from what was
answered before. Everything follows from one source of randomness.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import quote

from points.http import openapi
from tests.support.api import ALL_SCOPES, CLIENT, STRANGER, rest_event

DOCUMENT: Final = openapi.document()
SCHEMAS: Final = DOCUMENT["components"]["schemas"]
MEGABYTE: Final = 1024 * 1024

ODD_TEXTS: Final = [
    "", " ", "\0", "a\0b", "\ud800", "\udfff\ud83d", "a\n", "\r\nX-Injected: 1", "é", "e\u0301", "😀", "\u202e",
    "\ufeff", "a#b", "ENTRY#1", "../..", "a/b", "%00", "%2e%2e", "$ne", "{{7*7}}", "' OR 1=1 --", "<script>",
    "${jndi:x}", "NaN", "1e999", "-0", "0x10", "１２８", "null", "true", "9" * 400, "a" * 65, "a" * 5_000, "__proto__",
]  # fmt: skip
ODD_NUMBERS: Final = [
    0, -1, 1, 2**31, 2**53, 2**53 + 1, 2**63, 10**12, 10**12 + 1, 10**40, 10**400, 0.5, 1.0, -0.0, 1e308, float("nan"),
    float("inf"),
]  # fmt: skip
ODD_SEGMENTS: Final = [
    "%00", "%0A", "%2F", "%2e%2e", "..", ".", "a%2Fb", "%3A", "%7e", "%253A", "%", "%zz", "a#b", "a;b", "a?b", "é",
    "😀", "%F0%9F%98%80", "\ud800", " ", "+", "-m", "m" * 65, "m" * 5_000, "a\nb", "\\", "|", "'", '"', "*", "~", "0",
    "-1", "9" * 30, "1.0", "null", "undefined",
]  # fmt: skip
CONTENT_TYPES: Final = [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=x",
    "APPLICATION/JSON", "application/merge-patch+json", "application/jsonx", "", ";", "\0", "é",
    "application/" + "x" * 9_000,
]  # fmt: skip
LANGUAGES: Final = [
    "zh-CN", "zh;q=0.5, en;q=nan", "en;q=inf", "*", ",,,;;;===", "zh" * 9_000, "q=1", "zh;q=-1", "é", "zh;q=1e999",
]  # fmt: skip
BODIES: Final = [
    "", " ", "null", "[]", "[{}]", '"text"', "1", "NaN", "{", "}", "{}{}", "{'a': 1}", "a=1&b=2", "\ufeff{}", "\0",
    "\ud800", "[" * 100_000, '{"a":' * 100_000, "9" * 100_000, "-", "tru", '{"a":"\\ud800"}', '{"":{}}',
    "<?xml version='1.0'?>",
]  # fmt: skip
MOMENTS: Final = ["2026-11-20T20:00:00+08:00", "2026-11-21T03:59:59.5Z", "2026-11-18T00:00:00Z"]
PLAIN: Final = {
    "birthday": "2000-02-29",
    "locale": "zh-CN",
    "email": "a@example.com",
    "phone": "+86 138 0000",
    "expires_on": "2027-06-30",
    "url": "https://hooks.example.com/points",
    "keep_hours": 1,
}
METHODS: Final = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "get", "", "X" * 500]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route of the document."""

    name: str
    method: str
    path: str
    scope: str
    query: tuple[str, ...]
    body: str | None
    statuses: frozenset[int]


def operations() -> Iterator[Operation]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            yield Operation(
                name=operation["operationId"],
                method=method.upper(),
                path=path,
                scope=operation["security"][0]["tokens"][0],
                query=tuple(each["name"] for each in operation["parameters"] if each["in"] == "query"),
                body=schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else None,
                statuses=frozenset(int(status) for status in operation["responses"]),
            )


OPERATIONS: Final = {operation.name: operation for operation in operations()}
READ_ONLY: Final = {name for name, each in OPERATIONS.items() if each.method == "GET"} | {
    "preview_event",
    "check_document",
    "simulate_draft",
}


@dataclass
class Request:
    """As it will be sent. ``spoilt`` says what was done to it; nothing means that it is as right as it can be made."""

    operation: Operation
    method: str
    path: dict[str, str]
    query: list[tuple[str, str]] = field(default_factory=list)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    claims: Any = None
    text: str | None = None
    """Sent in place of ``body``."""
    base64: bool = False
    place: str | None = None
    """Sent in place of the operation's path."""
    spoilt: list[str] = field(default_factory=list)

    def event(self) -> dict[str, Any]:
        path = self.place if self.place is not None else self.operation.path.format(**self.path)
        text = self.text if self.text is not None or self.body is None else json.dumps(self.body)
        query = "&".join(
            f"{quote(name, errors='replace')}={quote(value, errors='replace')}" for name, value in self.query
        )
        event = rest_event(self.method, path, text, query=query, headers=self.headers, claims=self.claims)
        return event | {"resource": self.operation.path, "isBase64Encoded": self.base64}


@dataclass
class Known:
    """What the ledger holds of one program, as far as was answered."""

    members: list[str] = field(default_factory=list)
    earned: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    holds: list[tuple[str, str]] = field(default_factory=list)
    captured: list[tuple[str, str]] = field(default_factory=list)
    orders: list[tuple[str, str]] = field(default_factory=list)
    paid_in_part: list[tuple[str, str]] = field(default_factory=list)
    endpoints: list[str] = field(default_factory=list)
    deliveries: list[tuple[str, str]] = field(default_factory=list)
    cursors: list[tuple[str, str, list[tuple[str, str]]]] = field(default_factory=list)
    """With the place and the query they were given for."""
    foreign_cursors: list[str] = field(default_factory=list)
    revision: int = 1
    version: int = 1
    document: dict[str, Any] = field(default_factory=dict)


class Grammar:
    def __init__(self, random: Random, known: Known) -> None:
        self.random = random
        self.known = known
        self._names = 0
        self._tuned: dict[str, Callable[[Request], None]] = {
            "post_event": self._event,
            "preview_event": self._event,
            "post_event_batch": self._batch,
            "reverse_entry": self._reversal,
            "confirm_points": self._confirmation,
            "refer_member": self._referral,
            "hold_points": self._hold,
            "quote_offset": self._quote,
            "refund_order": self._order_refund,
            "capture_hold": lambda request: self._of(request, self.known.holds),
            "release_hold": lambda request: self._of(request, self.known.holds),
            "read_order": lambda request: self._of(request, self.known.orders),
            "cancel_order": lambda request: self._of(request, self.known.orders),
            "fulfil_order": lambda request: self._of(request, self.known.orders),
            "ship_order": lambda request: self._of(request, self.known.orders),
            "deliver_order": lambda request: self._of(request, self.known.orders),
            "pay_order": lambda request: self._of(request, self.known.orders),
            "enrol_member": self._enrolment,
            "save_draft": self._draft,
            "check_document": self._draft,
            "publish_draft": self._publication,
            "roll_back": self._rollback,
            "simulate_draft": self._simulation,
            "make_webhook": self._new_endpoint,
            "change_webhook": self._of_endpoint,
            "read_webhook": self._of_endpoint,
            "rotate_webhook_secret": self._of_endpoint,
            "ping_webhook": self._of_endpoint,
            "list_webhook_deliveries": self._of_endpoint,
            "remove_webhook": self._of_endpoint,
            "read_webhook_delivery": self._of_delivery,
            "resend_webhook_delivery": self._of_delivery,
        }

    def request(self) -> Request:
        operation = self._chosen(list(OPERATIONS.values()))
        request = self.right(operation)
        if self.random.random() < 0.55:
            for _ in range(self._chosen([1, 1, 1, 2, 3])):
                spoil = self._chosen(SPOILERS)
                spoil(self, request)
                request.spoilt.append(spoil.__name__.strip("_"))
        return request

    def right(self, operation: Operation) -> Request:
        request = Request(operation, operation.method, self._path(), claims={"client_id": CLIENT, "scope": ALL_SCOPES})
        if operation.body is not None:
            request.body = self._value({"$ref": f"#/components/schemas/{operation.body}"}, operation.body)
        request.query = [(name, self._parameter(name)) for name in operation.query if self._asks_for(operation, name)]
        if operation.name in self._tuned:
            self._tuned[operation.name](request)
        continued = [each for each in self.known.cursors[-50:] if each[0].startswith(f"{operation.name} ")]
        if continued and self.random.random() < 0.3:
            place, cursor, query = self._chosen(continued)
            request.place = place.partition(" ")[2]
            request.query = [*query, ("cursor", cursor)]
        return request

    # ── values ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _chosen[Item](self, items: list[Item]) -> Item:
        return items[self.random.randrange(len(items))]

    def _recent[Item](self, items: list[Item]) -> Item | None:
        return self._chosen(items[-40:]) if items else None

    def _fresh(self) -> str:
        self._names += 1
        return f"r{self._names}{self._chosen(['', ':a', '~b', '.c', '_d', '-e'])}"

    def _member(self) -> str:
        return self._chosen(self.known.members)

    def _path(self) -> dict[str, str]:
        version = str(self.random.randint(1, self.known.version))
        return {
            "program": "demo",
            "member": self._member(),
            "reference": self._fresh(),
            "version": version,
            "endpoint": "nobody",
            "delivery": f"{0:016d}.evt_{0:032d}",
        }

    def _asks_for(self, operation: Operation, name: str) -> bool:
        if name == "cursor":
            return False
        return (operation.name, name) == ("list_orders", "member") or self.random.random() < 0.4

    def _parameter(self, name: str) -> str:
        values: dict[str, Callable[[], str]] = {
            "limit": lambda: str(self.random.randint(1, 3)),
            "member": self._member,
            "kind": lambda: self._chosen(["earn", "hold", "redeem", "adjust"]),
            "from": lambda: "2026-11-01T00:00:00Z",
            "to": lambda: "2026-12-01T00:00:00+08:00",
            "as_of": lambda: self._chosen(["2026-11-21T03:00:00Z", "2027-01-01T00:00:00Z"]),
            "language": lambda: self._chosen(["en", "zh-CN"]),
            "against": lambda: str(self.random.randint(1, self.known.version)),
            "state": lambda: self._chosen(["pending", "delivered", "failed", "dead"]),
        }
        return values[name]() if name in values else "1"

    def _value(self, schema: dict[str, Any], name: str) -> Any:
        """A value that follows the schema, or that ``name`` is known to want."""
        named = self._named(name)
        if named is not None:
            return named
        if "$ref" in schema:
            return self._value(SCHEMAS[schema["$ref"].rsplit("/", 1)[1]], name)
        for several in ("anyOf", "oneOf"):
            if several in schema and "type" not in schema:
                return self._value(self._chosen(schema[several]), name)
        if "const" in schema or "enum" in schema:
            return self._chosen(schema.get("enum") or [schema["const"]])
        return self._typed(schema, name)

    def _typed(self, schema: dict[str, Any], name: str) -> Any:
        match schema.get("type"):
            case "object":
                wanted = set(schema.get("required", ()))
                properties = schema.get("properties", {})
                kept = [each for each in properties if each in wanted or self.random.random() < 0.3]
                return {each: self._value(properties[each], each) for each in kept}
            case "array":
                number = self.random.randint(schema.get("minItems", 0), min(3, schema.get("maxItems", 3)))
                return [self._value(schema.get("items", {}), name) for _ in range(number)]
            case "integer" | "number":
                return self.random.randint(max(1, schema.get("minimum", 1)), 50)
            case "boolean":
                return self.random.random() < 0.5
            case "null":
                return None
        return "x" * max(1, schema.get("minLength", 1))

    def _named(self, name: str) -> Any:
        made: dict[str, Callable[[], Any]] = {
            "reference": self._fresh,
            "id": self._fresh,
            "member": self._member,
            "referrer": self._member,
            "reward": lambda: self._chosen(["coupon-200-50", "phone-credit-30", "v3-lounge-pass", "e-reader"]),
            "amount": lambda: f"{self.random.randint(1, 90_000)}.{self.random.randint(0, 99):02}",
            "points": lambda: self.random.randint(1, 400),
            "occurred_at": lambda: self._chosen(MOMENTS),
            "attributes": lambda: {"photos": self.random.randint(1, 9), "note": "ok"},
            "document": self._document,
        }
        return made[name]() if name in made else PLAIN.get(name)

    def _document(self) -> dict[str, Any]:
        document = deepcopy(self.known.document)
        document["rewards"]["coupon-200-50"]["price"] = self.random.randint(100, 3_000)
        if self.random.random() < 0.2:
            document["title"] = {"en": self._fresh(), "zh-CN": "积分"}
        return document

    # ── what must fit together ───────────────────────────────────────────────────────────────────────────────────

    def _event_of(self, body: dict[str, Any]) -> None:
        behaviours = ["purchase"] * 4 + ["check_in", "review", "photo", "share", "profile", "parcel", "parcel"]
        body["behaviour"] = self._chosen(behaviours)
        if body["behaviour"] == "purchase":
            body["amount"] = self._named("amount")
            body.pop("quantity", None)
        else:
            body.pop("amount", None)

    def _event(self, request: Request) -> None:
        self._event_of(request.body)
        if self.known.earned and self.random.random() < 0.05:
            request.body["member"], request.body["reference"] = self._chosen(self.known.earned)

    def _batch(self, request: Request) -> None:
        schema = {"$ref": "#/components/schemas/EventBody"}
        request.body = {"events": [self._value(schema, "") for _ in range(self._chosen([1, 2, 3, 10]))]}
        for event in request.body["events"]:
            self._event_of(event)

    def _of(self, request: Request, pairs: list[tuple[str, str]]) -> None:
        pair = self._recent(pairs)
        if pair is not None:
            request.path["member"], request.path["reference"] = pair
        if isinstance(request.body, dict) and "points" in request.body:
            request.body["points"] = self.random.randint(1, 5)

    def _hold(self, request: Request) -> None:
        """Every other for an order, of a size that the demo program lets points pay part of."""
        request.body["points"] = self.random.randint(1, 5)
        request.body.pop("order_amount", None)
        if self.random.random() < 0.5:
            request.body |= {"order_amount": self._chosen(["50.00", "100.00", "128.00"]), "points": 100}
            if self.random.random() < 0.5:
                del request.body["points"]

    def _quote(self, request: Request) -> None:
        request.body["order_amount"] = self._chosen(["0.01", "50.00", "33.33", "1000000000.00"])

    def _order_refund(self, request: Request) -> None:
        self._of(request, self.known.paid_in_part)
        request.body["amount"] = self._chosen(["0.01", "1.00", "50.00"])

    def _reversal(self, request: Request) -> None:
        kind, pairs = self._chosen([("earn", self.known.earned), ("capture", self.known.captured)])
        pair = self._recent(pairs)
        if pair is not None:
            request.path["member"] = pair[0]
            request.body["of"] = {"kind": kind, "reference": pair[1]}
        request.body.pop("amount", None)
        request.body["points"] = 1
        if self.random.random() < 0.3:
            del request.body["points"]

    def _confirmation(self, request: Request) -> None:
        pair = self._recent(self.known.waiting)
        if pair is not None:
            request.path["member"], request.body["earning"] = pair

    def _referral(self, request: Request) -> None:
        request.path["member"] = self.known.members[-1]
        request.body["referrer"] = self.known.members[0]

    def _enrolment(self, request: Request) -> None:
        if self.random.random() < 0.6:
            self._names += 1
            request.path["member"] = f"m{self._names}"
        if isinstance(request.body.get("attributes"), dict):
            request.body["attributes"] = {"club": "gold"}

    def _draft(self, request: Request) -> None:
        if "revision" in request.body:
            request.body["revision"] = self.known.revision

    def _publication(self, request: Request) -> None:
        request.body["revision"] = self.known.revision

    def _rollback(self, request: Request) -> None:
        request.body = {"version": self.random.randint(1, self.known.version), "live_version": self.known.version}

    def _new_endpoint(self, request: Request) -> None:
        # Few enough names for one to be there already, more than there may be.
        request.body["id"] = f"hook-{self.random.randrange(14)}"

    def _of_endpoint(self, request: Request) -> None:
        request.path["endpoint"] = self._recent(self.known.endpoints) or "nobody"

    def _of_delivery(self, request: Request) -> None:
        pair = self._recent(self.known.deliveries)
        if pair is not None:
            request.path["endpoint"], request.path["delivery"] = pair

    def _simulation(self, request: Request) -> None:
        body: dict[str, Any] = request.body
        if self.random.random() < 0.3:
            body.pop("events", None)
            body |= {"from": "2026-11-20T00:00:00Z", "to": "2026-11-22T00:00:00Z"}
            return
        for name in ("from", "to"):
            body.pop(name, None)
        schema = {"$ref": "#/components/schemas/SampleBody"}
        body["events"] = [self._value(schema, "") for _ in range(self._chosen([1, 2, 5]))]
        for event in body["events"]:
            self._event_of(event)

    # ── what spoils ──────────────────────────────────────────────────────────────────────────────────────────────

    def _odd(self) -> Any:
        kind = self.random.randrange(6)
        if kind == 0:
            return self._chosen(ODD_NUMBERS)
        if kind == 1:
            return self._chosen([None, True, False, [], {}, [[]], {"a": {}}, [None] * 200])
        if kind == 2:
            value: Any = self._chosen([1, [], "x"])
            for _ in range(self._chosen([3, 10, 30, 100])):
                value = {"a": value} if self.random.random() < 0.5 else [value]
            return value
        if kind == 3 and self.random.random() < 0.05:
            return "x" * self._chosen([100_000, MEGABYTE, 2 * MEGABYTE])
        return self._chosen(ODD_TEXTS)

    def _holders(self, value: Any) -> list[Any]:
        """Every object and list in a body that has something in it."""
        found: list[Any] = []
        left = [value]
        while left and len(found) < 200:
            each = left.pop()
            if isinstance(each, dict | list) and each:
                found.append(each)
                left.extend(each.values() if isinstance(each, dict) else each)
        return found

    def _place_in(self, request: Request) -> tuple[Any, Any] | None:
        holders = self._holders(request.body)
        if not holders:
            return None
        holder = self._chosen(holders)
        return holder, self._chosen(list(holder) if isinstance(holder, dict) else list(range(len(holder))))

    def _a_value(self, request: Request) -> None:
        if (place := self._place_in(request)) is not None:
            place[0][place[1]] = self._odd()

    def _a_value_less(self, request: Request) -> None:
        if (place := self._place_in(request)) is not None:
            del place[0][place[1]]

    def _a_value_more(self, request: Request) -> None:
        if (place := self._place_in(request)) is not None:
            holder, key = place
            if isinstance(holder, list):
                holder.extend([deepcopy(holder[key])] * self._chosen([1, 3, 501]))
            else:
                holder[str(self._chosen(ODD_TEXTS))] = self._odd()

    def _a_value_elsewhere(self, request: Request) -> None:
        one, other = self._place_in(request), self._place_in(request)
        if one is not None and other is not None:
            one[0][one[1]] = deepcopy(other[0][other[1]])

    def _the_whole_body(self, request: Request) -> None:
        request.body = self._chosen([[request.body], {"body": request.body}, self._odd(), [], None])

    def _the_text(self, request: Request) -> None:
        text = request.text if request.text is not None else json.dumps(request.body)
        at = self.random.randrange(len(text) + 1)
        choices: list[Callable[[], str]] = [
            lambda: text[:at],
            lambda: text[:at] + self._chosen(["\0", "\x01", "\ud800", "é", "}", '"', ",", "\\", "\ufeff"]) + text[at:],
            lambda: text.replace("{", '{"reference": "twice", "points": 1, ', 1),
            lambda: text + self._chosen(["x", "{}", "\0", " " * 10_000]),
            lambda: text.replace(": ", ": " + self._chosen(["1e999", "-", "0", "NaN", "[", '"\\u0000'])),
            lambda: self._chosen(BODIES),
        ]
        request.text = self._chosen(choices)()

    def _the_encoding(self, request: Request) -> None:
        text = request.text if request.text is not None else json.dumps(request.body)
        encoding = self._chosen(["utf-8", "utf-16", "utf-32", "latin-1", "cp037"])
        right = base64.b64encode(text.encode(encoding, "replace")).decode()
        request.text = self._chosen([right, right[:-1], "no base64 at all!", "é", right + "=", text])
        request.base64 = True

    def _a_path_parameter(self, request: Request) -> None:
        name = self._chosen(sorted(request.path))
        request.path[name] = self._chosen(ODD_SEGMENTS)
        request.place = None

    def _another_program(self, request: Request) -> None:
        request.path["program"] = self._chosen(["outlet", "bakery", "nobody", "demo2"])
        request.place = None

    def _the_path(self, request: Request) -> None:
        path = request.operation.path.format(**request.path)
        choices = [
            f"{path}/",
            f"/{path}",
            f"{path}/x",
            path.rsplit("/", 1)[0],
            path.upper(),
            path.replace("/", "//"),
            path + "/..",
            path + "%00",
            path + "\n",
            "",
            "/",
            "/v1" + path,
        ]
        request.place = self._chosen(choices)

    def _a_parameter(self, request: Request) -> None:
        known = [*request.operation.query, "limit", "cursor", "member", "debug", "\0", "limit[]", "Limit"]
        name = self._chosen(known)
        value = self._chosen([*ODD_TEXTS, "1", "1", "2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00"])
        request.query.append((name, value))

    def _a_parameter_twice(self, request: Request) -> None:
        if request.query:
            request.query.append(self._chosen(request.query))

    def _a_cursor(self, request: Request) -> None:
        given = [cursor for _, cursor, _ in self.known.cursors[-50:]] + self.known.foreign_cursors
        cursor = self._chosen(given or ["W10"])
        at = self.random.randrange(len(cursor) + 1)
        forged = json.dumps(
            [self._chosen(["entries", "orders", "rewards", "versions", "tiers", "deliveries"]), self._chosen(ODD_TEXTS)]
        )
        choices = [
            cursor,
            cursor[:at],
            cursor[:at] + "A" + cursor[at + 1 :],
            cursor + "AA",
            base64.urlsafe_b64encode(forged.encode("utf-8", "replace")).decode().rstrip("="),
            base64.urlsafe_b64encode(b"[" * 150).decode(),
            "=" * 8,
            "a" * 257,
        ]
        request.query = [pair for pair in request.query if pair[0] != "cursor"]
        request.query.append(("cursor", self._chosen(choices)))

    def _a_header(self, request: Request) -> None:
        name, values = self._chosen(
            [
                ("Content-Type", CONTENT_TYPES),
                ("Accept-Language", LANGUAGES),
                ("Accept", ["text/html", "*/*;q=nan", "\0"]),
                ("X-HTTP-Method-Override", METHODS),
                ("X-Amzn-Trace-Id", ODD_TEXTS),
                ("Cookie", ["a=" + "b" * 9_000, "\0"]),
                ("Authorization", ["Bearer x", "Basic YTpi"]),
            ]
        )
        request.headers[name] = self._chosen(values)

    def _the_method(self, request: Request) -> None:
        request.method = self._chosen(METHODS)

    def _the_claims(self, request: Request) -> None:
        scopes = [scope for scope in ALL_SCOPES.split() if scope != request.operation.scope]
        claims: list[Any] = [
            {},
            {"client_id": STRANGER, "scope": ALL_SCOPES},
            {"client_id": STRANGER, "scope": ALL_SCOPES, "username": CLIENT},
            {"client_id": CLIENT, "scope": " ".join(scopes)},
            {"client_id": CLIENT, "scope": request.operation.scope},
            {"client_id": CLIENT, "scope": request.operation.scope.upper()},
            {"client_id": CLIENT, "scope": ALL_SCOPES.replace(" ", ",")},
            {"client_id": CLIENT, "scope": ""},
            {"client_id": CLIENT},
            {"client_id": "", "scope": ALL_SCOPES},
            {"scope": ALL_SCOPES},
            {"client_id": CLIENT + "\0", "scope": ALL_SCOPES},
            {"client_id": [CLIENT], "scope": ALL_SCOPES},
            {"client_id": CLIENT, "scope": None},
            {"client_id": CLIENT, "scope": ALL_SCOPES.split()},
            {"client_id": CLIENT, "scope": ALL_SCOPES, "username": "\u202e😀"},
        ]
        request.claims = self._chosen(claims)


SPOILERS: Final[list[Callable[[Grammar, Request], None]]] = [
    *[Grammar._a_value] * 4,
    Grammar._a_value_less,
    Grammar._a_value_more,
    Grammar._a_value_elsewhere,
    Grammar._the_whole_body,
    Grammar._the_text,
    Grammar._the_text,
    Grammar._the_encoding,
    Grammar._a_path_parameter,
    Grammar._another_program,
    Grammar._the_path,
    Grammar._a_parameter,
    Grammar._a_parameter_twice,
    Grammar._a_cursor,
    Grammar._a_header,
    Grammar._the_method,
    Grammar._the_claims,
]


def told(counts: Counter[tuple[str, int]]) -> Iterator[str]:
    """How often each route was answered how: a line each."""
    for name in sorted({name for name, _ in counts}):
        statuses = sorted((status, number) for (of, status), number in counts.items() if of == name)
        yield f"  {name:20}" + "".join(f"  {status} {number:,}" for status, number in statuses)
