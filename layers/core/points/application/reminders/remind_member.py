"""One member's notices kept, and their next reminder set: whoever reads the table's stream tells the world of them."""

from datetime import datetime

from points.application.movement import persistently
from points.application.ports import MAX_NOTICES, Timer
from points.application.reading import account_of
from points.application.services import Services
from points.domain.ledger.account import Account, reader_of
from points.domain.program.program import Program
from points.domain.reminding.notices import Notice
from points.domain.reminding.owing import is_quiet, owed


def remind_member(
    services: Services, program: Program, member: str, now: datetime, *, read: Account | None = None
) -> tuple[Notice, ...]:
    """The notices that were owed. ``read`` is the account as it was read a moment ago, if it was. Whoever opted out or
    was erased is owed nothing, nor is a pool whose owner was or did; in the quiet hours nobody is told. Raises
    NotFound, Conflict, Throttled and LedgerUnavailable."""
    if is_quiet(program, now):
        return ()
    at_hand = [read] if read is not None else []

    def attempt() -> tuple[Notice, ...]:
        account = at_hand.pop() if at_hand else account_of(services, program, member)
        if account.remind_at is None or account.remind_at > now:
            return ()
        found = owed(account, program, now, limit=MAX_NOTICES)
        if found.notices:
            profile = services.members.profile(program.name, reader_of(account))
            if profile is None or profile.opt_out:
                found = owed(account, program, now, silent=True, limit=MAX_NOTICES)
        if found.notices:
            services.notices.put(account, found.notices, remind_at=found.remind_at)
        else:
            services.timers.set(Timer.REMIND, account, found.remind_at)
        return tuple(found.notices)

    return persistently(services, attempt)
