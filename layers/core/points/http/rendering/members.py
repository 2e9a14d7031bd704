"""A member: profile, balance, standing. Amounts are shown in the program's currency."""

from collections.abc import Iterable, Mapping
from datetime import date

from points.application.members.read_member import MemberView
from points.application.members.read_standing import Progress, Standing, standing_of
from points.application.pools import PoolShare
from points.domain.calendar import local_day, utc_text
from points.domain.canonical import Plain
from points.domain.evaluation.progress import StreakProgress, TaskProgress
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.entitlements import Entitlement
from points.domain.ledger.members import Profile
from points.domain.program.program import Program
from points.domain.program.tasks import Counted
from points.domain.program.tiers import TierMetric
from points.http.edge.answering import Json
from points.http.rendering.movements import balance_body


def expiring_body(expiring: Iterable[tuple[date, int]]) -> list[Plain]:
    return [{"on": day.isoformat(), "points": points} for day, points in expiring]


def member_body(view: MemberView, program: Program, titles: Mapping[str, str | None]) -> Json:
    """``titles`` are those of what the member has, by reward."""
    account = view.account
    standing = standing_of(account, program, local_day(view.as_of, program.zone))
    return {
        "member": account.member,
        "status": "frozen" if account.frozen else "active",
        "frozen": sorted(activity.value for activity in account.frozen),
        "tier": None if standing.level is None else standing.level.name,
        "segment": None if standing.segment is None else standing.segment.name,
        "profile": profile_body(view.profile),
        "balance": balance_body(account.balance(view.as_of, program.zone)),
        "pool": share_body(view.pool),
        "badges": [_entitled_body(each, titles) for each in view.entitlements if each.until is None],
        "memberships": [
            {**_entitled_body(each, titles), "until": each.until.isoformat()}
            for each in view.entitlements
            if each.until is not None
        ],
        "as_of": utc_text(view.as_of),
    }


def share_body(share: PoolShare | None) -> Json | None:
    return None if share is None else {"pool": share.pool, "available": share.available}


def _entitled_body(entitlement: Entitlement, titles: Mapping[str, str | None]) -> Json:
    return {
        "reward": entitlement.reward,
        "title": titles.get(entitlement.reward),
        "since": entitlement.since.isoformat(),
        "order": entitlement.order,
    }


def profile_body(profile: Profile) -> Json:
    return {
        "locale": profile.locale,
        "birthday": None if profile.birthday is None else profile.birthday.isoformat(),
        "real_name_verified": profile.real_name_verified,
        "email": profile.email,
        "phone": profile.phone,
        "attributes": dict(profile.attributes),
        "opt_out": profile.opt_out,
        "exchange_opt_out": profile.exchange_opt_out,
    }


def progress_body(progress: Progress, program: Program) -> Json:
    return {
        "tasks": [_task_body(task, program) for task in progress.tasks],
        "streaks": [_streak_body(streak) for streak in progress.streaks],
    }


def _task_body(task: TaskProgress, program: Program) -> Json:
    in_money = task.task.counted is Counted.AMOUNT
    return {
        "task": task.task.name,
        "counts": task.task.counted.value,
        "progress": _figure(task.progress, program, in_money=in_money),
        "target": _figure(task.task.target, program, in_money=in_money),
        "paid": task.paid,
        "points": task.task.points,
        "per": task.task.window.value,
        "ends_on": None if task.ends_on is None else task.ends_on.isoformat(),
    }


def _streak_body(streak: StreakProgress) -> Json:
    return {
        "rule": streak.rule,
        "days": streak.days,
        "counted_today": streak.counted_today,
        "next_points": streak.next_points,
    }


def standing_body(standing: Standing, program: Program) -> Json:
    since = None if standing.tier is None else standing.tier.since
    review_on = None if standing.tier is None else standing.tier.review_on
    return {
        "tier": None if standing.level is None else standing.level.name,
        "since": None if since is None else since.isoformat(),
        "review_on": None if review_on is None else review_on.isoformat(),
        "metric": _metric(standing.metric, program),
        "next": _next_body(standing, program),
        "segment": None if standing.segment is None else standing.segment.name,
    }


def _next_body(standing: Standing, program: Program) -> Json | None:
    if standing.next_level is None:
        return None
    threshold = standing.next_level.threshold
    return {
        "tier": standing.next_level.name,
        "threshold": _metric(threshold, program),
        # A review has taken down who no longer reaches it, never who does: a little may be missing, or nothing.
        "missing": _metric(max(0, threshold - (standing.metric or 0)), program),
    }


def _metric(value: int | None, program: Program) -> Plain:
    """Points, or a decimal string where tiers go by spend; None where nothing is counted for tiers."""
    if value is None or program.tiers is None:
        return None
    return _figure(value, program, in_money=program.tiers.metric is TierMetric.SPEND)


def _figure(value: int, program: Program, *, in_money: bool) -> Plain:
    return program.currency.text(value) if in_money else value


def tier_change_body(change: TierChange) -> Json:
    return {"tier": change.tier, "since": change.since.isoformat(), "seq": change.seq}
