"""Functions as Lambda runs them: environments that start, wait frozen for the next event, run out of time and die.

Each environment is the real function over services of its own: its caches, its client, its clock, which is never quite
right. Between any two calls to the table it may be gone, with whatever it knew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any, Final

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from points import bootstrap, startup
from points.adapters.backoff import JitteredBackoff
from points.adapters.dynamodb.client import CALL_SECONDS
from points.application.outbox.ports import Outbox
from points.application.ports import Timer
from points.application.sweeping import Scheduled
from points.bootstrap import outbox as outbox_wiring
from points.bootstrap import scheduled as scheduled_wiring
from stack import template
from stack.paths import ROOT
from tests.simulation.dynamodb import Client, Engine, cancelled, client_error
from tests.simulation.faults import SENDS, TRANSACTIONS, Answer, Apply, Fault, Request, Swarm
from tests.simulation.outside import OUTBOX, Outside, queue_of
from tests.simulation.world import World

TABLE: Final = "Ledger"
LATER: Final = "later"
"""An attribute that the next release writes on accounts, entries and orders: this one reads past it."""

_EXTENDED: Final = ("ACCOUNT", "ENTRY#")

SKEW_SECONDS: Final = 1.0
"""How far an environment's clock may be from the right time."""

_ENDPOINT: Final = "simulated"

type Place = tuple[str, str]
"""The key of an item."""


class Died(BaseException):
    """The process is gone: nothing of ours runs any more, whatever it was in the middle of."""


class OutOfTime(Died):
    """Lambda stopped it. ``hung``: a call took longer than any call may, so it was nobody's fault."""

    def __init__(self, *, hung: bool) -> None:
        super().__init__()
        self.hung = hung


