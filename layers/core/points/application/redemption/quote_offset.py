"""How many points may pay for an order, and what they are worth (R-RED-4). Reads only."""

from dataclasses import dataclass

from points.application.pools import with_lent
from points.application.reading import account_of, with_current_facts
from points.application.services import Services
from points.domain.evaluation.offsetting import Quote, quote
from points.domain.ledger.booking import Context
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """``order_amount`` is a decimal string; ``points`` None asks for as many as may be used."""

    member: str
    order_amount: str
    points: int | None = None


def quote_offset(services: Services, program: Program, request: QuoteRequest, *, actor: str) -> Quote:
    """What a hold for that order would take now; a risk rule may still refuse the hold. Raises NotFound,
    InvalidRequest and MemberFrozen."""
    order = program.currency.minor_units(request.order_amount, path="/order_amount")
    account = with_current_facts(services, program, account_of(services, program, request.member))
    context = Context(program, services.clock.now(), actor, fingerprint="")
    return quote(with_lent(services, context, account), order, request.points, context)
