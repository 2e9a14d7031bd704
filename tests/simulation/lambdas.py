"""Functions as Lambda runs them: environments that start, wait frozen for the next event, run out of time and die.

Each environment is the real function over services of its own: its caches, its client, its clock, which is never quite
right. Between any two calls to the table it may be gone, with whatever it knew.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any, Final

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from points import bootstrap, startup
from points.adapters.backoff import JitteredBackoff
from points.adapters.dynamodb.client import CALL_SECONDS
from points.application.ports import Timer
from points.application.services import Services
from points.application.sweeping import Scheduled
from points.bootstrap import scheduled
from stack import template
from stack.paths import ROOT
from tests.simulation.dynamodb import Client, Engine, cancelled, client_error
from tests.simulation.faults import TRANSACTIONS, Answer, Apply, Fault, Request, Swarm
from tests.simulation.world import World

TABLE: Final = "Ledger"
LATER: Final = "later"
"""An attribute that the next release writes on accounts, entries and orders: this one reads past it."""

EXTENDED: Final = ("ACCOUNT", "ENTRY#", "ORDER#")

SKEW_SECONDS: Final = 1.0
"""How far an environment's clock may be from the right time."""

_ENDPOINT: Final = "simulated"

_GLOBAL: Final = frozenset({"due", "remind"})

type Send = Callable[[str], None]

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
        self,
        world: World,
        engine: Engine,
        swarm: Swarm,
        under_way: set[Place],
        function: str,
        queues: Mapping[str, Send],
    ) -> None:
        self.function = function
        self._queues = queues
        self._seen: dict[str, list[Any]] = {}
        self.busy = False
        self.alive = True
        self.doing = "start"
        self.calls = 0
        self._world, self._engine, self._swarm, self._under_way = world, engine, swarm, under_way
        self._skew = self._some_skew()
        # Some run the release to come, beside those that still run this one.
        self._is_newer = world.random.random() < 0.2
        self._ends_at = float("inf")
        self._hung = False
        self.services = self._wired()
        self._handler = handler(function, self.services, self._scheduled)

    def _wired(self) -> Services:
        client: Any = Client(self._engine, self._network)
        random = self._world.random.random
        backoff = JitteredBackoff(sleep=self.wait, random=random)
        return bootstrap.wired(client, TABLE, clock=self, monotonic=self.monotonic, backoff=backoff)

    def _scheduled(self, timer: Timer) -> Scheduled:
        client: Any = self
        backoff = JitteredBackoff(sleep=self.wait, random=self._world.random.random)
        return scheduled.scheduled(self.services, client, queue_url(self.function), timer, backoff)

    def _some_skew(self) -> timedelta:
        return timedelta(seconds=self._world.random.uniform(-SKEW_SECONDS, SKEW_SECONDS))

    # ── what it takes for its surroundings ───────────────────────────────────────────────────────────────────────

    def now(self) -> datetime:
        """Its clock (:class:`points.application.ports.Clock`)."""
        return self._world.moment + self._skew

    def monotonic(self) -> float:
        return self._world.now

    def wait(self, seconds: float) -> None:
        """As long as it is allowed to run. Powertools keeps the event in hand in a global of the process: it is ours
        again when we go on, for each environment is a process of its own."""
        kept = (BaseRouter.current_event, BaseRouter.lambda_context) if self.doing != "start" else None
        left = self._ends_at - self._world.now
        self._world.wait(min(seconds, left))
        if kept is not None:
            BaseRouter.current_event, BaseRouter.lambda_context = kept
        if seconds > left:
            raise OutOfTime(hung=self._hung)

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

    # ── the way to the table ─────────────────────────────────────────────────────────────────────────────────────

    def _network(self, operation: str, request: Request, apply: Apply) -> Answer:
        self.calls += 1
        random = self._world.random.random
        fault = self._swarm.strike(operation, self.doing)
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
        if self._swarm.raging and request.get("IndexName") in _GLOBAL:
            answer = self._behind(request, answer)
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

    def _behind(self, request: Request, answer: Any) -> Any:
        """A global index is behind its table: some rows are not in it yet, and some that have gone still are."""
        random, shard = self._world.random, str(request["ExpressionAttributeValues"][":shard"])
        rows = [row for row in answer["Items"] if random.random() > 0.1]
        gone = [row for row in self._seen.get(shard, ()) if row not in answer["Items"] and random.random() < 0.3]
        self._seen[shard] = answer["Items"]
        moment = f"{request['IndexName']}_at"
        until, first = int(request["ExpressionAttributeValues"][":until"]["N"]), request.get("ExclusiveStartKey")
        late = [row for row in gone if int(row[moment]["N"]) <= until] if first is None else []
        return {**answer, "Items": sorted(rows + late, key=lambda row: int(row[moment]["N"]))[: request["Limit"]]}

    # ── the way to queues ────────────────────────────────────────────────────────────────────────────────────────

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> Any:  # noqa: N803 - the client's own name
        """Some may be refused, and the answer may be lost on either side."""
        random = self._world.random.random
        self.wait(0.001 + 0.01 * random())
        fault = random() if self._swarm.raging else 1.0
        if fault < 0.01:
            raise Died
        if fault < 0.03:
            raise ConnectTimeoutError(endpoint_url=_ENDPOINT)
        refused = {entry["Id"] for entry in Entries if fault < 0.06 and random() < 0.5}
        for entry in Entries:
            if entry["Id"] not in refused:
                self._queues[QueueUrl](entry["MessageBody"])
        if 0.06 <= fault < 0.08:
            raise ReadTimeoutError(endpoint_url=_ENDPOINT)
        return {
            "Successful": [{"Id": entry["Id"]} for entry in Entries if entry["Id"] not in refused],
            "Failed": [{"Id": each, "Code": "InternalError", "SenderFault": False} for each in sorted(refused)],
        }

    def _applied(self, operation: str, request: Request, apply: Apply) -> Answer:
        """A write is under way for a moment, and whoever comes to its items meanwhile is in conflict with it: that is
        AWS's documentation, and what no engine on one machine does."""
        touched = self._engine.touched(operation, request)
        if self._is_newer and operation == "transact_write_items":
            for part in request["TransactItems"]:
                if "Put" in part and part["Put"]["Item"]["sk"]["S"].startswith(EXTENDED):
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
    """What botocore raises for what the table says no with."""
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


