"""Write a coupon off, once (R-RED-3)."""

from dataclasses import replace

from points.application.movement import Booked, Request, perform
from points.application.redemption.read_coupons import coupon_of_code
from points.application.services import Services
from points.domain.calendar import utc_text
from points.domain.errors import CouponUsed, ReferenceReused
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.codes import canonical_code
from points.domain.ledger.coupons import write_off_name
from points.domain.movements.writing_off import REFERENCE, WriteOff, write_off
from points.domain.program.program import Program


def write_off_coupon(services: Services, program: Program, wanted: WriteOff, *, note: str | None, actor: str) -> Booked:
    """The same reference again is the same write-off, whatever the note says; any other is told when it was used.

    Raises CouponMistyped, UnknownCoupon, ReferenceReused (the same reference with another amount) and what
    :func:`points.domain.movements.writing_off.write_off` raises.
    """
    owner = coupon_of_code(services, program, wanted.code).member
    wanted = replace(wanted, code=canonical_code(wanted.code))
    name = write_off_name(wanted.code)

    def decide(account: Account, context: Context) -> Decision:
        return write_off(account, coupon_of_code(services, program, wanted.code), wanted, context, note=note)

    try:
        return perform(services, Request(program, owner, name, actor, wanted), decide)
    except ReferenceReused:
        earlier = services.ledger.entry(program.name, owner, name)
        if earlier is None or earlier.details.get(REFERENCE) == wanted.reference:
            raise
        used_at = utc_text(earlier.at)
        raise CouponUsed("the coupon has been used", used_at=used_at, order=str(earlier.details["order"])) from None
