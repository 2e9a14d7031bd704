"""Monthly packs: what a tier gives its members on the first day of each month (R-TIER-1).

The account knows the day of the next one. It is the first of the month after the one in which the member reached such
a tier: no pack in a month that has begun. Whoever has done nothing for a year is given none until they do something
again, so that nobody's history grows for ever by itself.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from points.domain.calendar import add_months
from points.domain.ledger.account import Account
from points.domain.program.program import Program
from points.domain.program.tiers import PackItem

ACTIVE_DAYS: Final = 365
"""So long after the last activity packs are still given."""


def pack_of(account: Account, program: Program) -> Sequence[PackItem]:
    """What the member's tier gives each month, nothing for most. Of rewards the program still has."""
    if program.tiers is None or account.tier is None:
        return ()
    name = account.tier.name
    pack = next((level.monthly_pack for level in program.tiers.levels if level.is_called(name)), ())
    return [item for item in pack if item.reward in program.rewards]


def pack_day(account: Account, program: Program, today: date) -> date | None:
    """The day of the next pack, as of a movement on ``today``. One that has come stays until the sweep gives it."""
    if not pack_of(account, program):
        return None
    if account.pack_on is not None:
        return account.pack_on
    return first_of_next_month(today) if is_active(account, today) else None


def is_active(account: Account, today: date) -> bool:
    return account.active_on is not None and account.active_on >= today - timedelta(days=ACTIVE_DAYS)


def first_of_next_month(day: date) -> date:
    return add_months(day.replace(day=1), 1)


def month_of(day: date) -> str:
    """The name a pack has for ever: ``2026-12``."""
    return f"{day.year:04d}-{day.month:02d}"
