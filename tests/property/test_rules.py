"""What holds for any valid program and whatever its members do, reported in any order (design §8, R-EARN).

Found the same way every time; a failing example is printed as the code that builds it.
"""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from points.domain.evaluation.evaluation import BIRTHDAY_LINE, TIER_LINE, Why, evaluate
from points.domain.evaluation.retention import current_counters
from points.domain.limits import MAX_COUNTERS
from points.domain.program.program import Program
from points.domain.program.rules import Fixed, PerOccurrences, Rule, Streak
from points.domain.program.tasks import Counted
from tests.property.programs import STARTS, Happened, Step, happen, live, most_counters, programs, steps, window_of

starts = st.sampled_from(STARTS)
histories = st.lists(steps, min_size=12, max_size=40)
some_campaigns = st.sets(st.sampled_from(["campaign-0", "campaign-1", "campaign-2"]))
thorough = settings(max_examples=200, derandomize=True, deadline=None, database=None)


NOT_ASKED = {Why.NOT_IN_DATES, Why.CONDITION_NOT_MET}


def paid_by(name: str, happened: Happened) -> int:
    return sum(line.points for line in happened.entry.lines if line.rule == name)


def why_not(name: str, happened: Happened) -> Why | None:
    return next((reason.why for reason in happened.evaluation.unpaid if reason.rule == name), None)


@thorough
@given(rules=programs, start=starts, history=histories)
def test_any_event_has_an_answer_and_always_the_same(rules: Program, start: datetime, history: list[Step]) -> None:
    first = happen(rules, start, history)
    assert happen(rules, start, history) == first
    for happened in first:
        assert happened.evaluation.lines == happened.entry.lines


@thorough
@given(rules=programs, start=starts, history=histories)
def test_r_earn_9_the_lines_are_what_was_paid(rules: Program, start: datetime, history: list[Step]) -> None:
    limited = {campaign.name for campaign in rules.campaigns if campaign.budget is not None}
    for happened in happen(rules, start, history):
        lines = happened.entry.lines
        assert sum(line.points for line in lines) == happened.entry.points == happened.entry.moves.points
        assert all(line.points > 0 for line in lines)
        names = Counter(line.rule for line in lines)
        assert set(names.values()) <= {1}
        assert happened.evaluation.budgets == {name: paid_by(name, happened) for name in names if name in limited}


@thorough
@given(
    rules=programs, start=starts, history=histories, exhausted=st.sets(st.sampled_from(["campaign-0", "campaign-1"]))
)
def test_r_earn_9_whatever_could_have_paid_did_or_says_why_not(
    rules: Program, start: datetime, history: list[Step], exhausted: set[str]
) -> None:
    for happened in happen(rules, start, history):
        behaviour = happened.occurrence.behaviour
        asked = {rule.name for rule in rules.rules if rule.behaviour == behaviour}
        asked |= {task.name for task in rules.tasks if behaviour in task.behaviours}
        asked |= {campaign.name for campaign in rules.campaigns if behaviour in campaign.behaviours}
        again = evaluate(happened.occurrence, happened.evaluation.counters, rules, exhausted=exhausted)
        for evaluation in (happened.evaluation, again):
            paid = [line.rule for line in evaluation.lines]
            unpaid = [reason.rule for reason in evaluation.unpaid]
            assert sorted({*paid, *unpaid} - {TIER_LINE, BIRTHDAY_LINE}) == sorted(asked)
            assert len(paid) + len(unpaid) == len({*paid, *unpaid})
        for campaign in exhausted & asked:
            assert campaign not in [line.rule for line in again.lines]


@thorough
@given(rules=programs, start=starts, history=histories)
def test_r_earn_3_no_cap_is_ever_exceeded(rules: Program, start: datetime, history: list[Step]) -> None:
    """Counted from the entries alone, in the windows the events occurred in."""
    happened = happen(rules, start, history)
    for rule in rules.rules:
        for cap in rule.caps:
            points, occurrences = Counter[object](), Counter[object]()
            for each in happened:
                window = window_of(each.occurrence.at, cap.window, rules.week_starts_on)
                paid = paid_by(rule.name, each)
                points[window] += paid
                occurrences[window] += _occurrences(rule, paid)
            assert cap.points is None or max(points.values()) <= cap.points
            assert cap.occurrences is None or max(occurrences.values()) <= cap.occurrences


