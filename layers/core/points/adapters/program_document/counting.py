"""How much one account may have to keep under a program: bounds that are known before anybody earns.

An account holds so many counters and pending lots and no more; beyond that an earning is refused. A program under which
an eager member could get there is refused instead. Parts that cannot be read count for nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from points.adapters.program_document import schema
from points.adapters.program_document.building import expiry_policy, thousandths
from points.adapters.program_document.parts import FieldAtFault, Part, Parts
from points.domain.program.multipliers import WHOLE
from points.domain.program.tiers import TierMetric
from points.domain.program.windows import Window

_COUNTERS_OF_REFERRALS = 1

_MONTHS_ROUND_ABOUT = 3
"""The month that begins, the one a year is counted from, and the one a late event may still belong to."""

_DAYS_LOOKED_AT = 2 * 365
_FIRST_DAY_LOOKED_AT = date(2027, 1, 1)
"""A year and a leap year: what a policy does on one of their days, it does in every year."""


def counters_at_most(parts: Parts) -> int:
    """The most counters one member can have at once."""
    days = _days_of_events(parts)
    windows = [
        *_each(parts.rules, _windows_of_rule),
        *_each(parts.tasks, lambda task: [task.per]),
        *_each(parts.risk, lambda risk: [risk.per]),
    ]
    of_windows = sum(_windows_alive(window, days) for window in windows)
    of_values = sum(_each(parts.rules, lambda rule: [_counters_of_value(rule.value, days)]))
    return of_windows + of_values + _counters_of_standing(parts) + _COUNTERS_OF_REFERRALS


def _each[Document, Found](
    parts: Iterable[Part[Document]], found: Callable[[Document], Iterable[Found]]
) -> Iterator[Found]:
    for part in parts:
        with suppress(FieldAtFault):
            yield from found(part.document)


def _days_of_events(parts: Parts) -> int:
    """Days on which an event may occur: today, those before it, one more where clocks went forward, and tomorrow, which
    a caller's clock may have reached."""
    with suppress(FieldAtFault):
        return parts.program.document.backdating_days + 3
    return 0


def _windows_of_rule(rule: schema.RuleDocument) -> Iterator[Window]:
    for cap in rule.caps:
        yield from [cap.per] * ((cap.occurrences is not None) + (cap.points is not None))


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


def _counters_of_value(value: schema.ValueDocument, days: int) -> int:
    match value:
        case schema.PerOccurrencesDocument():
            return 1
        case schema.StreakDocument():
            # Every other day may be a run of its own, and the day before all of them may still be continued.
            return (days + 2) // 2
        case _:
            return 0


def _counters_of_standing(parts: Parts) -> int:
    """Months that tiers, their review and segments look back upon; one counter where it is a lifetime."""
    monthly, months, lifetimes = set[TierMetric](), 0, 0
    with suppress(FieldAtFault):
        if parts.tiers is not None:
            tiers = parts.tiers.document
            if tiers.window == "lifetime":
                lifetimes = 1
            else:
                months = 12 + (12 if tiers.window == "calendar_year" else tiers.months or 0)
                monthly.add(tiers.by)
    with suppress(FieldAtFault):
        if parts.segments is not None:
            months = max(months, parts.segments.document.months)
            monthly.add(TierMetric.SPEND)
    return lifetimes + len(monthly) * (months + _MONTHS_ROUND_ABOUT)


# ── points that wait ────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Waiting:
    """Points that wait so many days and expire by this policy; ``path`` is where that is written."""

    path: str
    days: int
    expiry: schema.ExpiryDocument


def waiting(parts: Parts) -> list[Waiting]:
    """Every different way in which points can come to wait, each with the first place that brings it about."""
    try:
        own = parts.program.document.expiry
    except FieldAtFault:
        return []
    ways = [*_of_rules(parts, own), *_of_multipliers(parts, own)]
    ways += _of_risk(parts, [own, *(way.expiry for way in ways), *_other_policies(parts)])
    different: dict[tuple[int, schema.ExpiryDocument], Waiting] = {}
    for way in ways:
        if way.days:
            different.setdefault((way.days, way.expiry), way)
    return list(different.values())


def pending_lots_at_most(ways: Iterable[Waiting]) -> int:
    """One for every day that is waited for, in each way of waiting."""
    return sum(way.days for way in ways)


def _of_rules(parts: Parts, own: schema.ExpiryDocument) -> Iterator[Waiting]:
    for part in parts.rules:
        with suppress(FieldAtFault):
            rule = part.document
            place = "pending_days" if rule.expiry is None else "expiry"
            yield Waiting(f"{part.path}/{place}", rule.pending_days, rule.expiry or own)


def _of_multipliers(parts: Parts, own: schema.ExpiryDocument) -> Iterator[Waiting]:
    """What a multiplier adds waits as long as what it multiplies."""
    multiplied = list(_each(parts.rules, lambda rule: [(rule.behaviour, rule.pending_days)] if rule.multiplied else []))
    if _multiplies_without_campaign(parts):
        yield Waiting("/expiry", max((days for _, days in multiplied), default=0), own)
    for part in parts.campaigns:
        with suppress(FieldAtFault):
            campaign = part.document
            if campaign.multiplier is not None:
                days = [days for behaviour, days in multiplied if behaviour in campaign.behaviours]
                place = part.path if campaign.expiry is None else f"{part.path}/expiry"
                yield Waiting(place, max(days, default=0), campaign.expiry or own)


def _multiplies_without_campaign(parts: Parts) -> bool:
    texts = [
        *_each(parts.levels, lambda level: [level.multiplier, level.birthday_multiplier]),
        *_each([parts.multipliers] if parts.multipliers else [], lambda multipliers: [multipliers.birthday]),
    ]
    return any(thousandths(text) > WHOLE for text in texts)


def _other_policies(parts: Parts) -> Iterator[schema.ExpiryDocument]:
    """Of what is paid without waiting, unless a risk rule makes it wait."""
    yield from _each(parts.tasks, lambda task: [task.expiry] if task.expiry else [])
    yield from _each(parts.campaigns, lambda campaign: [campaign.expiry] if campaign.expiry else [])
    yield from _each(
        [parts.referral] if parts.referral else [], lambda referral: [referral.expiry] if referral.expiry else []
    )


def _of_risk(parts: Parts, policies: Iterable[schema.ExpiryDocument]) -> Iterator[Waiting]:
    different = list(dict.fromkeys(policies))
    for part in parts.risk:
        with suppress(FieldAtFault):
            yield from (
                Waiting(f"{part.path}/pending_days", part.document.pending_days, policy) for policy in different
            )


@lru_cache(maxsize=256)
def expires_while_waiting(days: int, expiry: schema.ExpiryDocument) -> bool:
    """Whether there is a day in the year whose points expire before they become available."""
    policy = expiry_policy(expiry)
    earned_on = (_FIRST_DAY_LOOKED_AT + timedelta(days=after) for after in range(_DAYS_LOOKED_AT))
    return any(policy.expires_on(day) < day + timedelta(days=days) for day in earned_on)
