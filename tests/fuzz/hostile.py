"""A ledger under hostile traffic: every answer is looked at, and after every refusal it is asked whether anything was
written.

Requests come in rounds of one seed each, so that a violation is found again by its round alone.
"""

import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from tests.fuzz.grammar import OPERATIONS, READ_ONLY, Grammar, Known, Request
from tests.support.api import ALL_SCOPES, CLIENT, CONTEXT, STRANGER, Answer, Api, answer_of, demo_document

ROUND: Final = 2_500
"""Requests to one ledger: more would only make its histories longer."""

SECRET: Final = "canary-0f1e2d"
"""Part of what belongs to others: no answer to us may have it."""

MEMBERS: Final = 12
OUTSIDE: Final = frozenset({404, 405})
"""Of requests that lead to no route, documented or not."""


class Violation(AssertionError):
    """What must never be. The message says how to see it again."""


class Watched[Key, Value](dict[Key, Value]):
    """A dictionary that counts what is written to it: looking costs nothing, however much it holds."""

    def __init__(self, held: Mapping[Key, Value], told: Callable[[], None]) -> None:
        super().__init__(held)
        self._told = told

    def __setitem__(self, key: Key, value: Value) -> None:
        self._told()
        super().__setitem__(key, value)

    def __delitem__(self, key: Key) -> None:
        self._told()
        super().__delitem__(key)

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc] # as wide as it is called
        self._told()
        return super().__ior__(other)

    def setdefault(self, key: Key, default: Any = None) -> Any:
        # What is about to be appended to is written, too.
        self._told()
        return super().setdefault(key, default)

    def pop(self, key: Key, *default: Any) -> Any:
        if key in self:
            self._told()
        return super().pop(key, *default)

    def clear(self) -> None:
        self._told()
        super().clear()

    def update(self, *args: Any, **kwargs: Any) -> None:
        self._told()
        super().update(*args, **kwargs)

    def popitem(self) -> tuple[Key, Value]:
        self._told()
        return super().popitem()


class Watch:
    """Counts the writes to everything :meth:`Api.written` looks at: the stores' dictionaries but that of refusals."""

    def __init__(self, api: Api) -> None:
        self.writes = 0
        for store in api.stores:
            for name, held in list(vars(store).items()):
                if isinstance(held, dict) and name != "_refused":
                    setattr(store, name, Watched(held, self._written))

    def _written(self) -> None:
        self.writes += 1


@dataclass
class Figures:
    requests: int = 0
    refused: int = 0
    written: int = 0
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    spoilt: Counter[str] = field(default_factory=Counter)

    def by_status(self) -> dict[int, int]:
        found = Counter[int]()
        for (_, status), number in self.answers.items():
            found[status] += number
        return dict(sorted(found.items()))

    def never(self) -> list[str]:
        """Routes that were never answered with success, or never refused anything."""
        return [
            f"{name}: no {kind}"
            for name in OPERATIONS
            for kind, first in (("2xx", 200), ("4xx", 400))
            if not any(of == name and first <= status < first + 100 for of, status in self.answers)
        ]


def hostile_document() -> dict[str, Any]:
    """The demo program, with points that wait: without them nothing could be confirmed."""
    document = demo_document()
    document["behaviours"]["parcel"] = {}
    value = {"type": "fixed", "points": 400}
    document["rules"].append({"id": "parcel", "behaviour": "parcel", "value": value, "pending_days": 7})
    return document