def _occurrences(rule: Rule, paid: int) -> int:
    """How often it was paid, for a payment of several at once; one that was cut counts."""
    if isinstance(rule.value, Fixed | PerOccurrences):
        return -(-paid // rule.value.points)
    return 1 if paid else 0


@thorough
@given(rules=programs, start=starts, history=histories)
def test_r_earn_5_a_task_pays_once_in_each_window_that_meets_it(
    rules: Program, start: datetime, history: list[Step]
) -> None:
    happened = happen(rules, start, history)
    for task in rules.tasks:
        progress, paid = Counter[object](), set[object]()
        for each in happened:
            if each.occurrence.behaviour not in task.behaviours or why_not(task.name, each) in NOT_ASKED:
                continue
            window = window_of(each.occurrence.at, task.window, rules.week_starts_on)
            progress[window] += {
                Counted.EVENTS: 1,
                Counted.QUANTITY: each.occurrence.quantity,
                Counted.AMOUNT: each.occurrence.amount_minor or 0,
            }[task.counted]
            due = progress[window] >= task.target and window not in paid
            assert paid_by(task.name, each) == (task.points if due else 0)
            paid |= {window} if due else set()


@thorough
@given(rules=programs, start=starts, history=histories)
def test_r_earn_4_days_come_to_what_their_runs_are_worth_whatever_order_they_are_reported_in(
    rules: Program, start: datetime, history: list[Step]
) -> None:
    happened = happen(rules, start, history)
    for rule in rules.rules:
        if not isinstance(rule.value, Streak):
            continue
        days: set[date] = set()
        for each in happened:
            if each.occurrence.behaviour != rule.behaviour or why_not(rule.name, each) in NOT_ASKED:
                continue
            before = _worth(rule.value, days)
            days.add(each.occurrence.day)
            # Where a ladder falls, a day that joins two runs may be worth less than nothing, and is paid nothing.
            expected = max(0, _worth(rule.value, days) - before)
            paid = paid_by(rule.name, each)
            assert paid == expected or (paid < expected and rule.caps)


def _worth(streak: Streak, days: set[date]) -> int:
    """Of all days known, each by its place in its run."""
    total = 0
    for day in days:
        place = 1
        while day - timedelta(days=place) in days:
            place += 1
        total += streak.points(place)
    return total


# ── the way back ────────────────────────────────────────────────────────────────────────────────────────────────────

WATCHED = 180
"""Days after its window for which a task that paid is watched: longer than any history here."""


@thorough
@given(rules=programs, start=starts, history=histories, returned=st.sets(st.integers(0, 39)), data=st.data())
def test_r_earn_11_what_is_returned_at_once_might_as_well_not_have_been(
    rules: Program, start: datetime, history: list[Step], returned: set[int], data: st.DataObject
) -> None:
    """For all that is paid from then on. (But for suspicion, and for tiers: these never fall by a refund.)"""
    rules = replace(rules, risk=(), tiers=None, refund_days=WATCHED)
    cuts = {number: data.draw(st.lists(st.integers(1, 99), max_size=2)) for number in sorted(returned)}
    with_returns = live(rules, start, history, cuts)
    without = live(rules, start, history, left_out=returned)
    assert [each.entry.lines for number, each in enumerate(with_returns.happened) if number not in returned] == [
        each.entry.lines for each in without.happened
    ]
    assert current_counters(with_returns.account, with_returns.context) == current_counters(
        without.account, without.context
    )
    assert with_returns.budgets == without.budgets
    assert with_returns.points == without.points


@thorough
@given(rules=programs, start=starts, history=histories, data=st.data())
def test_r_earn_11_after_everything_is_returned_nothing_is_left(
    rules: Program, start: datetime, history: list[Step], data: st.DataObject
) -> None:
    """In whatever order, in however many parts: every effect has its opposite, once."""
    rules = replace(rules, refund_days=WATCHED)
    lived = live(rules, start, history)
    order = data.draw(st.permutations(range(len(history))))
    cuts = {number: data.draw(st.lists(st.integers(1, 99), max_size=2)) for number in order}
    for number in order:
        lived.give_back(lived.happened[number].entry, cuts[number])
    # A day that others were paid more because of stays in its run, and is paid no more.
    assert [key for key in lived.account.counters if not key.startswith("risk-") and "/rS" not in key] == []
    assert +lived.budgets == Counter()
    assert lived.points == 0


@settings(thorough, max_examples=25)
@given(rules=programs, start=starts, history=st.lists(steps, min_size=8, max_size=8))
def test_counters_stay_few_however_long_an_account_lives(rules: Program, start: datetime, history: list[Step]) -> None:
    # GIVEN the same again and again, never at the same hour of the day, for years
    often = [replace(step, hours=1 + step.hours % 37 + number) for number, step in enumerate(history)]
    happened = happen(rules, start, often * 150)
    assert max(each.counters for each in happened) <= min(most_counters(rules), MAX_COUNTERS)
