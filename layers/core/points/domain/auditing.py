"""Does an account follow from its entries? What ``make audit`` proves, account by account.

Everything is computed again from the entries and compared with what is stored; nothing stored is trusted. A
finding names the account, the entry where there is one, a code and what was found against what was expected.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from points.domain.evaluation.standing import TierChange
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.orders import Order, OrderState
from points.domain.movements.redeeming import CANCELLATION, placed_order
from points.domain.movements.reversing import nominal_reversed, original_points


@dataclass(frozen=True, slots=True)
class Finding:
    """``entry`` is the entry's name, "" when the account as a whole is at fault."""

    program: str
    member: str
    entry: str
    code: str
    message: str


def audit_account(
    account: Account, entries: Sequence[Entry], orders: Sequence[Order], zone: ZoneInfo
) -> Iterator[Finding]:
    """All that is wrong with one account. ``entries`` in any order; none when everything agrees."""
    by_seq = sorted(entries, key=lambda entry: entry.seq)
    yield from _chain(account, by_seq)
    yield from _sums(account, by_seq, zone)
    yield from _reversals(account, by_seq)
    yield from _orders(account, by_seq, orders)


def audit_standing(account: Account, entries: Sequence[Entry], tier_changes: Sequence[TierChange]) -> Iterator[Finding]:
    """The tier history has exactly the changes that entries made, the account stands where it ends, and was brought by
    whom its invitation says."""
    by_seq = {entry.seq: entry for entry in entries}
    expected = {entry.seq: tier for entry in entries if (tier := _new_tier(entry)) is not None}
    found = {change.seq: change.tier for change in tier_changes}
    for seq in sorted(expected.keys() | found.keys()):
        if expected.get(seq) != found.get(seq):
            name = by_seq[seq].name if seq in by_seq else ""
            message = f"entry {seq} changed it to {expected.get(seq)}, the history says {found.get(seq)}"
            yield _finding(account, name, "tier_history_wrong", message)
    newest = max(tier_changes, key=lambda change: change.seq, default=None)
    stands = None if account.tier is None else (account.tier.name, account.tier.since)
    ends = None if newest is None else (newest.tier, newest.since)
    if stands != ends:
        yield _finding(account, "", "tier_wrong", f"stands at {stands}, the history ends at {ends}")
    invited = next((entry.details.get("referrer") for entry in entries if entry.kind is Kind.REFERRED), None)
    referrer = None if account.referral is None else account.referral.referrer
    if referrer != invited:
        yield _finding(account, "", "referral_wrong", f"was brought by {referrer}, was invited by {invited}")


def _new_tier(entry: Entry) -> str | None:
    """The tier an entry changed the member's to, None where it did not."""
    tier = entry.details.get("tier")
    unchanged = entry.kind is Kind.TIER_REVIEW and tier == entry.details.get("before")
    return tier if isinstance(tier, str) and not unchanged else None


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
    due = account.next_due(zone)
    if due is not None and (account.due_at is None or account.due_at > due):
        yield _finding(account, "", "timer_late", f"is due at {due}, but its timer says {account.due_at}")


@dataclass(frozen=True, slots=True)
class _Running:
    """The sum of the entries so far. Unlike an account it can hold any nonsense, so that it can be reported."""

    lots: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    owed: int = 0

    def moved(self, entry: Entry) -> "_Running":
        moves = entry.moves
        return _Running(
            lots=_sum(self.lots, moves.lots),
            pending=_sum(self.pending, moves.pending),
            held=_sum(self.held, moves.held),
            owed=self.owed + moves.owed,
        )

    def lowest(self) -> int:
        return min([self.owed, *self.lots.values(), *self.pending.values(), *self.held.values()])

    def balance_problem(self, entry: Entry, zone: ZoneInfo) -> str:
        """What is wrong with the balance an entry states, "" when it follows from the entries up to it.

        Which hold ran out by then is not in the sums: where the entry states fewer held points than were moved,
        the difference may have become available again, and no more than that.
        """
        account = Account(entry.program, entry.member, lots=self.lots, pending=self.pending, owed=self.owed)
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


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    both = {name: one.get(name, 0) + other.get(name, 0) for name in one.keys() | other.keys()}
    return {name: points for name, points in both.items() if points}


def _reversals(account: Account, entries: Sequence[Entry]) -> Iterator[Finding]:
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
        elif name.kind is not Kind.REDEEM and nominal_reversed(earlier) > original_points(original):
            message = f"{nominal_reversed(earlier)} of {original_points(original)} points are reversed"
            yield _finding(account, name, "reversed_twice", message)


def _orders(account: Account, entries: Sequence[Entry], orders: Sequence[Order]) -> Iterator[Finding]:
    """Each redemption has its order, and the order is cancelled exactly when its points came back."""
    states = {order.reference: order for order in orders}
    cancelled = {entry.name.reverses for entry in entries if entry.reference == CANCELLATION}
    for entry in entries:
        if entry.kind is not Kind.REDEEM:
            continue
        order = states.pop(entry.reference, None)
        expected = OrderState.CANCELLED if entry.name in cancelled else OrderState.PLACED
        if order is None:
            yield _finding(account, entry.name, "order_missing", "has no order")
        elif order.state is not expected:
            yield _finding(account, entry.name, "order_state_wrong", f"is {order.state}, entries say {expected}")
        elif replace(order, state=OrderState.PLACED, updated_at=order.placed_at) != placed_order(entry):
            yield _finding(account, entry.name, "order_differs", "is not what was redeemed")
    for reference in states:
        yield _finding(account, EntryName(Kind.REDEEM, reference), "entry_missing", "an order without a redemption")
