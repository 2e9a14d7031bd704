"""Coupons, pools and their imports in memory."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from threading import RLock

from points.application.coupons.ports import PoolCount
from points.application.ports import CodeGone, RaceLost
from points.domain.ledger.booking import EndCoupon, IssueCoupon
from points.domain.ledger.coupons import Coupon
from points.domain.ledger.pools import PoolImport, Why


class MemoryCoupons:
    """Implements :class:`points.application.ports.Coupons` and :class:`points.application.coupons.ports.Pools`."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._coupons: dict[tuple[str, str], Coupon] = {}
        self._free: dict[tuple[str, str], tuple[str, str]] = {}
        self._imports: dict[tuple[str, str, str], PoolImport] = {}
        self._imported: Counter[tuple[str, str]] = Counter()

    # ── coupons ──────────────────────────────────────────────────────────────────────────────────────────────────

    def coupon(self, program: str, code: str) -> Coupon | None:
        return self._coupons.get((program, code))

    def coupons(self, program: str, codes: Sequence[str]) -> Mapping[str, Coupon]:
        return {code: coupon for code in codes if (coupon := self.coupon(program, code)) is not None}

    def free(self, program: str, pool: str, count: int, *, start: int, avoiding: Collection[str]) -> Sequence[str]:
        codes = [code for code in self._lying_in(program, pool) if code not in avoiding]
        place = start % len(codes) if codes else 0
        return [*codes[place:], *codes[:place]][:count]

    def check(self, effect: IssueCoupon | EndCoupon) -> None:
        """Raises CodeGone and RaceLost."""
        match effect:
            case IssueCoupon(coupon):
                place = (coupon.program, coupon.code)
                lies_in = self._free.get(place, (None, None))[0]
                if place in self._coupons or lies_in != coupon.pool:
                    raise CodeGone(coupon.code)
            case EndCoupon(before):
                if self.coupon(before.program, before.code) != before:
                    raise RaceLost

    def apply(self, effect: IssueCoupon | EndCoupon) -> None:
        coupon = effect.coupon if isinstance(effect, IssueCoupon) else effect.after
        with self._lock:
            self._free.pop((coupon.program, coupon.code), None)
            self._coupons[coupon.program, coupon.code] = coupon

    def _lying_in(self, program: str, pool: str) -> Sequence[str]:
        with self._lock:
            return sorted(code for (of, code), (lies_in, _) in self._free.items() if (of, lies_in) == (program, pool))

    # ── pools ────────────────────────────────────────────────────────────────────────────────────────────────────

    def count(self, program: str, pool: str) -> PoolCount:
        return PoolCount(self._imported[program, pool], len(self._lying_in(program, pool)), is_exact=True)

    def one(self, program: str, pool: str, reference: str) -> PoolImport | None:
        return self._imports.get((program, pool, reference))

    def begin(self, wanted: PoolImport) -> PoolImport:
        with self._lock:
            return self._imports.setdefault((wanted.program, wanted.pool, wanted.reference), wanted)

    def advance(self, after: PoolImport, codes: Sequence[str]) -> Mapping[str, Why]:
        place = (after.program, after.pool, after.reference)
        with self._lock:
            if self._imports[place].revision != after.revision - 1:
                raise RaceLost
            refused = {code: why for code in codes if (why := self._why_not(after, code)) is not None}
            if not refused:
                self._imports[place] = after
                self._imported[after.program, after.pool] += len(codes)
                self._free |= {(after.program, code): (after.pool, after.reference) for code in codes}
            return refused

    def _why_not(self, wanted: PoolImport, code: str) -> Why | None:
        place = (wanted.program, code)
        if place in self._coupons:
            return Why.ISSUED
        if place in self._free:
            return Why.REPEATED if self._free[place] == (wanted.pool, wanted.reference) else Why.IN_POOL
        return None