class Round:
    """One ledger with three programs: ours, one of somebody else, and one that is only a draft of theirs."""

    def __init__(self, seed: str, figures: Figures) -> None:
        self.seed = seed
        self.figures = figures
        random = Random(seed)  # noqa: S311 - repeatable on purpose
        self._random = random
        self._seconds = 0.0
        self.api = Api(monotonic=lambda: self._seconds)
        self.known = Known(document=hostile_document())
        self.grammar = Grammar(random, self.known)
        self._found_ours()
        self._found_theirs()
        self.watch = Watch(self.api)

    def _found_ours(self) -> None:
        self.api.put("/config/draft", {"document": self.known.document, "revision": 1})
        self.api.post("/config/publish", {"revision": 2})
        self.known.revision, self.known.version = 2, 2
        self._seconds += 10
        for number in range(MEMBERS):
            member = f"member-{number}"
            self.api.enrol(member)
            self.api.buy("90000.00", member=member, reference="first")
            self.known.members.append(member)
        # Everybody else has points; the last one is a newcomer.
        self.api.enrol("newcomer")
        self.known.members.append("newcomer")

    def _found_theirs(self) -> None:
        """What is secret about them must never be read by us."""
        theirs: dict[str, Any] = {"client": STRANGER, "scope": ALL_SCOPES}
        document = hostile_document() | {"clients": [STRANGER], "title": {"en": SECRET, "zh-CN": SECRET}}
        for program in ("outlet", "bakery"):
            self.api.program = program
            self.api.put("/config/draft", {"document": document, "revision": 0}, **theirs)
        self.api.program = "outlet"
        self.api.post("/config/publish", {"revision": 1}, **theirs)
        for member in ("member-0", SECRET):
            self.api.put(f"/members/{member}", {"email": f"{SECRET}@example.com"}, **theirs)
            for reference in ("a", "b", "c"):
                order = {"reference": f"{SECRET}-{reference}", "member": member, "behaviour": "parcel"}
                self.api.post("/events", order, **theirs)
        endpoint = {"id": SECRET, "url": f"https://{SECRET}.example.com/", "description": SECRET}
        self.api.post("/webhooks", endpoint, **theirs)
        for path, query in ((f"/members/{SECRET}/entries", "limit=1"), ("/rewards", "limit=1")):
            cursor = self.api.get(path, query=query, **theirs).body["next_cursor"]
            assert cursor is not None
            self.known.foreign_cursors.append(cursor)
        self.api.program = "demo"

    def run(self, requests: int) -> None:
        for _ in range(requests):
            self.send(self.grammar.request())

    def send(self, request: Request) -> Answer:
        self.api.clock.pass_by(seconds=self._random.choice([0, 0, 1, 7]))
        event = request.event()
        before = self.watch.writes
        try:
            answer = answer_of(self.api.resolver(event, CONTEXT))
            wrote = self.watch.writes > before
            self._look(request, answer, wrote=wrote)
        except Exception as failure:
            told = json.dumps(event)
            place = f"request {self.figures.requests} of {self.seed}, spoilt: {request.spoilt}"
            raise Violation(f"{failure!r}\n  {place}\n  {told[:3_000]}") from failure
        self._count(request, answer, wrote=wrote)
        if answer.status < 300:
            self._learn(request, answer)
        return answer

    # ── what must hold ───────────────────────────────────────────────────────────────────────────────────────────

    def _look(self, request: Request, answer: Answer, *, wrote: bool) -> None:
        assert 200 <= answer.status < 500, (answer.status, answer.text[:300])
        answer.text.encode()
        for name, value in answer.headers.items():
            assert not set("\r\n\0") & set(name + value), (name, value)
        routed = self._operation_of(request)
        if answer.status >= 400:
            assert not wrote, f"{answer.status} and yet something was written"
            self._look_at_problem(answer)
        elif routed in READ_ONLY:
            assert not wrote, f"{routed} wrote"
        elif routed == "post_event_batch" and all(item["status"] >= 400 for item in answer.body["items"]):
            assert not wrote, "every event was refused and yet something was written"
        if answer.status not in OUTSIDE:
            assert routed is not None
            assert answer.status in OPERATIONS[routed].statuses, (routed, answer.status)
            self._look_at_caller(OPERATIONS[routed].scope, request, answer)
        sent = json.dumps(request.event(), ensure_ascii=False)
        if request.claims.get("client_id") != STRANGER:
            assert SECRET in sent or SECRET not in answer.text, "somebody else's"

    def _look_at_problem(self, answer: Answer) -> None:
        assert answer.headers["Content-Type"] == "application/problem+json"
        problem = answer.body
        assert {"type", "title", "status", "code"} <= problem.keys()
        assert problem["status"] == answer.status
        assert len(answer.text) < 1_000_000

    def _look_at_caller(self, scope: str, request: Request, answer: Answer) -> None:
        """No success without a client of ours and the route's scope."""
        claims = request.claims
        client, scopes = claims.get("client_id"), claims.get("scope")
        ours = client == CLIENT or (client == STRANGER and request.path["program"] in {"outlet", "bakery"})
        may = ours and isinstance(scopes, str) and scope in scopes.split()
        if not may and request.place is None and request.path["program"] == "demo":
            assert answer.status in {400, 401, 403, 413, 415, 422}, (answer.status, claims)
        if not client or not isinstance(client, str):
            assert answer.status == 401, (answer.status, claims)
        elif not isinstance(scopes, str) or scope not in scopes.split():
            assert answer.status == 403, (answer.status, claims)

    def _operation_of(self, request: Request) -> str | None:
        """By the path that was sent, whatever was meant."""
        path = request.place if request.place is not None else request.operation.path.format(**request.path)
        found = [
            route
            for route in self.api.resolver._routes
            if route.method == request.method.upper() and route.rule.match(path)
        ]
        return found[0].operation_id if found else None

    # ── what is learnt ───────────────────────────────────────────────────────────────────────────────────────────

    def _count(self, request: Request, answer: Answer, *, wrote: bool) -> None:
        figures = self.figures
        figures.requests += 1
        figures.refused += answer.status >= 400
        figures.written += wrote
        figures.answers[request.operation.name, answer.status] += 1
        figures.spoilt.update(request.spoilt)

    def _learn(self, request: Request, answer: Answer) -> None:
        if request.path["program"] != "demo" or self._operation_of(request) != request.operation.name:
            return
        if request.operation.name == "erase_member" or not answer.text:
            return
        known, body = self.known, answer.body
        cursor = body.get("next_cursor")
        if cursor is not None:
            path = request.place if request.place is not None else request.operation.path.format(**request.path)
            query = [pair for pair in request.query if pair[0] != "cursor"]
            known.cursors.append((f"{request.operation.name} {path}", cursor, query))
        self._learn_names(request, body)
        if request.operation.name == "save_draft":
            known.revision = body["revision"]
        if request.operation.name in {"publish_draft", "roll_back"}:
            known.version = max(known.version, body["version"])
            known.revision = max(known.revision, body["revision"])
            self._seconds += 10

    def _learn_names(self, request: Request, body: dict[str, Any]) -> None:
        known, operation = self.known, request.operation.name
        if operation == "enrol_member":
            known.members.append(body["member"])
            return
        if operation == "make_webhook":
            known.endpoints.append(body["id"])
        if operation == "ping_webhook":
            known.deliveries.append((request.path["endpoint"], body["id"]))
        entry = body.get("entry")
        if entry is None:
            return
        name = (entry["member"], entry["reference"])
        match operation:
            case "post_event":
                known.earned.append(name)
                if body["balance"]["pending"]:
                    known.waiting.append(name)
            case "hold_points":
                known.holds.append(name)
            case "capture_hold":
                (known.captured if body["offset"] is None else known.paid_in_part).append(name)
            case "redeem_reward":
                known.orders.append(name)


def assault(requests: int, seed: int | str, *, only: int | None = None, progress: bool = False) -> Figures:
    """Raises Violation for the first thing that must not be."""
    figures = Figures()
    rounds = range(-(-requests // ROUND)) if only is None else [only]
    for number in rounds:
        try:
            # Each call prints a line of metrics; nobody reads them here.
            with redirect_stdout(io.StringIO()):
                Round(f"{seed}/{number}", figures).run(min(ROUND, requests - number * ROUND) if only is None else ROUND)
        except Violation as violation:
            command = f"python -m tests.fuzz --seed {seed} --only {number}"
            raise Violation(f"{violation}\n  again: {command}") from violation
        if progress:
            print(f"\r{figures.requests:,} requests, {figures.refused:,} refused", end="", file=sys.stderr)  # noqa: T201
    return figures
