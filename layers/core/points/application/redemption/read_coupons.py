"""Coupons: one by its code, or a member's from their entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from points.application.ports import Page
from points.application.reading import account_of
from points.application.services import Services
from points.domain.calendar import local_day
from points.domain.errors import CouponMistyped, UnknownCoupon
from points.domain.ledger.codes import canonical_code, is_mistyped
from points.domain.ledger.coupons import Coupon, CouponState, codes_in
from points.domain.ledger.entries import Entry, Kind
from points.domain.program.program import Program

_ENTRIES: Final = 100
"""Looked at for one page, whether or not they have to do with coupons."""


@dataclass(frozen=True, slots=True)
class CouponFound:
    """``state`` is the coupon's own, or ``expired`` for one that is still to be used and cannot be any more."""

    coupon: Coupon
    state: str


def read_coupon(services: Services, program: Program, code: str) -> CouponFound:
    """Raises CouponMistyped and UnknownCoupon."""
    return _found(coupon_of_code(services, program, code), _today(services, program))


def coupon_of_code(services: Services, program: Program, code: str) -> Coupon:
    """Raises CouponMistyped, which takes no read, and UnknownCoupon, also for a code that lies in a pool."""
    if is_mistyped(code):
        raise CouponMistyped("the code's check characters do not fit")
    coupon = services.coupons.coupon(program.name, canonical_code(code))
    if coupon is None:
        raise UnknownCoupon("there is no coupon of this code", resource="coupon")
    return coupon


def list_coupons(
    services: Services, program: Program, member: str, *, before_seq: int | None = None, limit: int
) -> Page[CouponFound]:
    """Newest first. ``next_key`` is a seq as text; a page may be short, empty even, and still have one, and have some
    more than ``limit`` where one order has them. Raises NotFound for an unknown member."""
    account_of(services, program, member)
    page = services.ledger.entries(program.name, member, before_seq=before_seq, kind=Kind.REDEEM.value, limit=_ENTRIES)
    granting, next_key = _first(page, limit)
    codes = [code for entry in granting for code in codes_in(entry)]
    coupons = services.coupons.coupons(program.name, codes) if codes else {}
    today = _today(services, program)
    return Page([_found(coupons[code], today) for code in codes if code in coupons], next_key)


def _first(page: Page[Entry], limit: int) -> tuple[Sequence[Entry], str | None]:
    """The entries whose coupons fill a page of ``limit``, and where the next one goes on."""
    granting: list[Entry] = []
    codes = 0
    for entry in page.items:
        if codes >= limit:
            return granting, str(granting[-1].seq)
        if own := len(codes_in(entry)):
            granting.append(entry)
            codes += own
    return granting, page.next_key


def _found(coupon: Coupon, today: date) -> CouponFound:
    expired = coupon.state is CouponState.ISSUED and coupon.has_expired(today)
    return CouponFound(coupon, "expired" if expired else coupon.state.value)


def _today(services: Services, program: Program) -> date:
    return local_day(services.clock.now(), program.zone)
