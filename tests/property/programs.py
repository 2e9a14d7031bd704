"""Arbitrary valid programs, and what members of them may do: whatever the schema lets through, in small."""

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from points.domain.evaluation.evaluation import Evaluation, Occurrence, evaluate
from points.domain.evaluation.retention import current_counters
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, ReturnBudget, TakeBudget
from points.domain.ledger.entries import Entry
from points.domain.ledger.members import MemberFacts
from points.domain.money import Rounding
from points.domain.movements.earning import Event, earn, occurrence_of
from points.domain.movements.reversing import Original, Reversal, nominal_reversed, original_points, reverse
from points.domain.program.behaviours import Behaviour
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.conditions import ALWAYS, AllOf, AnyOf, Condition, Operator, Scalar
from points.domain.program.dates import Dates
from points.domain.program.expiry import AfterDays
from points.domain.program.multipliers import Combination, Multipliers
from points.domain.program.program import Program
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed, PerAmount, PerOccurrences, Rule, Streak, Value
from points.domain.program.segments import Segment, Segments
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, StepDown, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.builders import NEW_YORK, SANTIAGO, SHANGHAI, account, asks, program

BEHAVIOURS = ("buy", "like")
STARTS = [
    datetime(2026, 3, 6, 20, tzinfo=UTC),
    datetime(2026, 10, 30, 20, tzinfo=UTC),
    datetime(2026, 12, 30, tzinfo=UTC),
]

points = st.integers(1, 50)
windows = st.sampled_from(Window)
dates = st.sampled_from([Dates(), Dates(), Dates(date(2026, 3, 8), date(2026, 12, 31)), Dates(None, date(2027, 1, 1))])
some_behaviours = st.frozensets(st.sampled_from(BEHAVIOURS), min_size=1)

values: st.SearchStrategy[Value] = st.one_of(
    st.builds(Fixed, points),
    st.builds(PerOccurrences, points, every=st.integers(2, 4)),
    st.builds(
        PerAmount, st.integers(1, 3), st.sampled_from([1, 100, 300]), st.sampled_from(Rounding), st.integers(0, 500)
    ),
    st.builds(Streak, st.lists(points, min_size=1, max_size=4).map(tuple), st.booleans()),
)

single_tests = st.one_of(
    st.builds(asks, st.just("amount"), st.sampled_from([Operator.AT_LEAST, Operator.LESS_THAN]), st.integers(0, 3000)),
    st.builds(asks, st.just("quantity"), st.sampled_from([Operator.MORE_THAN, Operator.AT_MOST]), st.integers(1, 4)),
    st.builds(
        asks, st.sampled_from(["hour", "weekday", "tier", "segment"]), st.just(Operator.AT_MOST), st.integers(0, 7)
    ),
    st.builds(asks, st.just("attribute.channel"), st.sampled_from(Operator), st.sampled_from(["app", True, 1])),
    st.builds(asks, st.just("birthday"), st.sampled_from([Operator.EQUALS, Operator.NOT_EQUALS]), st.booleans()),
)
nested: st.SearchStrategy[Condition] = st.recursive(
    single_tests,
    lambda inner: st.builds(AllOf, st.lists(inner, max_size=2)) | st.builds(AnyOf, st.lists(inner, max_size=2)),
    max_leaves=3,
)
# Mostly none: a rule that rarely pays proves little.
conditions = st.one_of(st.just(ALWAYS), st.just(ALWAYS), st.just(ALWAYS), nested)


@st.composite
def caps(draw: st.DrawFn) -> tuple[Cap, ...]:
    found = []
    for window in draw(st.lists(windows, max_size=3, unique=True)):
        occurrences, most = draw(st.sampled_from([(1, None), (3, None), (None, 40), (None, 75), (4, 60)]))
        found.append(Cap(window, occurrences, most))
    return tuple(found)


