"""What can be published but is probably not meant: it has no effect, has none yet, or none any more.

A warning never stops anybody. What contradicts itself is a fault (:mod:`faults`); what merely does nothing may be there
on purpose, for the day on which something else changes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from points.adapters.program_document import schema
from points.adapters.program_document.building import tests_in, thousandths
from points.adapters.program_document.offset_warnings import (
    day_between_steps,
    minimum_between_steps,
    step_worth_nothing,
    too_small_an_order,
)
from points.adapters.program_document.parts import FieldAtFault, Part, Parts
from points.adapters.program_document.shapes import escaped, unreadable
from points.adapters.program_document.waiting import expires_within, policies
from points.domain.calendar import local_day
from points.domain.canonical import Plain
from points.domain.errors import Fault
from points.domain.program.risk import RiskAction
from points.domain.program.rules import Streak
from points.domain.program.windows import Window, window_end, window_start

type Warnings = Iterator[Fault]

_LENGTHS: Final = list(Window)
"""Shortest first."""

_MOST_WITHIN: Final[Mapping[tuple[Window, Window], int]] = {
    (Window.HOUR, Window.DAY): 25,
    (Window.HOUR, Window.WEEK): 7 * 24 + 1,
    (Window.HOUR, Window.MONTH): 31 * 24 + 1,
    (Window.HOUR, Window.YEAR): 366 * 24,
    (Window.DAY, Window.WEEK): 7,
    (Window.DAY, Window.MONTH): 31,
    (Window.DAY, Window.YEAR): 366,
    (Window.WEEK, Window.MONTH): 6,
    (Window.WEEK, Window.YEAR): 54,
    (Window.MONTH, Window.YEAR): 12,
}
"""The most windows of the shorter kind that touch one of the longer. A lifetime has room for any number."""

_STRADDLES: Final = frozenset({(Window.WEEK, Window.MONTH), (Window.WEEK, Window.YEAR)})
"""A week may lie in two months, and have the room of both."""


def warnings_of(document: Plain, *, now: datetime | None = None) -> list[Fault]:
    """``now`` None: nothing is called past. Never raises, whatever the document is."""
    if not isinstance(document, Mapping) or unreadable(document):
        return []
    return list(_Look(Parts.of(document)).warnings(now))


class _Look:
    """One look at a document."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def warnings(self, now: datetime | None) -> Warnings:
        parts = self.parts
        dated: list[Part[Any]] = [*parts.rules, *parts.tasks, *parts.campaigns]
        yield from self._of_each([parts.program], self._behaviours, self._short_lived)
        yield from self._of_each(parts.rules, _caps, _cap_below_one_payment, _cap_counts_payments, _falling_ladder)
        yield from self._of_each(dated, self._declared)
        yield from self._of_each(parts.tasks, self._split)
        yield from self._of_each(dated, lambda part: self._past(part, now))
        yield from self._of_each(parts.campaigns, _campaign_shards, _caps)
        yield from self._of_each(parts.risk, _lifetime, self._never_triggers)
        yield from self._of_each(parts.levels, self._less_than_before)
        rewards = list(parts.rewards.values())
        yield from self._of_each(rewards, _reward_shards, lambda part: self._coupons_over(part, now))
        yield from self._of_each(
            [parts.offset] if parts.offset else [],
            lambda part: minimum_between_steps(part, parts),
            lambda part: day_between_steps(part, parts),
            lambda part: step_worth_nothing(part, parts),
            lambda part: too_small_an_order(part, parts),
        )
        yield from self._titles()

    def _of_each[Document](
        self, parts: Iterable[Part[Document]], *looks: Callable[[Part[Document]], Warnings]
    ) -> Warnings:
        for part in parts:
            for look in looks:
                try:
                    yield from look(part)
                except FieldAtFault:
                    continue

    def _behaviours(self, part: Part[schema.ProgramDocument]) -> Warnings:
        """Behaviours that nothing pays for. Nothing is said unless all that might pay can be read."""
        document = part.document
        paying = {rule.behaviour for rule in document.rules}
        paying |= {name for task in document.tasks for name in task.behaviours}
        paying |= {name for campaign in document.campaigns if campaign.bonus for name in campaign.behaviours}
        paying |= {document.referral.qualifying_behaviour or ""} if document.referral else set()
        for name in document.behaviours:
            if name not in paying:
                message = "no rule, task, campaign or referral pays for it"
                yield Fault(f"/behaviours/{escaped(name)}", "pays_nothing", message)

    def _declared(self, part: Part[Any]) -> Warnings:
        """Attributes that decide and are then forgotten: nobody can try a draft on them later."""
        for test in tests_in(part.document.when):
            group, _, name = test.field.partition(".")
            if group == "attribute" and name not in self.parts.event_attributes:
                message = f"asks for {name}, which event_attributes does not declare: it is not kept with the event"
                yield Fault(f"{part.path}/when", "not_declared", message)
                return

    def _short_lived(self, part: Part[schema.ProgramDocument]) -> Warnings:
        """Policies under which a late event would be paid points that are past their date already."""
        document = part.document
        late = document.backdating_days + document.spendable_days
        told = set[str]()
        for path, days, expiry in policies(self.parts):
            if path not in told and expires_within(days + late, expiry):
                told.add(path)
                good_for = f"{document.spendable_days} days after they become available"
                message = f"points of late events would hardly live: they are good for {good_for} all the same"
                yield Fault(path, "short_lived", message)

    def _coupons_over(self, reward: Part[schema.RewardDocument], now: datetime | None) -> Warnings:
        coupon = reward.document.coupon
        if now is None or coupon is None or coupon.valid_until is None:
            return
        zone = ZoneInfo(self.parts.program.document.time_zone)
        if coupon.valid_until < local_day(now, zone):
            message = "is over: nobody can have the reward any more"
            yield Fault(f"{reward.path}/coupon/valid_until", "in_the_past", message)

    def _past(self, part: Part[Any], now: datetime | None) -> Warnings:
        last: date | None = part.document.to
        if now is None or last is None:
            return
        zone = ZoneInfo(self.parts.program.document.time_zone)
        if last < local_day(now, zone):
            yield Fault(f"{part.path}/to", "in_the_past", "is over: it pays for late events at most")

    def _split(self, task: Part[schema.TaskDocument]) -> Warnings:
        """Dates that fit into one window of the task, but lie in two: half-way through everybody begins anew."""
        first, last, window = task.document.from_, task.document.to, task.document.per
        if first is None or last is None or first > last or window in (Window.LIFETIME, Window.HOUR, Window.DAY):
            return
        week_starts_on = schema.WEEKDAYS.index(self.parts.program.document.week_starts_on)
        end = window_end(window_start(first, window, week_starts_on=week_starts_on), window)
        starts_over = end <= last
        if starts_over and (last - first) < (window_end(end, window) - end):
            message = f"a new {window} begins on {end}, within the task's dates, and everybody's count with it"
            yield Fault(f"{task.path}/per", "window_splits_dates", message)

    def _never_triggers(self, risk: Part[schema.RiskDocument]) -> Warnings:
        rule = risk.document
        if rule.action is RiskAction.REFUSE:
            return
        for other in self.parts.risk:
            if _refuses_before(other.document, rule):
                message = f"{other.document.id} refuses before there can be so many: this never happens"
                yield Fault(f"{risk.path}/more_than", "never_triggers", message)
                return

    def _less_than_before(self, level: Part[schema.LevelDocument]) -> Warnings:
        index = int(level.path.rsplit("/", 1)[1])
        before = [part for part in self.parts.levels if part.path == f"/tiers/levels/{index - 1}"]
        for part in before:
            for name in ("multiplier", "birthday_multiplier"):
                if thousandths(getattr(level.document, name)) < thousandths(getattr(part.document, name)):
                    yield Fault(f"{level.path}/{name}", "less_than_before", "is less than that of the level before")

    def _titles(self) -> Warnings:
        try:
            languages = self.parts.program.document.languages
        except FieldAtFault:
            return
        parts = self.parts
        titled: list[Part[Any]] = [
            parts.program,
            *parts.behaviours.values(),
            *parts.rules,
            *parts.tasks,
            *parts.campaigns,
            *parts.levels,
            *parts.segment_levels,
            *parts.rewards.values(),
        ]
        for part in titled:
            for name in ("title", "description"):
                text = part.raw.get(name)
                missing = [language for language in languages if isinstance(text, Mapping) and language not in text]
                if text and missing:
                    message = f"has no text in {' and '.join(missing)}, which the program speaks"
                    yield Fault(f"{part.path}/{name}", "not_translated", message)


