"""Programs, accounts and services for tests, with everything a test does not care about already chosen."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from points.adapters.dynamodb.coupons import DynamoDBCoupons
from points.adapters.dynamodb.ledger import DynamoDBLedger
from points.adapters.dynamodb.members import DynamoDBMembers
from points.adapters.dynamodb.notices import DynamoDBNotices
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.timers import DynamoDBTimers
from points.adapters.memory import MemoryCodeMaker, MemoryLedger, MemoryMembers, MemoryPrograms, MemoryProgramVersions
from points.adapters.program_document import PydanticProgramDocuments
from points.adapters.spent_budgets import RecentlySpentBudgets
from points.adapters.wording import BabelWording
from points.application.services import Services
from points.domain.evaluation.evaluation import Evaluation, evaluate
from points.domain.ledger.account import Account, Activity, Balance
from points.domain.ledger.booking import Context, Decision, MoveOrder, PlaceOrder
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.orders import Order
from points.domain.money import Currency, Rounding
from points.domain.movements import freezing, holding, redeeming
from points.domain.movements.adjusting import Adjustment, adjust
from points.domain.movements.confirming import Confirmation, confirm
from points.domain.movements.earning import Event, earn, occurrence_of
from points.domain.movements.refunding import OrderRefund, refund
from points.domain.movements.reversing import Original, Reversal, reverse
from points.domain.movements.reviewing import review_tier
from points.domain.program import conditions
from points.domain.program.behaviours import Behaviour
from points.domain.program.conditions import Operator, Scalar
from points.domain.program.expiry import EndOfYear
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Rule, Value
from points.domain.program.windows import Counters

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
SANTIAGO = ZoneInfo("America/Santiago")
"""Its clocks go forward at midnight: on 6 September 2026 there is no 00:00."""

CNY = Currency("CNY", 2)
NOW = datetime(2026, 3, 15, 4, 0, tzinfo=UTC)
"""Noon in Shanghai, a Sunday."""

CORE = frozenset({"purchase", "order"})

LOT = "2027-12-31/2026-03"
"""The lot that points earned at NOW under the demo rules are in."""


def program(**changes: Any) -> Program:
    """The worked case of the requirements, and one behaviour whose points wait."""
    rules = (
        Rule("purchase", "purchase", PerAmount(1, 100, Rounding.DOWN)),
        Rule("check_in", "check_in", Fixed(5)),
        Rule("review", "review", Fixed(20)),
        Rule("photo", "photo", PerOccurrences(50, 3)),
        Rule("order", "order", PerAmount(1, 100, Rounding.DOWN), pending_days=7),
    )
    rewards = (Reward("coupon", 50), Reward("phone-credit", 300), Reward("e-reader", 2400, stock=3))
    standard = Program(
        name="demo",
        version=1,
        zone=SHANGHAI,
        currency=CNY,
        ratio=100,
        expiry=EndOfYear(1),
        behaviours={rule.behaviour: Behaviour(rule.behaviour, rule.behaviour in CORE) for rule in rules},
        rules=rules,
        rewards={reward.name: reward for reward in rewards},
        clients=frozenset({"shop"}),
    )
    return replace(standard, **changes)


def paying(value: Value, behaviour: str = "b", **rule: Any) -> Rule:
    """A rule of the same name as its behaviour, unless ``rule`` says otherwise."""
    return Rule(**{"name": behaviour, "behaviour": behaviour, "value": value} | rule)


def asks(field: str, operator: Operator, *values: Scalar) -> conditions.Test:
    """One test of a condition. (A class called Test among a test file's names would be taken for tests.)"""
    return conditions.Test(field, operator, values)


def small(*rules: Rule, **changes: Any) -> Program:
    """A program of these rules alone. Their behaviours are core, as are those that only ``tasks`` or ``campaigns``
    name; ``core`` names the only ones that are, if not all."""
    names = {rule.behaviour for rule in rules}
    for part in (*changes.get("tasks", ()), *changes.get("campaigns", ())):
        names |= part.behaviours
    core = changes.pop("core", names)
    behaviours = {name: Behaviour(name, name in core) for name in sorted(names)}
    return program(**{"behaviours": behaviours, "rules": rules} | changes)


def account(**changes: Any) -> Account:
    """An empty account, or what is said of it."""
    return replace(Account("demo", "m-1"), **changes)


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """``"2026-03-15"`` (noon) or ``"2026-03-15 23:59"`` in a zone, as UTC."""
    moment = datetime.fromisoformat(text if " " in text else f"{text} 12:00")
    return moment.replace(tzinfo=zone).astimezone(UTC)


def context(now: datetime = NOW, rules: Program | None = None) -> Context:
    return Context(rules or program(), now, actor="tester", fingerprint="f" * 64)


def evaluated(rules: Program, counters: Counters | None = None, on: str | None = None, **event: Any) -> Evaluation:
    """What an event of the behaviour ``b`` is worth to somebody of whom nothing is known."""
    what = Event("e", "m-1", **{"behaviour": "b"} | event)
    at = NOW if on is None else local(on, rules.zone)
    return evaluate(occurrence_of(account(), what, at, rules), counters or {}, rules)


@dataclass
class Walk:
    """One account walked through decisions. Each step books at ``now`` under ``rules`` and returns its entry."""

    rules: Program = field(default_factory=program)
    now: datetime = NOW
    account: Account = field(default_factory=account)
    entries: list[Entry] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
    _decided: dict[EntryName, Program] = field(default_factory=dict)
    _count: int = 0

    @property
    def context(self) -> Context:
        return context(self.now, self.rules)

    @property
    def balance(self) -> Balance:
        return self.account.balance(self.now, self.rules.zone)

    @property
    def available(self) -> int:
        return self.balance.available

    def until(self, text: str) -> "Walk":
        """Time passes until that local moment; nothing is booked."""
        self.now = local(text, self.rules.zone)
        return self

    def wait(self, **duration: float) -> "Walk":
        self.now += timedelta(**duration)
        return self

    def earn(self, behaviour: str = "purchase", amount: str | None = None, **event: Any) -> Entry:
        event.setdefault("reference", self._reference("e"))
        return self.booked(
            earn(self.account, Event(member="m-1", behaviour=behaviour, amount=amount, **event), self.context)
        )

    def pay(self, behaviour: str = "b", on: str | None = None, **event: Any) -> int:
        """What it pays, backdated to a local moment if need be."""
        if on is not None:
            event["occurred_at"] = local(on, self.rules.zone)
        return sum(line.points for line in self.earn(behaviour, **event).lines)

    def give(self, points: int, expires_on: str | None = None) -> Entry:
        """An adjustment: the shortest way to points, or (negative) out of them."""
        day = None if expires_on is None else date.fromisoformat(expires_on)
        command = Adjustment(self._reference("a"), "m-1", points, "because", day)
        return self.booked(adjust(self.account, command, self.context))

    def redeem(self, reward: str = "coupon", quantity: int = 1) -> Entry:
        command = redeeming.Redemption(self._reference("r"), "m-1", reward, quantity)
        return self.booked(redeeming.redeem(self.account, command, self.context))

    def cancel(self, redeemed: Entry) -> Entry:
        order = self.orders[redeemed.reference]
        return self.booked(redeeming.cancel(self.account, order, redeemed, self.context, reason=None))

    def hold(self, points: int, expires_in: int | None = None) -> Entry:
        command = holding.HoldRequest(self._reference("h"), "m-1", points, expires_in)
        return self.booked(holding.hold(self.account, command, self.context))

    def hold_for(self, order_amount: str, points: int | None = None, expires_in: int | None = None) -> Entry:
        command = holding.HoldRequest(self._reference("h"), "m-1", points, expires_in, order_amount)
        return self.booked(holding.hold(self.account, command, self.context))

    def capture(self, held: Entry, points: int | None = None) -> Entry:
        ended = self._ended(held)
        return self.booked(holding.capture(self.account, held.reference, points, self.context, ended=ended, held=held))

    def release(self, held: Entry) -> Entry:
        return self.booked(
            holding.release(self.account, held.reference, self.context, ended=self._ended(held), held=held)
        )

    def reverse(self, original: Entry, *, points: int | None = None, amount: str | None = None) -> Entry:
        command = Reversal(self._reference("v"), "m-1", original.name, amount=amount, points=points)
        return self.booked(reverse(self.account, command, self.original(original), self.context))

    def refund(self, captured: Entry, amount: str) -> Entry:
        command = OrderRefund(self._reference("f"), "m-1", captured.reference, amount)
        return self.booked(refund(self.account, command, captured, self._reversals(captured), self.context))

    def original(self, entry: Entry) -> Original:
        """What a reversal of it has to know. Each entry was decided under the rules of its moment."""
        confirmed = any(other.name == EntryName(Kind.CONFIRM, entry.reference) for other in self.entries)
        return Original(entry, self._reversals(entry), self._decided[entry.name], confirmed=confirmed)

    def confirm(self, earned: Entry, *, by_operator: bool = False) -> Entry:
        command = Confirmation("m-1", earned.reference)
        decision = confirm(
            self.account,
            command,
            earned,
            self._reversals(earned),
            self.context,
            decided=self._decided[earned.name],
            by_operator=by_operator,
        )
        return self.booked(decision)

    def freeze(self, *activities: Activity) -> Entry:
        command = freezing.Freeze(self._reference("f"), "m-1", "fraud", frozenset(activities or Activity))
        return self.booked(freezing.freeze(self.account, command, self.context))

    def unfreeze(self, *activities: Activity) -> Entry:
        command = freezing.Freeze(self._reference("u"), "m-1", "cleared", frozenset(activities or Activity))
        return self.booked(freezing.unfreeze(self.account, command, self.context))

    def review(self) -> Entry:
        return self.booked(review_tier(self.account, self.context))

    def _reversals(self, original: Entry) -> list[Entry]:
        return [entry for entry in self.entries if entry.name.reverses == original.name]

    def _ended(self, held: Entry) -> Entry | None:
        ends = {EntryName(kind, held.reference) for kind in (Kind.CAPTURE, Kind.RELEASE)}
        return next((entry for entry in self.entries if entry.name in ends), None)

    def _reference(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}-{self._count}"

    def booked(self, decision: Decision) -> Entry:
        assert decision.before is self.account
        self.account = decision.account
        self.entries.append(decision.entry)
        self._decided[decision.entry.name] = self.rules
        for effect in decision.effects:
            if isinstance(effect, PlaceOrder):
                self.orders[effect.order.reference] = effect.order
            elif isinstance(effect, MoveOrder):
                self.orders[effect.after.reference] = effect.after
        return decision.entry


@dataclass
class SetClock:
    """A clock that stands still until it is set."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


class NoWait:
    """A backoff that only counts."""

    def __init__(self) -> None:
        self.waits: list[int] = []

    def wait(self, attempt: int) -> None:
        self.waits.append(attempt)


@dataclass
class SetDeadline:
    """Leaves time for as many more calls as a test says; None for any number."""

    calls: int | None = None

    def begin(self, seconds: float) -> None:
        """Time is what the test says."""

    def leaves_time(self) -> bool:
        if self.calls is not None:
            self.calls -= 1
        return self.calls is None or self.calls >= 0


def services(*programs: Program, clock: SetClock | None = None, **changes: Any) -> Services:
    """Everything in memory; ``changes`` puts a port of the test's own in its place."""
    ledger = MemoryLedger()
    versions = MemoryProgramVersions()
    standard = Services(
        ledger=ledger,
        members=MemoryMembers(ledger),
        programs=MemoryPrograms(*(programs or (program(),))),
        versions=versions,
        documents=PydanticProgramDocuments(),
        clock=clock or SetClock(),
        backoff=NoWait(),
        deadline=SetDeadline(),
        spent_budgets=RecentlySpentBudgets(),
        timers=ledger,
        directory=versions,
        notices=ledger,
        wording=BabelWording(),
        coupons=ledger.coupons,
        code_maker=MemoryCodeMaker(),
    )
    return replace(standard, **changes)


def services_on(table: Table, *programs: Program, clock: SetClock | None = None, **changes: Any) -> Services:
    """The same with everything of an account in a table, its timers as well."""
    stored: dict[str, Any] = {
        "ledger": DynamoDBLedger(table),
        "members": DynamoDBMembers(table),
        "timers": DynamoDBTimers(table),
        "notices": DynamoDBNotices(table),
        "coupons": DynamoDBCoupons(table),
    }
    return services(*programs, clock=clock, **stored | changes)
