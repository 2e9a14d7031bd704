"""How many codes a pool has left."""

from points.application.coupons.ports import Importing, PoolCount
from points.domain.program.program import Program


def read_pool(importing: Importing, program: Program, pool: str) -> PoolCount:
    """Nothing of everything for a pool that was never filled: it need not be there before it is."""
    return importing.pools.count(program.name, pool)
