"""Coupons: codes that were issued to members, each written off once or void (R-RED-3).

A coupon belongs to an order and follows from its entries: the one that granted it, the one that wrote it off, and the
cancellation that made it void. It is kept as an item of its own because whoever is shown a code has nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from points.domain.canonical import Plain
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.program.coupons import CouponRules

MAX_COUPONS: Final = 20
"""Codes that one movement may issue of a reward: they stand in its entry, and each is two parts of its transaction."""

CODES: Final = "codes"
GOOD_UNTIL: Final = "good_until"
POOL: Final = "pool"
"""What the entry that granted coupons says of them."""


class CouponState(StrEnum):
    ISSUED = "issued"
    WRITTEN_OFF = "written_off"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Coupon:
    """``order`` is the reference of the order it was issued with; ``expires_on`` its last day, None for ever. ``pool``
    is where its code came from, None where it was generated. ``ended_at`` is when it was written off or became void."""

    program: str
    code: str
    reward: str
    member: str
    order: str
    issued_at: datetime
    expires_on: date | None = None
    pool: str | None = None
    state: CouponState = CouponState.ISSUED
    ended_at: datetime | None = None

    def has_expired(self, today: date) -> bool:
        """By its own date, which only matters to one that is still to be used."""
        return self.expires_on is not None and self.expires_on < today

    def ended(self, state: CouponState, at: datetime) -> "Coupon":
        return replace(self, state=state, ended_at=at)


def write_off_name(code: str) -> EntryName:
    """A coupon is written off once: the code is the movement's own name."""
    return EntryName(Kind.WRITE_OFF, code)


def codes_in(entry: Entry) -> Sequence[str]:
    """The codes that an entry granted, in its order; nothing for most."""
    codes = entry.details.get(CODES)
    return [str(code) for code in codes] if isinstance(codes, list | tuple) else []


def coupon_details(rules: CouponRules, codes: Sequence[str], issued_on: date) -> dict[str, Plain]:
    """What the entry says of coupons it grants: enough to tell them again."""
    details: dict[str, Plain] = {CODES: list(codes)}
    if (expires_on := rules.expires_on(issued_on)) is not None:
        details[GOOD_UNTIL] = expires_on.isoformat()
    if rules.pool is not None:
        details[POOL] = rules.pool
    return details


def issued_coupons(entry: Entry) -> Sequence[Coupon]:
    """The coupons that an entry granted, as they were issued. Raises ValueError and TypeError for one that says
    something else."""
    details: Mapping[str, Plain] = entry.details
    good_until, pool = details.get(GOOD_UNTIL), details.get(POOL)
    if codes := codes_in(entry):
        reward = details["reward"]
        if not isinstance(reward, str):
            raise TypeError(f"{entry.name} does not say what it granted")
    else:
        return []
    return [
        Coupon(
            program=entry.program,
            code=code,
            reward=reward,
            member=entry.member,
            order=entry.reference,
            issued_at=entry.at,
            expires_on=None if good_until is None else date.fromisoformat(str(good_until)),
            pool=None if pool is None else str(pool),
        )
        for code in codes
    ]
