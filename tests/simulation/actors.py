"""Who is at work in a simulated world: back ends that repeat until they have an answer, producers of the queue, and an
operator who changes the program under everybody's feet."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from points.domain.ledger.account import Activity
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.adjusting import Adjustment
from points.domain.movements.confirming import Confirmation
from points.domain.movements.earning import Event
from points.domain.movements.freezing import Freeze
from points.domain.movements.holding import HoldRequest
from points.domain.movements.redeeming import Redemption
from points.domain.movements.refunding import OrderRefund
from points.domain.movements.reversing import Reversal
from points.http.edge.answering import REPLAYED
from tests.property.shop import BY_AMOUNT, PER_DAY, POLICIES, PRICES, document
from tests.simulation import calls
from tests.simulation.calls import CLIENT, OPERATOR, PROGRAM, Call
from tests.simulation.history import Answer, History
from tests.simulation.lambdas import Died, Functions
from tests.simulation.queues import Queue
from tests.simulation.scheduling import HOUR, seconds_to_midnight
from tests.simulation.watch import Broken, Watch
from tests.simulation.world import World

BEHAVIOURS: Final = ("purchase", "purchase", "purchase", "bonus", "review", "photo", "order", "flash", "share", "visit")
_NIGHTS: Final = 0.01
"""How often a call is the last one before a long pause."""

_RUSH: Final = 2.0
"""Seconds that a run takes, more or less."""

_INCIDENTS: Final = 0.01

SHORT: Final = 2
"""The policy under which points live shortest."""

MOST_ATTEMPTS: Final = 150
"""What does not come through so many times is stuck."""

TRY_AGAIN: Final = frozenset({429, 500, 502, 503, 504})


@dataclass
class Gateway:
    """The way to the functions: a caller may wait in vain, and what was answered may be lost on the way back."""

    world: World
    functions: Functions
    watch: Watch
    history: History
    losing: float
    lost: int = 0

    def ask(self, call: Call) -> Answer:
        """Until there is an answer. Raises Broken where there is none in the end."""
        asked = self.history.begin(call, self._moment())
        event = call.rest_event()
        while True:
            asked.attempts += 1
            asked.last_began = self._moment()
            answer = self._once(call, event)
            if answer is not None and answer.status == 500:
                raise Broken(f"{call.kind} {call.path} was answered 500: {call.body}")
            if answer is not None and not _is_for_another_time(answer):
                asked.answer, asked.ended = answer, self._moment()
                self.world.note(f"{asked.number}:{answer.status}")
                return answer
            if asked.attempts >= MOST_ATTEMPTS:
                raise Broken(f"{call.kind} {call.path} has no answer after {asked.attempts} attempts")
            self.world.wait(self.world.random.uniform(0.05, 2.0) * min(asked.attempts, 10))

    def _once(self, call: Call, event: dict[str, Any]) -> Answer | None:
        try:
            response = self.functions.invoke(call.function, event, doing=call.kind)
        except Died:
            return None
        if response is None:
            return None
        if self.functions.swarm.raging and self.world.random.random() < self.losing:
            self.lost += 1
            return None
        headers = response.get("multiValueHeaders") or {}
        body = json.loads(response["body"]) if response.get("body") else None
        return Answer(response["statusCode"], body, replayed=REPLAYED in headers)

    def _moment(self) -> tuple[int, float]:
        return self.watch.writes, self.world.now


def _is_for_another_time(answer: Answer) -> bool:
    if answer.status in TRY_AGAIN:
        return True
    if answer.status == 409 and answer.code == "conflict":
        return True
    items = answer.body.get("items", ()) if isinstance(answer.body, dict) else ()
    return any(isinstance(item, dict) and (item.get("status") in TRY_AGAIN or _is_conflict(item)) for item in items)


def _is_conflict(item: dict[str, Any]) -> bool:
    return item.get("status") == 409 and item.get("problem", {}).get("code") == "conflict"


@dataclass
class Known:
    """What the callers of a world know together of what they have asked for."""

    members: list[str]
    earned: dict[str, list[Event]] = field(default_factory=dict)
    holds: dict[str, list[str]] = field(default_factory=dict)
    orders: dict[str, list[str]] = field(default_factory=dict)
    referrers: dict[str, str] = field(default_factory=dict)
    sent: list[Call] = field(default_factory=list)
    numbers: int = 0
    left: int = 0
    """Operations still to be begun."""
    quiet_until: float = 0.0
    awake_until: float = 0.0
    nights: float = 1.0
    """How long the pauses of everybody are, beside the usual."""
    incidents: list[Callable[[], None]] = field(default_factory=list)
    """What befalls everybody while they are at work."""

    def hear(self, event: Mapping[str, Any]) -> None:
        """Of an order nobody asked for they know by the event bus alone."""
        if event["type"] == "OrderPlaced" and event["data"]["order"]["reference"].startswith("~"):
            self.orders.setdefault(event["member"], []).append(event["data"]["order"]["reference"])


@dataclass
class Caller:
    """One of many threads of a back end."""

    world: World
    gateway: Gateway
    queue: Queue
    history: History
    known: Known

    def run(self) -> None:
        while self.known.left > 0:
            self.known.left -= 1
            self.world.wait(self._pause())
            self._act()

    def _pause(self) -> float:
        """Short while there is something going on; and now and then it is night for everybody."""
        random, now = self.world.random, self.world.now
        if now >= self.known.awake_until and random.random() < _NIGHTS:
            night = self.known.nights * random.choice([60.0, 3_600.0, 2 * 86_400.0]) * random.random()
            self.known.quiet_until = now + night
            if night > HOUR and random.random() < 0.7:
                # Back at work while a midnight's run is under way: that is when they are in each other's way.
                self.known.quiet_until += seconds_to_midnight(now + night) + random.uniform(0.0, _RUSH)
                self.known.awake_until = self.known.quiet_until + _RUSH
        until_morning = max(0.0, self.known.quiet_until - now)
        return until_morning + random.uniform(0.0, 0.3) * (10 if random.random() < 0.1 else 1)

    def _act(self) -> None:
        random = self.world.random
        if self.known.incidents and random.random() < _INCIDENTS:
            random.choice(self.known.incidents)()
        if self.known.sent and random.random() < 0.04:
            # Out of the blue, whatever became of it.
            self.gateway.ask(random.choice(self.known.sent))
            return
        actions, weights = zip(*_ACTIONS, strict=True)
        call = random.choices(actions, weights)[0](self, self._member())
        if call is None:
            return
        if call.books is not None:
            if len(self.known.sent) < 500:
                self.known.sent.append(call)
            else:
                self.known.sent[random.randrange(500)] = call
        self.gateway.ask(call)

    def _member(self) -> str:
        """A few have most of the traffic."""
        members = self.known.members
        return members[int(len(members) * self.world.random.random() ** 2)]

    def _reference(self, kind: str) -> str:
        self.known.numbers += 1
        return f"{kind}-{self.known.numbers}"

    # ── what they do ─────────────────────────────────────────────────────────────────────────────────────────────

    def _event(self, member: str) -> Event:
        random = self.world.random
        behaviour = random.choice(BEHAVIOURS)
        by_amount = behaviour in BY_AMOUNT
        cents = random.choice([random.randint(0, 500), random.randint(0, 12_000)])
        late = random.random()
        days = 0.0 if late < 0.6 else random.uniform(0, 3) if late < 0.9 else random.uniform(0, 31)
        occurred_at = None
        if days:
            moment = self.world.moment - timedelta(days=days)
            occurred_at = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        event = Event(
            self._reference("e"),
            member,
            behaviour,
            amount=f"{cents // 100}.{cents % 100:02}" if by_amount else None,
            quantity=None if by_amount or random.random() < 0.5 else random.randint(1, 4),
            occurred_at=occurred_at,
        )
        self.known.earned.setdefault(member, []).append(event)
        return event

    def earn(self, member: str) -> Call:
        return calls.earn(self._event(member))

    def earn_by_queue(self, member: str) -> None:
        event = self._event(member)
        body = json.dumps({"program": PROGRAM, **calls.event_body(event)})
        self.history.queued[body] = (calls.earn(event), (self.gateway.watch.writes, self.world.now))
        self.queue.send(body)

    def earn_many(self, member: str) -> Call:
        others = [self._member() for _ in range(self.world.random.randint(1, 4))]
        return calls.batch([self._event(each) for each in (member, *others)])

    def preview(self, member: str) -> Call:
        event = self._event(member)
        self.known.earned[member].remove(event)
        return calls.preview(event)

    def redeem(self, member: str) -> Call:
        random = self.world.random
        reference = self._reference("r")
        self.known.orders.setdefault(member, []).append(reference)
        return calls.redeem(Redemption(reference, member, random.choice(sorted(PRICES)), random.randint(1, 2)))

    def cancel(self, member: str) -> Call | None:
        orders = self.known.orders.get(member)
        return calls.cancel(member, self.world.random.choice(orders)) if orders else None

    def handle(self, member: str) -> Call | None:
        """A clerk takes up an order, mostly a late one, and does with it what comes to hand."""
        random = self.world.random
        orders = self.known.orders.get(member)
        if not orders:
            return None
        order = random.choice(orders[-3:] if random.random() < 0.7 else orders)
        return calls.handle(member, order, random.choice([Kind.FULFIL, Kind.SHIP, Kind.SHIP, Kind.DELIVER]))

    def hold(self, member: str) -> Call:
        random = self.world.random
        reference = self._reference("h")
        self.known.holds.setdefault(member, []).append(reference)
        seconds = random.choice([None, 5, 60, 3_600, 5 * 86_400])
        return calls.hold(HoldRequest(reference, member, random.randint(1, 40), seconds))

    def hold_for_order(self, member: str) -> Call:
        """Some ask before, and some only ask."""
        random = self.world.random
        cents = random.randint(1, 300)
        amount, points = f"{cents // 100}.{cents % 100:02}", random.choice([None, None, random.randint(1, 40)])
        if random.random() < 0.3:
            return calls.quote(member, amount, points)
        reference = self._reference("o")
        self.known.holds.setdefault(member, []).append(reference)
        seconds = random.choice([None, 5, 3_600, 86_400])
        return calls.hold(HoldRequest(reference, member, points, seconds, amount))

    def refund_order(self, member: str) -> Call | None:
        random = self.world.random
        orders = [hold for hold in self.known.holds.get(member, ()) if hold.startswith("o-")]
        if not orders:
            return None
        cents = random.randint(1, 150)
        hold = random.choice(orders[-4:])
        return calls.refund_order(OrderRefund(self._reference("b"), member, hold, f"{cents // 100}.{cents % 100:02}"))

    def end_hold(self, member: str) -> Call | None:
        random = self.world.random
        holds = self.known.holds.get(member)
        if not holds:
            return None
        reference = random.choice(holds[-4:] if random.random() < 0.8 else holds)
        if random.random() < 0.6:
            return calls.capture(member, reference, random.choice([None, None, random.randint(1, 30)]))
        return calls.release(member, reference)

    def reverse(self, member: str) -> Call | None:
        random = self.world.random
        earned = self.known.earned.get(member)
        if not earned:
            return None
        event = random.choice(earned[-3:] if random.random() < 0.7 else earned)
        by = random.choice(["rest", "points", "amount", "rest"])
        cents = random.randint(1, 4_000)
        return calls.reverse(
            Reversal(
                self._reference("v"),
                member,
                EntryName(Kind.EARN, event.reference),
                amount=f"{cents // 100}.{cents % 100:02}" if by == "amount" else None,
                points=random.randint(1, 40) if by == "points" else None,
                reason=random.choice([None, "came back"]),
            )
        )

    def give_back(self, member: str) -> Call | None:
        random = self.world.random
        holds = self.known.holds.get(member)
        if not holds:
            return None
        of = EntryName(Kind.CAPTURE, random.choice(holds))
        points = random.choice([None, random.randint(1, 20)])
        return calls.reverse(Reversal(self._reference("v"), member, of, points=points))

    def confirm(self, member: str) -> Call | None:
        random = self.world.random
        earned = self.known.earned.get(member)
        if not earned:
            return None
        confirmation = Confirmation(member, random.choice(earned[-8:]).reference)
        return calls.confirm(confirmation, by_operator=random.random() < 0.3)

    def refer(self, _member: str) -> Call | None:
        """A newcomer comes, brought by somebody, and does at once what they were brought for. Or takes it back."""
        newcomer = f"m{len(self.known.members)}"
        self.known.members.append(newcomer)
        referrer = self.world.random.choice(self.known.members[:8])
        self.gateway.ask(calls.enrol(newcomer, "zh-CN"))
        self.known.referrers[newcomer] = referrer
        self.gateway.ask(calls.refer(self._reference("i"), newcomer, referrer))
        review = Event(self._reference("e"), newcomer, "review")
        self.known.earned[newcomer] = [review]
        self.gateway.ask(calls.earn(review))
        if self.world.random.random() < 0.4:
            of = EntryName(Kind.EARN, review.reference)
            return calls.reverse(Reversal(self._reference("v"), newcomer, of))
        return None

    def adjust(self, member: str) -> Call:
        random = self.world.random
        points = random.choice([random.randint(1, 60), -random.randint(1, 60)])
        lasting = random.choice([None, random.randint(-2, 2), random.randint(0, 5), random.randint(-2, 40)])
        days = lasting if points > 0 else None
        on = None if days is None else (self.world.moment + timedelta(days=days)).date()
        return calls.adjust(Adjustment(self._reference("a"), member, points, "a goodwill gesture", on))

    def freeze(self, member: str) -> Call:
        """And soon afterwards the other way round: somebody else of the same back end sees to it."""
        random = self.world.random
        activities = frozenset(random.sample(sorted(Activity), random.randint(1, 2)))
        again = calls.freeze(Freeze(self._reference("u"), member, "cleared", calls.ALL_ACTIVITIES), again=True)
        self.world.spawn("let go", lambda: self._ask(again), after=random.uniform(0.5, 3_600))
        return calls.freeze(Freeze(self._reference("f"), member, "looks odd", activities), again=False)

    def _ask(self, call: Call) -> None:
        self.gateway.ask(call)

    def enrol(self, member: str) -> Call:
        random = self.world.random
        return calls.enrol(member, random.choice(["en", "zh-CN"]), opt_out=random.random() < 0.2)

    def erase(self, member: str) -> Call:
        self.history.erased.add(member)
        return calls.erase(member)

    def read(self, member: str) -> Call:
        what = self.world.random.choice(["", "balance", "balance", "balance", "entries", "progress", "tier"])
        return calls.read(member, what)

    def read_shop(self, member: str) -> Call:
        orders = self.known.orders.get(member)
        if orders and self.world.random.random() < 0.5:
            return calls.read_order(member, self.world.random.choice(orders))
        return calls.read_rewards(member)


type _Action = Callable[[Caller, str], Call | None]

_ACTIONS: Final[list[tuple[_Action, int]]] = [
    (Caller.earn, 26),
    (Caller.earn_by_queue, 10),
    (Caller.earn_many, 3),
    (Caller.preview, 2),
    (Caller.redeem, 8),
    (Caller.cancel, 4),
    (Caller.handle, 6),
    (Caller.hold, 7),
    (Caller.hold_for_order, 5),
    (Caller.refund_order, 3),
    (Caller.end_hold, 10),
    (Caller.reverse, 9),
    (Caller.give_back, 3),
    (Caller.confirm, 3),
    (Caller.refer, 2),
    (Caller.adjust, 6),
    (Caller.freeze, 2),
    (Caller.enrol, 2),
    (Caller.erase, 2),
    (Caller.read, 14),
    (Caller.read_shop, 4),
]


@dataclass
class Publisher:
    """An operator who changes expiry, shortfall and grace now and then, and once in a while goes back."""

    world: World
    gateway: Gateway
    known: Known
    always: Mapping[str, Any]
    """What all versions have in common."""
    exchanges: Sequence[tuple[str, ...]]
    """What expiring points may buy, in one version or another."""
    live: int = 0

    def first(self) -> None:
        """The program everybody begins with."""
        policy = self.world.random.choice([0, SHORT])
        self._publish(document(policy=policy, clients=(CLIENT, OPERATOR), **self._common()), revision=0)

    def _common(self) -> dict[str, Any]:
        return {**self.always, "exchange_at_expiry": list(self.world.random.choice(self.exchanges))}

    def run(self) -> None:
        random = self.world.random
        while self.known.left > 0:
            self.world.wait(random.choice([1.0, 1.0, 30.0, 86_400.0]) * random.uniform(0.2, 2.0))
            if random.random() < 0.4:
                self._roll_back()
            else:
                self._change()

    def _change(self) -> None:
        random = self.world.random
        changed = document(
            policy=random.choice([SHORT, random.randrange(len(POLICIES))]),
            shortfall=random.choice(["owe", "take_available", "refuse"]),
            grace=random.choice([None, 0, 14]),
            clients=(CLIENT, OPERATOR),
            per_day=random.choice([None, PER_DAY, PER_DAY // 2]),
            **self._common(),
        )
        draft = self.gateway.ask(calls.read_draft())
        self._publish(changed, revision=draft.body["revision"])

    def _publish(self, changed: dict[str, Any], *, revision: int) -> None:
        saved = self.gateway.ask(calls.save_draft(changed, revision))
        if saved.code == "version_conflict":
            # Said again after a lost answer: it is this very draft that is there.
            saved = self.gateway.ask(calls.read_draft())
        if saved.status != 200 or saved.body["revision"] != revision + 1 or saved.body["document"] != changed:
            raise Broken(f"a draft was not saved: {saved.body}")
        published = self.gateway.ask(calls.publish(revision + 1))
        if published.status not in (200, 201):
            raise Broken(f"a program was refused: {published.body}")
        self.live = int(published.body["version"])

    def _roll_back(self) -> None:
        answer = self.gateway.ask(calls.roll_back(self.world.random.randint(1, self.live), self.live))
        if answer.status not in (200, 201):
            raise Broken(f"a roll-back was refused: {answer.body}")
        self.live = int(answer.body["version"])