def _caps(part: Part[schema.RuleDocument] | Part[schema.CampaignDocument]) -> Warnings:
    """Caps that another one keeps from ever mattering."""
    caps = list(enumerate(part.document.caps))
    for what in ("occurrences", "points"):
        limits = [(index, cap.per, limit) for index, cap in caps if (limit := getattr(cap, what)) is not None]
        for index, window, limit in limits:
            reason = next(filter(None, (_makes_idle(window, limit, *other) for _, *other in limits)), None)
            if reason is not None:
                yield Fault(f"{part.path}/caps/{index}/{what}", "cap_never_binds", reason)


def _makes_idle(window: Window, limit: int, other: Window, other_limit: int) -> str | None:
    """Why a cap never matters beside another one, if it does not."""
    if _LENGTHS.index(window) < _LENGTHS.index(other):
        room = other_limit * (2 if (window, other) in _STRADDLES else 1)
        return f"has no effect: no more than {other_limit} are allowed per {other}" if limit >= room else None
    most = _MOST_WITHIN.get((other, window))
    if most is not None and limit >= other_limit * most:
        return f"has no effect: {other_limit} per {other} never come to so many"
    return None


def _cap_below_one_payment(rule: Part[schema.RuleDocument]) -> Warnings:
    value = rule.document.value
    if isinstance(value, schema.FixedDocument | schema.PerOccurrencesDocument):
        for index, cap in enumerate(rule.document.caps):
            if cap.points is not None and cap.points < value.points:
                message = f"is less than the {value.points} points of one payment, which is never made in full"
                yield Fault(f"{rule.path}/caps/{index}/points", "cap_below_one_payment", message)


