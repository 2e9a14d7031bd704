"""An order that nobody has paid in time, cancelled: found by the due timer of its member's account."""

from dataclasses import replace
from datetime import datetime

from points.application.movement import Cancellation, fingerprint_of
from points.application.pools import of_time_with_pools
from points.application.ports import AlreadyBooked, RaceLost
from points.application.reading import decided, usage_of_reward
from points.application.services import Services
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.orders import OrderState, order_of
from points.domain.movements.paying import time_out
from points.domain.program.program import Program


def time_out_order(
    services: Services, program: Program, stored: Account, order: str, now: datetime, *, actor: str
) -> Decision:
    """The movement that was committed. It is the order's one cancellation: whoever cancels it after that is answered
    with this. Raises RaceLost, also where another run, or a payment, has been here."""
    entries = services.ledger.order_entries(program.name, stored.member, order)
    if not entries:
        raise AssertionError(f"points are held for the order {order}, which was never placed")
    found = order_of(entries)
    if found.state is not OrderState.AWAITING_PAYMENT:
        raise RaceLost
    usage = None
    if entries[0].details.get("counted"):
        usage = usage_of_reward(services, program, stored.member, found.reward)
    context = Context(program, now, actor, fingerprint_of(Cancellation(stored.member, order)))
    decision = decided(
        services, stored, context, lambda account, context: time_out(account, entries, context, usage=usage)
    )
    decision = of_time_with_pools(services, decision, stored, context)
    try:
        services.ledger.commit(replace(decision, before=stored))
    except AlreadyBooked as moved:
        raise RaceLost from moved
    return decision
