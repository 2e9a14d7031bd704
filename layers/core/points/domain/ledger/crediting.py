"""How points that are paid come to an account: in which lot, and whether they wait."""

from dataclasses import replace
from datetime import date, timedelta

from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.ledger.lots import Bucket
from points.domain.program.expiry import ExpiryPolicy


def credited(
    account: Account, points: int, *, lot_name: Bucket, context: Context, available_on: date | None = None
) -> Account:
    """``account`` (settled) with the points in that lot: pending until ``available_on`` where that is a coming day,
    else live and repaying what is owed."""
    if available_on is not None and available_on > context.today:
        waiting = lot.pending_bucket(available_on=available_on, lot=lot_name)
        return replace(account, pending=lot.added(account.pending, {waiting: points}))
    return replace(account, lots=lot.added(account.lots, {lot_name: points})).repaid(context.today)


def lot_for(
    expiry: ExpiryPolicy | None, *, earned_on: date, context: Context, available_on: date | None = None
) -> Bucket:
    """The lot of points earned on that day, under their own policy or the program's.

    What is paid can be spent: however late it was reported, and however long it waits, a lot is good for the program's
    ``spendable_days`` after the day its points become available.
    """
    spendable_from = max(context.today, available_on or context.today)
    expires_on = max(
        (expiry or context.program.expiry).expires_on(earned_on),
        spendable_from + timedelta(days=context.program.spendable_days),
    )
    return lot.bucket(expires_on=expires_on, earned_on=earned_on)
