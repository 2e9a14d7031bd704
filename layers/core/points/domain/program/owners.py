"""Who counts on members' accounts: rules, tasks, campaigns and risk rules, each under its own name.

A name stands for one thing as long as anything counts by it. What it counts, until which day, and by which keys: that
decides when its counters may go, and what a later version of the program may not change.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.risk import RiskRule
from points.domain.program.rules import PerOccurrences, Rule, Streak
from points.domain.program.tasks import Task
from points.domain.program.windows import letter


@dataclass(frozen=True, slots=True)
class Owner:
    """``counts`` says what its counters mean; ``last`` is the last day on which it counts anything (None: for ever);
    ``keys`` are what its counters begin with behind its name: what is counted, and the letter of the window."""

    name: str
    counts: str
    last: date | None
    keys: frozenset[str]


def owners_of(
    rules: Iterable[Rule], tasks: Iterable[Task], campaigns: Iterable[Campaign], risk: Iterable[RiskRule]
) -> Iterator[Owner]:
    for rule in rules:
        yield Owner(rule.name, _counts(rule), rule.dates.last, frozenset({*_of_caps(rule.caps), *_of_value(rule)}))
    for task in tasks:
        keys = frozenset(f"{what}{letter(task.window)}" for what in "tb")
        yield Owner(task.name, f"task, {task.counted} per {task.window}", task.dates.last, keys)
    for campaign in campaigns:
        yield Owner(campaign.name, "campaign", campaign.dates.last, frozenset(_of_caps(campaign.caps)))
    for each in risk:
        yield Owner(each.name, f"risk, {each.counted}", None, frozenset({f"v{letter(each.window)}"}))


def _counts(rule: Rule) -> str:
    """What is left over of a rule's occurrences was counted for rounds of its own length."""
    return f"rule, every {rule.value.every}" if isinstance(rule.value, PerOccurrences) else "rule"


def _of_caps(caps: Iterable[Cap]) -> Iterator[str]:
    for cap in caps:
        if cap.occurrences is not None:
            yield f"c{letter(cap.window)}"
        if cap.points is not None:
            yield f"p{letter(cap.window)}"


def _of_value(rule: Rule) -> Iterator[str]:
    if isinstance(rule.value, PerOccurrences):
        yield "n"
    if isinstance(rule.value, Streak):
        yield "rS"
