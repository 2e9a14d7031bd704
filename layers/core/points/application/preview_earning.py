"""What would an event pay, and why? Nothing is written (the dry run of R-EARN-8)."""

from points.application.reading import account_of
from points.application.services import Services
from points.domain.booking import Context, Decision
from points.domain.earning import Event, earn
from points.domain.program import Program


def preview_earning(services: Services, program: Program, event: Event, *, actor: str) -> Decision:
    """The movement that would be booked. Raises NotFound and what :func:`points.domain.earning.earn` raises."""
    account = account_of(services, program, event.member)
    return earn(account, event, Context(program, services.clock.now(), actor, fingerprint=""))
