"""A play of a draw: its cost and its prize in one transaction (R-RED-5).

What is drawn is decided before anybody knows whether there is any of it left. Where there is none, the commit says so,
which is true of one moment, and the play is decided again with what the program gives in its place.
"""

from points.application.movement import Booked, Request, perform
from points.application.services import Services
from points.domain.errors import OutOfStock
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.usage import Used
from points.domain.movements.playing import Play, play
from points.domain.program.program import Program


def play_draw(services: Services, program: Program, request: Play, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.playing.play` raises, and OutOfStock where the program has nothing to
    give in the place of what has run out."""
    gone: set[str] = set()
    drawn = ""

    def decide(account: Account, context: Context) -> Decision:
        nonlocal drawn
        # The seed last, each time anew: once the draw is closed, nothing may be decided by it any more.
        usage = services.ledger.usage(program.name, account.member, Used.DRAW, request.draw)
        seed = services.draws.seed(program.name, request.draw)
        decision = play(account, request, context, seed=seed, usage=usage, gone=gone)
        drawn = str(decision.entry.details["prize"])
        return decision

    name = EntryName(Kind.PLAY, request.reference)
    while True:
        drawn = ""
        try:
            return perform(services, Request(program, request.member, name, actor, request), decide)
        except OutOfStock:
            # Each round finds another prize gone, and there are only so many.
            if not drawn or drawn in gone:
                raise
            gone.add(drawn)
