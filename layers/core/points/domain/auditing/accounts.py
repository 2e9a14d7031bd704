"""One account: it is what its entries make of it, one after the other, to the point and to the day."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from points.domain.auditing.becoming import entitlement_findings
from points.domain.auditing.couponing import use_findings
from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.auditing.ordering import step_findings
from points.domain.auditing.refunding import refund_problem
from points.domain.auditing.retelling import Retold, active_until_after, retell
from points.domain.auditing.using import usage_findings
from points.domain.canonical import digest
from points.domain.evaluation.standing import TierChange
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.members import MemberFacts, Profile, declaration
from points.domain.ledger.timers import next_due
from points.domain.ledger.usage import Usage
from points.domain.movements.reversing import nominal_reversed, original_points
from points.domain.program.program import Program

type Versions = Callable[[int], Program]
"""The program as of a version. Raises NotFound for one that there is not."""


@dataclass(frozen=True, slots=True)
class Records:
    """Everything stored about one account, as far as it could be read. ``profile`` is None after an erasure."""

    account: Account
    entries: Sequence[Entry]
    tier_changes: Sequence[TierChange] = ()
    notes: Mapping[EntryName, str] = field(default_factory=dict)
    profile: Profile | None = None
    usages: Sequence[Usage] = ()
    entitlements: Sequence[Entitlement] = ()


def audit_account(
    records: Records, live: Program, versions: Versions, declarations: Collection[int]
) -> Iterator[Finding]:
    """All that is wrong with one account; none when everything agrees. ``declarations`` are those of all versions
    (:func:`points.domain.ledger.members.declaration`)."""
    account = records.account
    by_seq = sorted(records.entries, key=lambda entry: entry.seq)
    yield from _chain(account, by_seq)
    yield from _sums(account, by_seq, live.zone)
    yield from _reversals(account, by_seq, versions)
    yield from step_findings(by_seq)
    yield from use_findings(by_seq)
    yield from usage_findings(account.program, account.member, by_seq, records.usages, live.zone)
    yield from entitlement_findings(account.program, account.member, by_seq, records.entitlements)
    yield from _retold(records, retell(account, by_seq, versions), live)
    yield from _notes(records)
    yield from _facts(records, live, declarations)


def _finding(account: Account, name: EntryName | str, code: str, message: str) -> Finding:
    return Finding(account.program, account.member, str(name), code, message)


def _chain(account: Account, entries: Sequence[Entry]) -> Iterator[Finding]:
    """``seq`` runs 1, 2, 3 … and every digest is that of its entry and of the one before it."""
    head, expected = "", 1
    for entry in entries:
        if entry.seq != expected:
            yield _finding(account, entry.name, "seq_gap", f"seq is {entry.seq}, expected {expected}")
        if entry.previous_digest != head:
            yield _finding(account, entry.name, "chain_broken", "does not follow the entry before it")
        if entry.computed_digest() != entry.digest:
            yield _finding(account, entry.name, "digest_wrong", "its content is not what was booked")
        head, expected = entry.digest, entry.seq + 1
    if account.seq != expected - 1:
        yield _finding(account, "", "seq_wrong", f"the account counts {account.seq} entries, found {expected - 1}")
    if account.head != head:
        yield _finding(account, "", "head_wrong", "the account does not point to its newest entry")


def _sums(account: Account, entries: Sequence[Entry], zone: ZoneInfo) -> Iterator[Finding]:
    """Bucket by bucket, the entries add up to the account, never below zero on the way."""
    running = _Running()
    for entry in entries:
        if entry.points != entry.moves.points:
            yield _finding(account, entry.name, "points_wrong", f"says {entry.points}, moved {entry.moves.points}")
        running = running.moved(entry)
        if running.lowest() < 0:
            yield _finding(account, entry.name, "negative", f"leaves {running.lowest()} points")
        elif problem := running.balance_problem(entry, zone):
            yield _finding(account, entry.name, "balance_wrong", problem)
    stored = (("lots", account.lots, running.lots), ("pending", account.pending, running.pending))
    for what, found, expected in (*stored, ("held", account.held, running.held)):
        if difference := lot.difference(found, expected):
            yield _finding(account, "", f"{what}_wrong", f"off by {difference}")
    if account.owed != running.owed:
        yield _finding(account, "", "owed_wrong", f"owes {account.owed}, entries say {running.owed}")


@dataclass(frozen=True, slots=True)
class _Running:
    """The sum of the entries so far. Unlike an account it can hold any nonsense, so that it can be reported."""

    lots: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    owed: int = 0
    active_until: date | None = None

    def moved(self, entry: Entry) -> "_Running":
        moves = entry.moves
        return _Running(
            lots=_sum(self.lots, moves.lots),
            pending=_sum(self.pending, moves.pending),
            held=_sum(self.held, moves.held),
            owed=self.owed + moves.owed,
            active_until=_active_until(entry, self.active_until),
        )

    def lowest(self) -> int:
        return min([self.owed, *self.lots.values(), *self.pending.values(), *self.held.values()])

    def balance_problem(self, entry: Entry, zone: ZoneInfo) -> str:
        """What is wrong with the balance an entry states, "" when it follows from the entries up to it.

        Which hold ran out by then is not in the sums: where the entry states fewer held points than were moved,
        the difference may have become available again, and no more than that.
        """
        account = Account(
            entry.program,
            entry.member,
            lots=self.lots,
            pending=self.pending,
            owed=self.owed,
            active_until=self.active_until,
        )
        expected = replace(account.balance(entry.at, zone), held=lot.total(self.held))
        stated = entry.balance
        let_go = expected.held - stated.held
        agrees = stated == expected or (
            let_go > 0
            and stated.pending == expected.pending
            and expected.available <= stated.available <= expected.available + let_go
            and 0 <= stated.owed <= expected.owed
        )
        return "" if agrees else f"states {stated}, the entries say {expected}"


def _active_until(entry: Entry, before: date | None) -> date | None:
    """What is no day is told of as an entry that cannot be retold."""
    with suppress(ValueError):
        return active_until_after(entry, before)
    return before


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    both = {name: one.get(name, 0) + other.get(name, 0) for name in one.keys() | other.keys()}
    return {name: points for name, points in both.items() if points}


def _reversals(account: Account, entries: Sequence[Entry], versions: Versions) -> Iterator[Finding]:
    """Every reversal has its original, and together they never reverse more than it was."""
    by_name = {entry.name: entry for entry in entries}
    reversals: dict[EntryName, list[Entry]] = {}
    for entry in entries:
        if entry.name.reverses is not None:
            reversals.setdefault(entry.name.reverses, []).append(entry)
    for name, earlier in reversals.items():
        original = by_name.get(name)
        if original is None:
            yield _finding(account, earlier[0].name, "original_missing", f"reverses {name}, which does not exist")
        elif name.kind in (Kind.EARN, Kind.CAPTURE):
            try:
                points = original_points(original, versions(original.program_version))
            except CANNOT_FOLLOW:
                continue  # told of as an entry that cannot be retold
            if nominal_reversed(earlier) > points:
                message = f"{nominal_reversed(earlier)} of {points} points are reversed"
                yield _finding(account, name, "reversed_twice", message)
            if problem := refund_problem(original, earlier):
                yield _finding(account, name, "refunded_wrong", problem)


def _retold(records: Records, retold: Retold, live: Program) -> Iterator[Finding]:
    """What an account has beside its points is what its entries led to."""
    account = records.account
    expected = retold.account
    for name, why in retold.lost:
        yield _finding(account, name, "cannot_be_retold", why)
    compared = (
        ("holds", account.holds, expected.holds),
        ("frozen", sorted(account.frozen), sorted(expected.frozen)),
        ("tier", account.tier, expected.tier),
        ("referral", account.referral, expected.referral),
        ("active_until", account.active_until, expected.active_until),
        ("active_on", account.active_on, expected.active_on),
        ("pack_on", account.pack_on, expected.pack_on),
    )
    for what, found, wanted in compared:
        if found != wanted:
            yield _finding(account, "", f"{what}_wrong", f"is {found}, the entries say {wanted}")
    # Between what movements have brought it to and the exact moment: a sweep that finds nothing to do sets it to that,
    # and leaves no entry.
    latest = max(_moment(expected.next_due(live.zone)), _moment(next_due(expected, live)))
    if not _moment(expected.due_at) <= _moment(account.due_at) <= latest:
        message = f"is {account.due_at}, the entries say {expected.due_at}"
        yield _finding(account, "", "timer_wrong", message)
    names = account.counters.keys() | expected.counters.keys()
    wrong = sorted(key for key in names if account.counters.get(key) != expected.counters.get(key))
    for key in wrong[:_MAX_COUNTERS_NAMED]:
        message = f"{key} is {account.counters.get(key)}, the entries say {expected.counters.get(key)}"
        yield _finding(account, "", "counter_wrong", message)
    history = {change.seq: change for change in records.tier_changes}
    for seq in sorted(history.keys() | retold.tier_changes.keys()):
        if history.get(seq) != retold.tier_changes.get(seq):
            message = f"says {history.get(seq)}, the entries say {retold.tier_changes.get(seq)}"
            yield _finding(account, f"entry {seq}", "tier_history_wrong", message)


_MAX_COUNTERS_NAMED = 5


def _moment(timer: datetime | None) -> datetime:
    """For comparing: one that does not run comes after all others."""
    return timer or datetime.max.replace(tzinfo=UTC)


def _notes(records: Records) -> Iterator[Finding]:
    """What somebody gave for a reason is what the entry was sealed with. One that is missing has been erased, or not:
    that cannot be told."""
    expected = {entry.name: entry.reason_digest for entry in records.entries}
    for name, text in records.notes.items():
        if name not in expected or expected[name] != digest(text):
            yield _finding(records.account, name, "reason_wrong", "is not the reason that was given")


def _facts(records: Records, live: Program, declarations: Collection[int]) -> Iterator[Finding]:
    """What rules know of a member is what the profile says. Of attributes that another version declared, each says
    what the profile says, and which they are cannot be told."""
    found = records.account.facts
    if found.declared and found.declared not in declarations:
        yield _finding(records.account, "", "facts_wrong", "were declared by no version")
    profile = records.profile or Profile()
    if found.declared == declaration(live.member_attributes):
        wanted = MemberFacts.of(profile, live.member_attributes)
    else:
        wanted = replace(MemberFacts.of(profile, tuple(found.attributes)), declared=found.declared)
    if found != wanted:
        yield _finding(records.account, "", "facts_wrong", "what rules know of the member is not in the profile")
