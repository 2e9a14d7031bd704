"""Where a member stands: tier and segment, from what is counted per month about them (R-TIER).

Counters of owner ``~earned`` hold points, of ``~spend`` minor units of core behaviours' amounts; per month, or for a
lifetime where a program counts that. Points given back by a refund are taken out of the month they were earned in.
A tier rises in the movement that reaches the next threshold and never falls by spending: only a review at the end
of a period takes it down. A program that begins to count in another way counts from then on.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from points.domain.calendar import add_months, compact, month_end
from points.domain.canonical import Plain
from points.domain.ledger.account import Account, Tier
from points.domain.ledger.booking import Context
from points.domain.program.program import Program
from points.domain.program.segments import Segment
from points.domain.program.tiers import Level, StepDown, TierMetric, Tiers
from points.domain.program.windows import Counters

EARNED: Final = "~earned"
SPEND: Final = "~spend"
_OWNERS: Final = {TierMetric.POINTS: EARNED, TierMetric.SPEND: SPEND}


@dataclass(frozen=True, slots=True)
class TierChange:
    """From ``since`` on the member's tier is ``tier``, because of the entry ``seq``."""

    tier: str
    since: date
    seq: int


def tier_change(before: Account, after: Account, *, seq: int) -> TierChange | None:
    """What a movement changed about a tier, None for nothing; kept beside the account as the member's tier history.
    ``seq`` is that of the entry that did it: others of the movement may follow it."""
    if after.tier is None or (before.tier is not None and before.tier.name == after.tier.name):
        return None
    return TierChange(after.tier.name, after.tier.since, seq)


def tier_details(before: Account, after: Account) -> dict[str, Plain]:
    """What an entry says of the tier it led to; nothing where that is the one there was."""
    if after.tier is None or after.tier == before.tier:
        return {}
    review_on = after.tier.review_on
    return {
        "tier": after.tier.name,
        "since": after.tier.since.isoformat(),
        **({} if review_on is None else {"review_on": review_on.isoformat()}),
    }


def counted(counters: Counters, program: Program, *, day: date, points: int, spend_minor: int = 0) -> Counters:
    """The counters with what an event of that day adds for tiers and segments."""
    additions = {EARNED: points, SPEND: spend_minor}
    result = dict(counters)
    for owner, lifetime in _needed(program):
        if additions[owner]:
            key = _key(owner, day, lifetime=lifetime)
            result[key] = result.get(key, 0) + additions[owner]
    return result


def stood(account: Account, context: Context, *, occurred_on: date, points: int, spend_minor: int = 0) -> Account:
    """The account with what was earned or spent counted, and the tier it has risen to by that."""
    program = context.program
    counters = counted(account.counters, program, day=occurred_on, points=points, spend_minor=spend_minor)
    tier = account.tier
    if program.tiers is not None:
        tier = risen(tier, counters, program.tiers, occurred_on=occurred_on, today=context.today)
    return replace(account, counters=counters, tier=tier)


def counted_back(
    counters: Counters,
    decided: Program,
    *,
    day: date,
    points: int,
    spend_minor: int = 0,
    bonuses: int = 0,
) -> Counters:
    """The counters without what a refund takes back of an event of that day. ``decided`` is the program under which
    the event was counted: what that counted is taken away, whatever the live version counts, as an earlier version may
    be live again. ``bonuses`` are points that other events, of
    whatever day, may have been paid for the same task."""
    reductions = {EARNED: points, SPEND: spend_minor}
    result = dict(counters)
    for owner, lifetime in sorted(_needed(decided)):
        own = _key(owner, day, lifetime=lifetime)
        # A month that is not looked back upon any more has nothing left to be taken out of.
        _lower(result, [own], reductions[owner])
        if owner == EARNED:
            months = sorted((key for key in result if key.startswith(f"{owner}/mM")), reverse=True)
            _lower(result, [own, *([] if lifetime else months)], bonuses)
    return result


def _lower(counters: dict[str, int], keys: Iterable[str], by: int) -> None:
    """One after the other, none below nothing."""
    for key in keys:
        taken = min(by, counters.get(key, 0))
        by -= taken
        if left := counters.pop(key, 0) - taken:
            counters[key] = left


def months_needed_from(program: Program, day: date) -> date:
    """The first day of the oldest month that tiers, their review and segments still look back upon."""
    months = [
        12 + (program.tiers.months or 0) if program.tiers else 0,
        program.segments.months if program.segments else 0,
    ]
    return add_months(day.replace(day=1), -max(months) - 1)


def level_of(tiers: Tiers, tier: Tier | None) -> Level:
    """The level a member has: the lowest one for those who never rose, or whose level the program has dropped."""
    if tier is not None:
        for level in tiers.levels:
            if level.is_called(tier.name):
                return level
    return tiers.levels[0]


def rank(tiers: Tiers, level: Level) -> int:
    return tiers.levels.index(level)


def metric(counters: Counters, tiers: Tiers, day: date) -> int:
    """What counts towards a tier as of ``day``: points or minor units, in the program's window."""
    owner = _OWNERS[tiers.metric]
    if tiers.months is None:
        return counters.get(f"{owner}/mL", 0)
    months = day.month if tiers.calendar_year else tiers.months
    return _sum_of_months(counters, owner, day, months)


