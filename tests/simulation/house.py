"""A whole system from one seed: put together, let live, calmed down, and held to account."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from points.adapters.deadline import MARGIN_SECONDS
from points.adapters.dynamodb import keys
from points.adapters.dynamodb.client import CALL_SECONDS
from points.adapters.dynamodb.models import EntryItem
from points.application.sweeping import RESERVE_SECONDS
from points.domain.program.succession import Kept
from tests.property.shop import LIMITED, REMINDERS
from tests.simulation import calls
from tests.simulation.actors import Caller, Gateway, Known, Publisher
from tests.simulation.checker import Checker, Violation
from tests.simulation.dynamodb import Engine
from tests.simulation.faults import Fault, Swarm
from tests.simulation.history import History
from tests.simulation.lambdas import LATER, Functions
from tests.simulation.outside import Outside, queue_of
from tests.simulation.queues import Queue
from tests.simulation.reminding import Pause
from tests.simulation.scheduling import Scheduler
from tests.simulation.streams import Stream
from tests.simulation.sweeping import few, left_waiting
from tests.simulation.telling import Telling, is_told
from tests.simulation.watch import Broken, Watch
from tests.simulation.world import World

SWEEPS: Final = ("expiry", "reminders")
EXCHANGES: Final = [(), ("coupon",), ("e-reader", "coupon"), ("coupon", "e-reader"), ("e-reader",)]
"""What expiring points may buy, in one version of the program or another."""

POISON: Final = '{"program": "shop", "shard": 0, "time": "soon"}'
"""A message that was put on purpose, and that nobody can handle."""

PAUSES: Final = 5


@dataclass(frozen=True)
class Outcome:
    """What became of one world. ``calls`` are those of the table; ``met`` counts (request, fault)."""

    seed: str
    operations: int
    calls: int
    turns: int
    days: float
    trace: str
    violations: Sequence[Violation]
    met: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    struck: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    """(Operation of the table, fault)."""
    last_entries: Sequence[str] = ()
    """Of the account that the first violation is about."""
    answers: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    """Faults of queues and of functions, by name."""


class House:
    def __init__(self, seed: str, operations: int, *, without: frozenset[Fault] = frozenset()) -> None:
        self.seed, self.operations = seed, operations
        self.world = World(seed)
        random = self.world.random
        self.swarm = Swarm.drawn(random, lambda: self.world.now, without)
        self.limits = {(Kept.STOCK, LIMITED): random.choice([200, 200, 20]), (Kept.BUDGET, "double"): 3_000}
        self.watch = Watch(self.limits, lambda: self.world.now)
        slowest = random.choice([0.0, 1.0, 20.0, 300.0])
        self.engine = Engine(
            now=lambda: self.world.now,
            index_lag=lambda: slowest * random.random() ** 4 if self.swarm.raging else 0.1,
            page_limit=lambda: random.randint(1, 8) if self.swarm.raging and random.random() < 0.1 else None,
            unprocessed=lambda keys: random.randint(0, keys) if self.swarm.raging and random.random() < 0.05 else 0,
        )
        self.engine.on_commit.append(self.watch)
        self.outside = Outside(lambda: self.world.now)
        self.functions = Functions(self.world, self.engine, self.outside, self.swarm)
        self.history = History()
        self.queue = Queue(self.world, self.functions, self.swarm, "earning", "queue")
        self.gateway = Gateway(self.world, self.functions, self.watch, self.history, losing=random.uniform(0, 0.02))
        self.known = Known([f"m{number}" for number in range(random.randint(3, 40))], left=operations)
        self.outside.listeners.append(self.known.hear)
        self.telling = Telling(self.functions)
        self.stream = Stream(self.world, self.engine, self.swarm, self.telling, is_told)
        self.sweeps = [self._sweeps(function) for function in SWEEPS]
        # Long nights are long for schedules, too: of many runs that find nothing, few are made.
        self.known.nights, skipping = random.choice([(0.5, 0.1), (1.0, 0.3), (1.0, 0.7), (8.0, 0.95)])
        self.schedulers = [Scheduler(self.world, self.functions, function, skipping) for function in SWEEPS]
        self.known.incidents = [self._lose_the_bus, *(scheduler.by_hand for scheduler in self.schedulers)]
        self.exchanges: Sequence[tuple[str, ...]] = random.choice([EXCHANGES, [()]])
        self.shards = random.choice([1, 2, 2, 3, 12])
        self.together = random.choice([1, 3, 50])
        """Accounts that a sweep reads at once."""
        self.pauses: list[Pause] = []
        self.left_waiting: list[Violation] = []

    def _sweeps(self, function: str) -> Queue:
        queue = Queue(self.world, self.functions, self.swarm, function, f"{function} sweep", batch=1, visibility=360.0)
        self.outside.workers[queue_of(function)] = queue.send
        if self.world.random.random() < 0.5:
            # There is time for a few accounts, and the rest has to be handed over.
            at_least = CALL_SECONDS + MARGIN_SECONDS + RESERVE_SECONDS
            self.functions.limits[function] = at_least + self.world.random.uniform(0.1, 0.4)
        return queue

    def live(self) -> Outcome:
        try:
            with few(self.shards, self.together):
                self._live()
                violations = self._check()
        except Broken as broken:
            violations = [Violation(f"{broken} (at write {self.watch.writes}, second {self.world.now:.3f})")]
        return self._outcome(violations)

    def _live(self) -> None:
        random = self.world.random
        self.swarm.raging = False
        always = {"reminders": REMINDERS, "stock": (self.limits[Kept.STOCK, LIMITED], 4)}
        publisher = Publisher(self.world, self.gateway, self.known, always, self.exchanges)
        self.world.spawn("the program is published, members enrol", lambda: self._begin(publisher))
        self.world.run()
        self.swarm.raging = True
        for number in range(random.randint(4, 24)):
            caller = Caller(self.world, self.gateway, self.queue, self.history, self.known)
            self.world.spawn(f"caller {number}", caller.run)
        self.world.spawn("publisher", publisher.run)
        for scheduler in self.schedulers:
            self.world.spawn(f"schedule of {scheduler.function}", scheduler.run)
        for queue in self.sweeps:
            self.world.spawn("somebody who knows no better", lambda queue=queue: queue.send(POISON), after=30.0)  # type: ignore[misc]
        while self.known.left > 0 and self.world.step():
            pass
        # From here on nothing is lost any more, and everything that is under way has to come to its end.
        self.swarm.raging = False
        for scheduler in self.schedulers:
            scheduler.stopped = True
        self.world.run()
        for _ in range(PAUSES):
            self._days_pass(random.choice([0.1, 1.0, 12.0]) * random.random())

    def _begin(self, publisher: Publisher) -> None:
        publisher.first()
        for member in list(self.known.members):
            self.gateway.ask(calls.enrol(member, "en"))

    def _lose_the_bus(self) -> None:
        random = self.world.random
        self.outside.out_of_reach_until = self.world.now + random.choice([5.0, 60.0, 1_800.0]) * random.random()

    def _days_pass(self, days: float) -> None:
        """Nobody does anything, and runs come of each kind that nothing goes wrong with. They may be in each other's
        way, and then a timer stays where it was; the next run finds it."""
        moment = self.world.moment
        for seconds in (60.0 + days * 86_400.0, 60.0):
            self.world.spawn("time passes", lambda: None, after=seconds)
            self.world.run()
            moment = self.world.moment.replace(microsecond=0)
            for scheduler in self.schedulers:
                scheduler.begin(moment)
            self.world.run()
        self.pauses.append(Pause(moment, self.watch.writes))
        self.left_waiting += left_waiting(self.engine, moment)

    def _check(self) -> Sequence[Violation]:
        checker = Checker(
            self.engine,
            self.watch,
            self.history,
            self.queue,
            self.outside,
            self.limits,
            self.known.referrers,
            self.pauses,
            list(self.left_waiting),
        )
        if self.functions.out_of_time:
            checker.wrong(f"{self.functions.out_of_time} functions were stopped in the middle of something")
        if not self.stream.is_done:
            checker.wrong("the stream has not been read to its end")
        for queue in self.sweeps:
            if queue.waiting:
                checker.wrong(f"{len(queue.waiting)} sweeps of {queue.function} are left in the queue")
            for message in queue.dead:
                if message.untroubled and message.body != POISON:
                    checker.wrong(f"{message.body} is among the dead letters, failed {message.untroubled} times")
            if POISON not in [message.body for message in queue.dead]:
                checker.wrong("what nobody can handle is not among the dead letters")
        return checker.check()

    def _last_entries(self, violations: Sequence[Violation]) -> Sequence[str]:
        """The fifty up to the entry that is at fault, or up to the newest."""
        if not violations or not violations[0].member:
            return ()
        pk = keys.member_pk(calls.PROGRAM, violations[0].member)
        entries = sorted(
            (
                EntryItem.read({name: value for name, value in item.items() if name != LATER}).entry()
                for (found, sk), item in self.engine.items.items()
                if found == pk and sk.startswith(keys.ENTRY_PREFIX)
            ),
            key=lambda entry: entry.seq,
        )
        last = violations[0].seq or len(entries)
        return [
            f"{entry.seq:>5} {entry.at:%Y-%m-%d %H:%M:%S.%f} {entry.name} {entry.points:+} → {entry.balance}"
            for entry in entries[max(0, last - 50) : last]
        ]

    def _outcome(self, violations: Sequence[Violation]) -> Outcome:
        answers = Counter(
            f"{asked.call.kind} {asked.answer.code or asked.answer.status}"
            for asked in self.history.asked
            if asked.answer is not None
        )
        met: Counter[str] = Counter()
        for each in (self.queue.met, self.telling.met, *(queue.met for queue in self.sweeps)):
            met += each
        for scheduler in self.schedulers:
            met += scheduler.met
        return Outcome(
            seed=self.seed,
            operations=len(self.history.asked) + len(self.history.queued),
            calls=self.functions.calls,
            turns=self.world.turns,
            days=self.world.now / 86_400,
            trace=self.world.trace,
            violations=violations,
            met=self.swarm.met,
            struck=self.swarm.struck,
            last_entries=self._last_entries(violations),
            answers=answers,
            others=Counter(
                {
                    **met,
                    "environments started": self.functions.started,
                    "answers lost on the way": self.gateway.lost,
                    "messages in the dead letters": sum(len(each.dead) for each in (self.queue, *self.sweeps)),
                    "events told": len(self.outside.events),
                    "notices": len(self.watch.noticed),
                }
            ),
        )
