"""Coupons and the codes of pools, told again from entries and imports, against the codes that are kept."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.ledger.coupons import Coupon, CouponState, codes_in, issued_coupons
from points.domain.ledger.entries import Entry, Kind
from points.domain.ledger.orders import CANCELLATION

type Pool = tuple[str, str]
"""Program and name."""

_ENDS: Final = {Kind.WRITE_OFF: CouponState.WRITTEN_OFF, Kind.REVERSAL: CouponState.VOID}


def coupons_told(entries: Iterable[Entry]) -> Sequence[Coupon]:
    """All coupons of one account as they are by now, as far as they can be followed."""
    told: dict[str, Coupon] = {}
    granted: dict[str, Sequence[str]] = {}
    for entry in sorted(entries, key=lambda entry: entry.seq):
        try:
            issued = issued_coupons(entry)
        except CANNOT_FOLLOW:
            continue
        told |= {coupon.code: coupon for coupon in issued}
        granted[str(entry.name)] = [coupon.code for coupon in issued]
        for code in _ended(entry, granted):
            if code in told:
                told[code] = told[code].ended(_ENDS[entry.kind], entry.at)
    return list(told.values())


def _ended(entry: Entry, granted: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The codes that an entry ends: one that is written off, or all of an order that is cancelled."""
    if entry.kind is Kind.WRITE_OFF:
        return [entry.reference]
    is_cancellation = entry.name.reverses is not None and entry.reference == CANCELLATION
    return granted.get(str(entry.name.reverses), ()) if is_cancellation else ()


def use_findings(entries: Iterable[Entry]) -> Iterator[Finding]:
    """What is used was issued before, and nothing is used whose order was cancelled, or cancelled that was used."""
    issued: set[str] = set()
    ended: set[str] = set()
    granted: dict[str, Sequence[str]] = {}
    for entry in sorted(entries, key=lambda entry: entry.seq):
        codes = codes_in(entry)
        issued |= set(codes)
        granted[str(entry.name)] = codes
        for code in _ended(entry, granted):
            if code not in issued:
                yield _finding(entry, "coupon_unknown", f"writes off {code}, which was not issued to this member")
            elif code in ended:
                yield _finding(entry, "coupon_ended_twice", f"ends {code} once more")
            ended.add(code)


def coupon_findings(told: Collection[Coupon], kept: Collection[Coupon]) -> Iterator[Finding]:
    """What is wrong with these coupons: each is kept as the entries say."""
    expected = {(coupon.program, coupon.code): coupon for coupon in told}
    found = {(coupon.program, coupon.code): coupon for coupon in kept}
    for place in sorted(expected.keys() | found.keys()):
        wanted, coupon = expected.get(place), found.get(place)
        if coupon is None and wanted is not None:
            yield _of_coupon(wanted, "coupon_missing", "was issued and is not kept")
        elif wanted is None and coupon is not None:
            yield _of_coupon(coupon, "entry_missing", "is kept and was never issued")
        elif coupon != wanted and coupon is not None and wanted is not None:
            code = "coupon_state_wrong" if coupon.state is not wanted.state else "coupon_differs"
            yield _of_coupon(wanted, code, f"is kept as {coupon.state}, the entries say {wanted.state}")


def pool_findings(codes: Counter[Pool], imported: Counter[Pool], counted: Mapping[Pool, int]) -> Iterator[Finding]:
    """``codes`` are all that came from a pool or lie in it, ``imported`` what its imports say they brought, ``counted``
    what it says it was given: all the same."""
    for pool in sorted(codes.keys() | imported.keys() | counted.keys()):
        numbers = (codes[pool], imported[pool], counted.get(pool, 0))
        if len(set(numbers)) > 1:
            message = "{} codes, {} imported, {} counted".format(*numbers)
            yield Finding(pool[0], "", f"POOL#{pool[1]}", "pool_wrong", message)


def _of_coupon(coupon: Coupon, code: str, message: str) -> Finding:
    return Finding(coupon.program, coupon.member, f"COUPON#{coupon.code}", code, message)


def _finding(entry: Entry, code: str, message: str) -> Finding:
    return Finding(entry.program, entry.member, str(entry.name), code, message)
