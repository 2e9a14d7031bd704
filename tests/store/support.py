"""What store tests are made of: a small program, moments, and stores that can be asked the same questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from zoneinfo import ZoneInfo

from points.adapters.backoff import JitteredBackoff
from points.adapters.code_maker import SecretCodes
from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.coupons import DynamoDBCoupons
from points.adapters.dynamodb.ledger import DynamoDBLedger
from points.adapters.dynamodb.members import DynamoDBMembers
from points.adapters.dynamodb.notices import DynamoDBNotices
from points.adapters.dynamodb.pools import DynamoDBPools
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.timers import DynamoDBTimers
from points.adapters.dynamodb.webhooks import DynamoDBDeliveries, DynamoDBEndpoints
from points.adapters.memory import (
    MemoryDeliveries,
    MemoryEndpoints,
    MemoryLedger,
    MemoryMembers,
    MemoryPrograms,
    MemoryProgramVersions,
)
from points.adapters.spent_budgets import RecentlySpentBudgets
from points.adapters.wording import BabelWording
from points.application.coupons.ports import Pools
from points.application.ports import (
    Coupons,
    Ledger,
    Members,
    Notices,
    ProgramDirectory,
    ProgramVersions,
    PublishedVersion,
    Timers,
)
from points.application.services import Services
from points.application.webhooks.ports import Deliveries, Endpoints
from points.domain.canonical import Plain
from points.domain.errors import Fault
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.money import Currency, Rounding
from points.domain.program.behaviours import Behaviour
from points.domain.program.campaigns import Campaign
from points.domain.program.dates import Dates
from points.domain.program.expiry import EndOfYear
from points.domain.program.program import Program
from points.domain.program.referral import ReferralRules
from points.domain.program.rewards import Reward
from points.domain.program.rules import Fixed, PerAmount, Rule
from points.domain.program.succession import Inheritance
from points.domain.program.tiers import Level, TierMetric, Tiers

NOW = datetime(2026, 11, 21, 3, 4, 5, 678901, tzinfo=UTC)
MEMBER = "member-1"

PROGRAM = Program(
    name="demo",
    version=1,
    zone=ZoneInfo("Asia/Shanghai"),
    currency=Currency("CNY", 2),
    ratio=100,
    expiry=EndOfYear(1),
    behaviours={
        "purchase": Behaviour("purchase", core=True),
        "check_in": Behaviour("check_in"),
        "later": Behaviour("later"),
    },
    rules=(
        Rule("purchase", "purchase", PerAmount(1, 100, Rounding.DOWN)),
        Rule("check_in", "check_in", Fixed(10)),
        Rule("later", "later", Fixed(7), pending_days=3),
    ),
    rewards={
        "coupon": Reward("coupon", 25),
        "mug": Reward("mug", 10, stock=30, stock_shards=4),
        "single": Reward("single", 10, stock=3),
    },
    member_attributes=frozenset({"city"}),
)

NOVEMBER = Dates(date(2026, 11, 1), date(2026, 11, 30))


def festival(budget: int | None, shards: int = 1, bonus: int = 90) -> Campaign:
    """A bonus on top of each check-in, as long as its budget lasts."""
    return Campaign("festival", frozenset({"check_in"}), NOVEMBER, bonus=bonus, budget=budget, budget_shards=shards)


FULL_PROGRAM = replace(
    PROGRAM,
    campaigns=(festival(1_000, shards=2), Campaign("open", frozenset({"check_in"}), NOVEMBER, bonus=1)),
    tiers=Tiers(TierMetric.POINTS, (Level("V1", 0), Level("V2", 100), Level("V3", 500)), months=12, calendar_year=True),
    referral=ReferralRules(newcomer_points=30, referrer_points=50, qualifying_behaviour="purchase"),
)
"""The same with what lies beside accounts and entries: a budget, tiers with their history, and referrals."""


@dataclass
class Store:
    """The adapters of one kind. ``table`` is None for those in memory.

    ``long_history`` is how many entries are many: moto copies the whole table for every transaction.
    """

    ledger: Ledger
    members: Members
    versions: ProgramVersions
    timers: Timers
    directory: ProgramDirectory
    notices: Notices
    coupons: Coupons
    pools: Pools
    endpoints: Endpoints
    deliveries: Deliveries
    table: Table | None = None
    long_history: int = 210

    def services(self, program: Program = PROGRAM) -> Services:
        return Services(
            ledger=self.ledger,
            members=self.members,
            programs=MemoryPrograms(program),
            versions=self.versions,
            documents=ProgramsByName(),
            clock=SteppingClock(),
            backoff=JitteredBackoff(),
            deadline=InvocationDeadline(),
            spent_budgets=RecentlySpentBudgets(),
            timers=self.timers,
            directory=self.directory,
            notices=self.notices,
            wording=BabelWording(),
            coupons=self.coupons,
            code_maker=SecretCodes(),
        )

    def publish(self, program: Program) -> None:
        """That the program is there in this version, for those who look at the whole table."""
        document = {"version": program.version}
        published = PublishedVersion(program.version, document, 0, NOW, "tests")
        before = self.versions.live(program.name)
        head = "" if before is None else before.digest
        self.versions.publish(program.name, replace(published, previous_digest=head).sealed())

    def enrolled(self, member: str = MEMBER) -> Account:
        self.members.enrol(PROGRAM.name, member, Profile(), MemberFacts())
        return self.account(member)

    def account(self, member: str = MEMBER) -> Account:
        account = self.ledger.account(PROGRAM.name, member)
        assert account is not None
        return account


def memory_store() -> Store:
    ledger = MemoryLedger()
    versions = MemoryProgramVersions()
    return Store(
        ledger,
        MemoryMembers(ledger),
        versions,
        timers=ledger,
        directory=versions,
        notices=ledger,
        coupons=ledger.coupons,
        pools=ledger.coupons,
        endpoints=MemoryEndpoints(),
        deliveries=MemoryDeliveries(),
    )


def dynamodb_store(table: Table) -> Store:
    versions = DynamoDBProgramVersions(table)
    return Store(
        DynamoDBLedger(table),
        DynamoDBMembers(table),
        versions,
        timers=DynamoDBTimers(table),
        directory=versions,
        notices=DynamoDBNotices(table),
        coupons=DynamoDBCoupons(table),
        pools=DynamoDBPools(table),
        endpoints=DynamoDBEndpoints(table),
        deliveries=DynamoDBDeliveries(table),
        table=table,
    )


@dataclass
class SteppingClock:
    """A millisecond passes with each look: no two movements are booked at the same moment."""

    moment: datetime = NOW
    _lock: Lock = field(default_factory=Lock)

    def now(self) -> datetime:
        with self._lock:
            self.moment += timedelta(milliseconds=1)
            return self.moment


class NoWaiting:
    """A backoff that keeps what it was asked for."""

    def __init__(self) -> None:
        self.waits: list[int] = []

    def wait(self, attempt: int) -> None:
        self.waits.append(attempt)


def context(now: datetime = NOW, *, fingerprint: str = "f0" * 32, program: Program = PROGRAM) -> Context:
    return Context(program, now, "tests", fingerprint)


class ProgramsByName:
    """A program of that name, whatever the document says: what is in it is none of the store's business."""

    def faults(self, document: Mapping[str, Plain]) -> Sequence[Fault]:  # noqa: ARG002
        return ()

    def warnings(self, document: Mapping[str, Plain], *, now: datetime) -> Sequence[Fault]:  # noqa: ARG002
        return ()

    def load(
        self,
        document: Mapping[str, Plain],  # noqa: ARG002
        *,
        name: str,
        version: int,
        inheritance: Inheritance | None = None,  # noqa: ARG002
    ) -> Program:
        return replace(PROGRAM, name=name, version=version)