def reached(counters: Counters, tiers: Tiers, day: date) -> Level:
    """The highest level whose threshold the metric has reached."""
    value = metric(counters, tiers, day)
    return max((level for level in tiers.levels if level.threshold <= value), key=lambda level: level.threshold)


def risen(tier: Tier | None, counters: Counters, tiers: Tiers, *, occurred_on: date, today: date) -> Tier | None:
    """The tier after a movement: higher where the next threshold is reached, else as it was.

    Reached on any day from the event's own: one of 31 December that arrives on 2 January completes the year it belongs
    to.
    """
    days = _month_ends(occurred_on, max(today, occurred_on))
    level = max((reached(counters, tiers, day) for day in days), key=lambda each: each.threshold)
    held = level_of(tiers, tier)
    if rank(tiers, level) > rank(tiers, held):
        return Tier(level.name, today, next_review(tiers, today))
    return to_be_reviewed(tier, tiers, today)


def to_be_reviewed(tier: Tier | None, tiers: Tiers, today: date) -> Tier | None:
    """The tier with a day for its first review, where it is from a time when there were none. Any movement brings it:
    what was given for a lifetime stays until its member does something."""
    if tier is None or tier.review_on is not None or not rank(tiers, level_of(tiers, tier)):
        return tier
    return replace(tier, review_on=next_review(tiers, today))


def next_review(tiers: Tiers, day: date) -> date | None:
    """The first review day after ``day``: a year's end plus the days of grace. A lifetime is never reviewed."""
    if tiers.months is None:
        return None
    review = date(day.year, 1, 1) + timedelta(days=tiers.grace_days)
    while review <= day:
        review = date((review - timedelta(days=tiers.grace_days)).year + 1, 1, 1) + timedelta(days=tiers.grace_days)
    return review


def reviewed(tier: Tier, counters: Counters, tiers: Tiers, today: date) -> Tier:
    """The tier after its review: kept where the period that ended reached it, else down as the program says.

    The period is the one that ended with the year before the review day, whatever the days of grace were when that day
    was set; what was earned in the days of grace counts as well, which is what grace is for. A tier that is for a
    lifetime by now is kept, and the lowest has nothing to be reviewed for.
    """
    held = level_of(tiers, tier)
    if tiers.months is None or rank(tiers, held) == 0:
        return Tier(held.name, tier.since)
    review_on = tier.review_on or today
    ended = date(review_on.year - 1, 12, 31)
    # Up to the review day, however late the review runs: a run that is made up for decides as the one that was missed.
    last_day = min(today, review_on - timedelta(days=1))
    value = max(metric(counters, tiers, ended), _with_grace(counters, tiers, ended, last_day))
    earned = max((level for level in tiers.levels if level.threshold <= value), key=lambda level: level.threshold)
    upcoming = next_review(tiers, max(today, review_on))
    if rank(tiers, earned) > rank(tiers, held):
        # Possible where a threshold has come down since: rising is otherwise the movements' own doing.
        return Tier(earned.name, today, upcoming)
    if earned is held:
        return Tier(held.name, tier.since, upcoming)
    lower = earned
    if tiers.step_down is StepDown.ONE_LEVEL:
        lower = tiers.levels[rank(tiers, held) - 1]
    return Tier(lower.name, today, upcoming if rank(tiers, lower) else None)


def segment_of(counters: Counters, program: Program, day: date) -> Segment | None:
    """By core spend over the segment window; None where the program has no segments."""
    if program.segments is None:
        return None
    value = _sum_of_months(counters, SPEND, day, program.segments.months)
    reached_levels = (level for level in program.segments.levels if level.threshold <= value)
    return max(reached_levels, key=lambda level: level.threshold)


def _with_grace(counters: Counters, tiers: Tiers, ended: date, today: date) -> int:
    if not tiers.grace_days or tiers.months is None:
        return 0
    grace_months = (today.year - ended.year) * 12 + today.month - ended.month
    return _sum_of_months(counters, _OWNERS[tiers.metric], today, tiers.months + grace_months)


def _needed(program: Program) -> set[tuple[str, bool]]:
    """Which owners are counted, and whether for a lifetime rather than by month."""
    needed = set()
    if program.tiers is not None:
        needed.add((_OWNERS[program.tiers.metric], program.tiers.months is None))
    if program.segments is not None:
        needed.add((SPEND, False))
    return needed


def _sum_of_months(counters: Mapping[str, int], owner: str, day: date, months: int) -> int:
    """Over the month of ``day`` and those before it, ``months`` in all. Keys of one owner are in the order of time."""
    first = _month_key(owner, add_months(day.replace(day=1), 1 - months))
    last = _month_key(owner, day)
    return sum(count for key, count in counters.items() if first <= key <= last)


def _month_ends(first: date, last: date) -> Iterator[date]:
    """``last``, and the last day of each month before it from that of ``first`` on."""
    day = month_end(first)
    while day < last:
        yield day
        day = month_end(add_months(day.replace(day=1), 1))
    yield last


def _key(owner: str, day: date, *, lifetime: bool) -> str:
    return f"{owner}/mL" if lifetime else _month_key(owner, day)


def _month_key(owner: str, day: date) -> str:
    return f"{owner}/mM{compact(day.replace(day=1))}"
