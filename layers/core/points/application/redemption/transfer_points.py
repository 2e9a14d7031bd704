"""Points from one member to another, and the way back: both accounts in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from points.application.movement import Booked, Request, perform
from points.application.pools import with_lent
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.usage import Usage, Used
from points.domain.movements.transferring import (
    Counted,
    Transfer,
    counted_in,
    return_name,
    take_back,
    transfer,
)
from points.domain.program.program import Program
from points.domain.program.transferring import TransferRules


@dataclass(frozen=True, slots=True)
class Return:
    """``transfer`` is the reference of the transfer. It is taken back once, so ``reason`` is not part of what makes two
    of them the same."""

    member: str
    transfer: str


def transfer_points(services: Services, program: Program, wanted: Transfer, *, actor: str) -> Booked:
    """Raises NotFound (giver or receiver) and what :func:`points.domain.movements.transferring.transfer` raises."""
    rules = program.transfers

    def decide(giver: Account, context: Context) -> Decision:
        receiver = account_of(services, program, wanted.to)
        since = None if rules is None else _since(services, program, wanted.member, rules)
        usages = {} if rules is None else _usages(services, program, wanted.member, _limited(rules))
        return transfer(giver, receiver, wanted, context, since=since, usages=usages)

    name = EntryName(Kind.TRANSFER_OUT, wanted.reference)
    return perform(services, Request(program, wanted.member, name, actor, wanted), decide)


def take_transfer_back(services: Services, program: Program, wanted: Return, *, reason: str, actor: str) -> Booked:
    """Raises NotFound and what :func:`points.domain.movements.transferring.take_back` raises."""

    def decide(giver: Account, context: Context) -> Decision:
        name = EntryName(Kind.TRANSFER_OUT, wanted.transfer)
        given = services.ledger.entry(program.name, wanted.member, name)
        if given is None:
            raise NotFound(f"there is no transfer {wanted.transfer}", resource="transfer")
        receiver = account_of(services, program, str(given.details["to"]))
        if not giver.owed:
            # What they were given may lie in their pool by now. (A giver who owes may be repaying from the same one.)
            receiver = with_lent(services, context, receiver)
        usages = _usages(services, program, wanted.member, counted_in(given))
        return take_back(giver, receiver, given, context, reason=reason, usages=usages)

    return perform(services, Request(program, wanted.member, return_name(wanted.transfer), actor, wanted), decide)


def _since(services: Services, program: Program, member: str, rules: TransferRules) -> datetime | None:
    """When the giver's first entry was booked. It is read where the program asks for it, and lies on no account."""
    if not rules.minimum_account_days:
        return None
    first = services.ledger.entries(program.name, member, before_seq=2, limit=1).items
    return first[0].at if first else None


def _limited(rules: TransferRules) -> Iterable[Counted]:
    if rules.limits:
        yield Counted.TRANSFERS
    if rules.points_limits:
        yield Counted.POINTS


def _usages(services: Services, program: Program, member: str, counted: Iterable[Counted]) -> Mapping[Counted, Usage]:
    return {each: services.ledger.usage(program.name, member, Used.TRANSFER, each.value) for each in counted}
