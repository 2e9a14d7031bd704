"""How a decision becomes one movement: the account after it, exactly one entry, and what else is at stake.

What moved is the difference between the account before and after, never a second account of the same thing, so
an entry cannot disagree with the account it belongs to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from points.domain.calendar import local_day
from points.domain.canonical import Plain, digest
from points.domain.errors import LimitReached, MemberFrozen
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.coupons import Coupon
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.entries import Entry, EntryName, Kind, Line, Moves
from points.domain.ledger.lots import joined, merged, total
from points.domain.ledger.orders import Order
from points.domain.ledger.packs import pack_day
from points.domain.ledger.timers import next_due, next_reminder
from points.domain.ledger.usage import Usage
from points.domain.limits import MAX_COUNTERS, MAX_HELD_LOTS, MAX_LOTS, MAX_OPEN_HOLDS, MAX_PENDING_LOTS, MAX_POINTS
from points.domain.program.campaigns import Campaign
from points.domain.program.program import Program
from points.domain.program.rewards import Reward

ACTIVITIES = frozenset({Kind.EARN, Kind.REDEEM, Kind.HOLD, Kind.CAPTURE, Kind.PAY, Kind.REFERRED, Kind.WRITE_OFF})
"""Movements that say that the member did something."""


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, when, under which program. ``fingerprint`` is the digest of the request as it was sent. ``codes`` are
    those that may be given out, by reward: what is not pure comes from outside. ``entitled`` is what the member has of
    badges and memberships, by reward, as far as it was looked up: None of what they do not have."""

    program: Program
    now: datetime
    actor: str
    fingerprint: str
    codes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    entitled: Mapping[str, Entitlement | None] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return local_day(self.now, self.program.zone)


@dataclass(frozen=True, slots=True)
class TakeStock:
    """``quantity`` of a limited reward leaves the shelf, or the whole movement does not happen."""

    reward: Reward
    quantity: int


@dataclass(frozen=True, slots=True)
class ReturnStock:
    """``quantity`` of a limited reward, by name, goes back on the shelf."""

    reward: str
    quantity: int


@dataclass(frozen=True, slots=True)
class TakeDailyStock:
    """The same of what there is of a reward on that program-local day."""

    reward: Reward
    quantity: int
    day: date


@dataclass(frozen=True, slots=True)
class ReturnDailyStock:
    reward: str
    quantity: int
    day: date


@dataclass(frozen=True, slots=True)
class TakeBudget:
    """``points`` of a campaign's budget are spent, or the whole movement does not happen."""

    campaign: Campaign
    points: int


@dataclass(frozen=True, slots=True)
class ReturnBudget:
    """``points`` of a campaign's budget, by name, can be spent again."""

    campaign: str
    points: int


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Operators find the order in the state it begins with."""

    order: Order


@dataclass(frozen=True, slots=True)
class MoveOrder:
    """Operators find the order in another state, and no longer in the one before."""

    before: Order
    after: Order


@dataclass(frozen=True, slots=True)
class SetUsage:
    """What a member had of something, as it is with this movement."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class IssueCoupon:
    """The coupon is there, its code nobody else's: a generated one that is new, or one that was free in its pool."""

    coupon: Coupon


@dataclass(frozen=True, slots=True)
class EndCoupon:
    """The coupon, still as it was ``before``, is written off or void."""

    before: Coupon
    after: Coupon


@dataclass(frozen=True, slots=True)
class SetEntitlement:
    """What a reward has made the member, as it is with this movement."""

    entitlement: Entitlement


@dataclass(frozen=True, slots=True)
class EndEntitlement:
    """Nothing is left of what a reward had made the member."""

    entitlement: Entitlement


type Effect = (
    TakeStock
    | ReturnStock
    | TakeDailyStock
    | ReturnDailyStock
    | TakeBudget
    | ReturnBudget
    | PlaceOrder
    | MoveOrder
    | SetUsage
    | IssueCoupon
    | EndCoupon
    | SetEntitlement
    | EndEntitlement
)


class NeedsCodes(Exception):
    """A decision gives out so many codes of a reward's coupon and has none at hand: decide again with some in
    ``Context.codes``. Nothing was written."""

    def __init__(self, reward: Reward, quantity: int) -> None:
        super().__init__(reward.name)
        self.reward = reward
        self.quantity = quantity


class NeedsEntitlement(Exception):
    """A decision has to know what the member has of a badge or membership: decide again with it in
    ``Context.entitled``. Nothing was written."""

    def __init__(self, reward: str) -> None:
        super().__init__(reward)
        self.reward = reward


