"""Points that wait under a program, and whether they live long enough. Parts that cannot be read count for nothing."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any

from points.adapters.program_document import schema
from points.adapters.program_document.building import expiry_policy
from points.adapters.program_document.parts import FieldAtFault, Part, Parts, read_from

_DAYS_LOOKED_AT = 2 * 365
_FIRST_DAY_LOOKED_AT = date(2027, 1, 1)
"""A year and a leap year: what a policy does on one of their days, it does in every year."""


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


def policies(parts: Parts) -> list[tuple[str, int, schema.ExpiryDocument]]:
    """Every expiry policy points are paid under: where it is written, and how many days such points may wait."""
    try:
        own = parts.program.document.expiry
    except FieldAtFault:
        return []
    found = [(way.path, way.days, way.expiry) for way in waiting(parts)]
    found.append(("/expiry", 0, own))
    groups: tuple[Iterable[Part[Any]], ...] = (parts.rules, parts.tasks, parts.campaigns)
    for part in (*chain.from_iterable(groups), *([parts.referral] if parts.referral else [])):
        with suppress(FieldAtFault):
            if part.document.expiry is not None:
                found.append((f"{part.path}/expiry", 0, part.document.expiry))
    return found


def _of_rules(parts: Parts, own: schema.ExpiryDocument) -> Iterator[Waiting]:
    for part in parts.rules:
        with suppress(FieldAtFault):
            rule = part.document
            place = "pending_days" if rule.expiry is None else "expiry"
            yield Waiting(f"{part.path}/{place}", rule.pending_days, rule.expiry or own)


def _of_multipliers(parts: Parts, own: schema.ExpiryDocument) -> Iterator[Waiting]:
    """What a multiplier adds waits as long as what it multiplies, and expires as that does, unless a campaign says
    otherwise."""
    multiplied = list(
        read_from(
            parts.rules,
            lambda rule: [(rule.behaviour, rule.pending_days, rule.expiry or own)] if rule.multiplied else [],
        )
    )
    for part in parts.campaigns:
        with suppress(FieldAtFault):
            campaign = part.document
            if campaign.multiplier is not None and campaign.expiry is not None:
                for behaviour, days, _ in multiplied:
                    if behaviour in campaign.behaviours:
                        yield Waiting(f"{part.path}/expiry", days, campaign.expiry)


def _other_policies(parts: Parts) -> Iterator[schema.ExpiryDocument]:
    """Of what is paid without waiting, unless a risk rule makes it wait."""
    yield from read_from(parts.tasks, lambda task: [task.expiry] if task.expiry else [])
    yield from read_from(parts.campaigns, lambda campaign: [campaign.expiry] if campaign.expiry else [])
    yield from read_from(
        [parts.referral] if parts.referral else [], lambda referral: [referral.expiry] if referral.expiry else []
    )


def _of_risk(parts: Parts, policies: Iterable[schema.ExpiryDocument]) -> Iterator[Waiting]:
    different = list(dict.fromkeys(policies))
    for part in parts.risk:
        with suppress(FieldAtFault):
            yield from (
                Waiting(f"{part.path}/pending_days", part.document.pending_days, policy) for policy in different
            )


def expires_within(days: int, expiry: schema.ExpiryDocument) -> bool:
    """Whether there is a day in the year whose points expire less than so many days later."""
    return _lives_days(expiry)[0] < days


def lives_at_most(expiry: schema.ExpiryDocument) -> int | None:
    """So many days, the points of some day of the year; None for ever."""
    if isinstance(expiry, schema.NeverDocument):
        return None
    return _lives_days(expiry)[1]


@lru_cache(maxsize=1024)
def _lives_days(expiry: schema.ExpiryDocument) -> tuple[int, int]:
    """The shortest and the longest life of the points of any day of the year. Looked at once for each policy, however
    many ways there are to wait."""
    policy = expiry_policy(expiry)
    earned_on = (_FIRST_DAY_LOOKED_AT + timedelta(days=after) for after in range(_DAYS_LOOKED_AT))
    lives = [(policy.expires_on(day) - day).days for day in earned_on]
    return min(lives), max(lives)
