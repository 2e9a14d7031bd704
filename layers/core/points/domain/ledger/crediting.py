"""How points that are paid come to an account: in which lot, and whether they wait."""

from dataclasses import replace
from datetime import date, timedelta

from points.domain.calendar import MOVING
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.lots import Bucket
from points.domain.program.expiry import ByActivity, ExpiryPolicy


def credited(
    account: Account, points: int, *, lot_name: Bucket, context: Context, available_on: date | None = None
) -> Account:
    """``account`` (settled) with the points in that lot: pending until ``available_on`` where that is a coming day,
    else live and repaying what is owed."""
    if available_on is not None and available_on > context.today:
        waiting = lot.pending_bucket(available_on=available_on, lot=lot_name)
        return replace(account, pending=lot.added(account.pending, {waiting: points}))
    return account.given({lot_name: points}, context.today)


def kept_alive(account: Account, behaviour: str, points: int, *, day: date, context: Context) -> Account:
    """``account`` (settled) with all its moving lots good for so much longer, where that is what the event does."""
    policy = context.program.expiry
    if not isinstance(policy, ByActivity) or not policy.is_kept_alive_by(behaviour, points):
        return account
    until = policy.expires_on(day)
    if until < context.today or (account.active_until is not None and until <= account.active_until):
        return account
    return replace(account, active_until=until)


def lot_for(
    expiry: ExpiryPolicy | None,
    *,
    account: Account,
    earned_on: date,
    context: Context,
    available_on: date | None = None,
) -> Bucket:
    """The lot of points earned on that day, under their own policy or the program's.

    What is paid can be spent: however late it was reported, and however long it waits, a lot is good for the program's
    ``spendable_days`` after the day its points become available. Under a policy by activity it moves with the others,
    where these live as long as that; else it is good for as long as an activity would have made it.
    """
    spendable_from = max(context.today, available_on or context.today)
    spendable_until = spendable_from + timedelta(days=context.program.spendable_days)
    policy = expiry or context.program.expiry
    if isinstance(policy, ByActivity) and account.active_until is not None and account.active_until >= spendable_until:
        return lot.bucket(expires_on=MOVING, earned_on=earned_on)
    expires_on = max(policy.expires_on(earned_on), spendable_until)
    return lot.bucket(expires_on=expires_on, earned_on=earned_on)
