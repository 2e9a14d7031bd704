"""Writing off (核销): a coupon is used, once. No points move; whose it is has an entry of it like any other."""

from dataclasses import dataclass

from points.domain.calendar import utc_text
from points.domain.canonical import Plain
from points.domain.errors import CouponExpired, CouponUsed, CouponVoid, InvalidRequest
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision, EndCoupon, book, refuse_if_frozen
from points.domain.ledger.coupons import Coupon, CouponState, write_off_name

REFERENCE = "reference"
"""In the entry: the reference of whoever wrote it off. The entry's own is the code."""


@dataclass(frozen=True, slots=True)
class WriteOff:
    """``amount`` is what the coupon was used on, as a decimal string in the program's currency."""

    code: str
    reference: str
    amount: str | None = None


def write_off(
    account: Account, coupon: Coupon, wanted: WriteOff, context: Context, *, note: str | None = None
) -> Decision:
    """``account`` is the coupon's owner's. Raises CouponUsed, CouponVoid, CouponExpired, MemberFrozen and
    InvalidRequest."""
    if coupon.state is CouponState.WRITTEN_OFF:
        raise CouponUsed("the coupon has been used", used_at=_ended(coupon), order=coupon.order)
    if coupon.state is CouponState.VOID:
        raise CouponVoid("the coupon's order was cancelled", void_since=_ended(coupon))
    if coupon.has_expired(context.today):
        raise CouponExpired(f"the coupon was good until {coupon.expires_on}", expired_on=str(coupon.expires_on))
    refuse_if_frozen(account, Activity.REDEEMING)
    details: dict[str, Plain] = {REFERENCE: wanted.reference, "reward": coupon.reward, "order": coupon.order}
    if wanted.amount is not None:
        details["amount_minor"] = context.program.currency.minor_units(wanted.amount, path="/amount")
        if not details["amount_minor"]:
            raise InvalidRequest.at("/amount", "must be more than zero")
    return book(
        account,
        account,
        name=write_off_name(coupon.code),
        context=context,
        reason=note,
        details=details,
        effects=[EndCoupon(coupon, coupon.ended(CouponState.WRITTEN_OFF, context.now))],
    )


def _ended(coupon: Coupon) -> str:
    return "" if coupon.ended_at is None else utc_text(coupon.ended_at)
