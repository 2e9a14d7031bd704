"""What rules may know of a member, and what is counted about them, as of a moment."""

from datetime import datetime, timedelta

from points.domain.calendar import local_day
from points.domain.evaluation.standing import level_of, months_needed_from, rank, segment_of
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.program.conditions import Scalar
from points.domain.program.program import Program
from points.domain.program.streaks import without_old_runs
from points.domain.program.windows import Counters, pruned


def member_facts(account: Account, at: datetime, program: Program) -> dict[str, Scalar]:
    """What conditions may ask about a member and the local time, for events and rewards alike. Tier and segment are
    ranks, 0 for the lowest: the names in a program's conditions have been turned into ranks."""
    facts: dict[str, Scalar] = {
        **{f"member.{name}": value for name, value in account.facts.attributes.items()},
        "real_name_verified": account.facts.real_name_verified,
        "birthday": account.facts.has_birthday(at.date()),
        "weekday": at.isoweekday(),
        "hour": at.hour,
        "day_of_month": at.day,
        "month": at.month,
    }
    if program.tiers is not None:
        facts["tier"] = rank(program.tiers, level_of(program.tiers, account.tier))
    if program.segments is not None and (segment := segment_of(account.counters, program, at.date())) is not None:
        facts["segment"] = program.segments.levels.index(segment)
    return facts


def current_counters(account: Account, context: Context) -> Counters:
    """The account's counters without the windows nothing can happen in any more."""
    # By the moment, as an event's age is checked: where clocks went forward, that is a day earlier than by the date.
    earliest = context.now - timedelta(days=context.program.backdating_days)
    needed_from = local_day(earliest, context.program.zone)
    months = months_needed_from(context.program, context.today)
    return without_old_runs(pruned(account.counters, needed_from=needed_from, months_needed_from=months), needed_from)
