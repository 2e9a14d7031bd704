"""Adjustments: an operator gives or takes points by hand, always with a reason (R-RISK-2, R-OPS)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from points.domain.errors import InvalidRequest
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.crediting import credited, lot_for
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.lots import Bucket, bucket
from points.domain.limits import MAX_POINTS
from points.domain.movements.redeeming import spend


class Category(StrEnum):
    """What an adjustment is for: putting something right, taking back points of proven abuse, or giving back points
    that were stolen (R-RISK-2)."""

    CORRECTION = "correction"
    VOID = "void"
    GIVE_BACK = "give_back"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """``points`` is positive or negative, never 0. ``expires_on`` (positive only) overrides the program's expiry.
    ``category`` None is a correction."""

    reference: str
    member: str
    points: int
    reason: str
    expires_on: date | None = None
    category: Category | None = None


def adjust(account: Account, adjustment: Adjustment, context: Context) -> Decision:
    """Works on frozen members too: voiding proven abuse is what freezing is for.

    Raises InvalidRequest, InsufficientPoints (nothing is taken below zero) and LimitReached.
    """
    points = adjustment.points
    if not 1 <= abs(points) <= MAX_POINTS:
        raise InvalidRequest.at("/points", f"must be from 1 to {MAX_POINTS}, or the same below zero")
    category = adjustment.category or Category.CORRECTION
    _check_direction(category, points)
    after = _given(account, adjustment, context) if points > 0 else _taken(account, adjustment, context)
    return book(
        account,
        after,
        name=EntryName(Kind.ADJUST, adjustment.reference),
        context=context,
        reason=adjustment.reason,
        details={"category": category.value},
    )


def _check_direction(category: Category, points: int) -> None:
    if category is Category.VOID and points > 0:
        raise InvalidRequest.at("/category", "points are voided by taking them")
    if category is Category.GIVE_BACK and points < 0:
        raise InvalidRequest.at("/category", "points are given back by giving them")


def _given(account: Account, adjustment: Adjustment, context: Context) -> Account:
    settled = account.settled(context.now, context.program.zone)
    return credited(settled, adjustment.points, lot_name=_lot(settled, adjustment, context), context=context)


def _lot(account: Account, adjustment: Adjustment, context: Context) -> Bucket:
    if adjustment.expires_on is None:
        return lot_for(None, account=account, earned_on=context.today, context=context)
    if adjustment.expires_on < context.today:
        raise InvalidRequest.at("/expires_on", "lies in the past")
    return bucket(expires_on=adjustment.expires_on, earned_on=context.today)


def _taken(account: Account, adjustment: Adjustment, context: Context) -> Account:
    if adjustment.expires_on is not None:
        raise InvalidRequest.at("/expires_on", "goes with points that are given, not taken")
    return spend(account, -adjustment.points, context)[0]
