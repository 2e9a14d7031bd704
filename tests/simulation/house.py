"""A whole system from one seed: put together, let live, calmed down, and held to account."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import EntryItem
from tests.simulation import calls
from tests.simulation.actors import Caller, Gateway, Known, Publisher
from tests.simulation.checker import LIMITS, Checker, Violation
from tests.simulation.dynamodb import Engine, Record
from tests.simulation.faults import Fault, Swarm
from tests.simulation.history import History
from tests.simulation.lambdas import LATER, Functions
from tests.simulation.queues import Queue
from tests.simulation.schedules import FUNCTIONS, Schedules, few_shards
from tests.simulation.streams import Stream
from tests.simulation.telling import Telling
from tests.simulation.watch import Broken, Watch
from tests.simulation.world import World


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
        self.watch = Watch(LIMITS, lambda: self.world.now)
        self.engine = Engine(
            now=lambda: self.world.now,
            page_limit=lambda: random.randint(1, 8) if self.swarm.raging and random.random() < 0.1 else None,
            unprocessed=lambda keys: random.randint(0, keys) if self.swarm.raging and random.random() < 0.05 else 0,
        )
        self.engine.on_commit.append(self.watch)
        self.functions = Functions(self.world, self.engine, self.swarm)
        self.history = History()
        self.queue = Queue(self.world, self.functions, self.swarm, "earning")
        self.schedules = Schedules(self.world, self.functions, self.swarm)
        self.telling = Telling(self.world, self.swarm)
        self.stream = Stream(self.world, self.engine, self.swarm, self._tell)
        self.gateway = Gateway(self.world, self.functions, self.watch, self.history, losing=random.uniform(0, 0.02))
        self.known = Known([f"m{number}" for number in range(random.randint(3, 40))], left=operations)

    def live(self) -> Outcome:
        with few_shards():
            return self._lived()

    def _lived(self) -> Outcome:
        try:
            self._live()
            violations = self._check()
        except Broken as broken:
            violations = [Violation(f"{broken} (at write {self.watch.writes}, second {self.world.now:.3f})")]
        return self._outcome(violations)

    def _live(self) -> None:
        self.swarm.raging = False
        publisher = Publisher(self.world, self.gateway, self.known)
        self.world.spawn("the program is published, members enrol", lambda: self._begin(publisher))
        self.world.run()
        self.swarm.raging = True
        for number in range(self.world.random.randint(4, 24)):
            caller = Caller(self.world, self.gateway, self.queue, self.history, self.known)
            self.world.spawn(f"caller {number}", caller.run)
        self.world.spawn("publisher", publisher.run)
        self.world.spawn("schedules", lambda: self.schedules.run(lambda: self.known.left > 0))
        while self.known.left > 0 and self.world.step():
            pass
        # From here on nothing is lost any more, and everything that is under way has to come to its end.
        self.swarm.raging = False
        self.world.run()
        self._grow_old()

    def _grow_old(self) -> None:
        """Nobody does anything any more, and time does the rest."""
        for days in (0.0, 1.5, 12.0, 40.0, 500.0):
            self.world.spawn("time passes", lambda: None, after=days * 86_400)
            self.world.run()
            # One after the other, and the first once more: two at the same account put each other's timers back, and
            # the next hour mends that.
            for timer in (*FUNCTIONS, *FUNCTIONS):
                self.world.spawn("a last run", lambda timer=timer: self.schedules.once(timer))  # type: ignore[misc]
                self.world.run()

    def _tell(self, shard: int, records: Sequence[Record]) -> bool:
        """What the event source lets through: entries and notices, as they are written."""
        news = [
            record
            for record in records
            if record.event == "INSERT" and record.key[1].startswith((keys.ENTRY_PREFIX, keys.NOTICE_PREFIX))
        ]
        return self.telling(shard, news) if news else True

    def _begin(self, publisher: Publisher) -> None:
        publisher.first()
        for member in list(self.known.members):
            self.gateway.ask(calls.enrol(member, "en"))

    def _check(self) -> Sequence[Violation]:
        checker = Checker(self.engine, self.watch, self.history, self.queue, self.known.referrers)
        if self.functions.out_of_time:
            checker.wrong(f"{self.functions.out_of_time} functions were stopped in the middle of something")
        checker.check()
        checker.scheduled(self.schedules, self.world.moment)
        checker.told(self.telling.events, everything=self.stream.is_done)
        return checker.violations

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
                    **self.queue.met,
                    **{f"bus {name}": times for name, times in self.telling.met.items()},
                    "environments started": self.functions.started,
                    "answers lost on the way": self.gateway.lost,
                    "messages in the dead letters": len(self.queue.dead),
                }
            ),
        )
