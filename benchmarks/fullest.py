"""An account at all its limits at once: the dearest there can be.

It is led there by movements that anybody may make, under a program that may be published, so it says what the limits
allow and not what somebody imagined. Only what a profile says, the tier, the referrer and how long points lived by
activity, as they did under another policy, are put there at once.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from benchmarks.workbench import CLIENT
from points.adapters.program_document import PydanticProgramDocuments
from points.domain.ledger.account import Account, Referral
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.lots import Bucket, spending_order
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.limits import MAX_FACT_TEXT, MAX_HELD_LOTS, MAX_LOTS, MAX_OPEN_HOLDS
from points.domain.movements.adjusting import Adjustment, adjust
from points.domain.movements.earning import Event, earn
from points.domain.movements.holding import HoldRequest, hold
from points.domain.program.program import Program

MOMENT: Final = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)
"""When it is looked at. A size depends on the day: on how many lots two months share, for one."""

HOLD_DAYS: Final = 30
BACKDATING_DAYS: Final = 60
WAITING_DAYS: Final = 90
SUSPICIOUS_DAYS: Final = 10
"""Days that points wait by a rule of the program, and by a risk rule."""

MONTHS: Final = 25
"""That tiers by the calendar year look back upon."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long names are, what a profile says, and how many points a lot holds."""

    program: int
    member: int
    reference: int
    owner: int
    """Of a rule and its behaviour; a member attribute's name is as long."""
    level: int
    text: str
    points: int


ORDINARY: Final = Sizes(program=10, member=24, reference=36, owner=16, level=4, text="shanghai-pudong", points=12_345)
"""References are UUIDs."""

LONGEST: Final = Sizes(
    program=32, member=64, reference=64, owner=48, level=24, text="𠮷" * MAX_FACT_TEXT, points=2_900_000_000
)
"""All that schema and limits let through. Lots together hold nearly as many points as an account may."""


@dataclass(slots=True)
class _Life:
    """The account on its way, one decision after the other."""

    program: Program
    sizes: Sizes
    account: Account
    now: datetime
    count: int = 0

    @property
    def context(self) -> Context:
        return Context(self.program, self.now, CLIENT, fingerprint="0" * 64)

    def reference(self) -> str:
        self.count += 1
        return f"{self.count:07d}".ljust(self.sizes.reference, "f")

    def earn(self, behaviour: str, quantity: int = 1) -> None:
        event = Event(self.reference(), self.account.member, behaviour, quantity=quantity)
        self._booked(earn(self.account, event, self.context))

    def adjust(self, points: int, expires_on: date | None = None) -> None:
        command = Adjustment(self.reference(), self.account.member, points, "benchmark", expires_on)
        self._booked(adjust(self.account, command, self.context))

    def live_lots(self) -> list[Bucket]:
        return spending_order(self.account.lots, self.context.today)

    def hold(self, lots: int) -> None:
        points = sum(self.account.lots[name] for name in self.live_lots()[:lots])
        request = HoldRequest(self.reference(), self.account.member, points, HOLD_DAYS * 24 * 3600)
        self._booked(hold(self.account, request, self.context))

    def _booked(self, decision: Decision) -> None:
        self.account = decision.account


@dataclass(frozen=True, slots=True)
class Fullest:
    """The account, the program that let it come to this, and a behaviour and a reward to move it once more: a capped
    rule that still has something to pay, and a price of which every lot has to pay a part."""

    account: Account
    program: Program
    behaviour: str
    reward: str