class Environment:
    """One execution environment of a function. It does one thing at a time."""

    def __init__(
        self, world: World, engine: Engine, outside: Outside, swarm: Swarm, under_way: set[Place], function: str
    ) -> None:
        self.function = function
        self.busy = False
        self.alive = True
        self.doing = "start"
        self.calls = 0
        self._world, self._engine, self._outside = world, engine, outside
        self._swarm, self._under_way = swarm, under_way
        self._skew = self._some_skew()
        # Some run the release to come, beside those that still run this one.
        self._is_newer = world.random.random() < 0.2
        self._ends_at = float("inf")
        self._hung = False
        self._in_part = False
        client: Any = Client(engine, self._network)
        self._backoff = JitteredBackoff(sleep=self.wait, random=world.random.random)
        self.services = bootstrap.wired(
            client, TABLE, clock=self, monotonic=self.monotonic, backoff=self._backoff, seeds=self
        )
        self._handler = handler(function, self)

    def _some_skew(self) -> timedelta:
        return timedelta(seconds=self._world.random.uniform(-SKEW_SECONDS, SKEW_SECONDS))

    # ── what it takes for its surroundings ───────────────────────────────────────────────────────────────────────

    def now(self) -> datetime:
        """Its clock (:class:`points.application.ports.Clock`)."""
        return self._world.moment + self._skew

    def make(self) -> bytes:
        """Its seeds of draws (:class:`points.application.ports.Seeds`)."""
        return self._world.random.randbytes(32)

    def monotonic(self) -> float:
        return self._world.now

    def wait(self, seconds: float) -> None:
        """As long as it is allowed to run. Powertools keeps the event in hand in a global of the process: it is ours
        again when we go on, for each environment is a process of its own."""
        kept = {name: value for name in ("current_event", "lambda_context") if (value := vars(BaseRouter).get(name))}
        left = self._ends_at - self._world.now
        self._world.wait(min(seconds, left))
        if self.doing != "start":
            for name, value in kept.items():
                setattr(BaseRouter, name, value)
        if seconds > left:
            raise OutOfTime(hung=self._hung)

    # ── what it is wired with beside its services ────────────────────────────────────────────────────────────────

    def outbox(self) -> Outbox:
        client: Any = self
        return outbox_wiring.wired(client, client, OUTBOX, monotonic=self.monotonic, backoff=self._backoff)

    def scheduled(self, timer: Timer) -> Scheduled:
        client: Any = self
        return scheduled_wiring.scheduled(
            self.services, client, queue_of(self.function), timer, self._backoff, monotonic=self.monotonic
        )

    # ── invocations ──────────────────────────────────────────────────────────────────────────────────────────────

    def invoke(self, event: Mapping[str, Any], *, doing: str, seconds: float) -> Any:
        """Raises Died, and whatever the handler raises."""
        self.busy, self.doing = True, doing
        self._ends_at = self._world.now + seconds
        self._hung = False
        if self._world.random.random() < 0.01:
            # Its clock is set.
            self._skew = self._some_skew()
        context = SimpleNamespace(
            function_name=self.function,
            aws_request_id="simulated",
            get_remaining_time_in_millis=lambda: int((self._ends_at - self._world.now) * 1_000),
        )
        try:
            return self._handler(event, context)
        except Died:
            self.alive = False
            raise
        finally:
            self.busy = False
            self._ends_at = float("inf")

    # ── the way to the bus and to queues, as botocore's clients go it ────────────────────────────────────────────

    def put_events(self, *, Entries: Sequence[Any]) -> Answer:  # noqa: N803 - the client's own name
        return self._network("put_events", {}, lambda: self._outside.put_events(Entries, self._refused(Entries)))

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> Answer:  # noqa: N803
        return self._network(
            "send_message_batch",
            {},
            lambda: self._outside.send_message_batch(QueueUrl, Entries, self._refused(Entries)),
        )

    def _refused(self, entries: Sequence[Any]) -> list[int]:
        """The places of those that are not taken this time."""
        if not self._in_part:
            return []
        return [place for place in range(len(entries)) if self._world.random.random() < 0.5]

    # ── the way to the table ─────────────────────────────────────────────────────────────────────────────────────

    def _network(self, operation: str, request: Request, apply: Apply) -> Answer:
        self.calls += 1
        random = self._world.random.random
        fault = self._swarm.strike(operation, self.doing)
        self._in_part = fault is Fault.IN_PART
        self.wait(0.001 + 0.004 * random())
        match fault:
            case None:
                pass
            case Fault.DIES_BEFORE:
                raise Died
            case Fault.LOST_BEFORE:
                self.wait(3 * random())
                raise ConnectTimeoutError(endpoint_url=_ENDPOINT)
            case Fault.SLOW:
                self.wait((CALL_SECONDS - 0.5) * random())
            case Fault.HANGS:
                self._hung = True
                self.wait(60.0)
            case Fault.THROTTLED | Fault.CONFLICT | Fault.IN_PROGRESS | Fault.SERVER_ERROR:
                raise refusal(operation, request, fault, random)
            case _:
                pass
        answer = self._applied(operation, request, apply)
        if fault is Fault.TWICE:
            self.wait(0.02 * random())
            if operation not in TRANSACTIONS:
                # A transaction carries a token: delivered again it does nothing, and says the same.
                answer = self._applied(operation, request, apply)
        if fault is Fault.DIES_AFTER:
            raise Died
        if fault is Fault.LOST_AFTER:
            self.wait(3 * random())
            raise ReadTimeoutError(endpoint_url=_ENDPOINT)
        self.wait(0.001 + 0.004 * random())
        return answer

    def _applied(self, operation: str, request: Request, apply: Apply) -> Answer:
        """A write is under way for a moment, and whoever comes to its items meanwhile is in conflict with it: that is
        AWS's documentation, and what no engine on one machine does."""
        if operation in SENDS:
            return apply()
        touched = self._engine.touched(operation, request)
        if self._is_newer and operation == "transact_write_items":
            for part in request["TransactItems"]:
                if "Put" in part and _is_extended(part["Put"]["Item"]):
                    part["Put"]["Item"][LATER] = {"S": "of a later release"}
        busy = self._under_way
        if any(key in busy for key in touched):
            raise refusal(operation, request, Fault.CONFLICT, self._world.random.random)
        if operation != "transact_write_items":
            return apply()
        busy.update(touched)
        try:
            self.wait(0.003 + 0.01 * self._world.random.random())
        except Died:
            # Nobody waits for it any more; it happens all the same.
            self._world.spawn("under way", lambda: self._finish(touched, apply), after=0.002)
            raise
        try:
            return apply()
        finally:
            busy.difference_update(touched)

    def _finish(self, touched: tuple[Place, ...], apply: Apply) -> None:
        self._under_way.difference_update(touched)
        with suppress(ClientError):
            apply()


