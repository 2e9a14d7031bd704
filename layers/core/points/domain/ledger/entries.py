"""Entries: the immutable lines of the ledger. Each says what moved, why, and which entry came before it.

The chain: ``digest`` is SHA-256 over the canonical JSON of everything else in the entry, and that includes the
digest of the entry before it on the same account. A changed, missing or exchanged entry shows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from points.domain.calendar import utc_text
from points.domain.canonical import Plain, digest
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Balance
from points.domain.ledger.lots import Lots


class Kind(StrEnum):
    EARN = "earn"
    REDEEM = "redeem"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    REVERSAL = "reversal"
    CONFIRM = "confirm"
    ADJUST = "adjust"
    REFERRED = "referred"
    REFERRAL = "referral"
    REFERRAL_REWARD = "referral_reward"
    TIER_REVIEW = "tier_review"
    EXPIRE = "expire"
    SETTLE = "settle"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    PAY = "pay"
    FULFIL = "fulfil"
    SHIP = "ship"
    DELIVER = "deliver"
    WRITE_OFF = "write_off"
    PACK = "pack"


@dataclass(frozen=True, slots=True)
class EntryName:
    """What makes an entry unique on its account, for ever: the idempotency key of the movement.

    A reversal lives under the entry it reverses, so that everything already reversed is one range of keys.
    """

    kind: Kind
    reference: str
    reverses: "EntryName | None" = None

    def __str__(self) -> str:
        if self.reverses is None:
            return f"{self.kind}#{self.reference}"
        return f"{self.reverses}#REVERSAL#{self.reference}"


@dataclass(frozen=True, slots=True)
class Line:
    """What one rule paid."""

    rule: str
    points: int


@dataclass(frozen=True, slots=True)
class Moves:
    """What an entry changed, bucket by bucket (±). The sum over all entries of an account is the account."""

    lots: Lots = field(default_factory=dict)
    pending: Lots = field(default_factory=dict)
    held: Lots = field(default_factory=dict)
    owed: int = 0

    @classmethod
    def between(cls, before: Account, after: Account) -> "Moves":
        return cls(
            lots=lot.difference(after.lots, before.lots),
            pending=lot.difference(after.pending, before.pending),
            held=lot.difference(after.held, before.held),
            owed=after.owed - before.owed,
        )

    @property
    def points(self) -> int:
        """The change of everything the member has: available, pending and held, less what is owed."""
        return lot.total(self.lots) + lot.total(self.pending) + lot.total(self.held) - self.owed

    def by_lot(self) -> dict[str, int]:
        """Net change per lot, wherever in the account its points lie. Points that only changed place cancel out."""
        pending = {lot.lot_of_pending(name): 0 for name in self.pending}
        for name, points in self.pending.items():
            pending[lot.lot_of_pending(name)] += points
        names = sorted(self.lots.keys() | self.held.keys() | pending.keys())
        net = {name: self.lots.get(name, 0) + self.held.get(name, 0) + pending.get(name, 0) for name in names}
        return {name: points for name, points in net.items() if points}

    def gone(self) -> Lots:
        """What left the account, per lot."""
        return {name: -points for name, points in self.by_lot().items() if points < 0}


@dataclass(frozen=True, slots=True)
class Entry:
    """``points`` is the net change (moves.points); ``balance`` is the balance right after, as of ``at``.

    ``details`` are small plain facts of the kind (behaviour, amount in minor units, reward, …): enough to render
    the original answer for ever, never personal data. ``reason`` is the one text of a person's; it is not part of the
    entry itself, which keeps its digest only, so that erasing a member can take it away and leave the chain whole.
    """

    program: str
    member: str
    name: EntryName
    seq: int
    at: datetime
    points: int
    moves: Moves
    balance: Balance
    program_version: int
    actor: str
    fingerprint: str
    lines: tuple[Line, ...] = ()
    reason: str | None = None
    reason_digest: str | None = None
    details: Mapping[str, Plain] = field(default_factory=dict)
    previous_digest: str = ""
    digest: str = ""

    @property
    def kind(self) -> Kind:
        return self.name.kind

    @property
    def reference(self) -> str:
        return self.name.reference

    def plain(self) -> dict[str, Plain]:
        """Everything but the digest, as plain values: what the digest is taken over."""
        return {
            "program": self.program,
            "member": self.member,
            "name": str(self.name),
            "seq": self.seq,
            "at": utc_text(self.at),
            "points": self.points,
            "moves": {
                "lots": self.moves.lots,
                "pending": self.moves.pending,
                "held": self.moves.held,
                "owed": self.moves.owed,
            },
            "balance": [self.balance.available, self.balance.pending, self.balance.held, self.balance.owed],
            "program_version": self.program_version,
            "actor": self.actor,
            "fingerprint": self.fingerprint,
            "lines": [[line.rule, line.points] for line in self.lines],
            "reason": self.reason_digest,
            "details": self.details,
            "previous_digest": self.previous_digest,
        }

    def computed_digest(self) -> str:
        return digest(self.plain())

    def spent_lots(self) -> Lots:
        """The lots this redemption or capture spent: what its moves say, unless it says so itself (booking.book)."""
        spent = self.details.get("spent")
        if isinstance(spent, Mapping):
            return {name: points for name, points in spent.items() if isinstance(points, int)}
        return self.moves.gone()
