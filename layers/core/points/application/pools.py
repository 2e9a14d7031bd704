"""Pools beside the movements of their members: which pool is read, what is lent, what is booked of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from points.application.ports import RaceLost
from points.application.reading import account_of, decided
from points.application.services import Services
from points.domain.ledger.account import Account, pool_account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Kind
from points.domain.ledger.timers import next_due
from points.domain.movements.pooling import OF_PERSON, PoolMoved, PoolOf, lent_to, settled_with_pools
from points.domain.program.program import Program


def decided_with_pools(
    services: Services, kind: Kind, account: Account, context: Context, decide: Callable[[Account, Context], Decision]
) -> Decision:
    """What ``decide`` makes of the account with its pool's points lent to it, as it is booked on both. A pool is read
    where a member belongs to one, and at no other time. Raises what ``decide`` raises, and RaceLost."""
    pool_of = pools_of(services, context.program)
    lent = account
    if account.belongs_to is not None and kind not in OF_PERSON:
        lent = lent_to(account, pool_of(account.belongs_to), context)
    return booked_with_pools(decided(services, lent, context, decide), account, pool_of, context)


def booked_with_pools(decision: Decision, account: Account, pool_of: PoolOf, context: Context) -> Decision:
    """Raises RaceLost."""
    try:
        return settled_with_pools(decision, account, pool_of, context)
    except PoolMoved as moved:
        raise RaceLost from moved


def of_time_with_pools(services: Services, decision: Decision, account: Account, context: Context) -> Decision:
    """What time has made available is handed to the member's pool; the due timer stays exact. Raises RaceLost."""
    if account.belongs_to is None:
        return decision
    pooled = booked_with_pools(decision, account, pools_of(services, context.program), context)
    return replace(pooled, account=replace(pooled.account, due_at=next_due(pooled.account, context.program)))


def pools_of(services: Services, program: Program) -> PoolOf:
    """Each is read once, so that one decision sees it as it was at one moment."""
    read: dict[str, Account] = {}

    def pool_of(pool: str) -> Account:
        if pool not in read:
            read[pool] = account_of(services, program, pool_account(pool))
        return read[pool]

    return pool_of


@dataclass(frozen=True, slots=True)
class PoolShare:
    """A pool as one of its members may use it: ``available`` is what is left of it once they have repaid what they
    owe."""

    pool: str
    available: int


def share_of(services: Services, program: Program, account: Account, moment: datetime) -> PoolShare | None:
    """None for who belongs to no pool."""
    if account.belongs_to is None:
        return None
    pool = account_of(services, program, pool_account(account.belongs_to)).balance(moment, program.zone)
    return PoolShare(account.belongs_to, max(0, pool.available - account.balance(moment, program.zone).owed))


def with_lent(services: Services, context: Context, account: Account) -> Account:
    """The account with what its pool has to spend, where it belongs to one: to decide about another than the caller's,
    or to say what could be had."""
    if account.belongs_to is None:
        return account
    pool = account_of(services, context.program, pool_account(account.belongs_to))
    return lent_to(account, pool, context, repays=False)