rules = st.builds(
    Rule,
    name=st.just(""),
    behaviour=st.sampled_from(BEHAVIOURS),
    value=values,
    when=conditions,
    dates=dates,
    caps=caps(),
    pending_days=st.sampled_from([0, 0, 3]),
    expiry=st.sampled_from([None, None, AfterDays(5)]),
    multiplied=st.booleans(),
)
tasks = st.builds(
    Task,
    name=st.just(""),
    behaviours=some_behaviours,
    counted=st.sampled_from(Counted),
    target=st.integers(1, 4),
    window=windows,
    points=points,
    when=conditions,
    dates=dates,
)
budgets = st.sampled_from([None, 500])
multiplying = st.builds(
    Campaign,
    st.just(""),
    some_behaviours,
    dates,
    multiplier=st.integers(1001, 4000),
    budget=budgets,
    caps=caps(),
    expiry=st.sampled_from([None, None, AfterDays(5)]),
)
giving = st.builds(
    Campaign, st.just(""), some_behaviours, dates, bonus=points, when=conditions, budget=budgets, caps=caps()
)
risk_rules = st.builds(
    RiskRule,
    name=st.just(""),
    counted=st.sampled_from([Velocity.EVENTS, Velocity.POINTS]),
    window=windows,
    more_than=st.integers(1, 200),
    action=st.sampled_from([RiskAction.PEND, RiskAction.FREEZE]),
    pending_days=st.integers(1, 5),
)
tiers = st.builds(
    lambda metric, window, **others: Tiers(
        metric,
        (Level("V1", 0), Level("V2", 200, 1200, 1500), Level("V3", 1000, 1500, 3000)),
        months=window[0],
        calendar_year=window[1],
        **others,
    ),
    st.sampled_from(TierMetric),
    st.sampled_from([(None, False), (12, True), (1, False), (36, False)]),
    grace_days=st.sampled_from([0, 31]),
    step_down=st.sampled_from(StepDown),
)
segments = st.builds(Segments, st.sampled_from([1, 12, 36]), st.just((Segment("low", 0), Segment("high", 5000))))


def named[Part: (Rule, Task, Campaign, RiskRule)](prefix: str, parts: list[Part]) -> tuple[Part, ...]:
    return tuple(replace(part, name=f"{prefix}-{number}") for number, part in enumerate(parts))


programs = st.builds(
    lambda rules, tasks, campaigns, risk, **others: program(
        behaviours={name: Behaviour(name, name == "buy") for name in BEHAVIOURS},
        rules=named("rule", rules),
        tasks=named("task", tasks),
        campaigns=named("campaign", campaigns),
        risk=named("risk", risk),
        **others,
    ),
    rules=st.lists(rules, min_size=1, max_size=5),
    tasks=st.lists(tasks, max_size=2),
    campaigns=st.lists(multiplying | giving, max_size=3),
    risk=st.lists(risk_rules, max_size=2),
    multipliers=st.builds(Multipliers, st.sampled_from(Combination), st.sampled_from(Rounding)),
    birthday_multiplier=st.sampled_from([1000, 2000]),
    tiers=st.none() | tiers,
    segments=st.none() | segments,
    zone=st.sampled_from([SHANGHAI, NEW_YORK, SANTIAGO]),
    week_starts_on=st.integers(0, 6),
    backdating_days=st.sampled_from([0, 1, 7, 14]),
)


@dataclass(frozen=True)
class Step:
    """So many hours after the one before, something happens; or happened, as a share of what may be backdated ago."""

    hours: int
    behaviour: str
    cents: int
    quantity: int
    ago: float
    attributes: Mapping[str, Scalar]


steps = st.builds(
    Step,
    hours=st.sampled_from([0, 1, 5, 20, 24, 24, 48, 100]),
    behaviour=st.sampled_from(BEHAVIOURS),
    cents=st.integers(0, 4000),
    quantity=st.integers(1, 4),
    ago=st.sampled_from([0.0, 0.0, 0.0, 0.5, 0.9, 1.0]),
    attributes=st.sampled_from([{}, {"channel": "app"}, {"channel": True}]),
)


@dataclass(frozen=True)
class Happened:
    occurrence: Occurrence
    evaluation: Evaluation
    entry: Entry
    counters: int