def refusal(operation: str, request: Request, fault: Fault, random: Callable[[], float]) -> Exception:
    """What botocore raises for what the table, the bus or a queue says no with."""
    if operation in SENDS:
        server = fault is Fault.SERVER_ERROR
        return client_error(
            operation, "InternalFailure" if server else "ThrottlingException", status=500 if server else 400
        )
    if fault is Fault.SERVER_ERROR:
        return client_error(operation, "InternalServerError", status=500)
    if fault is Fault.IN_PROGRESS:
        return client_error(operation, "TransactionInProgressException")
    if operation in TRANSACTIONS and (fault is Fault.CONFLICT or random() < 0.5):
        reasons: list[dict[str, Any]] = [{"Code": "None"} for _ in request["TransactItems"]]
        code = "TransactionConflict" if fault is Fault.CONFLICT else "ThrottlingError"
        reasons[int(random() * len(reasons))] = {"Code": code}
        return cancelled(operation, reasons)
    if fault is Fault.CONFLICT:
        return client_error(operation, "TransactionConflictException")
    return client_error(operation, "ProvisionedThroughputExceededException")


# ── the functions themselves ─────────────────────────────────────────────────────────────────────────────────────────

_SOURCES: dict[str, CodeType] = {}


def handler(function: str, environment: Environment) -> Callable[..., Any]:
    """``functions/{function}/app.py`` as a new process imports it, over what the environment has."""
    path = ROOT / "functions" / function / "app.py"
    if function not in _SOURCES:
        _SOURCES[function] = compile(path.read_text("utf-8"), str(path), "exec")
    module = ModuleType(f"simulated_{function}")
    with _wired_by(environment):
        exec(_SOURCES[function], vars(module))  # noqa: S102 - our own source
    if (api := getattr(module, "_api", None)) is not None:
        # The routers are one for all of them, too, and hand on what the last process has in hand.
        api.clear_context()
    found: Callable[..., Any] = module.lambda_handler
    return found


@contextmanager
def _wired_by(environment: Environment) -> Iterator[None]:
    """A process has one set of everything; here many processes share one interpreter, so each app is given its own.
    What a start does to the garbage collector would be done to all of them."""
    own: list[tuple[Any, str, Callable[[], Any]]] = [
        (bootstrap, "services", lambda: environment.services),
        (outbox_wiring, "outbox", environment.outbox),
        (scheduled_wiring, "expiry", lambda: environment.scheduled(Timer.DUE)),
        (scheduled_wiring, "reminders", lambda: environment.scheduled(Timer.REMIND)),
        (startup, "finished", lambda: None),
    ]
    kept = [getattr(module, name) for module, name, _ in own]
    for module, name, instead in own:
        setattr(module, name, instead)
    try:
        yield
    finally:
        for (module, name, _), value in zip(own, kept, strict=True):
            setattr(module, name, value)


def time_limit(function: str) -> float:
    """Seconds, as the template says."""
    document = template.load()
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and str(properties.get("CodeUri", "")).endswith(function):
            return float(properties.get("Timeout", document["Globals"]["Function"]["Timeout"]))
    raise AssertionError(f"the template has no function {function}")


class Functions:
    """All environments there are. Raises nothing of its own: where no more may start, it answers as Lambda does."""

    MOST: Final = 8
    """Environments of one function at once."""

    def __init__(self, world: World, engine: Engine, outside: Outside, swarm: Swarm) -> None:
        self.swarm = swarm
        self._world, self._engine, self._outside = world, engine, outside
        self._under_way: set[Place] = set()
        self._environments: dict[str, list[Environment]] = {}
        self.limits: dict[str, float] = {}
        """Seconds an invocation of a function may take; those of the template where nothing else is set."""
        self.started = 0
        self.calls = 0
        self.out_of_time = 0

    def invoke(self, function: str, event: Mapping[str, Any], *, doing: str) -> Any:
        """Raises Died. None where Lambda had no environment to spare."""
        environment = self._free(function)
        if environment is None:
            return None
        if function not in self.limits:
            self.limits[function] = time_limit(function)
        before = environment.calls
        try:
            return environment.invoke(event, doing=doing, seconds=self.limits[function])
        except OutOfTime as stopped:
            self.out_of_time += not stopped.hung
            raise
        finally:
            self.calls += environment.calls - before

    def _free(self, function: str) -> Environment | None:
        environments = [each for each in self._environments.get(function, []) if each.alive]
        self._environments[function] = environments
        idle = [each for each in environments if not each.busy]
        random = self._world.random
        if idle and random.random() > 0.005:
            return random.choice(idle)
        if len(environments) >= self.MOST:
            if not idle:
                return None
            # One that has not been needed for long goes, and another starts in its place.
            environments.remove(idle[0])
        started = Environment(self._world, self._engine, self._outside, self.swarm, self._under_way, function)
        self.started += 1
        environments.append(started)
        return started


def _is_extended(item: Mapping[str, Any]) -> bool:
    return item["sk"]["S"].startswith(_EXTENDED) or "#ORDERS#" in item["pk"]["S"]