def _cap_counts_payments(rule: Part[schema.RuleDocument]) -> Warnings:
    value = rule.document.value
    if isinstance(value, schema.PerOccurrencesDocument):
        for index, cap in enumerate(rule.document.caps):
            if cap.occurrences is not None:
                most = cap.occurrences * value.every
                message = f"counts payments: {cap.occurrences} of them are {most} occurrences"
                yield Fault(f"{rule.path}/caps/{index}/occurrences", "cap_counts_payments", message)


_MAX_STEPS_LOOKED_AT: Final = 31


def _falling_ladder(rule: Part[schema.RuleDocument]) -> Warnings:
    """Days are paid by what the run they join is worth beyond its parts; where that may be less than nothing, late
    days come to more than days in order."""
    value = rule.document.value
    if isinstance(value, schema.StreakDocument) and _falls(value):
        message = "pays less for a longer run than for its parts: days reported late may come to more than in order"
        yield Fault(f"{rule.path}/value/steps", "order_matters", message)


def _falls(value: schema.StreakDocument) -> bool:
    if len(value.steps) > _MAX_STEPS_LOOKED_AT:
        return any(later < earlier for earlier, later in pairwise(value.steps))
    streak = Streak(tuple(value.steps), starts_anew=value.after_last == "start_anew")
    totals = [streak.total(days) for days in range(4 * len(value.steps) + 2)]
    lengths = range(2 * len(value.steps) + 1)
    return any(totals[one + 1 + other] < totals[one] + totals[other] for one in lengths for other in lengths)


def _campaign_shards(campaign: Part[schema.CampaignDocument]) -> Warnings:
    if campaign.document.budget is None and campaign.document.budget_shards > 1:
        yield Fault(f"{campaign.path}/budget_shards", "nothing_to_share", "there is no budget to share")


def _reward_shards(reward: Part[schema.RewardDocument]) -> Warnings:
    if reward.document.stock is None and reward.document.stock_per_day is None and reward.document.stock_shards > 1:
        yield Fault(f"{reward.path}/stock_shards", "nothing_to_share", "there is no stock to share")


def _lifetime(risk: Part[schema.RiskDocument]) -> Warnings:
    if risk.document.per is Window.LIFETIME:
        message = "in a lifetime every faithful member gets there: suspicion is of a shorter time"
        yield Fault(f"{risk.path}/per", "sooner_or_later", message)


def _refuses_before(other: schema.RiskDocument, rule: schema.RiskDocument) -> bool:
    return (
        other.action is RiskAction.REFUSE
        and other.counts is rule.counts
        and other.per is rule.per
        and other.more_than <= rule.more_than
        and (not other.behaviours or (bool(rule.behaviours) and set(rule.behaviours) <= set(other.behaviours)))
    )
