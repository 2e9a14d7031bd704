"""Walk the whole ledger and prove it: every account follows from its entries, every counter from the accounts, every
program from its versions.

The walk may run beside live traffic. What seems wrong is read once more by itself before it is reported, because the
walk can see half of a movement; stock and budgets are only compared when nothing was taken or returned meanwhile.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from points.application.administration.audit_coupons import CodesSeen
from points.application.administration.audit_programs import audit_program
from points.application.ports import (
    AccountRecords,
    CounterRecord,
    LedgerWalk,
    Listed,
    ListedOrder,
    ListedProgram,
    ProgramRecords,
    Programs,
    Stray,
)
from points.domain.auditing.accounts import Records, audit_account
from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.auditing.inviting import Tie, relied_on, said, tie_finding
from points.domain.auditing.ordering import listing_findings, orders_told
from points.domain.auditing.selling import Sum, limited_payments, limited_sales, shard_problem, sum_findings
from points.domain.ledger import lots as lot
from points.domain.ledger.entries import Kind
from points.domain.ledger.members import declaration
from points.domain.ledger.orders import Order
from points.domain.program.succession import Kept, Limit, limits_of

CANNOT_BE_PROVED = (
    "that nothing is missing of what leaves no trace: what an erasure may have taken (profile, facts, reasons), "
    "refused events, notices of reminders, webhooks and their deliveries, imports that brought nothing, a counter at "
    "nothing, a member of whom every item is gone and who never had to do with others or with anything limited",
    "from which of its shards something was taken, as long as each keeps to its share",
    "that a reminder is not missing, or that no member's next one was put off: both leave no trace in the entries",
    "what a profile, a draft, a notice or a refused event said, or all entries of an account from some moment on, "
    "before somebody who knows how replaced them with everything that follows from them",
)
"""Beside what is found, what an audit cannot know."""


@dataclass(slots=True)
class Totals:
    """Sums over all accounts. ``points`` and ``entries`` are by kind of entry."""

    accounts: int = 0
    entries: Counter[Kind] = field(default_factory=Counter)
    points: Counter[Kind] = field(default_factory=Counter)
    lots: int = 0
    pending: int = 0
    held: int = 0
    owed: int = 0

    @property
    def outstanding(self) -> int:
        """What members have, wherever it lies, less what they owe. Equals the sum of all entries."""
        return self.lots + self.pending + self.held - self.owed

    def add(self, records: AccountRecords) -> None:
        self.accounts += 1
        for entry in records.entries:
            self.entries[entry.kind] += 1
            self.points[entry.kind] += entry.points
        if records.account is not None:
            self.lots += lot.total(records.account.lots)
            self.pending += lot.total(records.account.pending)
            self.held += lot.total(records.account.held)
            self.owed += records.account.owed


@dataclass(frozen=True, slots=True)
class Audit:
    """``skipped``: counters of stock or budgets moved while they were looked at, or pools were filled, and were not
    compared."""

    totals: Totals
    findings: list[Finding]
    skipped: bool


def audit_ledger(walk: LedgerWalk, programs: Programs) -> Audit:
    """The totals and everything that is wrong."""
    seen = _Seen()
    for walked in walk.everything():
        seen.codes.note(walked)
        match walked:
            case AccountRecords():
                seen.account(walked, walk, programs)
            case ProgramRecords():
                seen.program(walked, walk, programs)
            case CounterRecord():
                seen.counters.append(walked)
            case Listed():
                seen.listed.add((walked.program, walked.member))
            case ListedOrder():
                seen.listed_orders.add(walked.order)
            case ListedProgram():
                seen.listed_programs.add(walked.program)
            case Stray():
                seen.findings.append(Finding("", "", walked.place, "unreadable", walked.why))
    seen.findings.extend(_directory(seen, walk))
    seen.findings.extend(_orders(seen, walk))
    seen.findings.extend(_other_sides(seen, walk))
    seen.findings.extend(_shards(seen))
    of_codes, filling = seen.codes.findings(walk)
    compared, skipped = _sums(seen, walk, programs)
    return Audit(seen.totals, [*seen.findings, *of_codes, *compared], skipped or filling)


@dataclass(slots=True)
class _Seen:
    totals: Totals = field(default_factory=Totals)
    findings: list[Finding] = field(default_factory=list)
    accounts: set[tuple[str, str]] = field(default_factory=set)
    listed: set[tuple[str, str]] = field(default_factory=set)
    published: set[str] = field(default_factory=set)
    listed_programs: set[str] = field(default_factory=set)
    orders: set[Order] = field(default_factory=set)
    listed_orders: set[Order] = field(default_factory=set)
    codes: CodesSeen = field(default_factory=CodesSeen)
    counters: list[CounterRecord] = field(default_factory=list)
    booked: Sum = field(default_factory=Counter)
    said: set[Tie] = field(default_factory=set)
    relied_on: set[Tie] = field(default_factory=set)
    limits: dict[tuple[str, Kept, str], Limit] = field(default_factory=dict)
    """Of every stock and budget that any version of its program has limited."""

    declared: dict[str, Collection[int]] = field(default_factory=dict)

    def account(self, records: AccountRecords, walk: LedgerWalk, programs: Programs) -> None:
        declarations = self._declarations(records.program, programs)
        if found := _account_findings(records, programs, declarations):
            records = walk.account(records.program, records.member)
            found = _account_findings(records, programs, declarations)
        self.findings.extend(found)
        self.totals.add(records)
        self.accounts.add((records.program, records.member))
        self.booked.update(_booked(records, programs))
        self.orders.update(orders_told(records.entries))
        self.said.update(said(records.entries))
        self.relied_on.update(relied_on(records.entries))

    def _declarations(self, program: str, programs: Programs) -> Collection[int]:
        """Which attributes of members the versions of a program declared, looked up once."""
        if program not in self.declared:
            found = set[int]()
            with suppress(*CANNOT_FOLLOW):
                for version in range(1, programs.live(program).version + 1):
                    with suppress(*CANNOT_FOLLOW):
                        found.add(declaration(programs.version(program, version).member_attributes))
            self.declared[program] = found
        return self.declared[program]

    def program(self, records: ProgramRecords, walk: LedgerWalk, programs: Programs) -> None:
        if found := list(audit_program(records, programs)):
            found = list(audit_program(walk.program(records.program), programs))
        self.findings.extend(found)
        if records.versions:
            self.published.add(records.program)
        for version in records.versions:
            with suppress(*CANNOT_FOLLOW):
                program = programs.version(records.program, version.version)
                for (kind, name), limit in limits_of(program).items():
                    key = (records.program, kind, name)
                    self.limits[key] = max(limit, self.limits.get(key, limit), key=lambda each: each.amount)


def _account_findings(records: AccountRecords, programs: Programs, declarations: Collection[int]) -> list[Finding]:
    program, member = records.program, records.member
    found = [Finding(program, member, key, "unreadable", why) for key, why in records.unreadable]
    if records.account is None:
        return [*found, Finding(program, member, "", "account_missing", "items of a member without an account")]
    try:
        live = programs.live(program)
    except CANNOT_FOLLOW:
        return [*found, Finding(program, member, "", "program_missing", "the account's program cannot be had")]
    account = Records(
        account=records.account,
        entries=records.entries,
        tier_changes=records.tier_changes,
        notes=records.notes,
        profile=records.profile,
        usages=records.usages,
        entitlements=records.entitlements,
    )
    versions = partial(programs.version, program)
    return [*found, *audit_account(account, live, versions, declarations)]


def _directory(seen: _Seen, walk: LedgerWalk) -> Iterator[Finding]:
    """Whoever has an account is in the directory, and the other way round."""
    for program, member in sorted(seen.accounts - seen.listed):
        if not walk.is_listed(program, member):
            yield Finding(program, member, "", "not_listed", "has an account, but the directory does not name them")
    for program, member in sorted(seen.listed - seen.accounts):
        if walk.account(program, member).account is None:
            yield Finding(program, member, "", "account_missing", "is in the directory and has no account")
    for program in sorted(seen.published - seen.listed_programs):
        if not walk.is_listed_program(program):
            yield Finding(program, "", "", "not_listed", "has been published, but the directory does not name it")
    for program in sorted(seen.listed_programs - seen.published):
        if not walk.program(program).versions:
            yield Finding(program, "", "", "program_missing", "is in the directory and has no version")


def _orders(seen: _Seen, walk: LedgerWalk) -> Iterator[Finding]:
    """Each order is found in its state, once. Read again: the walk may have come between a row and its order."""
    doubtful: dict[tuple[str, str], list[Order]] = {}
    for order in seen.orders ^ seen.listed_orders:
        doubtful.setdefault((order.program, order.member), []).append(order)
    for (program, member), orders in sorted(doubtful.items()):
        told = orders_told(walk.account(program, member).entries)
        names = {order.reference for order in orders}
        now = [order for order in told if order.reference in names]
        listed = {order for order in (*orders, *now) if walk.is_listed_order(order)}
        yield from listing_findings(now, listed)


def _other_sides(seen: _Seen, walk: LedgerWalk) -> Iterator[Finding]:
    """What one account says about another, that one says, too. Read again: the walk may have come between the two."""
    for tie in sorted(seen.relied_on - seen.said):
        if tie not in said(walk.account(tie.program, tie.member).entries):
            yield tie_finding(tie)


# ── stock and budgets ────────────────────────────────────────────────────────────────────────────────────────────────


def _booked(records: AccountRecords, programs: Programs) -> Sum:
    """What one account took of limited stocks and budgets and has not brought back."""
    entries = records.entries
    payments = limited_payments(entries, lambda version: programs.version(records.program, version))
    return limited_sales(entries) + payments


def _sums(seen: _Seen, walk: LedgerWalk, programs: Programs) -> tuple[Sequence[Finding], bool]:
    """Counted is what was booked. Where it seems not to be, that is because something moved while the walk went on, or
    it is wrong: with the counters known, another walk between two looks at them tells."""
    if not (found := list(sum_findings(_counted(seen.counters), seen.booked))):
        return found, False
    before = walk.counters(seen.counters)
    booked: Sum = Counter()
    for walked in walk.everything():
        if isinstance(walked, AccountRecords):
            booked.update(_booked(walked, programs))
    after = walk.counters(seen.counters)
    if _counted(before) != _counted(after):
        return (), True
    return list(sum_findings(_counted(before), booked)), False


def _counted(counters: Iterable[CounterRecord]) -> Sum:
    counted: Sum = Counter()
    for counter in counters:
        counted[counter.program, counter.kind, counter.name] += counter.taken
    return counted


def _shards(seen: _Seen) -> Iterator[Finding]:
    """Each counter is of a stock or budget there is or was, and has counted no more than its share."""
    for counter in seen.counters:
        # Those of a day are of a reward: it is the same limit on each.
        limit = seen.limits.get((counter.program, counter.kind, counter.name.partition("/")[0]))
        if problem := shard_problem(counter.shard, counter.taken, limit):
            place = f"{counter.kind}#{counter.name}#{counter.shard}"
            yield Finding(counter.program, "", place, "shard_wrong", problem)
