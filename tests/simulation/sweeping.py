"""What sweeps go by in a simulated world: fewer shards than there are, or most messages would find nothing; and what
they must have left nothing of.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from points.adapters.dynamodb import keys, members
from points.adapters.dynamodb.models import AccountItem
from points.application import sweeping
from points.application.reminders import retime_program
from points.domain.ledger import lots as lot
from tests.simulation.checker import Violation
from tests.simulation.dynamodb import Engine
from tests.simulation.reminding import ZONE, is_quiet

_DIRECTORY: Final = 2


@contextmanager
def few(shards: int, together: int) -> Iterator[None]:
    """So many shards of the timer indexes, and so many accounts that are read at once."""
    instead: list[tuple[Any, str, int]] = [
        *((module, "TIMER_SHARDS", shards) for module in (keys, sweeping)),
        *((module, "DIRECTORY_SHARDS", _DIRECTORY) for module in (keys, members, retime_program)),
        (sweeping, "_ACCOUNTS", together),
        (retime_program, "_MEMBERS", together),
    ]
    kept = [getattr(module, name) for module, name, _ in instead]
    for module, name, value in instead:
        setattr(module, name, value)
    try:
        yield
    finally:
        for (module, name, _), value in zip(instead, kept, strict=True):
            setattr(module, name, value)


def left_waiting(engine: Engine, moment: datetime) -> Iterator[Violation]:
    """What is due, or has come and not been done, after a run of that moment that nothing went wrong with."""
    today = moment.astimezone(ZONE).date()
    for (_, sk), item in engine.items.items():
        if sk != keys.ACCOUNT:
            continue
        account = AccountItem.read(item).account()
        review_on = None if account.tier is None else account.tier.review_on
        past: dict[str, Sequence[object]] = {
            "lots": [name for name in account.lots if lot.first_date(name) < today],
            "pending": [name for name in account.pending if lot.first_date(name) <= today],
            "holds": [name for name, hold in account.holds.items() if hold.expires_at <= moment],
            "review": [review_on] if review_on is not None and review_on <= today else [],
            "due": _come(account.due_at, moment),
            "remind": [] if is_quiet(moment) else _come(account.remind_at, moment),
        }
        for what, left in past.items():
            if left:
                yield Violation(f"{what} {left} are left after the run of {moment}", account.member, account.seq)


def _come(timer: datetime | None, moment: datetime) -> list[datetime]:
    return [timer] if timer is not None and timer <= moment else []
