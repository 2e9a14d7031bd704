"""Auctions as the program offers them and as they stand."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.application.ports import Page
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.ledger.auctions import AuctionState, Standing
from points.domain.movements.bidding import next_bid
from points.domain.program.auctions import Auction
from points.domain.program.program import Program


class Phase(StrEnum):
    """``closed``: nobody can bid any more, and the sweep has not come yet. ``unsold``: closed, and nobody has bid."""

    UPCOMING = "upcoming"
    OPEN = "open"
    CLOSED = "closed"
    UNSOLD = "unsold"
    SETTLED = "settled"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class AuctionView:
    """``offered`` is None where the program has given it up, ``standing`` where nothing has become of it yet.
    ``required`` is the least that the next bid has to be, None where there can be none."""

    name: str
    offered: Auction | None
    standing: Standing | None
    phase: Phase
    required: int | None


def read_auction(services: Services, program: Program, auction: str) -> AuctionView:
    """Raises NotFound."""
    return seen(program, auction, services.ledger.standing(program.name, auction), services.clock.now())


def list_auctions(services: Services, program: Program, *, after: str | None = None, limit: int) -> Page[AuctionView]:
    """Those the program offers, by name. ``next_key`` is the last name of the page."""
    following = sorted(name for name in program.auctions if after is None or name > after)
    page = following[:limit]
    standings = services.ledger.standings(program.name, page) if page else {}
    now = services.clock.now()
    views = [seen(program, name, standings.get(name), now) for name in page]
    return Page(views, page[-1] if len(following) > limit else None)


def seen(program: Program, auction: str, standing: Standing | None, now: datetime) -> AuctionView:
    """Raises NotFound for what neither the program nor the ledger knows."""
    offered = program.auctions.get(auction)
    if offered is None and standing is None:
        raise NotFound(f"there is no auction {auction}", resource="auction")
    phase = _phase(offered, standing, now)
    can_bid = offered is not None and phase in {Phase.UPCOMING, Phase.OPEN}
    required = next_bid(offered, standing) if offered is not None and can_bid else None
    return AuctionView(auction, offered, standing, phase, required)


def _phase(offered: Auction | None, standing: Standing | None, now: datetime) -> Phase:
    if standing is not None and not standing.is_open:
        return Phase.SETTLED if standing.state is AuctionState.SETTLED else Phase.CANCELLED
    closes_at = standing.closes_at if standing is not None else offered.closes_at if offered is not None else now
    if offered is not None and now < offered.opens_at:
        return Phase.UPCOMING
    if now < closes_at and offered is not None:
        return Phase.OPEN
    return Phase.UNSOLD if standing is None else Phase.CLOSED
