"""What rules may know of a member, and what is counted about them, as of a moment."""

from datetime import datetime

from points.domain.evaluation.standing import level_of, rank, segment_of
from points.domain.ledger.account import Account
from points.domain.program.conditions import Scalar
from points.domain.program.program import Program


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
