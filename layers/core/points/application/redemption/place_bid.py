"""A bid in an auction: its points held, whoever led released, and how the auction stands, in one transaction
(R-RED-6)."""

from points.application.movement import Booked, Request, perform
from points.application.ports import RaceLost
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.auctions import Standing, hold_name
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.usage import Usage, Used
from points.domain.movements.bidding import Bid, bid
from points.domain.program.program import Program


def place_bid(services: Services, program: Program, request: Bid, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.bidding.bid` raises. Who loses the race to a higher bid is told so:
    each attempt begins with how the auction stands by then."""

    def decide(account: Account, context: Context) -> Decision:
        standing = services.ledger.standing(program.name, request.auction)
        leader = _leader(services, account, request.auction, standing)
        usage = _usage(services, program, request)
        return bid(account, request, context, standing=standing, leader=leader, usage=usage)

    name = EntryName(Kind.BID, request.reference)
    return perform(services, Request(program, request.member, name, actor, request), decide)


def _leader(services: Services, account: Account, auction: str, standing: Standing | None) -> Account | None:
    """The account of who leads, where that is somebody else. Raises RaceLost where the accounts and the auction were
    read at moments that do not belong together."""
    leads = standing is not None and standing.is_held_by(account)
    if leads != (hold_name(auction) in account.holds):
        raise RaceLost
    if leads or standing is None or not standing.is_open or standing.leader is None:
        return None
    leader = services.ledger.account(account.program, standing.leader)
    if leader is None or not standing.is_held_by(leader):
        raise RaceLost
    return leader


def _usage(services: Services, program: Program, request: Bid) -> Usage | None:
    auction = program.auctions.get(request.auction)
    if auction is None or not auction.limits:
        return None
    return services.ledger.usage(program.name, request.member, Used.AUCTION, request.auction)
