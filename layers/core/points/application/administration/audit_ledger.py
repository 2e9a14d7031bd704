"""Walk the whole ledger and prove it: every account follows from its entries, every counter from the accounts.

The walk may run beside live traffic. An account that seems wrong is read once more by itself before it is
reported, because the walk can see half of a movement; stock and budgets are only compared when nothing was taken or
returned while the walk ran.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from points.application.ports import AccountRecords, LedgerWalk, Programs
from points.domain.auditing import Finding, audit_account, audit_standing
from points.domain.errors import NotFound
from points.domain.ledger import lots as lot
from points.domain.ledger.entries import Entry, Kind


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
    """``skipped_stock``, ``skipped_budgets``: counters moved during the walk and were not compared."""

    totals: Totals
    findings: list[Finding]
    skipped_stock: bool
    skipped_budgets: bool


def audit_ledger(walk: LedgerWalk, programs: Programs) -> Audit:
    """The totals and everything that is wrong."""
    totals, findings = Totals(), list[Finding]()
    sold, paid = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    before = walk.shared_counters()
    for walked in walk.accounts():
        records, found = walked, _findings(walked, programs)
        if found:
            records = walk.account(walked.program, walked.member)
            found = _findings(records, programs)
        findings.extend(found)
        totals.add(records)
        sold.update(_limited_sales(records.entries))
        paid.update(_limited_payments(records.entries, programs))
    after = walk.shared_counters()
    audit = Audit(totals, findings, after.stock != before.stock, after.budgets != before.budgets)
    if not audit.skipped_stock:
        findings.extend(_counter_findings(before.stock, sold, "stock_wrong", "{} taken, {} sold"))
    if not audit.skipped_budgets:
        findings.extend(_counter_findings(before.budgets, paid, "budget_wrong", "{} points spent, {} paid"))
    return audit


def _findings(records: AccountRecords, programs: Programs) -> list[Finding]:
    program, member = records.program, records.member
    found = [Finding(program, member, key, "unreadable", why) for key, why in records.unreadable]
    if records.account is None:
        return [*found, Finding(program, member, "", "account_missing", "entries without an account")]
    try:
        zone = programs.live(program).zone
    except NotFound:
        return [*found, Finding(program, member, "", "program_missing", "the account's program is not published")]
    return [
        *found,
        *audit_account(records.account, records.entries, records.orders, zone),
        *audit_standing(records.account, records.entries, records.tier_changes),
    ]


def _limited_sales(entries: Iterable[Entry]) -> Counter[tuple[str, str]]:
    """Units of limited rewards that one account took off the shelf and did not bring back."""
    sold: Counter[tuple[str, str]] = Counter()
    cancelled = {entry.name.reverses for entry in entries if entry.name.reverses is not None}
    for entry in entries:
        if entry.kind is Kind.REDEEM and entry.details.get("limited") and entry.name not in cancelled:
            sold[entry.program, str(entry.details["reward"])] += int(str(entry.details["quantity"]))
    return sold


def _limited_payments(entries: Iterable[Entry], programs: Programs) -> Counter[tuple[str, str]]:
    """Points that campaigns with a budget paid one account, by the version that decided each entry: a campaign may
    have a budget in one version and none in another. Payments taken back later do not return to the budget."""
    paid: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if not entry.lines:
            continue
        limited = _limited_campaigns(entry, programs)
        for line in entry.lines:
            if line.rule in limited:
                paid[entry.program, line.rule] += line.points
    return paid


def _limited_campaigns(entry: Entry, programs: Programs) -> set[str]:
    try:
        program = programs.version(entry.program, entry.program_version)
    except NotFound:
        # What it paid is then missing from a budget, if it had one, and shows there.
        return set()
    return {campaign.name for campaign in program.campaigns if campaign.budget is not None}


def _counter_findings(
    taken: Mapping[tuple[str, str], int], booked: Counter[tuple[str, str]], code: str, message: str
) -> list[Finding]:
    counted = Counter(taken)
    return [
        Finding(program, "", name, code, message.format(counted[program, name], booked[program, name]))
        for program, name in sorted(counted.keys() | booked.keys())
        if counted[program, name] != booked[program, name]
    ]
