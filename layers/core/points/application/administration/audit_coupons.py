"""The part of an audit that looks at codes: coupons follow from entries, free codes from imports.

What does not agree is read again before it is told of: members take codes, and imports bring some, while the walk goes
on. What pools were given is only compared while nothing is brought.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from points.application.ports import AccountRecords, FreeCode, FreeRow, LedgerWalk, PoolRecord, Walked
from points.domain.auditing.couponing import Pool, coupon_findings, coupons_told, pool_findings
from points.domain.auditing.findings import Finding
from points.domain.ledger.coupons import Coupon
from points.domain.ledger.pools import PoolImport


@dataclass(slots=True)
class CodesSeen:
    """All codes of a walk. ``told`` are coupons that entries speak of."""

    told: set[Coupon] = field(default_factory=set)
    kept: set[Coupon] = field(default_factory=set)
    free: set[FreeCode] = field(default_factory=set)
    rows: set[FreeRow] = field(default_factory=set)
    pools: list[PoolRecord] = field(default_factory=list)
    imports: list[PoolImport] = field(default_factory=list)

    def note(self, walked: Walked) -> None:
        """What has to do with codes is kept, everything else is left to others."""
        match walked:
            case AccountRecords():
                self.told.update(coupons_told(walked.entries))
            case Coupon():
                self.kept.add(walked)
            case FreeCode():
                self.free.add(walked)
            case FreeRow():
                self.rows.add(walked)
            case PoolRecord():
                self.pools.append(walked)
            case PoolImport():
                self.imports.append(walked)
            case _:
                pass

    def findings(self, walk: LedgerWalk) -> tuple[Sequence[Finding], bool]:
        """And whether pools were filled meanwhile, and not compared."""
        of_pools, skipped = _of_pools(self, walk)
        return [*_of_coupons(self, walk), *_of_rows(self, walk), *of_pools], skipped


def _of_coupons(seen: CodesSeen, walk: LedgerWalk) -> Iterator[Finding]:
    doubtful: dict[tuple[str, str], set[str]] = {}
    for coupon in seen.told ^ seen.kept:
        doubtful.setdefault((coupon.program, coupon.member), set()).add(coupon.code)
    for (program, member), codes in sorted(doubtful.items()):
        told = [coupon for coupon in coupons_told(walk.account(program, member).entries) if coupon.code in codes]
        found = [walk.code(program, code) for code in sorted(codes)]
        # One that somebody else has as well is told of with them.
        kept = [each for each in found if isinstance(each, Coupon) and each.member == member]
        yield from coupon_findings(told, kept)


def _of_rows(seen: CodesSeen, walk: LedgerWalk) -> Iterator[Finding]:
    """A code that lies in a pool can be found there, and what is found there lies in it."""
    free = {FreeRow(code.program, code.code, code.pool) for code in seen.free}
    for row in sorted(free ^ seen.rows, key=lambda row: (row.program, row.pool, row.code)):
        code = walk.code(row.program, row.code)
        lies_there = isinstance(code, FreeCode) and code.pool == row.pool
        if lies_there != walk.is_in_pool(row):
            message = "lies in the pool and cannot be found there" if lies_there else "is found and does not lie there"
            yield Finding(row.program, "", f"POOL#{row.pool}#{row.code}", "free_code_wrong", message)


def _of_pools(seen: CodesSeen, walk: LedgerWalk) -> tuple[Sequence[Finding], bool]:
    if not (found := list(_compared(seen))):
        return found, False
    # With another walk between two looks at the pools, what was brought meanwhile shows.
    before = _records(walk, seen)
    again = CodesSeen()
    for walked in walk.everything():
        again.note(walked)
    after = _records(walk, seen)
    return ((), True) if before != after else (list(_compared(again)), False)


def _records(walk: LedgerWalk, seen: CodesSeen) -> Sequence[object]:
    return [walk.pool(program, pool) for program, pool in sorted({*_counted(seen), *_brought(seen.imports)})]


def _compared(seen: CodesSeen) -> Iterator[Finding]:
    codes: Counter[Pool] = Counter((code.program, code.pool) for code in seen.free)
    codes.update((coupon.program, coupon.pool) for coupon in seen.kept if coupon.pool is not None)
    return pool_findings(codes, _brought(seen.imports), _counted(seen))


def _counted(seen: CodesSeen) -> dict[Pool, int]:
    return {(record.program, record.pool): record.imported for record in seen.pools}


def _brought(imports: Iterable[PoolImport]) -> Counter[Pool]:
    brought: Counter[Pool] = Counter()
    for each in imports:
        brought[each.program, each.pool] += each.imported
    return brought
