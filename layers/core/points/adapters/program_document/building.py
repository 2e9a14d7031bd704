"""From a document to the program that decisions work with: names become ranks, decimal strings integers.

Raises nothing for a document that :mod:`faults` has found to be without any.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from points.adapters.program_document import schema
from points.domain.money import Currency
from points.domain.program import conditions, expiry
from points.domain.program.attributes import AttributeType, EventAttribute
from points.domain.program.behaviours import Behaviour
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.coupons import CouponRules
from points.domain.program.dates import Dates
from points.domain.program.limiting import MemberLimit
from points.domain.program.multipliers import WHOLE, Multipliers
from points.domain.program.offsets import OffsetRules
from points.domain.program.program import Program
from points.domain.program.referral import ReferralRules
from points.domain.program.reminding import Dormancy, QuietHours, Reminders, Text
from points.domain.program.rewards import FirstRedemption, Reward
from points.domain.program.risk import RiskRule
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Rule, Streak, Value
from points.domain.program.segments import Segment, Segments
from points.domain.program.tasks import Task
from points.domain.program.tiers import Level, PackItem, Tiers
from points.domain.program.windows import Window


def build(document: schema.ProgramDocument, *, name: str, version: int) -> Program:
    builder = Builder(document)
    return Program(
        name=name,
        version=version,
        zone=ZoneInfo(document.time_zone),
        currency=builder.currency,
        ratio=document.ratio,
        expiry=expiry_policy(document.expiry),
        behaviours={key: Behaviour(key, value.core, _title(value.title)) for key, value in document.behaviours.items()},
        rules=tuple(map(builder.rule, document.rules)),
        tasks=tuple(map(builder.task, document.tasks)),
        campaigns=tuple(map(builder.campaign, document.campaigns)),
        multipliers=Multipliers(document.multipliers.combination, document.multipliers.rounding),
        birthday_multiplier=thousandths(document.multipliers.birthday),
        tiers=builder.tiers(),
        segments=builder.segments(),
        risk=tuple(map(_risk_rule, document.risk)),
        referral=_referral(document.referral),
        rewards={key: builder.reward(key, value) for key, value in document.rewards.items()},
        first_redemption=_first_redemption(document.first_redemption),
        shortfall=document.shortfall,
        expired_return_days=document.expired_return_days,
        spendable_days=document.spendable_days,
        refund_days=document.refund_days,
        backdating_days=document.backdating_days,
        hold_seconds=document.hold_seconds,
        week_starts_on=schema.WEEKDAYS.index(document.week_starts_on),
        event_attributes={key: event_attribute(key, value) for key, value in document.event_attributes.items()},
        member_attributes=frozenset(document.member_attributes),
        clients=frozenset(document.clients),
        languages=tuple(document.languages),
        title=_title(document.title),
        offset=builder.offset(),
        exchange=tuple(document.exchange_at_expiry),
        reminders=_reminders(document.reminders),
    )


def expiry_policy(document: schema.ExpiryDocument) -> expiry.ExpiryPolicy:  # noqa: PLR0911 - one for each policy
    match document:
        case schema.EndOfYearDocument():
            return expiry.EndOfYear(document.years)
        case schema.EndOfMonthDocument():
            return expiry.EndOfMonth(document.months)
        case schema.AfterDaysDocument():
            return expiry.AfterDays(document.days)
        case schema.AfterMonthsDocument():
            return expiry.AfterMonths(document.months)
        case schema.YearlyClearingDocument():
            return expiry.YearlyClearing(document.month, document.day)
        case schema.ByActivityDocument():
            return expiry.ByActivity(document.months, frozenset(document.behaviours))
        case schema.NeverDocument():
            return expiry.NeverExpires()


def thousandths(text: str) -> int:
    """``"1.5"`` → 1500."""
    whole, _, decimals = text.partition(".")
    return int(whole) * WHOLE + int(decimals.ljust(3, "0"))


class Conditions:
    """Turns conditions as they are written into conditions as they are asked: the facts have amounts in minor units,
    tiers and segments as ranks. ``levels``: the names of either, lowest first."""

    def __init__(self, currency: Currency, levels: Mapping[str, Sequence[str]]) -> None:
        self._currency = currency
        self._ranks = {field: {name: rank for rank, name in enumerate(names)} for field, names in levels.items()}

    def built(self, document: schema.ConditionDocument | None) -> conditions.Condition:
        match document:
            case None:
                return conditions.ALWAYS
            case schema.AllDocument():
                return conditions.AllOf(tuple(map(self.built, document.all)))
            case schema.AnyDocument():
                return conditions.AnyOf(tuple(map(self.built, document.any)))
            case schema.TestDocument():
                return self._test(document)

    def _test(self, document: schema.TestDocument) -> conditions.Test:
        values = tuple(self._scalar(document.field, value) for value in values_of(document))
        return conditions.Test(document.field, conditions.Operator(document.op), values)

    def _scalar(self, field: str, value: conditions.Scalar) -> conditions.Scalar:
        if field == "amount":
            return self._currency.minor_units(str(value), path="")
        if field in self._ranks:
            return self._ranks[field][str(value)]
        return value


def values_of(test: schema.TestDocument) -> list[conditions.Scalar]:
    """Of ``in`` and ``not_in`` the list, of the others the one value or none."""
    if isinstance(test.value, list):
        return test.value
    return [] if test.value is None else [test.value]


class Builder:
    """What the parts of one document have in common: its currency, and how its conditions are read."""

    def __init__(self, document: schema.ProgramDocument) -> None:
        self.document = document
        self.currency = Currency(document.currency.code, document.currency.decimals)
        levels = {
            "tier": [level.id for level in document.tiers.levels] if document.tiers else [],
            "segment": [level.id for level in document.segments.levels] if document.segments else [],
        }
        self.condition = Conditions(self.currency, levels).built

    def money(self, text: str, path: str = "") -> int:
        return self.currency.minor_units(text, path=path)

    def rule(self, document: schema.RuleDocument) -> Rule:
        return Rule(
            name=document.id,
            behaviour=document.behaviour,
            value=self.value(document.value),
            when=self.condition(document.when),
            dates=Dates(document.from_, document.to),
            caps=_caps(document.caps),
            pending_days=document.pending_days,
            expiry=_own_expiry(document.expiry),
            multiplied=document.multiplied,
            title=_title(document.title),
        )

    def value(self, document: schema.ValueDocument) -> Value:
        match document:
            case schema.FixedDocument():
                return Fixed(document.points)
            case schema.PerOccurrencesDocument():
                return PerOccurrences(document.points, document.every)
            case schema.PerAmountDocument():
                per, minimum = self.money(document.per), self.money(document.minimum)
                return PerAmount(document.points, per, document.rounding, minimum)
            case schema.StreakDocument():
                return Streak(tuple(document.steps), starts_anew=document.after_last == "start_anew")

    def task(self, document: schema.TaskDocument) -> Task:
        return Task(
            name=document.id,
            behaviours=frozenset(document.behaviours),
            counted=document.counts,
            target=document.target if isinstance(document.target, int) else self.money(document.target),
            window=document.per,
            points=document.points,
            when=self.condition(document.when),
            dates=Dates(document.from_, document.to),
            expiry=_own_expiry(document.expiry),
            title=_title(document.title),
        )

    def campaign(self, document: schema.CampaignDocument) -> Campaign:
        return Campaign(
            name=document.id,
            behaviours=frozenset(document.behaviours),
            dates=Dates(document.from_, document.to),
            multiplier=None if document.multiplier is None else thousandths(document.multiplier),
            bonus=document.bonus,
            when=self.condition(document.when),
            budget=document.budget,
            budget_shards=document.budget_shards,
            caps=_caps(document.caps),
            expiry=_own_expiry(document.expiry),
            title=_title(document.title),
        )

    def tiers(self) -> Tiers | None:
        document = self.document.tiers
        if document is None:
            return None
        months = {"lifetime": None, "calendar_year": 12, "months": document.months}[document.window]
        return Tiers(
            metric=document.by,
            levels=tuple(
                Level(
                    name=level.id,
                    threshold=level.from_ if isinstance(level.from_, int) else self.money(level.from_),
                    multiplier=thousandths(level.multiplier),
                    birthday_multiplier=thousandths(level.birthday_multiplier),
                    formerly=frozenset(level.formerly),
                    monthly_pack=tuple(PackItem(item.reward, item.quantity) for item in level.monthly_pack),
                )
                for level in document.levels
            ),
            months=months,
            calendar_year=document.window == "calendar_year",
            grace_days=document.review.grace_days,
            step_down=document.review.step_down,
        )

    def segments(self) -> Segments | None:
        document = self.document.segments
        if document is None:
            return None
        levels = tuple(Segment(level.id, self.money(level.from_)) for level in document.levels)
        return Segments(document.months, levels)

    def offset(self) -> OffsetRules | None:
        document = self.document.offset
        if document is None:
            return None
        return OffsetRules(
            minimum_order=self.money(document.minimum_order),
            maximum_share_percent=document.maximum_share_percent,
            step=document.step,
            minimum_points=document.minimum_points,
            real_name_only=document.real_name_only,
            points_per_day=document.points_per_day,
        )

    def reward(self, name: str, document: schema.RewardDocument) -> Reward:
        return Reward(
            name=name,
            price=document.price,
            stock=document.stock,
            stock_shards=document.stock_shards,
            limits=member_limits(document.limits),
            when=self.condition(document.when),
            title=_title(document.title),
            kind=document.kind,
            loop=document.loop,
            prices=dict(document.prices),
            cash=None if document.cash is None else self.money(document.cash),
            stock_per_day=document.stock_per_day,
            dates=Dates(document.from_, document.to),
            months=document.months,
            coupon=_coupon(document.coupon),
            description=_title(document.description),
            pictures=tuple(document.pictures),
        )


def member_limits(documents: Sequence[schema.MemberLimitDocument]) -> tuple[MemberLimit, ...]:
    return tuple(MemberLimit(Window(document.per), document.maximum) for document in documents)


def _coupon(document: schema.CouponDocument | None) -> CouponRules | None:
    return None if document is None else CouponRules(document.pool, document.valid_days, document.valid_until)


def _first_redemption(document: schema.FirstRedemptionDocument | None) -> FirstRedemption | None:
    return None if document is None else FirstRedemption(document.percent_off, document.maximum_points)


def _title(document: schema.Title | schema.Description) -> dict[str, str]:
    return {str(language): text for language, text in document.items()}


def _caps(documents: Iterable[schema.CapDocument]) -> tuple[Cap, ...]:
    return tuple(Cap(cap.per, cap.occurrences, cap.points) for cap in documents)


def event_attribute(name: str, document: schema.EventAttributeDocument) -> EventAttribute:
    choices = frozenset(document.of) if isinstance(document, schema.ChoiceDocument) else frozenset[str]()
    return EventAttribute(name, AttributeType(document.type), choices)


def _own_expiry(document: schema.ExpiryDocument | None) -> expiry.ExpiryPolicy | None:
    return None if document is None else expiry_policy(document)


def _risk_rule(document: schema.RiskDocument) -> RiskRule:
    return RiskRule(
        name=document.id,
        counted=document.counts,
        window=document.per,
        more_than=document.more_than,
        action=document.action,
        behaviours=frozenset(document.behaviours),
        pending_days=document.pending_days,
    )


def _referral(document: schema.ReferralDocument | None) -> ReferralRules | None:
    if document is None:
        return None
    return ReferralRules(
        newcomer_points=document.newcomer_points,
        referrer_points=document.referrer_points,
        qualifying_behaviour=document.qualifying_behaviour,
        maximum_per_referrer=document.maximum_per_referrer,
        expiry=_own_expiry(document.expiry),
    )


def _reminders(document: schema.RemindersDocument | None) -> Reminders | None:
    if document is None:
        return None
    dormant = document.dormant
    return Reminders(
        lead_days=tuple(sorted(document.lead_days, reverse=True)),
        at=time_of_day(document.at),
        quiet_hours=None if document.quiet_hours is None else quiet_hours(document.quiet_hours),
        channels=tuple(document.channels),
        dormancy=None if dormant is None else Dormancy(dormant.after_days, dormant.again_after_days),
        expiring=_texts(document.texts.expiring),
        dormant=_texts(document.texts.dormant),
    )


def _texts(documents: Mapping[schema.Language, schema.TextDocument]) -> dict[str, Text]:
    return {language: Text(text.subject, text.body) for language, text in documents.items()}


def quiet_hours(document: schema.QuietHoursDocument) -> QuietHours:
    return QuietHours(time_of_day(document.from_), time_of_day(document.to))


def time_of_day(text: str) -> time:
    return time.fromisoformat(text)


def tests_in(document: Any) -> Iterable[schema.TestDocument]:
    """Every single test of a condition document, however deep; none for None."""
    match document:
        case schema.TestDocument():
            yield document
        case schema.AllDocument():
            for inner in document.all:
                yield from tests_in(inner)
        case schema.AnyDocument():
            for inner in document.any:
                yield from tests_in(inner)
        case _:
            return
