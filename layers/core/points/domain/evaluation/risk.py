"""Velocity rules: more than so many events, points or redemptions in a window, and what then happens (R-RISK-3).

Counted in fixed windows of the program's time (an hour, a day, …), each event in the window it occurred in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from points.domain.canonical import Plain
from points.domain.errors import RiskRefused
from points.domain.evaluation.retention import current_counters
from points.domain.evaluation.standing import tier_details, to_be_reviewed
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context
from points.domain.program.program import Program
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.windows import Counters, counter_key


@dataclass(frozen=True, slots=True)
class Verdict:
    """The counters with this attempt in them, and the rules that it triggers by what they do."""

    counters: Counters
    pending: tuple[RiskRule, ...] = ()
    freezing: tuple[RiskRule, ...] = ()


def guarded_redemption(account: Account, context: Context) -> tuple[Account, dict[str, Plain]]:
    """The account with a redemption counted, and frozen by it where a rule says so: the one that went too far is
    booked, the next is refused. Beside it what the entry has to say of that. Raises RiskRefused."""
    verdict = judge(
        current_counters(account, context),
        context.program,
        at=context.now.astimezone(context.program.zone),
        behaviour=None,
        additions={Velocity.REDEMPTIONS: 1},
    )
    tiers = context.program.tiers
    tier = account.tier if tiers is None else to_be_reviewed(account.tier, tiers, context.today)
    guarded = replace(account, counters=verdict.counters, tier=tier)
    noted = tier_details(account, guarded)
    if not verdict.freezing:
        return guarded, noted
    return replace(guarded, frozen=frozenset(Activity)), {**noted, "risk": [rule.name for rule in verdict.freezing]}


def judge(
    counters: Counters,
    program: Program,
    *,
    at: datetime,
    behaviour: str | None,
    additions: Mapping[Velocity, int],
) -> Verdict:
    """``at`` is local to the program; ``behaviour`` None for a redemption; ``additions`` is what this attempt adds to
    each kind of count. Raises RiskRefused when a triggered rule refuses: nothing is counted then."""
    counted = dict(counters)
    triggered: list[RiskRule] = []
    for rule in program.risk:
        addition = additions.get(rule.counted, 0)
        if not addition or (rule.behaviours and behaviour not in rule.behaviours):
            continue
        key = counter_key(rule.name, "v", rule.window, at, week_starts_on=program.week_starts_on)
        counted[key] = counted.get(key, 0) + addition
        if counted[key] > rule.more_than:
            triggered.append(rule)
    for rule in triggered:
        if rule.action is RiskAction.REFUSE:
            raise RiskRefused(
                f"more than {rule.more_than} {rule.counted} in a {rule.window}",
                rule=rule.name,
                maximum=rule.more_than,
                window=rule.window.value,
            )
    return Verdict(
        counted,
        pending=tuple(rule for rule in triggered if rule.action is RiskAction.PEND),
        freezing=tuple(rule for rule in triggered if rule.action is RiskAction.FREEZE),
    )
