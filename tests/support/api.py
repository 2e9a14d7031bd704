"""The API over services in memory: what tests of the edge call, without a socket or an emulator."""

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from points.adapters.cached_programs import CachedPrograms
from points.adapters.deadline import InvocationDeadline
from points.adapters.memory import MemoryCodeMaker, MemoryLedger, MemoryMembers, MemoryProgramVersions
from points.adapters.program_document import PydanticProgramDocuments
from points.adapters.spent_budgets import RecentlySpentBudgets
from points.adapters.wording import BabelWording
from points.application.ports import Draft, PublishedVersion
from points.application.services import Services
from points.http.edge.resolver import LedgerApi
from points.http.routes import (
    administration,
    configuration,
    coupons,
    earning,
    expiry,
    members,
    offsets,
    orders,
    pools,
    redemption,
    webhooks,
)
from stack.paths import PROGRAMS
from tests.support.importing import memory_importing
from tests.support.webhooks import memory_webhooks

ROUTERS = [
    module.router
    for module in (
        members,
        expiry,
        earning,
        redemption,
        offsets,
        orders,
        coupons,
        pools,
        administration,
        configuration,
        webhooks,
    )
]
ALL_SCOPES = "points/read points/earn points/redeem points/admin"
CLIENT = "backend-client"
STRANGER = "client-of-another-program"
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
CONTEXT: Any = SimpleNamespace(
    function_name="test", aws_request_id="request-1", get_remaining_time_in_millis=lambda: 25_000
)


@dataclass
class TestClock:
    __test__ = False
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **time: float) -> None:
        self.moment += timedelta(**time)


class NoBackoff:
    def wait(self, attempt: int) -> None:
        pass


def demo_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((PROGRAMS / "demo.json").read_text("utf-8"))
    return {**document, "clients": [CLIENT]}


def memory_services(clock: TestClock | None = None, monotonic: Callable[[], float] | None = None) -> Services:
    """The demo program, published."""
    ledger = MemoryLedger()
    documents = PydanticProgramDocuments()
    versions = MemoryProgramVersions()
    versions.save_draft("demo", Draft(demo_document(), 1, NOW, "setup", CLIENT))
    versions.publish("demo", PublishedVersion(1, demo_document(), 1, NOW, "setup").sealed())
    return Services(
        ledger=ledger,
        members=MemoryMembers(ledger),
        # Each request sees what was just published: time stands beyond every cache.
        programs=CachedPrograms(versions, documents, monotonic=monotonic or iter(range(0, 10**12, 10)).__next__),
        versions=versions,
        documents=documents,
        clock=clock or TestClock(),
        backoff=NoBackoff(),
        deadline=InvocationDeadline(),
        spent_budgets=RecentlySpentBudgets(),
        timers=ledger,
        directory=versions,
        notices=ledger,
        wording=BabelWording(),
        coupons=ledger.coupons,
        code_maker=MemoryCodeMaker(),
    )


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """Of a problem."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.body["status"] == self.status
        return str(self.body["code"])

    def entry(self) -> Any:
        return self.body["entry"]


def rest_event(
    method: str,
    path: str,
    body: Any = None,
    *,
    scope: str = ALL_SCOPES,
    client: str = CLIENT,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """As API Gateway sends it. ``body`` is JSON unless it is text already."""
    many = parse_qs(query, keep_blank_values=True)
    sent = {"Content-Type": "application/json", "Accept": "*/*", **(headers or {})}
    return {
        "resource": "/programs/{program}/…",
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": {name: values[-1] for name, values in many.items()} or None,
        "multiValueQueryStringParameters": many or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "authorizer": {"claims": {"client_id": client, "scope": scope} if claims is None else claims},
            "path": f"/v1{path}",
            "stage": "v1",
            "requestId": "request-1",
        },
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }


@dataclass
class Api:
    """``program`` relative paths: ``api.post("/events", {…})``."""

    clock: TestClock = field(default_factory=TestClock)
    program: str = "demo"
    monotonic: Callable[[], float] | None = None

    def __post_init__(self) -> None:
        self.services = memory_services(self.clock, self.monotonic)
        self.webhooks = memory_webhooks(self.clock)
        self.importing = memory_importing(self.services)
        self.resolver = LedgerApi(self.services, *ROUTERS, webhooks=self.webhooks, importing=self.importing)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        return self.send(rest_event(method, f"/programs/{self.program}{path}", body, **options))

    def send(self, event: dict[str, Any]) -> Answer:
        return answer_of(self.resolver(event, CONTEXT))

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)

    def enrol(self, member: str = "m1") -> Answer:
        return self.put(f"/members/{member}", {})

    def buy(self, amount: str, *, reference: str = "order-1", member: str = "m1") -> Answer:
        event = {"reference": reference, "member": member, "behaviour": "purchase", "amount": amount}
        return self.post("/events", event)

    def written(self) -> Any:
        """Everything the stores hold but refused events, which are kept because they are refused: equal before and
        after means that nothing else was written."""
        held = [
            {name: value for name, value in vars(store).items() if isinstance(value, dict) and name != "_refused"}
            for store in self.stores
        ]
        return deepcopy(held)

    @property
    def stores(self) -> Sequence[Any]:
        services, webhooks = self.services, self.webhooks
        of_webhooks = (webhooks.endpoints, webhooks.deliveries)
        return services.ledger, services.coupons, services.members, services.versions, *of_webhooks


def answer_of(response: Mapping[str, Any]) -> Answer:
    headers = {name: values[0] for name, values in response["multiValueHeaders"].items()}
    return Answer(response["statusCode"], headers, response["body"])
