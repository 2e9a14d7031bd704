"""What use cases need from outside.

Each method's docstring lists every error it may raise beside Throttled and LedgerUnavailable, which any may: the
latter after a write means that it may or may not have happened.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

from points.domain.calendar import utc_text
from points.domain.canonical import Plain, digest
from points.domain.errors import Fault
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Decision
from points.domain.ledger.coupons import Coupon
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.entries import Entry, EntryName
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.ledger.orders import Order, OrderState
from points.domain.ledger.pools import PoolImport
from points.domain.ledger.refusals import RefusedEvent
from points.domain.ledger.timers import About
from points.domain.ledger.usage import Usage, Used
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.succession import Departure, Inheritance, Kept, Name
from points.domain.reminding.notices import Notice


class RaceLost(Exception):
    """Somebody else moved the account (or is moving it right now): read again and decide again."""


class BudgetExhausted(Exception):
    """A campaign's budget has no ``points`` left for this movement: decide again without it. Nothing was written."""

    def __init__(self, campaign: str, points: int) -> None:
        super().__init__(campaign)
        self.campaign = campaign
        self.points = points


class CodeGone(RaceLost):
    """A coupon's code cannot be had (any more): decide again with another in its place. Nothing was written."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class AlreadyBooked(Exception):
    """An entry of this name exists; it is in ``entry``. Nothing was written."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(str(entry.name))
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment on (inclusive) until another (exclusive)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """One page of a listing; ``next_key`` continues it, None at the end."""

    items: Sequence[Item]
    next_key: str | None = None


@dataclass(frozen=True, slots=True)
class StockTaken:
    """Pieces of a reward that are gone: 0 of what is not limited."""

    in_all: int = 0
    of_day: int = 0


class Ledger(Protocol):
    """Accounts, entries and orders. All reads are strongly consistent."""

    def account(self, program: str, member: str) -> Account | None: ...

    def accounts(self, program: str, members: Sequence[str]) -> Mapping[str, Account]:
        """Those that exist and can be read, by member; each as it was at some moment of the call."""

    def entry(self, program: str, member: str, name: EntryName) -> Entry | None: ...

    def entry_with_reversals(self, program: str, member: str, name: EntryName) -> tuple[Entry | None, Sequence[Entry]]:
        """The entry and everything that reverses it, in one query. For decisions: without the reasons people gave."""

    def keep_refused(self, refused: RefusedEvent) -> None:
        """Put it beside the account, in the place of what was kept of the same reference before."""

    def commit(self, decision: Decision) -> None:
        """The whole movement in one transaction, or nothing of it.

        Raises AlreadyBooked (which goes before every other reason), RaceLost (CodeGone where it is for a code),
        OutOfStock and BudgetExhausted.
        """

    def entries(
        self, program: str, member: str, *, before_seq: int | None = None, kind: str | None = None, limit: int
    ) -> Page[Entry]:
        """Newest first, from below ``before_seq``. ``next_key`` is a seq as text. ``kind`` narrows before entries are
        read; a page may therefore be short and still have a ``next_key``."""

    def usage(self, program: str, member: str, kind: Used, name: str) -> Usage:
        """How often the member had it: nothing, where nothing was counted yet."""

    def order_entries(self, program: str, member: str, reference: str) -> Sequence[Entry]:
        """All that was booked of an order up to one moment of the call, in the order of their seq; nothing where there
        is no such order."""

    def orders(self, program: str, member: str, *, after: str | None = None, limit: int) -> Page[Order]:
        """A member's, by reference, each as it was at one moment of the call. ``next_key`` is the last reference of the
        page."""

    def orders_in(
        self, program: str, state: OrderState, placed: Period, *, after: str | None = None, limit: int
    ) -> Page[Order]:
        """Those of all members that are in the state, by when they were placed. ``next_key`` is opaque; a page may be
        short and still have one."""

    def tier_changes(self, program: str, member: str, *, before_seq: int | None = None, limit: int) -> Page[TierChange]:
        """Newest first; each was written with the movement that changed the tier. ``next_key`` is a seq as text."""

    def stock_taken(self, program: str, rewards: Sequence[Reward], day: date) -> Mapping[str, StockTaken]:
        """How many of each of these rewards are gone, over all their shards, in all and of that day."""

    def usages(self, program: str, member: str, kind: Used, names: Sequence[str]) -> Mapping[str, Usage]:
        """The same as ``usage`` for several, by name."""

    def entitlements(self, program: str, member: str, rewards: Sequence[str]) -> Mapping[str, Entitlement]:
        """What the member has of these badges and memberships, by reward: only what they have, or had."""

    def all_entitlements(self, program: str, member: str, *, after: str | None, limit: int) -> Page[Entitlement]:
        """By reward. ``next_key`` is the last of the page."""


