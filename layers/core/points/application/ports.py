"""What use cases need from outside.

Each method's docstring lists every error it may raise beside Throttled and LedgerUnavailable, which any may: the
latter after a write means that it may or may not have happened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from points.domain.canonical import Plain
from points.domain.errors import Fault
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Decision
from points.domain.ledger.entries import Entry, EntryName
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.ledger.orders import Order
from points.domain.program.program import Program
from points.domain.program.rewards import Reward


class RaceLost(Exception):
    """Somebody else moved the account (or is moving it right now): read again and decide again."""


class BudgetExhausted(Exception):
    """A campaign's budget cannot pay this movement any more: decide again without it. Nothing was written."""

    def __init__(self, campaign: str) -> None:
        super().__init__(campaign)
        self.campaign = campaign


class AlreadyBooked(Exception):
    """An entry of this name exists; it is in ``entry``. Nothing was written."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(str(entry.name))
        self.entry = entry


@dataclass(frozen=True, slots=True)
class Page[Item]:
    """One page of a listing; ``next_key`` continues it, None at the end."""

    items: Sequence[Item]
    next_key: str | None = None


class Ledger(Protocol):
    """Accounts, entries and orders. All reads are strongly consistent."""

    def account(self, program: str, member: str) -> Account | None: ...

    def entry(self, program: str, member: str, name: EntryName) -> Entry | None: ...

    def entry_with_reversals(self, program: str, member: str, name: EntryName) -> tuple[Entry | None, Sequence[Entry]]:
        """The entry and everything that reverses it, in one query."""

    def commit(self, decision: Decision) -> None:
        """The whole movement in one transaction, or nothing of it.

        Raises AlreadyBooked (which goes before every other reason), RaceLost, OutOfStock, BudgetExhausted and
        OrderNotCancellable.
        """

    def entries(
        self, program: str, member: str, *, before_seq: int | None = None, kind: str | None = None, limit: int
    ) -> Page[Entry]:
        """Newest first, from below ``before_seq``. ``next_key`` is a seq as text. ``kind`` narrows before entries are
        read; a page may therefore be short and still have a ``next_key``."""

    def order(self, program: str, member: str, reference: str) -> Order | None: ...

    def orders(self, program: str, member: str, *, after: str | None = None, limit: int) -> Page[Order]:
        """By reference. ``next_key`` is the last reference of the page."""

    def tier_changes(self, program: str, member: str, *, before_seq: int | None = None, limit: int) -> Page[TierChange]:
        """Newest first; each was written with the movement that changed the tier. ``next_key`` is a seq as text."""

    def stock_taken(self, program: str, rewards: Sequence[Reward]) -> Mapping[str, int]:
        """How many of each limited reward are gone, over all its shards."""


class Members(Protocol):
    """Enrolment and profiles."""

    def enrol(self, program: str, member: str, profile: Profile, facts: MemberFacts) -> bool:
        """Write the profile, and put what decisions may know of it on the account, which is made if there is none. True
        when the account is new. Raises RaceLost when the account kept moving."""

    def profile(self, program: str, member: str) -> Profile | None: ...

    def members(self, program: str, *, after: str | None = None, limit: int) -> Page[str]:
        """Everybody who ever enrolled, in no particular order. ``next_key`` is opaque."""

    def erase(self, program: str, member: str) -> None:
        """Delete the profile, and what decisions knew of it; deleting nothing is fine. Raises RaceLost when the account
        kept moving."""


@dataclass(frozen=True, slots=True)
class AccountRecords:
    """Everything stored about one account. ``unreadable`` are items that could not be understood: (key, why)."""

    program: str
    member: str
    account: Account | None
    entries: Sequence[Entry]
    orders: Sequence[Order]
    unreadable: Sequence[tuple[str, str]] = ()
    tier_changes: Sequence[TierChange] = ()


@dataclass(frozen=True, slots=True)
class SharedCounters:
    """What has been taken from counters that members share, over all their shards: units of each (program, reward),
    points of each (program, campaign)."""

    stock: Mapping[tuple[str, str], int]
    budgets: Mapping[tuple[str, str], int]


class LedgerWalk(Protocol):
    """The whole table, for the auditor. No scheduled job and no request may use it."""

    def accounts(self) -> Iterator[AccountRecords]:
        """Every account, each as it was at some moment during the walk: an entry may be newer than its account."""

    def account(self, program: str, member: str) -> AccountRecords:
        """One account, the account item read after its entries, strongly consistent."""

    def shared_counters(self) -> SharedCounters:
        """All of them, as they are at some moment each."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A program being written. ``revision`` counts its saves: whoever saves names the one they saw."""

    document: Mapping[str, Plain]
    revision: int
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """An immutable version of a program. ``revision`` is the draft revision it was made from; one that ``restores`` an
    earlier version keeps that of the version it replaces."""

    version: int
    document: Mapping[str, Plain]
    revision: int
    published_at: datetime
    published_by: str
    restores: int | None = None


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

    def version(self, program: str, version: int) -> PublishedVersion | None: ...

    def versions(self, program: str, *, before: int | None = None, limit: int) -> Page[PublishedVersion]:
        """Newest first. ``next_key`` is a version as text."""

    def publish(self, program: str, version: PublishedVersion) -> None:
        """Write the version and point to it, if it is exactly one more than the live one. Raises VersionConflict."""


class ProgramDocuments(Protocol):
    """Programs as documents: what is wrong with one, and the program it stands for."""

    def faults(self, document: Mapping[str, Plain]) -> Sequence[Fault]:
        """All of them; none for a document that can be published."""

    def warnings(self, document: Mapping[str, Plain], *, now: datetime) -> Sequence[Fault]:
        """What can be published, but will not do what its author may expect: not available yet, in the past, …"""

    def load(self, document: Mapping[str, Plain], *, name: str, version: int) -> Program:
        """The program of a document without faults, or of one that had none when it was published."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The moment, aware, in UTC."""


class Backoff(Protocol):
    def wait(self, attempt: int) -> None:
        """Pause before the ``attempt``-th retry (1, 2, …), longer each time and never the same for two callers."""
