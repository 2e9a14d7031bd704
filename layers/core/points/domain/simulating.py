"""What a program would pay for a list of events, member by member, without writing anything.

Every member begins with nothing counted: the figures compare two programs on the same events, they do not retell
the past. Events are taken in the order in which they occurred.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from points.domain.errors import PointsError
from points.domain.evaluation.standing import segment_of
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, TakeBudget
from points.domain.ledger.members import MemberFacts
from points.domain.movements.earning import Event, earn
from points.domain.program.program import Program

NO_SEGMENT = "-"


@dataclass(frozen=True, slots=True)
class Sample:
    """An event as it happened, to a member of whom these facts are known."""

    event: Event
    occurred_at: datetime
    facts: MemberFacts = field(default_factory=MemberFacts)


@dataclass(frozen=True, slots=True)
class Figures:
    """Points by rule, by segment of the member at that moment, and by program-local day; refusals by code."""

    events: int
    points: int
    by_rule: Mapping[str, int]
    by_segment: Mapping[str, int]
    by_day: Mapping[str, int]
    refused: Mapping[str, int]


def simulate(samples: Sequence[Sample], program: Program) -> Figures:
    by_rule, by_segment, by_day = Counter[str](), Counter[str](), Counter[str]()
    refused, budgets = Counter[str](), Counter[str]()
    accounts: dict[str, Account] = {}
    for sample in sorted(samples, key=lambda sample: sample.occurred_at):
        member = sample.event.member
        account = replace(accounts.get(member, Account(program.name, member)), facts=sample.facts)
        try:
            decision = _decide(account, sample, program, budgets)
        except PointsError as refusal:
            refused[refusal.code] += 1
            continue
        accounts[member] = decision.account
        budgets.update({take.campaign.name: take.points for take in _takes(decision)})
        day = sample.occurred_at.astimezone(program.zone).date()
        segment = segment_of(account.counters, program, day)
        for line in decision.entry.lines:
            by_rule[line.rule] += line.points
            by_segment[NO_SEGMENT if segment is None else segment.name] += line.points
            by_day[day.isoformat()] += line.points
    return Figures(
        events=len(samples),
        points=by_rule.total(),
        by_rule=dict(sorted(by_rule.items())),
        by_segment=dict(sorted(by_segment.items())),
        by_day=dict(sorted(by_day.items())),
        refused=dict(sorted(refused.items())),
    )


def _decide(account: Account, sample: Sample, program: Program, budgets: Mapping[str, int]) -> Decision:
    """The decision with every campaign left out whose budget the events before have used up."""
    context = Context(program, sample.occurred_at, actor="simulation", fingerprint="")
    event = replace(sample.event, occurred_at=None)
    exhausted: set[str] = set()
    while True:
        decision = earn(account, event, context, exhausted=exhausted)
        over = {
            take.campaign.name
            for take in _takes(decision)
            if take.campaign.budget is not None
            and budgets.get(take.campaign.name, 0) + take.points > take.campaign.budget
        }
        if not over:
            return decision
        exhausted |= over


def _takes(decision: Decision) -> Iterable[TakeBudget]:
    return (effect for effect in decision.effects if isinstance(effect, TakeBudget))
