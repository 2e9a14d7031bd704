"""Ledger events: what happened to one member, as everybody may hear it.

An event has no personal data in it: no reason, no profile, no attribute the program does not declare. Its id follows
from what it tells, so whoever hears it twice hears the same id; ``seq`` puts a member's events in order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from points.domain.calendar import utc_text
from points.domain.canonical import Plain

_ID_DIGITS: Final = 32


class EventType(StrEnum):
    """The names are part of the contract with those who subscribe: they may be added to, never changed."""

    POINTS_EARNED = "PointsEarned"
    POINTS_REDEEMED = "PointsRedeemed"
    POINTS_HELD = "PointsHeld"
    POINTS_CAPTURED = "PointsCaptured"
    HOLD_RELEASED = "HoldReleased"
    ENTRY_REVERSED = "EntryReversed"
    POINTS_CONFIRMED = "PointsConfirmed"
    POINTS_ADJUSTED = "PointsAdjusted"
    MEMBER_REFERRED = "MemberReferred"
    REFERRAL_LINKED = "ReferralLinked"
    REFERRAL_REWARDED = "ReferralRewarded"
    TIER_REVIEWED = "TierReviewed"
    MEMBER_FROZEN = "MemberFrozen"
    MEMBER_UNFROZEN = "MemberUnfrozen"
    POINTS_EXPIRED = "PointsExpired"
    POINTS_SETTLED = "PointsSettled"
    TIER_CHANGED = "TierChanged"
    ORDER_PLACED = "OrderPlaced"
    ORDER_PAID = "OrderPaid"
    ORDER_FULFILLED = "OrderFulfilled"
    ORDER_SHIPPED = "OrderShipped"
    ORDER_DELIVERED = "OrderDelivered"
    ORDER_CANCELLED = "OrderCancelled"
    COUPON_ISSUED = "CouponIssued"
    COUPON_WRITTEN_OFF = "CouponWrittenOff"
    PACK_GIVEN = "PackGiven"
    POINTS_EXPIRING = "PointsExpiring"
    MEMBER_DORMANT = "MemberDormant"


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """``seq`` is that of the entry that made it; None for what no entry made. ``data`` depends on the type."""

    id: str
    type: EventType
    program: str
    member: str
    seq: int | None
    at: datetime
    data: Mapping[str, Plain]

    def plain(self) -> dict[str, Plain]:
        """As it is sent."""
        return {
            "id": self.id,
            "type": self.type.value,
            "program": self.program,
            "member": self.member,
            "seq": self.seq,
            "at": utc_text(self.at),
            "data": self.data,
        }


def event_id(digest: str, kind: EventType) -> str:
    """``digest`` says what is told; the type is added because one thing may be told in more than one way. Raises
    ValueError without a digest: two events with one id would be taken for one."""
    if not digest:
        raise ValueError("what is told has no digest")
    return f"evt_{sha256(f'{digest}{kind.value}'.encode()).hexdigest()[:_ID_DIGITS]}"