@dataclass
class Life:
    """One member, who does things and takes them back; whom a risk rule freezes is let go on by an operator."""

    rules: Program
    now: datetime
    account: Account = field(default_factory=lambda: account(facts=MemberFacts(birthday=(3, 8))))
    happened: list[Happened] = field(default_factory=list)
    budgets: Counter[str] = field(default_factory=Counter)
    """What campaigns have paid out of their budgets."""

    points: int = 0
    _refunds: int = 0

    @property
    def context(self) -> Context:
        return Context(self.rules, self.now, "t", "f")

    def do(self, number: int, step: Step) -> None:
        occurred_at = self.now - timedelta(days=self.rules.backdating_days) * step.ago
        event = Event(
            f"e-{number}",
            "m-1",
            step.behaviour,
            amount=f"{step.cents // 100}.{step.cents % 100:02}",
            quantity=step.quantity,
            occurred_at=occurred_at,
            attributes=step.attributes,
        )
        occurrence = occurrence_of(self.account, event, occurred_at, self.rules)
        evaluation = evaluate(occurrence, current_counters(self.account, self.context), self.rules)
        entry = self._booked(earn(self.account, event, self.context))
        self.happened.append(Happened(occurrence, evaluation, entry, len(self.account.counters)))

    def give_back(self, entry: Entry, parts: Sequence[int] = ()) -> None:
        """All of it: first so many points at a time, as long as there are more, then the rest."""
        earlier: list[Entry] = []
        for part in (*parts, None):
            left = original_points(entry, self.rules) - nominal_reversed(earlier)
            if part is not None and part >= left:
                continue
            self._refunds += 1
            command = Reversal(f"v-{self._refunds}", "m-1", entry.name, points=part)
            original = Original(entry, tuple(earlier), decided=self.rules)
            earlier.append(self._booked(reverse(self.account, command, original, self.context)))

    def _booked(self, decision: Decision) -> Entry:
        self.account = replace(decision.account, frozen=frozenset())
        self.points += decision.entry.points
        for effect in decision.effects:
            match effect:
                case TakeBudget(campaign, points):
                    self.budgets[campaign.name] += points
                case ReturnBudget(name, points):
                    self.budgets[name] -= points
                case _:
                    raise AssertionError(effect)
        return decision.entry


def live(
    rules: Program,
    start: datetime,
    history: list[Step],
    returned: Mapping[int, Sequence[int]] | None = None,
    left_out: Container[int] = (),
) -> Life:
    """The steps, one after the other, but for those ``left_out``; those ``returned`` are returned at once."""
    life = Life(rules, start)
    for number, step in enumerate(history):
        life.now += timedelta(hours=step.hours)
        if number in left_out:
            continue
        life.do(number, step)
        if returned is not None and number in returned:
            life.give_back(life.happened[-1].entry, returned[number])
    return life


def happen(rules: Program, start: datetime, history: list[Step]) -> list[Happened]:
    return live(rules, start, history).happened


def window_of(at: datetime, window: Window, week_starts_on: int) -> object:
    """Which window a local moment is in, worked out by itself."""
    # 1 January of the year 1 was a Monday.
    week = (at.toordinal() - 1 - week_starts_on) // 7
    return {
        Window.HOUR: (at.date(), at.hour),
        Window.DAY: at.date(),
        Window.WEEK: week,
        Window.MONTH: (at.year, at.month),
        Window.YEAR: at.year,
        Window.LIFETIME: None,
    }[window]


def most_counters(rules: Program) -> int:
    """More than these an account can never need, however long it lives."""
    # Today, what may be backdated, and a day each for clocks that change and clocks that run ahead.
    days = rules.backdating_days + 3
    in_window = {
        Window.HOUR: 24 * days,
        Window.DAY: days,
        Window.WEEK: days // 7 + 2,
        Window.MONTH: days // 28 + 2,
        Window.YEAR: 2,
        Window.LIFETIME: 1,
    }
    caps = [cap for rule in rules.rules for cap in rule.caps]
    most = sum(in_window[cap.window] * 2 for cap in caps)
    # What campaigns may pay, what tasks have counted and paid, which is watched for a month.
    most += sum(in_window[cap.window] * 2 for campaign in rules.campaigns for cap in campaign.caps)
    most += sum(in_window[task.window] + 2 * (rules.refund_days + 2) * 24 for task in rules.tasks)
    most += sum(in_window[rule.window] for rule in rules.risk)
    most += sum(1 if isinstance(rule.value, PerOccurrences) else 0 for rule in rules.rules)
    most += sum(days // 2 + 2 for rule in rules.rules if isinstance(rule.value, Streak))
    return most + 2 * (36 + 12 + 3)
