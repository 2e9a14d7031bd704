"""What one account may have to count under a program, known before anybody earns: how much it takes to store.

An account is one item and is written on every movement, so what is counted on it is kept short; a program under which
an eager member would need more is refused. Parts that cannot be read count for nothing.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from points.adapters.program_document import schema
from points.adapters.program_document.parts import FieldAtFault, Parts, read_from
from points.domain.limits import MAX_COUNTER_BYTES
from points.domain.program.tasks import Counted
from points.domain.program.tiers import TierMetric
from points.domain.program.windows import Window

_MONTHS_ROUND_ABOUT = 3
"""The month that begins, the one a year is counted from, and the one a late event may still belong to."""

_DAYS_OF_OFFSETS = 3
"""Today, the day before it, and tomorrow, which another clock may have reached."""

_HEAD = 7
"""Characters of a series beside its counts: ``/cD1xw=`` and the like."""

_DIGITS_OF_POINTS = 6
_DIGITS_OF_MONEY = 7
_DIGITS_OF_NUMBERS = 3
"""Characters of a count in base 36: 2 billion points, 78 billion minor units, 46,000 of anything else."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one owner of counters (a rule, a task, …) may need: how many counters, and how many bytes they take."""

    owner: str
    counters: int
    size: int


@dataclass(frozen=True, slots=True)
class _Series:
    """Counts of one owner that are stored side by side: so many, of so many characters each."""

    counters: int
    digits: int


def needs(parts: Parts) -> list[Need]:
    """The most that one member's account may have to count at once, the greatest need first."""
    horizon = _Horizon.of(parts)
    found = [
        *read_from(parts.rules, lambda rule: [_need(rule.id, _of_rule(rule, horizon))]),
        *read_from(parts.tasks, lambda task: [_need(task.id, _of_task(task, horizon))]),
        *read_from(parts.campaigns, lambda campaign: [_need(campaign.id, _of_caps(campaign.caps, horizon))]),
        *read_from(parts.risk, lambda risk: [_need(risk.id, _of_risk(risk, horizon))]),
        *_of_standing(parts),
        _need("~referral", [_Series(1, _DIGITS_OF_NUMBERS)]),
        _need("~offset", [_Series(_DAYS_OF_OFFSETS, _DIGITS_OF_POINTS)] if parts.offset is not None else []),
    ]
    return sorted(found, key=lambda need: (-need.size, need.owner))


def too_much(needs: Iterable[Need]) -> str:
    """Why these do not fit on an account, "" where they do. Names the owners that need most."""
    needs = list(needs)
    size = sum(need.size for need in needs)
    if size <= MAX_COUNTER_BYTES:
        return ""
    most = ", ".join(f"{need.owner} ({need.size})" for need in needs[:3])
    return (
        f"what a member may have counted takes {size} bytes and there is room for {MAX_COUNTER_BYTES}; most of it "
        f"{most}: have fewer caps, tasks and risk rules by the hour or the day, or fewer backdating_days or refund_days"
    )


def _need(owner: str, series: Iterable[_Series]) -> Need:
    series = list(series)
    if not series:
        return Need(owner, 0, 0)
    size = len(owner) + 1 + sum(_HEAD + each.counters * (each.digits + 1) for each in series)
    return Need(owner, sum(each.counters for each in series), size)


@dataclass(frozen=True, slots=True)
class _Horizon:
    """Days on which an event may occur, and days on which a task that paid is still looked at.

    Today, those before it, one more where clocks went forward, and tomorrow, which a caller's clock may have reached.
    """

    of_events: int
    of_tasks: int

    @classmethod
    def of(cls, parts: Parts) -> "_Horizon":
        with suppress(FieldAtFault):
            document = parts.program.document
            return cls(document.backdating_days + 3, max(document.backdating_days, document.refund_days) + 3)
        return cls(0, 0)


def _of_rule(rule: schema.RuleDocument, horizon: _Horizon) -> Iterator[_Series]:
    yield from _of_caps(rule.caps, horizon)
    match rule.value:
        case schema.PerOccurrencesDocument():
            yield _Series(1, _DIGITS_OF_NUMBERS)
        case schema.StreakDocument():
            # Every other day may be a run of its own, and the day before all of them may still be continued. Runs do
            # not stand side by side: each has a head.
            for _ in range((horizon.of_events + 2) // 2):
                yield _Series(1, _DIGITS_OF_NUMBERS)
        case _:
            pass


def _of_caps(caps: Iterable[schema.CapDocument], horizon: _Horizon) -> Iterator[_Series]:
    for cap in caps:
        for limit in (cap.occurrences, cap.points):
            if limit is not None:
                yield _Series(_windows_alive(cap.per, horizon.of_events), _digits(limit))


def _of_task(task: schema.TaskDocument, horizon: _Horizon) -> Iterator[_Series]:
    """Its progress, and what it paid."""
    windows = _windows_alive(task.per, horizon.of_tasks)
    yield _Series(windows, _DIGITS_OF_MONEY if task.counts is Counted.AMOUNT else _DIGITS_OF_NUMBERS)
    yield _Series(windows, _digits(task.points))


def _of_risk(risk: schema.RiskDocument, horizon: _Horizon) -> Iterator[_Series]:
    # What triggers a rule goes beyond it, but seldom far.
    yield _Series(_windows_alive(risk.per, horizon.of_events), _digits(risk.more_than))


def _digits(limit: int) -> int:
    digits = 1
    while limit >= 36**digits:
        digits += 1
    return digits


def _windows_alive(window: Window, days: int) -> int:
    """The most windows that so many days in a row can touch."""
    match window:
        case Window.HOUR:
            return days * 24
        case Window.DAY:
            return days
        case Window.WEEK:
            return (days - 2) // 7 + 2
        case Window.MONTH:
            return (days - 2) // 28 + 2
        case Window.YEAR:
            return 2
        case Window.LIFETIME:
            return 1


def _of_standing(parts: Parts) -> Iterator[Need]:
    """Months that tiers, their review and segments look back upon; one counter where it is a lifetime."""
    monthly, months, lifetimes = set[TierMetric](), 0, set[TierMetric]()
    with suppress(FieldAtFault):
        if parts.tiers is not None:
            tiers = parts.tiers.document
            if tiers.window == "lifetime":
                lifetimes.add(tiers.by)
            else:
                months = 12 + (12 if tiers.window == "calendar_year" else tiers.months or 0)
                monthly.add(tiers.by)
    with suppress(FieldAtFault):
        if parts.segments is not None:
            months = max(months, parts.segments.document.months)
            monthly.add(TierMetric.SPEND)
    for metric in sorted(monthly | lifetimes):
        digits = _DIGITS_OF_POINTS if metric is TierMetric.POINTS else _DIGITS_OF_MONEY
        series = [_Series(months + _MONTHS_ROUND_ABOUT, digits)] * (metric in monthly)
        series += [_Series(1, digits)] * (metric in lifetimes)
        yield _need(f"~{metric}", series)