ORDER_SHARDS = 4
"""Partitions of each month and state of a program's orders: a sale that everybody waited for must not heat up one."""


class Timer(StrEnum):
    """What an account waits for: its name is that of the index it is found by."""

    DUE = "due"
    REMIND = "remind"


MAX_NOTICES = 50
"""That are put together: each is a part of the transaction."""

TIMER_SHARDS = 32
"""Partitions of each timer index per program: a month's end writes to all of them, not to one hot partition."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An account whose timer has come, as the index has it: it may be a moment behind. ``key`` continues after it."""

    member: str
    at: datetime
    key: str


DIRECTORY_SHARDS = 32
"""Partitions of the member directory per program: a campaign that brings newcomers must not heat up one of them."""


class Timers(Protocol):
    """The indexes that are the to-do lists of scheduled work, and the timers that put accounts on them."""

    def waiting(
        self, timer: Timer, program: str, shard: int, *, until: datetime, after: str | None = None, limit: int
    ) -> Sequence[Waiting]:
        """The earliest first; fewer than ``limit`` only at the end."""

    def set(self, timer: Timer, account: Account, at: datetime | None) -> None:
        """One timer of an account that is otherwise as it was read; None ends it. The other may have been set by
        somebody else since, and stays. Raises RaceLost."""


class Notices(Protocol):
    """What members are told, and have been told."""

    def put(self, account: Account, notices: Sequence[Notice], *, remind_at: datetime | None) -> None:
        """The notices, and the account's next reminder, in one transaction; what is noticed already stays as it was
        noticed. At most ``MAX_NOTICES``. Raises RaceLost."""

    def notice(self, program: str, member: str, about: About) -> Notice | None: ...


