"""What store tests are made of: a small program, moments, and stores that can be asked the same questions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from zoneinfo import ZoneInfo

from points.adapters.backoff import JitteredBackoff
from points.adapters.dynamodb.ledger import DynamoDBLedger
from points.adapters.dynamodb.members import DynamoDBMembers
from points.adapters.dynamodb.program_versions import DynamoDBProgramVersions
from points.adapters.dynamodb.table import Table
from points.adapters.memory import MemoryLedger, MemoryMembers, MemoryPrograms, MemoryProgramVersions
from points.application.ports import Ledger, Members, ProgramVersions
from points.application.services import Services
from points.domain.account import Account
from points.domain.booking import Context
from points.domain.canonical import Plain
from points.domain.expiry import EndOfYear
from points.domain.members import Profile
from points.domain.money import Currency, Rounding
from points.domain.program import Behaviour, Fixed, PerAmount, Program, Reward

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
        "purchase": Behaviour("purchase", core=True, value=PerAmount(1, 100, Rounding.DOWN)),
        "check_in": Behaviour("check_in", core=False, value=Fixed(10)),
        "later": Behaviour("later", core=False, value=Fixed(7), pending_days=3),
    },
    rewards={
        "coupon": Reward("coupon", 25),
        "mug": Reward("mug", 10, stock=30, stock_shards=4),
        "single": Reward("single", 10, stock=3),
    },
)


@dataclass
class Store:
    """The adapters of one kind. ``table`` is None for those in memory.

    ``long_history`` is how many entries are many: moto copies the whole table for every transaction.
    """

    ledger: Ledger
    members: Members
    versions: ProgramVersions
    table: Table | None = None
    long_history: int = 210

    def services(self, program: Program = PROGRAM) -> Services:
        return Services(
            ledger=self.ledger,
            members=self.members,
            programs=MemoryPrograms(program),
            versions=self.versions,
            parse_program=parse_by_name,
            clock=SteppingClock(),
            backoff=JitteredBackoff(),
        )

    def enrolled(self, member: str = MEMBER) -> Account:
        self.members.enrol(PROGRAM.name, member, Profile())
        return self.account(member)

    def account(self, member: str = MEMBER) -> Account:
        account = self.ledger.account(PROGRAM.name, member)
        assert account is not None
        return account


def memory_store() -> Store:
    ledger = MemoryLedger()
    return Store(ledger, MemoryMembers(ledger), MemoryProgramVersions())


def dynamodb_store(table: Table) -> Store:
    return Store(DynamoDBLedger(table), DynamoDBMembers(table), DynamoDBProgramVersions(table), table)


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


def parse_by_name(document: Mapping[str, Plain], *, name: str, version: int) -> Program:  # noqa: ARG001
    """A program of that name, whatever the document says: what is in it is none of the store's business."""
    return replace(PROGRAM, name=name, version=version)