@dataclass(frozen=True, slots=True)
class Decision:
    """One movement, to be committed in one transaction on the condition that ``before`` is still the account.
    ``preceding`` are entries of the same account that are booked with it, before its own. ``others`` are movements of
    other accounts that happen with it or not at all."""

    before: Account
    account: Account
    entry: Entry
    effects: Sequence[Effect] = field(default=())
    others: "Sequence[Decision]" = field(default=())
    preceding: Sequence[Entry] = field(default=())

    @property
    def codes(self) -> Sequence[str]:
        """Of the coupons it issues."""
        return [effect.coupon.code for effect in self.effects if isinstance(effect, IssueCoupon)]

    @property
    def entries(self) -> Sequence[Entry]:
        """Of this account, in the order of the chain."""
        return (*self.preceding, self.entry)


def book(  # noqa: PLR0913 - the facts of one movement, all by name
    before: Account,
    after: Account,
    *,
    name: EntryName,
    context: Context,
    lines: Sequence[Line] = (),
    reason: str | None = None,
    details: Mapping[str, Plain] | None = None,
    effects: Sequence[Effect] = (),
    others: Sequence[Decision] = (),
) -> Decision:
    """Close a movement: bound the account, write the entry onto the chain, bring the timers forward.

    ``details["spent"]``, the lots a redemption or capture drew, is kept only where the moves do not say the same by
    themselves, because the movement also repaid a debt or joined lots: most entries stay as small as they are.
    """
    zone = context.program.zone
    held_lots = sum(len(hold.lots) for hold in after.holds.values())
    after = replace(
        after,
        lots=merged(after.lots, MAX_LOTS - held_lots, context.today),
        pending=joined(after.pending, MAX_PENDING_LOTS),
        active_on=context.today if is_activity(name.kind, details or {}) else after.active_on,
    )
    after = replace(after, pack_on=pack_day(after, context.program, context.today))
    _check_limits(after, held_lots)
    moves = Moves.between(before, after)
    details = dict(details or {})
    if details.get("spent") == moves.gone():
        del details["spent"]
    if after.active_until is not None and after.active_until != before.active_until:
        details["active_until"] = after.active_until.isoformat()
    entry = Entry(
        program=before.program,
        member=before.member,
        name=name,
        seq=before.seq + 1,
        at=context.now,
        points=moves.points,
        moves=moves,
        balance=after.balance(context.now, zone),
        program_version=context.program.version,
        actor=context.actor,
        fingerprint=context.fingerprint,
        lines=tuple(lines),
        reason=reason,
        reason_digest=None if reason is None else digest(reason),
        details=details,
        previous_digest=before.head,
    )
    entry = replace(entry, digest=entry.computed_digest())
    after = replace(
        after,
        seq=entry.seq,
        head=entry.digest,
        due_at=_sooner(before.due_at, next_due(after, context.program)),
        remind_at=_sooner(before.remind_at, next_reminder(after, context.program.reminders, zone, context.now)),
    )
    return Decision(before=before, account=after, entry=entry, effects=tuple(effects), others=tuple(others))


def is_activity(kind: Kind, details: Mapping[str, Plain]) -> bool:
    """Whether the member did something. What they were given unasked is nothing they did."""
    return kind in ACTIVITIES and not is_unasked(details)


def is_unasked(details: Mapping[str, Plain]) -> bool:
    """Of a redemption: whether expiring points bought it by themselves, or it came with a pack."""
    return bool(details.get("exchanged") or details.get("packed"))


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


def refuse_if_frozen(account: Account, activity: Activity) -> None:
    if activity in account.frozen:
        frozen = ",".join(sorted(account.frozen))
        raise MemberFrozen(f"{activity} is frozen for this member", frozen=frozen)


def _check_limits(account: Account, held_lots: int) -> None:
    sizes = (
        ("pending_lots", len(account.pending), MAX_PENDING_LOTS),
        ("counters", len(account.counters), MAX_COUNTERS),
        ("open_holds", len(account.holds), MAX_OPEN_HOLDS),
        ("held_lots", held_lots, MAX_HELD_LOTS),
        # Held points count: they come back by time alone, and no later movement may find no room for them.
        ("points", total(account.lots) + total(account.pending) + total(account.held), MAX_POINTS),
        ("owed", account.owed, MAX_POINTS),
    )
    for limit, size, maximum in sizes:
        if size > maximum:
            raise LimitReached(f"{limit} would be {size}", limit=limit, maximum=maximum)