class ProgramDirectory(Protocol):
    """Every program that was ever published, found without looking for them."""

    def programs(self, *, after: str | None = None, limit: int) -> Page[str]:
        """By name. ``next_key`` is the last name of the page."""

    def timed_by(self, program: str) -> str | None:
        """The settings its members' reminders were last set by, as a digest; None where they never were."""

    def set_timed_by(self, program: str, settings: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one thing that was sent. ``fault`` is empty where it arrived. With ``passing`` it is nobody's
    fault, or time was up: sent again later it may arrive. Without, it is the thing's own and stays so."""

    fault: str = ""
    passing: bool = False

    @property
    def arrived(self) -> bool:
        return not self.fault

    @property
    def is_hopeless(self) -> bool:
        return bool(self.fault) and not self.passing


ARRIVED: Final = Outcome()


class WorkQueue(Protocol):
    """Work for later, done at least once."""

    def send(self, work: Sequence[Mapping[str, Plain]]) -> None:
        """All of it, or LedgerUnavailable: then some of it may have been sent."""


POOL_BUCKETS = 16
"""Partitions of each pool's free codes: those who want one at the same moment begin at different ones."""


class CodeMaker(Protocol):
    """Codes that nobody can guess."""

    def make(self, count: int) -> Sequence[str]: ...


class Coupons(Protocol):
    """Coupons by their codes, and the free codes of pools. All reads are strongly consistent."""

    def coupon(self, program: str, code: str) -> Coupon | None:
        """One that was issued; None also for a code that lies in a pool."""

    def coupons(self, program: str, codes: Sequence[str]) -> Mapping[str, Coupon]:
        """Those that were issued, by code; each as it was at some moment of the call."""

    def free(self, program: str, pool: str, count: int, *, start: int, avoiding: Collection[str]) -> Sequence[str]:
        """So many codes that lie in the pool, fewer only where there are no more. ``start`` is any number: who begins
        at different ones is likely to be given different codes."""


class Members(Protocol):
    """Enrolment and profiles."""

    def enrol(self, program: str, member: str, profile: Profile, facts: MemberFacts) -> bool:
        """Write the profile, and put what decisions may know of it on the account, which is made if there is none. True
        when the account is new. Raises RaceLost when the account kept moving."""

    def profile(self, program: str, member: str) -> Profile | None: ...

    def members(self, program: str, *, after: str | None = None, limit: int) -> Page[str]:
        """Everybody who ever enrolled, in no particular order. ``next_key`` is opaque."""

    def in_shard(self, program: str, shard: int, *, after: str | None = None, limit: int) -> Sequence[str]:
        """Those of one shard of the directory, in order; fewer than ``limit`` only at the end."""

    def erase(self, program: str, member: str) -> None:
        """Delete the profile, what decisions knew of it, and every reason somebody gave for a movement; deleting
        nothing is fine. Raises RaceLost when the account kept moving."""


@dataclass(frozen=True, slots=True)
class AccountRecords:
    """Everything stored about one account. ``unreadable`` are items that could not be understood: (key, why)."""

    program: str
    member: str
    account: Account | None
    entries: Sequence[Entry] = ()
    tier_changes: Sequence[TierChange] = ()
    notes: Mapping[EntryName, str] = field(default_factory=dict)
    profile: Profile | None = None
    notices: Sequence[Notice] = ()
    usages: Sequence[Usage] = ()
    entitlements: Sequence[Entitlement] = ()
    unreadable: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class ProgramRecords:
    """Everything stored about a program itself. ``live`` is the version its pointer names, and that one's revision."""

    program: str
    versions: "Sequence[PublishedVersion]" = ()
    live: tuple[int, int] | None = None
    draft: "Draft | None" = None
    departures: Sequence[Departure] = ()
    timed_by: str | None = None
    unreadable: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class CounterRecord:
    """What has been taken from one shard of a stock or budget."""

    program: str
    kind: Kept
    name: str
    shard: int
    taken: int


@dataclass(frozen=True, slots=True)
class FreeCode:
    """A code as it lies in a pool, brought by an import."""

    program: str
    code: str
    pool: str
    imported_by: str


@dataclass(frozen=True, slots=True)
class FreeRow:
    """That a code is found in a bucket of a pool."""

    program: str
    code: str
    pool: str


@dataclass(frozen=True, slots=True)
class PoolRecord:
    """How many codes a pool says it was ever given."""

    program: str
    pool: str
    imported: int


@dataclass(frozen=True, slots=True)
class Listed:
    """That the directory of a program names a member."""

    program: str
    member: str


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """That an order is found where operators look for those in its state."""

    order: Order


@dataclass(frozen=True, slots=True)
class ListedProgram:
    """That the directory of programs names one."""

    program: str


@dataclass(frozen=True, slots=True)
class Stray:
    """An item that belongs nowhere, or cannot be understood where nothing else is. ``place`` is its key."""

    place: str
    why: str


type Walked = (
    AccountRecords
    | ProgramRecords
    | CounterRecord
    | Coupon
    | FreeCode
    | FreeRow
    | PoolRecord
    | PoolImport
    | Listed
    | ListedOrder
    | ListedProgram
    | Stray
)


class LedgerWalk(Protocol):
    """The whole table, for the auditor. No scheduled job and no request may use it."""

    def everything(self) -> Iterator[Walked]:
        """All there is, each as it was at some moment during the walk: an entry may be newer than its account."""

    def account(self, program: str, member: str) -> AccountRecords:
        """One account, the account item read after its entries, strongly consistent."""

    def program(self, program: str) -> ProgramRecords:
        """One program, its pointer read first."""

    def is_listed(self, program: str, member: str) -> bool: ...

    def is_listed_order(self, order: Order) -> bool: ...

    def is_listed_program(self, program: str) -> bool: ...

    def code(self, program: str, code: str) -> Coupon | FreeCode | None:
        """A code as it is now; None for one that is not there, or cannot be understood."""

    def is_in_pool(self, row: FreeRow) -> bool: ...

    def pool(self, program: str, pool: str) -> Sequence[PoolRecord | PoolImport]:
        """What is said of a pool as a whole: what it was given, and by which imports."""

    def counters(self, places: Sequence[CounterRecord]) -> Sequence[CounterRecord]:
        """The same counters as they are now; those that are gone are left out."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A program being written. ``revision`` counts its saves: whoever saves names the one they saw. ``founder`` is the
    client that began it: until something is published, it is nobody's business but theirs and that of the clients it
    names."""

    document: Mapping[str, Plain]
    revision: int
    saved_at: datetime
    saved_by: str
    founder: str


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """An immutable version of a program. ``revision`` is the draft revision it was made from; one that ``restores`` an
    earlier version keeps that of the version it replaces. ``inheritance`` is what it has from the versions before."""

    version: int
    document: Mapping[str, Plain]
    revision: int
    published_at: datetime
    published_by: str
    restores: int | None = None
    inheritance: Inheritance = field(default_factory=Inheritance)
    previous_digest: str = ""
    digest: str = ""

    def computed_digest(self) -> str:
        """SHA-256 over everything else in it, which includes that of the version before: as with entries, what is
        changed afterwards shows."""
        inheritance = self.inheritance
        return digest(
            {
                "version": self.version,
                "document": self.document,
                "revision": self.revision,
                "published_at": utc_text(self.published_at),
                "published_by": self.published_by,
                "restores": self.restores,
                "counts_from": None if inheritance.counts_from is None else inheritance.counts_from.isoformat(),
                "retired": {name: day.isoformat() for name, day in inheritance.retired.items()},
                "previous_digest": self.previous_digest,
            }
        )

    def sealed(self) -> "PublishedVersion":
        return replace(self, digest=self.computed_digest())


class Programs(Protocol):
    """Published programs, as decisions see them."""

    def live(self, program: str) -> Program:
        """At most five seconds behind a publish. Raises NotFound."""

    def version(self, program: str, version: int) -> Program:
        """Raises NotFound."""


class ProgramVersions(Protocol):
    """Drafts and versions, as operators see them. Never cached."""

    def draft(self, program: str) -> Draft | None: ...

    def save_draft(self, program: str, draft: Draft) -> None:
        """``draft.revision`` is one more than the one it replaces. Raises VersionConflict."""

    def live(self, program: str) -> PublishedVersion | None: ...

    def live_number(self, program: str) -> int | None:
        """The number of the live version, for less than reading it costs."""

    def version(self, program: str, version: int) -> PublishedVersion | None: ...

    def versions(self, program: str, *, before: int | None = None, limit: int) -> Page[PublishedVersion]:
        """Newest first. ``next_key`` is a version as text."""

    def departed(self, program: str, names: Collection[Name]) -> Mapping[Name, Departure]:
        """What is known of those of the names that left the program."""

    def publish(self, program: str, version: PublishedVersion, departures: Sequence[Departure] = ()) -> None:
        """Write the version and point to it, if it is exactly one more than the live one, and remember what leaves
        with it. Raises VersionConflict."""


class ProgramDocuments(Protocol):
    """Programs as documents: what is wrong with one, and the program it stands for."""

    def faults(self, document: Mapping[str, Plain]) -> Sequence[Fault]:
        """All of them; none for a document that can be published."""

    def warnings(self, document: Mapping[str, Plain], *, now: datetime) -> Sequence[Fault]:
        """What can be published, but will not do what its author may expect: in the past, without effect, …"""

    def load(
        self, document: Mapping[str, Plain], *, name: str, version: int, inheritance: Inheritance | None = None
    ) -> Program:
        """The program of a document without faults, or of one that had none when it was published."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The moment, aware, in UTC."""


class Deadline(Protocol):
    """How long there is to answer: no call is made that could not end in time."""

    def begin(self, seconds: float) -> None:
        """An invocation has so long from now."""

    def leaves_time(self) -> bool:
        """Whether one more call could be waited for to its end."""


class SpentBudgets(Protocol):
    """What this process has found out about budgets lately, so that not each event has to find out again."""

    def spent(self, program: Program, campaign: str, points: int) -> bool:
        """Whether so much was not to be had of it moments ago. False also where nothing is known."""

    def note(self, program: Program, campaign: str, points: int) -> None:
        """So much was not to be had."""


class Backoff(Protocol):
    def wait(self, attempt: int) -> None:
        """Pause before the ``attempt``-th retry (1, 2, …), longer each time and never the same for two callers."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is to be said, before it is said in a language: the name of a text, and what goes into it."""

    name: str
    values: "Mapping[str, Said]" = field(default_factory=dict)


type Said = int | date | tuple[str, ...] | Phrase
"""A number, a day, names somebody gave to things (one, or a choice of several), or a phrase of its own."""


class Wording(Protocol):
    """What people read, in their language: plurals, numbers and dates as it has them."""

    @property
    def languages(self) -> Sequence[str]: ...

    def say(self, phrase: Phrase, language: str) -> str:
        """``language`` is one of ``languages``."""
