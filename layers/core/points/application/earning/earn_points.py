"""A member did something: pay what the program says it is worth (R-EARN)."""

from collections.abc import Collection

from points.application.movement import Booked, Request, perform
from points.application.ports import BudgetExhausted
from points.application.reading import account_of
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import EntryName, Kind
from points.domain.movements.earning import Event, earn
from points.domain.movements.referring import due_referrer
from points.domain.program.program import Program


def earn_points(services: Services, program: Program, event: Event, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.earning.earn` and :func:`points.application.movement.perform`
    raise."""
    request = Request(program, event.member, EntryName(Kind.EARN, event.reference), actor, event)
    exhausted: set[str] = set()
    while True:
        try:
            return perform(
                services, request, lambda account, context: decide_earning(services, account, event, context, exhausted)
            )
        except BudgetExhausted as budget:
            # Decided again without that campaign: each round takes one campaign out, so this ends.
            exhausted.add(budget.campaign)


def decide_earning(
    services: Services, account: Account, event: Event, context: Context, exhausted: Collection[str] = ()
) -> Decision:
    """The movement an event would be now, its referrer's with it. Raises what :func:`earn` raises, and NotFound."""
    referrer = due_referrer(account, event.behaviour, context)
    return earn(
        account,
        event,
        context,
        referrer=None if referrer is None else account_of(services, context.program, referrer),
        exhausted=exhausted,
    )
