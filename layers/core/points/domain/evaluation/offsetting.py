"""How many points may pay for an order, and which rule says so; and what a member has used of them today.

Rules are looked at in the order of :class:`LimitedBy`: first what keeps points from being used at all, then what sums
an order takes, then how many of them the order, the day and the balance allow. Each leaves as many points as those
before it or fewer, and the last that left fewer is named: so each question has one answer. What the order, the day and
the balance leave is again a sum that an order takes: of a share of 1,666 points in steps of 1,000 that is 1,000, and
the share is named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from points.domain.calendar import compact
from points.domain.errors import InvalidRequest
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, refuse_if_frozen
from points.domain.program.offsets import OffsetRules, worth
from points.domain.program.program import Program
from points.domain.program.windows import Counters

OFFSET: Final = "~offset"
"""The owner of the counters of points captured for orders, by the day on which they were held."""

_COUNTED_DAYS: Final = timedelta(days=1)
"""A day's counter is kept for the day after it, for clocks that differ."""


class LimitedBy(StrEnum):
    """In the order in which rules are looked at."""

    MINIMUM_ORDER = "minimum_order"
    REAL_NAME_REQUIRED = "real_name_required"
    MINIMUM_POINTS = "minimum_points"
    STEP = "step"
    MAXIMUM_SHARE = "maximum_share"
    DAILY_CAP = "daily_cap"
    BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Quote:
    """``points`` may be used and are worth ``discount`` minor units. ``limited_by`` None: all that were asked for."""

    points: int
    discount: int
    limited_by: LimitedBy | None


def rules_of(program: Program) -> OffsetRules:
    """Raises InvalidRequest where points pay for no order."""
    if program.offset is None:
        raise InvalidRequest("the program has no offset: points pay no part of an order")
    return program.offset


def quote(account: Account, order: int, points: int | None, context: Context) -> Quote:
    """For an order in minor units: the most of ``points`` that may be used, or of all the member has. Raises
    InvalidRequest (the program has no such thing) and MemberFrozen."""
    program, rules = context.program, rules_of(context.program)
    refuse_if_frozen(account, Activity.REDEEMING)
    left, limited_by = points, None
    for rule, most in _limits(account, order, points, context, rules):
        if left is None or most < left:
            left, limited_by = most, rule
    assert left is not None  # noqa: S101 - the share and the balance limit whatever there is
    return Quote(left, worth(left, program.ratio, program.currency), limited_by)


def _limits(
    account: Account, order: int, points: int | None, context: Context, rules: OffsetRules
) -> Iterator[tuple[LimitedBy, int]]:
    """How many points each rule would leave, those that say nothing of this order left out."""
    program = context.program
    least = rules.least(program.ratio, program.currency)
    if order < rules.minimum_order:
        yield LimitedBy.MINIMUM_ORDER, 0
    if rules.real_name_only and not account.facts.real_name_verified:
        yield LimitedBy.REAL_NAME_REQUIRED, 0
    if points is not None:
        yield LimitedBy.MINIMUM_POINTS, points if points >= least else 0
        yield LimitedBy.STEP, points - points % rules.step
    share = rules.share_of(order, program.ratio, program.currency)
    yield LimitedBy.MAXIMUM_SHARE, rules.usable(share, least=least)
    if rules.points_per_day is not None:
        day = max(0, rules.points_per_day - used_on(account, context))
        yield LimitedBy.DAILY_CAP, rules.usable(day, least=least)
    available = account.balance(context.now, program.zone).available
    yield LimitedBy.BALANCE, rules.usable(available, least=least)


# ── what a day has seen ──────────────────────────────────────────────────────────────────────────────────────────────


def used_on(account: Account, context: Context) -> int:
    """Points of today that are held for orders, and those of today's holds that were captured. Holds that were let go,
    be it by time alone, are not there any more, so nobody has to give their points back to the day."""
    settled = account.settled(context.now, context.program.zone)
    held = sum(hold.points for hold in settled.holds.values() if hold.offset_on == context.today)
    return held + account.counters.get(_key(context.today), 0)


def counted_for_order(counters: Counters, points: int, *, held_on: date, today: date) -> Counters:
    """With ``points`` captured, or given back again (below nothing), of what was held on a day: where that day is over,
    nothing is asked of it any more. Counted whether or not the program has a cap now, so that one that comes today
    knows what was used today."""
    if not is_counted(held_on, today):
        return counters
    key = _key(held_on)
    count = max(0, counters.get(key, 0) + points)
    others: Mapping[str, int] = {name: each for name, each in counters.items() if name != key}
    return {**others, key: count} if count else others


def is_counted(day: date, today: date) -> bool:
    """Whether what was used on that day may still be asked for."""
    return day >= today - _COUNTED_DAYS


def _key(day: date) -> str:
    return f"{OFFSET}/pD{compact(day)}"
