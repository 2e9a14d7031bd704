"""Pools made, joined, left and looked at."""

from dataclasses import dataclass
from datetime import date, datetime

from points.application.movement import Booked, Request, perform
from points.application.ports import RaceLost
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import Conflict, InvalidRequest, NotFound
from points.domain.ledger.account import Account, Balance, Pool, pool_account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.members import MemberFacts, Profile
from points.domain.movements.pooling import Joining, join, leave, set_owner
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class Ownership:
    pool: str
    owner: str


@dataclass(frozen=True, slots=True)
class Leaving:
    member: str
    pool: str


@dataclass(frozen=True, slots=True)
class PoolView:
    """``expiring`` are the coming expiries as (last day, points)."""

    name: str
    pool: Pool
    balance: Balance
    expiring: list[tuple[date, int]]
    as_of: datetime


def set_pool(services: Services, program: Program, wanted: Ownership, *, actor: str) -> bool:
    """Make the pool, or give it another owner; True when it is new. Raises InvalidRequest, NotFound (the owner) and
    Conflict."""
    if program.pools is None:
        raise InvalidRequest("the program has no pools")
    account_of(services, program, wanted.owner)
    member = pool_account(wanted.pool)
    account = services.ledger.account(program.name, member) or _opened(services, program, member)
    if account.pool is not None and account.pool.owner == wanted.owner:
        return False
    name = EntryName(Kind.POOL_SET, f"{account.seq}/{wanted.owner}")
    perform(
        services,
        Request(program, member, name, actor, wanted),
        lambda account, context: set_owner(account, wanted.owner, name, context),
    )
    return account.pool is None


def _opened(services: Services, program: Program, member: str) -> Account:
    try:
        services.members.enrol(program.name, member, Profile(), MemberFacts.of(Profile(), program.member_attributes))
    except RaceLost as race:
        raise Conflict("others kept changing this account") from race
    return account_of(services, program, member)


def join_pool(services: Services, program: Program, joining: Joining, *, actor: str) -> Booked:
    """Raises NotFound (member or pool) and what :func:`points.domain.movements.pooling.join` raises."""

    def decide(account: Account, context: Context) -> Decision:
        return join(account, _pool(services, program, joining.pool), joining, context)

    name = EntryName(Kind.POOL_JOIN, joining.reference)
    return perform(services, Request(program, joining.member, name, actor, joining), decide)


def leave_pool(services: Services, program: Program, leaving: Leaving, *, actor: str) -> None:
    """Safe to repeat: who does not belong to it, or no longer, has left. Raises NotFound (member or pool)."""
    account = account_of(services, program, leaving.member)
    _pool(services, program, leaving.pool)
    if account.belongs_to != leaving.pool:
        return
    # Of this stay in the pool: whoever asks twice at once leaves once.
    name = EntryName(Kind.POOL_LEAVE, f"{leaving.pool}/{account.seq}")

    def decide(account: Account, context: Context) -> Decision:
        return leave(account, _pool(services, program, leaving.pool), name, context)

    try:
        perform(services, Request(program, leaving.member, name, actor, leaving), decide)
    except NotFound:
        # Somebody else has been quicker.
        if account_of(services, program, leaving.member).belongs_to == leaving.pool:
            raise


def read_pool(services: Services, program: Program, pool: str) -> PoolView:
    """Raises NotFound."""
    account, now = _pool(services, program, pool), services.clock.now()
    assert account.pool is not None  # noqa: S101 - it would not have been found
    return PoolView(pool, account.pool, account.balance(now, program.zone), account.expiring(now, program.zone), now)


def _pool(services: Services, program: Program, pool: str) -> Account:
    account = services.ledger.account(program.name, pool_account(pool))
    if account is None or account.pool is None:
        raise NotFound(f"there is no pool {pool}", resource="pool")
    return account
