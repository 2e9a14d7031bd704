"""A member did something: pay what the program says it is worth (R-EARN)."""

from collections.abc import Collection
from typing import Final

from points.application.movement import Booked, Request, perform
from points.application.ports import BudgetExhausted
from points.application.reading import account_of
from points.application.services import Services
from points.domain.errors import Conflict, InvalidRequest, PointsError, ReferenceReused, Refusal
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, TakeBudget
from points.domain.ledger.entries import EntryName, Kind
from points.domain.ledger.refusals import RefusedEvent
from points.domain.movements.earning import Event, earn
from points.domain.movements.referring import due_referrer
from points.domain.program.program import Program


def earn_points(services: Services, program: Program, event: Event, *, actor: str) -> Booked:
    """Raises what :func:`points.domain.movements.earning.earn` and :func:`points.application.movement.perform`
    raise. An event that is refused for what it is, or for what the ledger holds, is kept beside the account."""
    request = Request(program, event.member, EntryName(Kind.EARN, event.reference), actor, event)
    exhausted: set[str] = set()

    def decide(account: Account, context: Context) -> Decision:
        while True:
            decision = decide_earning(services, account, event, context, exhausted)
            if not (spent := _known_to_be_spent(services, program, decision)):
                return decision
            exhausted.update(spent)

    while True:
        try:
            return perform(services, request, decide)
        except BudgetExhausted as budget:
            # Decided again without that campaign: each round takes one campaign out, so this ends.
            services.spent_budgets.note(program, budget.campaign, budget.points)
            exhausted.add(budget.campaign)
        except (Refusal, InvalidRequest) as refusal:
            if not isinstance(refusal, _NOT_OF_THE_EVENT):
                services.ledger.keep_refused(_refused(services, program, event, refusal))
            raise


_NOT_OF_THE_EVENT: Final = (Conflict, ReferenceReused)
"""Refusals that say nothing about what happened: it may be booked yet, or has been."""


def _refused(services: Services, program: Program, event: Event, refusal: PointsError) -> RefusedEvent:
    declared = program.event_attributes
    fitting = {
        name: value
        for name, value in sorted(event.attributes.items())
        if name in declared and not declared[name].problem(value)
    }
    return RefusedEvent(
        program=program.name,
        member=event.member,
        reference=event.reference,
        at=services.clock.now(),
        code=refusal.code,
        behaviour=event.behaviour if event.behaviour in program.behaviours else "",
        program_version=program.version,
        amount=event.amount,
        quantity=event.quantity,
        occurred_at=event.occurred_at,
        attributes=fitting,
    )


def _known_to_be_spent(services: Services, program: Program, decision: Decision) -> set[str]:
    """Campaigns whose budgets had not so much left moments ago: asking each of them again would cost a transaction."""
    return {
        effect.campaign.name
        for effect in decision.effects
        if isinstance(effect, TakeBudget) and services.spent_budgets.spent(program, effect.campaign.name, effect.points)
    }


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
