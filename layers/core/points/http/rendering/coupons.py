"""Coupons, their pools, and imports."""

from points.application.coupons.ports import PoolCount
from points.application.redemption.read_coupons import CouponFound
from points.domain.calendar import utc_text
from points.domain.ledger.pools import PoolImport
from points.domain.program.program import Program
from points.http.edge.answering import Json
from points.http.rendering.titles import reward_title


def coupon_body(found: CouponFound, program: Program, language: str) -> Json:
    coupon = found.coupon
    return {
        "code": coupon.code,
        "reward": coupon.reward,
        "title": reward_title(coupon.reward, program, language),
        "member": coupon.member,
        "order": coupon.order,
        "state": found.state,
        "issued_at": utc_text(coupon.issued_at),
        "expires_on": None if coupon.expires_on is None else coupon.expires_on.isoformat(),
        "ended_at": None if coupon.ended_at is None else utc_text(coupon.ended_at),
    }


def pool_body(pool: str, count: PoolCount) -> Json:
    return {
        "pool": pool,
        "imported": count.imported,
        "free": count.free,
        "issued": count.issued,
        "exact": count.is_exact,
    }


def import_body(found: PoolImport) -> Json:
    return {
        "pool": found.pool,
        "reference": found.reference,
        "file": found.file,
        "state": found.state.value,
        "failure": found.failure or None,
        "size": found.size or None,
        "read": found.position,
        "lines": found.lines,
        "imported": found.imported,
        "rejected": {why.value: count for why, count in found.rejected.items()},
        "named": [{"line": each.line, "why": each.why.value} for each in found.named],
        "started_by": found.started_by,
        "started_at": utc_text(found.started_at),
        "updated_at": utc_text(found.updated_at),
    }
