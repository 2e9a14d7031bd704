"""Coupons and the free codes of pools in DynamoDB.

A code is one item for ever, so it is issued once for ever, and no import brings it in a second time. While it lies in
a pool there is a row for it in one of the pool's buckets, and that is only where it is found: whoever takes it deletes
the row and puts the coupon in the place of the free code, both on condition that nobody else has.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Final

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import FREE, CouponItem, Item
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import POOL_BUCKETS, CodeGone, RaceLost
from points.domain.ledger.booking import EndCoupon, IssueCoupon
from points.domain.ledger.coupons import Coupon

SPREAD: Final = 24
"""Rows read beyond those that are needed: who looks into the same bucket at the same moment takes others of them."""

_ABSENT: Final = "attribute_not_exists(pk)"
_PRESENT: Final = "attribute_exists(pk)"


class DynamoDBCoupons:
    """Implements :class:`points.application.ports.Coupons`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def coupon(self, program: str, code: str) -> Coupon | None:
        return self.coupons(program, [code]).get(code)

    def coupons(self, program: str, codes: Sequence[str]) -> Mapping[str, Coupon]:
        wanted = [keys.coupon_key(program, code) for code in dict.fromkeys(codes)]
        read = [CouponItem.read(item) for item in self._table.get_all(wanted)]
        coupons = [item.coupon() for item in read if not item.is_free]
        return {coupon.code: coupon for coupon in coupons}

    def free(self, program: str, pool: str, count: int, *, start: int, avoiding: Collection[str]) -> Sequence[str]:
        turn, first = divmod(start, POOL_BUCKETS)
        found: list[str] = []
        for step in range(POOL_BUCKETS):
            rows = self._table.query(
                "pk = :pk",
                {":pk": {"S": keys.bucket_pk(program, pool, (first + step) % POOL_BUCKETS)}},
                limit=count + SPREAD + len(avoiding),
            )
            codes = [code for row in rows if (code := row["sk"]["S"]) not in avoiding]
            place = turn % len(codes) if codes else 0
            found += [*codes[place:], *codes[:place]]
            if len(found) >= count:
                break
        return found[:count]


def append_coupon(transaction: Transaction, effect: IssueCoupon | EndCoupon) -> None:
    match effect:
        case IssueCoupon(coupon):
            _append_issue(transaction, coupon)
        case EndCoupon(before, after):
            # The account's own condition lets one movement through at a time; this says that nothing else went wrong.
            transaction.put(
                CouponItem.of(after).item(),
                condition="s = :before",
                values={":before": {"S": before.state.value}},
                failed=lambda _: RaceLost(),
            )


def _append_issue(transaction: Transaction, coupon: Coupon) -> None:
    gone = partial(_gone, coupon.code)
    if coupon.pool is None:
        transaction.put(CouponItem.of(coupon).item(), condition=_ABSENT, failed=gone)
        return
    place = keys.free_key(coupon.program, coupon.pool, coupon.code)
    transaction.delete(place, condition=_PRESENT, failed=gone)
    transaction.put(
        CouponItem.of(coupon).item(),
        condition="s = :free AND o = :pool",
        values={":free": {"S": FREE}, ":pool": {"S": coupon.pool}},
        failed=gone,
    )


def _gone(code: str, _: Item | None) -> Exception:
    return CodeGone(code)
