"""Adjustments: an operator gives or takes points by hand, always with a reason (R-RISK-2, R-OPS)."""

from dataclasses import dataclass, replace
from datetime import date

from points.domain import lots as lot
from points.domain.account import Account
from points.domain.booking import Context, Decision, book
from points.domain.entries import EntryName, Kind
from points.domain.errors import InvalidRequest
from points.domain.limits import MAX_POINTS
from points.domain.redeeming import spend


@dataclass(frozen=True, slots=True)
class Adjustment:
    """``points`` is positive or negative, never 0. ``expires_on`` (positive only) overrides the program's expiry."""

    reference: str
    member: str
    points: int
    reason: str
    expires_on: date | None = None


def adjust(account: Account, adjustment: Adjustment, context: Context) -> Decision:
    """Works on frozen members too: voiding proven abuse is what freezing is for.

    Raises InvalidRequest, InsufficientPoints (nothing is taken below zero) and LimitReached.
    """
    points = adjustment.points
    if not 1 <= abs(points) <= MAX_POINTS:
        raise InvalidRequest.at("/points", f"must be from 1 to {MAX_POINTS}, or the same below zero")
    after = _given(account, adjustment, context) if points > 0 else _taken(account, adjustment, context)
    return book(
        account, after, name=EntryName(Kind.ADJUST, adjustment.reference), context=context, reason=adjustment.reason
    )


def _given(account: Account, adjustment: Adjustment, context: Context) -> Account:
    expires_on = adjustment.expires_on or context.program.expiry.expires_on(context.today)
    if expires_on < context.today:
        raise InvalidRequest.at("/expires_on", "lies in the past")
    name = lot.bucket(expires_on=expires_on, earned_on=context.today)
    settled = account.settled(context.now, context.program.zone)
    return replace(settled, lots=lot.added(settled.lots, {name: adjustment.points})).repaid(context.today)


def _taken(account: Account, adjustment: Adjustment, context: Context) -> Account:
    if adjustment.expires_on is not None:
        raise InvalidRequest.at("/expires_on", "goes with points that are given, not taken")
    return spend(account, -adjustment.points, context)[0]
