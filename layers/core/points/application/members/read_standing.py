"""Where a member stands: tier and how it came about, segment, tasks and streaks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from points.application.ports import Page
from points.application.reading import account_of
from points.application.services import Services
from points.domain.calendar import local_day
from points.domain.evaluation.progress import StreakProgress, TaskProgress, streak_progress, task_progress
from points.domain.evaluation.standing import TierChange, level_of, metric, rank, segment_of
from points.domain.ledger.account import Account, Tier
from points.domain.program.program import Program
from points.domain.program.segments import Segment
from points.domain.program.tiers import Level


@dataclass(frozen=True, slots=True)
class Progress:
    tasks: Sequence[TaskProgress]
    streaks: Sequence[StreakProgress]


@dataclass(frozen=True, slots=True)
class Standing:
    """``metric`` in points or minor units, as the program counts for tiers; ``next_level`` None at the top. Where the
    program has no tiers, there is no level and nothing is counted."""

    level: Level | None = None
    tier: Tier | None = None
    metric: int | None = None
    next_level: Level | None = None
    segment: Segment | None = None


def read_progress(services: Services, program: Program, member: str) -> Progress:
    """Raises NotFound."""
    account = account_of(services, program, member)
    at = services.clock.now().astimezone(program.zone)
    return Progress(task_progress(account, program, at), streak_progress(account, program, at.date()))


def read_standing(services: Services, program: Program, member: str) -> Standing:
    """Raises NotFound."""
    account = account_of(services, program, member)
    return standing_of(account, program, local_day(services.clock.now(), program.zone))


def standing_of(account: Account, program: Program, today: date) -> Standing:
    segment = segment_of(account.counters, program, today)
    if program.tiers is None:
        return Standing(segment=segment)
    level = level_of(program.tiers, account.tier)
    higher = program.tiers.levels[rank(program.tiers, level) + 1 :]
    # A level the program has dropped since says nothing about the one the member has instead.
    tier = account.tier if account.tier is not None and level.is_called(account.tier.name) else None
    return Standing(
        level=level,
        tier=tier,
        metric=metric(account.counters, program.tiers, today),
        next_level=higher[0] if higher else None,
        segment=segment,
    )


def list_tier_changes(
    services: Services, program: Program, member: str, *, before_seq: int | None, limit: int
) -> Page[TierChange]:
    """The member's tier history, newest first. Raises NotFound."""
    account_of(services, program, member)
    return services.ledger.tier_changes(program.name, member, before_seq=before_seq, limit=limit)
