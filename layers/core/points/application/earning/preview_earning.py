"""What would an event pay, and why? Nothing is written (the dry run of R-EARN-8)."""

from dataclasses import dataclass

from points.application.earning.earn_points import decide_earning
from points.application.reading import account_of, with_current_facts
from points.application.services import Services
from points.domain.evaluation.evaluation import Evaluation, evaluate
from points.domain.evaluation.retention import current_counters
from points.domain.ledger.booking import Context, Decision
from points.domain.movements.earning import Event, occurrence_of
from points.domain.program.program import Program


@dataclass(frozen=True, slots=True)
class Preview:
    """The movement that would be booked, and the evaluation it rests on: an entry keeps only some of its reasons."""

    decision: Decision
    evaluation: Evaluation


def preview_earning(services: Services, program: Program, event: Event, *, actor: str) -> Preview:
    """Raises NotFound and what :func:`points.domain.movements.earning.earn` raises. Budgets are taken to be there: that
    one is used up is only known when it is asked for."""
    account = with_current_facts(services, program, account_of(services, program, event.member))
    context = Context(program, services.clock.now(), actor, fingerprint="")
    decision = decide_earning(services, account, event, context)
    occurrence = occurrence_of(account, event, event.occurred_at or context.now, program)
    # The same evaluation as the decision's: it is pure.
    return Preview(decision, evaluate(occurrence, current_counters(account, context), program))