def queue_url(function: str) -> str:
    return f"https://queues/0/{function}"


def handler(
    function: str, services: Services, scheduled_work: Callable[[Timer], Scheduled] | None = None
) -> Callable[..., Any]:
    """``functions/{function}/app.py`` as a new process imports it, over these services."""
    path = ROOT / "functions" / function / "app.py"
    if function not in _SOURCES:
        _SOURCES[function] = compile(path.read_text("utf-8"), str(path), "exec")
    module = ModuleType(f"simulated_{function}")
    wired, finished = bootstrap.services, startup.finished
    # A process has one set of services; here many processes share one interpreter, so each app is given its own. What
    # a start does to the garbage collector would be done to all of them.
    bootstrap.services, startup.finished = (lambda: services), (lambda: None)  # type: ignore[assignment]
    sweeps = scheduled.expiry, scheduled.reminders
    if scheduled_work is not None:
        scheduled.expiry = lambda: scheduled_work(Timer.DUE)  # type: ignore[assignment]
        scheduled.reminders = lambda: scheduled_work(Timer.REMIND)  # type: ignore[assignment]
    try:
        exec(_SOURCES[function], vars(module))  # noqa: S102 - our own source
    finally:
        bootstrap.services, startup.finished = wired, finished
        scheduled.expiry, scheduled.reminders = sweeps
    if hasattr(module, "_api"):
        # The routers are one for all of them, too, and hand on what the last process has in hand.
        module._api.clear_context()
    found: Callable[..., Any] = module.lambda_handler
    return found


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

    def __init__(self, world: World, engine: Engine, swarm: Swarm) -> None:
        self.swarm = swarm
        self._world, self._engine = world, engine
        self._under_way: set[Place] = set()
        self._environments: dict[str, list[Environment]] = {}
        self._limits: dict[str, float] = {}
        self.queues: dict[str, Send] = {}
        """By address: where functions send work to."""
        self.started = 0
        self.calls = 0
        self.out_of_time = 0

    def invoke(self, function: str, event: Mapping[str, Any], *, doing: str) -> Any:
        """Raises Died. None where Lambda had no environment to spare."""
        environment = self._free(function)
        if environment is None:
            return None
        if function not in self._limits:
            self._limits[function] = time_limit(function)
        before = environment.calls
        try:
            return environment.invoke(event, doing=doing, seconds=self._limits[function])
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
        started = Environment(self._world, self._engine, self.swarm, self._under_way, function, self.queues)
        self.started += 1
        environments.append(started)
        return started
