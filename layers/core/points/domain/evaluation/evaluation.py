"""The rules engine: what an event is worth, line by line, and why each other rule does not pay.

Total and pure: any valid program and event have exactly one answer. The order is fixed and is part of the answer:
rules as the program lists them, each with its caps; then multipliers on what may be multiplied (tier, birthday,
campaigns); then campaign bonuses; then tasks. Caps bound what a rule itself pays; a budget bounds what a campaign
pays over all members, and is taken in the same transaction (the commit says when one is used up, and the event is
evaluated again without that campaign).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from points.domain.errors import LimitReached
from points.domain.ledger.entries import Line
from points.domain.limits import MAX_POINTS
from points.domain.money import Rounding, divide
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.conditions import Condition, Facts, holds
from points.domain.program.dates import Dates
from points.domain.program.expiry import ExpiryPolicy
from points.domain.program.multipliers import WHOLE, Combination
from points.domain.program.program import Program
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Rule, Streak, Value
from points.domain.program.streaks import run_through, with_day
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level
from points.domain.program.windows import Counters, Window, window_name

PROGRESS: Final = "t"
"""What a task has counted in its window, also after it has paid: a refund takes its event out of it again."""

PAID: Final = "b"
"""What a task has paid in its window. No counter: it has not, or a refund took it back."""

TIER_LINE: Final = "tier"
BIRTHDAY_LINE: Final = "birthday"
"""Names of lines that no rule may have."""


class Why(StrEnum):
    """Why a rule, task or campaign did not pay."""

    NOT_IN_DATES = "not_in_dates"
    NOT_IN_CAMPAIGN = "not_in_campaign"
    CONDITION_NOT_MET = "condition_not_met"
    BELOW_MINIMUM = "below_minimum"
    ROUNDED_TO_ZERO = "rounded_to_zero"
    MORE_NEEDED = "more_needed"
    ALREADY_COUNTED = "already_counted"
    ALREADY_PAID = "already_paid"
    CAP_REACHED = "cap_reached"
    NOTHING_TO_MULTIPLY = "nothing_to_multiply"
    NOT_THE_HIGHEST = "not_the_highest"
    BUDGET_EXHAUSTED = "budget_exhausted"


@dataclass(frozen=True, slots=True)
class Unpaid:
    rule: str
    why: Why


@dataclass(frozen=True, slots=True)
class Payment:
    """What one rule pays, and how its points come to the member: after how many days, and good for how long."""

    rule: str
    points: int
    pending_days: int = 0
    expiry: ExpiryPolicy | None = None
    capped: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``budgets`` is what each limited campaign pays. The payments add up to the points; one rule may pay in several,
    where parts of it wait or expire differently.

    ``counted`` is what the event added to counters and no line shows, by rule or task: a refund takes it out again.
    """

    payments: tuple[Payment, ...]
    unpaid: tuple[Unpaid, ...]
    counters: Counters
    budgets: Mapping[str, int] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[Line, ...]:
        points: dict[str, int] = {}
        for payment in self.payments:
            points[payment.rule] = points.get(payment.rule, 0) + payment.points
        return tuple(map(Line, points, points.values()))

    @property
    def points(self) -> int:
        return sum(payment.points for payment in self.payments)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event, placed in the program's time and in its member's circumstances. ``at`` is local to the program."""

    behaviour: str
    at: datetime
    amount_minor: int | None
    quantity: int
    facts: Facts
    level: Level | None = None
    birthday: bool = False

    @property
    def day(self) -> date:
        return self.at.date()


def evaluate(
    occurrence: Occurrence, counters: Counters, program: Program, *, exhausted: Collection[str] = ()
) -> Evaluation:
    """``exhausted`` names campaigns whose budget is known to be used up. Raises LimitReached beyond MAX_POINTS."""
    tally = _Tally(dict(counters), occurrence, program)
    for rule in program.rules_of(occurrence.behaviour):
        tally.apply_rule(rule)
    campaigns = [campaign for campaign in program.campaigns if occurrence.behaviour in campaign.behaviours]
    running = [campaign for campaign in campaigns if tally.runs(campaign, exhausted)]
    tally.apply_multipliers(running)
    for campaign in running:
        tally.apply_bonus(campaign)
    for task in program.tasks_of(occurrence.behaviour):
        tally.apply_task(task)
    return tally.evaluation()


def points_each(value: Value, points: int) -> int:
    """What one occurrence is of the ``points`` that a rule pays: under a cap, occurrences are what is counted."""
    return value.points if isinstance(value, Fixed | PerOccurrences) else points


@dataclass(slots=True)
class _Tally:
    """One evaluation under way."""

    counters: dict[str, int]
    occurrence: Occurrence
    program: Program
    payments: list[Payment] = field(default_factory=list)
    unpaid: list[Unpaid] = field(default_factory=list)
    multiplied: list[Payment] = field(default_factory=list)
    paid_by_rules: bool = False
    counted: dict[str, int] = field(default_factory=dict)
    windows: dict[Window, str] = field(default_factory=dict)

    def pay(self, payment: Payment) -> None:
        self.payments.append(payment)

    def refuse(self, rule: str, why: Why) -> None:
        self.unpaid.append(Unpaid(rule, why))

    def key(self, owner: str, what: str, window: Window) -> str:
        """As :func:`points.domain.program.windows.counter_key`; every window is worked out once, however many rules
        count."""
        if window not in self.windows:
            starts_on = self.program.week_starts_on
            self.windows[window] = window_name(window, self.occurrence.at, week_starts_on=starts_on)
        return f"{owner}/{what}{self.windows[window]}"

    def evaluation(self) -> Evaluation:
        limited = {campaign.name for campaign in self.program.campaigns if campaign.budget is not None}
        evaluation = Evaluation(
            payments=tuple(self.payments),
            unpaid=tuple(self.unpaid),
            counters=self.counters,
            counted=self.counted,
        )
        budgets = {line.rule: line.points for line in evaluation.lines if line.rule in limited}
        evaluation = replace(evaluation, budgets=budgets)
        if evaluation.points > MAX_POINTS:
            raise LimitReached(f"the event would pay {evaluation.points} points", limit="points", maximum=MAX_POINTS)
        return evaluation

    # ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────

    def apply_rule(self, rule: Rule) -> None:
        if why := self._unmet(rule.dates, rule.when):
            self.refuse(rule.name, why)
            return
        points, why = self._worth(rule)
        if not points:
            self.refuse(rule.name, why)
            return
        allowed = self._under_caps(rule.name, rule.caps, points, each=points_each(rule.value, points))
        if not allowed:
            self.refuse(rule.name, Why.CAP_REACHED)
            return
        payment = Payment(rule.name, allowed, rule.pending_days, rule.expiry, capped=allowed < points)
        self.pay(payment)
        self.paid_by_rules = True
        if allowed == points:
            # Its line says so. (What a cap cut off has used up its occurrences, or its day, all the same.)
            self.counted.pop(rule.name, None)
        if rule.multiplied:
            self.multiplied.append(payment)

    def _unmet(self, dates: Dates, when: Condition) -> Why | None:
        if not dates.include(self.occurrence.day):
            return Why.NOT_IN_DATES
        return None if holds(when, self.occurrence.facts) else Why.CONDITION_NOT_MET

    def _worth(self, rule: Rule) -> tuple[int, Why]:
        """The points of a rule before its caps; and, should they be none, why."""
        match rule.value:
            case Fixed(points=each):
                return each * self.occurrence.quantity, Why.ROUNDED_TO_ZERO
            case PerOccurrences(points=each, every=every):
                key = f"{rule.name}/n"
                occurrences = self.counters.get(key, 0) + self.occurrence.quantity
                # Below zero after a refund of what others had completed: then there is something to make up for first.
                rounds = max(0, occurrences // every)
                self._set(key, occurrences - rounds * every)
                self.counted[rule.name] = rounds
                return each * rounds, Why.MORE_NEEDED
            case PerAmount() as value:
                amount = self.occurrence.amount_minor or 0
                if amount < value.minimum_minor:
                    return 0, Why.BELOW_MINIMUM
                return divide(amount * value.points, value.per_minor, value.rounding), Why.ROUNDED_TO_ZERO
            case Streak() as value:
                if run_through(self.counters, rule.name, self.occurrence.day) is not None:
                    return 0, Why.ALREADY_COUNTED
                return self._new_day(rule.name, value), Why.ROUNDED_TO_ZERO

    def _new_day(self, rule: str, value: Streak) -> int:
        counters, run, joined = with_day(self.counters, rule, self.occurrence.day)
        self.counters = dict(counters)
        self.counted[rule] = worth = value.joining(run.days, [part.days for part in joined])
        return worth

    def _under_caps(self, owner: str, caps: Sequence[Cap], points: int, *, each: int) -> int:
        """The part of ``points`` that every cap leaves room for, counted under all of them.

        It makes no difference whether occurrences are reported one by one or as a quantity.
        """
        times = points // each
        for cap in caps:
            if cap.occurrences is not None:
                times = min(times, max(0, cap.occurrences - self.counters.get(self.key(owner, "c", cap.window), 0)))
        points = each * times
        for cap in caps:
            if cap.points is not None:
                points = min(points, max(0, cap.points - self.counters.get(self.key(owner, "p", cap.window), 0)))
        if points:
            # One that is paid in part is used up; one that is not paid at all is not.
            self._count_under_caps(owner, caps, divide(points, each, Rounding.UP), points)
        return points

    def _count_under_caps(self, owner: str, caps: Sequence[Cap], times: int, points: int) -> None:
        for cap in caps:
            if cap.occurrences is not None:
                self._add(self.key(owner, "c", cap.window), times)
            if cap.points is not None:
                self._add(self.key(owner, "p", cap.window), points)

    # ── multipliers and campaigns ────────────────────────────────────────────────────────────────────────────────

    def runs(self, campaign: Campaign, exhausted: Collection[str]) -> bool:
        if not campaign.dates.include(self.occurrence.day):
            self.refuse(campaign.name, Why.NOT_IN_CAMPAIGN)
        elif not holds(campaign.when, self.occurrence.facts):
            self.refuse(campaign.name, Why.CONDITION_NOT_MET)
        elif campaign.name in exhausted:
            self.refuse(campaign.name, Why.BUDGET_EXHAUSTED)
        else:
            return True
        return False

    def apply_multipliers(self, campaigns: list[Campaign]) -> None:
        """Each multiplier that counts gets a line with what it adds to the ones before it, so the lines add up
        exactly however many there are."""
        base = sum(payment.points for payment in self.multiplied)
        sources = list(self._multipliers(campaigns))
        if not base:
            for name, _, _ in sources:
                self.refuse(name, Why.NOTHING_TO_MULTIPLY)
            return
        rules = self.program.multipliers
        if rules.combination is Combination.HIGHEST and sources:
            best = max(sources, key=lambda source: source[1])
            for source in sources:
                if source is not best:
                    self.refuse(source[0], Why.NOT_THE_HIGHEST)
            sources = [best]
        numerator, denominator, so_far = WHOLE, WHOLE, base
        for name, multiplier, campaign in sources:
            if rules.combination is Combination.MULTIPLY:
                numerator, denominator = numerator * multiplier, denominator * WHOLE
            else:
                numerator += multiplier - WHOLE
            total = divide(base * numerator, denominator, rules.rounding)
            self._pay_extra(name, total - so_far, base, campaign)
            so_far = max(so_far, total)

    def _pay_extra(self, name: str, points: int, base: int, campaign: Campaign | None) -> None:
        """Spread over what it multiplies, so that each part waits and expires as that does; the parts add up."""
        allowed = max(0, points)
        if campaign is not None and allowed:
            allowed = self._under_caps(name, campaign.caps, points, each=points)
        if not allowed:
            self.refuse(name, Why.CAP_REACHED if points > 0 else Why.ROUNDED_TO_ZERO)
            return
        own_expiry = None if campaign is None else campaign.expiry
        before = 0
        for payment in self.multiplied:
            after = before + payment.points
            if part := allowed * after // base - allowed * before // base:
                expiry = own_expiry or payment.expiry
                self.pay(Payment(name, part, payment.pending_days, expiry, capped=allowed < points))
            before = after

    def apply_bonus(self, campaign: Campaign) -> None:
        if campaign.bonus is None:
            return
        if why := self._one_too_many():
            self.refuse(campaign.name, why)
            return
        allowed = self._under_caps(campaign.name, campaign.caps, campaign.bonus, each=campaign.bonus)
        if allowed:
            self.pay(Payment(campaign.name, allowed, expiry=campaign.expiry, capped=allowed < campaign.bonus))
        else:
            self.refuse(campaign.name, Why.CAP_REACHED)

    def _one_too_many(self) -> Why | None:
        """Why the rules paid nothing for this occurrence, where that is because there have been enough of them."""
        if self.paid_by_rules:
            return None
        rules = {rule.name for rule in self.program.rules_of(self.occurrence.behaviour)}
        reasons = {unpaid.why for unpaid in self.unpaid if unpaid.rule in rules}
        return next((why for why in (Why.ALREADY_COUNTED, Why.CAP_REACHED) if why in reasons), None)

    def _multipliers(self, campaigns: list[Campaign]) -> Iterator[tuple[str, int, Campaign | None]]:
        """What multiplies this event: (line, thousandths, the campaign if it is one). Multipliers of 1 say nothing."""
        level = self.occurrence.level
        if level is not None and level.multiplier > WHOLE:
            yield TIER_LINE, level.multiplier, None
        if self.occurrence.birthday:
            of_level = level.birthday_multiplier if level is not None else WHOLE
            if (birthday := max(of_level, self.program.birthday_multiplier)) > WHOLE:
                yield BIRTHDAY_LINE, birthday, None
        for campaign in campaigns:
            if campaign.multiplier is not None:
                yield campaign.name, campaign.multiplier, campaign

    # ── tasks ────────────────────────────────────────────────────────────────────────────────────────────────────

    def apply_task(self, task: Task) -> None:
        if why := self._unmet(task.dates, task.when):
            self.refuse(task.name, why)
            return
        key, paid_key = (self.key(task.name, what, task.window) for what in (PROGRESS, PAID))
        if step := self._task_step(task):
            self._add(key, step)
            self.counted[task.name] = step
        if paid_key in self.counters:
            self.refuse(task.name, Why.ALREADY_PAID)
        elif self.counters.get(key, 0) >= task.target:
            self.counters[paid_key] = task.points
            self.pay(Payment(task.name, task.points, expiry=task.expiry))
        else:
            self.refuse(task.name, Why.MORE_NEEDED)

    def _task_step(self, task: Task) -> int:
        match task.counted:
            case Counted.EVENTS:
                return 1
            case Counted.QUANTITY:
                return self.occurrence.quantity
            case Counted.AMOUNT:
                return self.occurrence.amount_minor or 0

    def _add(self, key: str, count: int) -> None:
        self.counters[key] = self.counters.get(key, 0) + count

    def _set(self, key: str, count: int) -> None:
        """A counter at nothing is not kept."""
        if count:
            self.counters[key] = count
        else:
            self.counters.pop(key, None)
