"""Programs, accounts and services for tests, with everything a test does not care about already chosen."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from points.adapters.memory import MemoryLedger, MemoryMembers, MemoryPrograms, MemoryProgramVersions
from points.adapters.program_document import parse_program
from points.application.services import Services
from points.domain import freezing, holding, redeeming
from points.domain.account import Account, Activity, Balance
from points.domain.adjusting import Adjustment, adjust
from points.domain.booking import CancelOrder, Context, Decision, PlaceOrder
from points.domain.earning import Event, earn
from points.domain.entries import Entry, EntryName, Kind
from points.domain.expiry import EndOfYear
from points.domain.money import Currency, Rounding
from points.domain.orders import Order
from points.domain.program import Behaviour, Fixed, PerAmount, PerOccurrences, Program, Reward
from points.domain.reversing import Reversal, reverse

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
SANTIAGO = ZoneInfo("America/Santiago")
"""Its clocks go forward at midnight: on 6 September 2026 there is no 00:00."""

CNY = Currency("CNY", 2)
NOW = datetime(2026, 3, 15, 4, 0, tzinfo=UTC)
"""Noon in Shanghai, a Sunday."""

LOT = "2027-12-31/2026-03"
"""The lot that points earned at NOW under the demo rules are in."""


def program(**changes: Any) -> Program:
    """The worked case of the requirements, and one behaviour whose points wait."""
    behaviours = (
        Behaviour("purchase", core=True, value=PerAmount(1, 100, Rounding.DOWN)),
        Behaviour("check_in", core=False, value=Fixed(5)),
        Behaviour("review", core=False, value=Fixed(20)),
        Behaviour("photo", core=False, value=PerOccurrences(50, 3)),
        Behaviour("order", core=True, value=PerAmount(1, 100, Rounding.DOWN), pending_days=7),
    )
    rewards = (Reward("coupon", 50), Reward("phone-credit", 300), Reward("e-reader", 2400, stock=3))
    standard = Program(
        name="demo",
        version=1,
        zone=SHANGHAI,
        currency=CNY,
        ratio=100,
        expiry=EndOfYear(1),
        behaviours={behaviour.name: behaviour for behaviour in behaviours},
        rewards={reward.name: reward for reward in rewards},
        clients=frozenset({"shop"}),
    )
    return replace(standard, **changes)


def account(**changes: Any) -> Account:
    """An empty account, or what is said of it."""
    return replace(Account("demo", "m-1"), **changes)


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """``"2026-03-15"`` (noon) or ``"2026-03-15 23:59"`` in a zone, as UTC."""
    moment = datetime.fromisoformat(text if " " in text else f"{text} 12:00")
    return moment.replace(tzinfo=zone).astimezone(UTC)


def context(now: datetime = NOW, rules: Program | None = None) -> Context:
    return Context(rules or program(), now, actor="tester", fingerprint="f" * 64)


@dataclass
class Walk:
    """One account walked through decisions. Each step books at ``now`` under ``rules`` and returns its entry."""

    rules: Program = field(default_factory=program)
    now: datetime = NOW
    account: Account = field(default_factory=account)
    entries: list[Entry] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
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
        return self._booked(
            earn(self.account, Event(member="m-1", behaviour=behaviour, amount=amount, **event), self.context)
        )

    def give(self, points: int, expires_on: str | None = None) -> Entry:
        """An adjustment: the shortest way to points, or (negative) out of them."""
        day = None if expires_on is None else date.fromisoformat(expires_on)
        command = Adjustment(self._reference("a"), "m-1", points, "because", day)
        return self._booked(adjust(self.account, command, self.context))

    def redeem(self, reward: str = "coupon", quantity: int = 1) -> Entry:
        command = redeeming.Redemption(self._reference("r"), "m-1", reward, quantity)
        return self._booked(redeeming.redeem(self.account, command, self.context))

    def cancel(self, redeemed: Entry) -> Entry:
        order = self.orders[redeemed.reference]
        return self._booked(redeeming.cancel(self.account, order, redeemed, self.context, reason=None))

    def hold(self, points: int, expires_in: int | None = None) -> Entry:
        command = holding.HoldRequest(self._reference("h"), "m-1", points, expires_in)
        return self._booked(holding.hold(self.account, command, self.context))

    def capture(self, held: Entry, points: int | None = None) -> Entry:
        ended = self._ended(held)
        return self._booked(holding.capture(self.account, held.reference, points, self.context, ended=ended, held=held))

    def release(self, held: Entry) -> Entry:
        return self._booked(
            holding.release(self.account, held.reference, self.context, ended=self._ended(held), held=held)
        )

    def reverse(self, original: Entry, *, points: int | None = None, amount: str | None = None) -> Entry:
        command = Reversal(self._reference("v"), "m-1", original.name, amount=amount, points=points)
        earlier = [entry for entry in self.entries if entry.name.reverses == original.name]
        return self._booked(reverse(self.account, command, original, earlier, self.context))

    def freeze(self, *activities: Activity) -> Entry:
        command = freezing.Freeze(self._reference("f"), "m-1", "fraud", frozenset(activities or Activity))
        return self._booked(freezing.freeze(self.account, command, self.context))

    def unfreeze(self, *activities: Activity) -> Entry:
        command = freezing.Freeze(self._reference("u"), "m-1", "cleared", frozenset(activities or Activity))
        return self._booked(freezing.unfreeze(self.account, command, self.context))

    def _ended(self, held: Entry) -> Entry | None:
        ends = {EntryName(kind, held.reference) for kind in (Kind.CAPTURE, Kind.RELEASE)}
        return next((entry for entry in self.entries if entry.name in ends), None)

    def _reference(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}-{self._count}"

    def _booked(self, decision: Decision) -> Entry:
        assert decision.before is self.account
        self.account = decision.account
        self.entries.append(decision.entry)
        for effect in decision.effects:
            if isinstance(effect, PlaceOrder | CancelOrder):
                self.orders[effect.order.reference] = effect.order
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


def services(*programs: Program, clock: SetClock | None = None, **changes: Any) -> Services:
    """Everything in memory; ``changes`` puts a port of the test's own in its place."""
    ledger = MemoryLedger()
    standard = Services(
        ledger=ledger,
        members=MemoryMembers(ledger),
        programs=MemoryPrograms(*(programs or (program(),))),
        versions=MemoryProgramVersions(),
        parse_program=parse_program,
        clock=clock or SetClock(),
        backoff=NoWait(),
    )
    return replace(standard, **changes)
