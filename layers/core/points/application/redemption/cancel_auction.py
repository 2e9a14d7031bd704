"""An operator calls an auction off: whoever leads is whole again, and nobody wins it."""

from dataclasses import dataclass

from points.application.movement import fingerprint_of, persistently
from points.application.ports import AlreadyBooked, RaceLost
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import AuctionClosed, NotFound
from points.domain.ledger.auctions import AuctionState, Standing, before_any_bid
from points.domain.ledger.booking import Context
from points.domain.movements.auctioning import BY_OPERATOR, call_off
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class AuctionCancellation:
    """An auction ends once, so ``reason`` is not part of what makes two of them the same."""

    auction: str


@dataclass(frozen=True, slots=True)
class CalledOff:
    """``replayed``: it had been called off already, so this call changed nothing."""

    standing: Standing
    replayed: bool


def cancel_auction(
    services: Services, program: Program, cancellation: AuctionCancellation, *, reason: str, actor: str
) -> CalledOff:
    """Raises NotFound, AuctionClosed (somebody has won it), Conflict, Throttled and LedgerUnavailable."""
    fingerprint = fingerprint_of(cancellation)

    def attempt() -> CalledOff:
        context = Context(program, services.clock.now(), actor, fingerprint)
        return _called_off(services, cancellation.auction, reason, context)

    return persistently(services, attempt)


def _called_off(services: Services, auction: str, reason: str, context: Context) -> CalledOff:
    program = context.program
    standing = services.ledger.standing(program.name, auction)
    if standing is None:
        if (offered := program.auctions.get(auction)) is None:
            raise NotFound(f"there is no auction {auction}", resource="auction")
        standing = before_any_bid(offered, program.name)
    if standing.state is AuctionState.CANCELLED:
        return CalledOff(standing, replayed=True)
    if standing.state is AuctionState.SETTLED:
        raise AuctionClosed("the auction has been settled", auction=auction, state=standing.state.value)
    ended = standing.cancelled(context.now, context.actor, why=BY_OPERATOR, reason=reason)
    if standing.leader is None:
        services.ledger.end_auction(standing, ended)
        return CalledOff(ended, replayed=False)
    leader = account_of(services, program, standing.leader)
    if not standing.is_held_by(leader):
        raise RaceLost
    try:
        services.ledger.commit(call_off(leader, standing, context, why=BY_OPERATOR, reason=reason))
    except AlreadyBooked as moved:
        # An auction ends once: it has ended since it was read.
        raise RaceLost from moved
    return CalledOff(ended, replayed=False)
