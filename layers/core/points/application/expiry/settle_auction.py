"""An auction that has closed, settled for the member who leads it: found by the due timer of their account."""

from datetime import datetime

from points.application.ports import AlreadyBooked, RaceLost
from points.application.reading import decided
from points.application.services import Services
from points.domain.errors import InvalidRequest, Refusal
from points.domain.ledger.account import Account
from points.domain.ledger.auctions import Standing
from points.domain.ledger.booking import Context, Decision
from points.domain.movements.auctioning import MEMBER_ERASED, call_off, win
from points.domain.program.program import Program


def settle_auction(
    services: Services, program: Program, leader: Account, auction: str, now: datetime, *, actor: str
) -> Decision:
    """The movement that was committed. Where the reward cannot be granted any more, or there is nobody to receive it,
    the bid is released and the auction called off: no points stay held for ever. Raises RaceLost, also where another
    run has been here."""
    standing = services.ledger.standing(program.name, auction)
    if standing is None or not standing.is_held_by(leader):
        raise RaceLost
    context = Context(program, now, actor, fingerprint="")
    try:
        return _committed(services, leader, standing, context)
    except AlreadyBooked as moved:
        raise RaceLost from moved


def _committed(services: Services, leader: Account, standing: Standing, context: Context) -> Decision:
    why = MEMBER_ERASED
    if services.members.profile(standing.program, leader.member) is not None:
        try:
            decision = decided(services, leader, context, lambda account, context: win(account, standing, context))
            services.ledger.commit(decision)
        except (Refusal, InvalidRequest) as refused:
            why = refused.code
        else:
            return decision
    decision = call_off(leader, standing, context, why=why)
    services.ledger.commit(decision)
    return decision