def fullest(sizes: Sizes) -> Fullest:
    """As it is at MOMENT."""
    program = _program(sizes)
    profile = Profile(attributes=dict.fromkeys(program.member_attributes, sizes.text))
    account = Account(
        program.name,
        "m" * sizes.member,
        facts=replace(MemberFacts.of(profile, program.member_attributes), birthday=(12, 29), real_name_verified=True),
        referral=Referral("r" * sizes.member, paid=True),
        active_until=MOMENT.date(),
    )
    life = _Life(program, sizes, account, MOMENT)
    capped = [rule.behaviour for rule in program.rules if rule.caps]
    for month in reversed(range(4, MONTHS)):
        life.now = MOMENT - timedelta(days=30 * month)
        life.earn("rush")
        life.adjust(-sizes.points)
        for days in (5, 15):  # and nobody spends them: they stay until they are swept
            life.adjust(sizes.points, life.context.today + timedelta(days=days))
    for days_ago in reversed(range(max(WAITING_DAYS, BACKDATING_DAYS + 1))):
        life.now = MOMENT - timedelta(days=days_ago)
        if days_ago < WAITING_DAYS:
            # In turn: lots of one policy that follow one another could stand side by side.
            life.earn("wait" if days_ago % 2 else "wait-less")
        if days_ago < SUSPICIOUS_DAYS:
            for behaviour in ("rush", "rush", "rush-less"):  # the second one and what follows is suspicious
                life.earn(behaviour)
        if days_ago <= BACKDATING_DAYS:
            for behaviour in capped:
                life.earn(behaviour, quantity=20)
    _fill_lots(life)
    price = sum(life.account.lots[name] for name in life.live_lots()) - 1
    reward = replace(program.rewards["mug"], price=price)
    return Fullest(life.account, replace(program, rewards={"mug": reward}), capped[0], "mug")


def _fill_lots(life: _Life) -> None:
    """A fortnight apart, which is too far to be stored side by side. Four fifths of them are then held."""
    expires_on = life.context.today + timedelta(days=400)
    while len(life.live_lots()) < MAX_LOTS:
        life.adjust(life.sizes.points, expires_on)
        expires_on += timedelta(days=14)
    each, more = divmod(MAX_HELD_LOTS, MAX_OPEN_HOLDS)
    for number in range(MAX_OPEN_HOLDS):
        life.hold(each + (number < more))


def _program(sizes: Sizes) -> Program:
    """With as many capped rules as what they count leaves room for."""
    documents = PydanticProgramDocuments()
    document = _document(sizes, capped=1)
    while not documents.faults(wider := _document(sizes, capped=len(document["rules"]) - 3)):
        document = wider
    assert not documents.faults(document), documents.faults(document)
    return documents.load(document, name="p" * sizes.program, version=1)


def _document(sizes: Sizes, *, capped: int) -> dict[str, Any]:
    fixed = {"type": "fixed", "points": sizes.points}
    less = {"type": "after_days", "days": 180}
    caps = [{"per": "day", "occurrences": 30, "points": 99_999}]
    rules: list[dict[str, Any]] = [
        {"id": "wait", "behaviour": "wait", "value": fixed, "pending_days": WAITING_DAYS},
        {"id": "wait-less", "behaviour": "wait-less", "value": fixed, "pending_days": WAITING_DAYS, "expiry": less},
        {"id": "rush", "behaviour": "rush", "value": fixed},
        {"id": "rush-less", "behaviour": "rush-less", "value": fixed, "expiry": less},
    ]
    for number in range(capped):
        name = f"capped-{number}-".ljust(sizes.owner, "x")
        rules.append({"id": name, "behaviour": name, "value": {"type": "fixed", "points": 3_000}, "caps": caps})
    return {
        "time_zone": "Asia/Shanghai",
        "currency": {"code": "CNY", "decimals": 2},
        "ratio": 100,
        "expiry": {"type": "end_of_month"},
        "behaviours": {rule["behaviour"]: {} for rule in rules},
        "rules": rules,
        "tiers": {
            "by": "points",
            "window": "calendar_year",
            "levels": [{"id": "V1", "from": 0}, {"id": "V" * sizes.level, "from": 1}],
        },
        "risk": [
            {
                "id": "hasty",
                "behaviours": ["rush", "rush-less"],
                "counts": "events",
                "per": "day",
                "more_than": 1,
                "action": "pend",
                "pending_days": SUSPICIOUS_DAYS,
            }
        ],
        "rewards": {"mug": {"price": 1}},
        "reminders": {"lead_days": [30, 7, 1], "dormant": {"after_days": 90}},
        "member_attributes": [f"attribute-{number}-".ljust(sizes.owner, "x") for number in range(8)],
        "backdating_days": BACKDATING_DAYS,
    }
