"""R-EARN-8: what a program would pay for a list of events."""

from datetime import date

from points.domain.ledger.members import MemberFacts
from points.domain.money import Rounding
from points.domain.movements.earning import Event
from points.domain.program.campaigns import Campaign
from points.domain.program.caps import Cap
from points.domain.program.dates import Dates
from points.domain.program.multipliers import Combination, Multipliers
from points.domain.program.program import Program
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed, PerAmount, Streak
from points.domain.program.segments import Segment, Segments
from points.domain.program.windows import Window
from points.domain.simulating import NO_SEGMENT, Figures, Sample, simulate
from tests.builders import local, paying, small

DATES = Dates(date(2026, 3, 1), date(2026, 3, 31))


def sample(on: str, behaviour: str = "b", member: str = "m", *, birthday: bool = False, **event: str) -> Sample:
    facts = MemberFacts(birthday=(3, 10)) if birthday else MemberFacts()
    return Sample(Event(f"{member}-{on}", member, behaviour, event.get("amount")), local(on), facts)


def refusing() -> Program:
    risk = RiskRule("risk", Velocity.EVENTS, Window.DAY, 1, RiskAction.REFUSE)
    return small(paying(Fixed(5)), paying(PerAmount(1, 100, Rounding.DOWN), "buy"), risk=(risk,))


def test_points_by_rule_segment_and_day() -> None:
    segments = Segments(1, (Segment("low", 0), Segment("high", 10_000)))
    rules = small(
        paying(PerAmount(1, 100, Rounding.DOWN), "buy"),
        paying(Fixed(5)),
        campaigns=(Campaign("double", frozenset({"b"}), DATES, multiplier=2000),),
        segments=segments,
        core={"buy"},
    )
    samples = [
        sample("2026-03-10 23:59"),
        sample("2026-03-11 00:00", "buy", amount="100.00"),
        sample("2026-03-11 00:01"),
        sample("2026-04-01", member="n"),
    ]
    assert simulate(samples, rules) == Figures(
        events=4,
        points=125,
        by_rule={"b": 15, "buy": 100, "double": 10},
        # The member is in the segment that their spend has brought them to by then.
        by_segment={"high": 10, "low": 115},
        by_day={"2026-03-10": 10, "2026-03-11": 110, "2026-04-01": 5},
        refused={},
    )


def test_without_segments_there_is_one() -> None:
    assert simulate([sample("2026-03-10")], small(paying(Fixed(5)))).by_segment == {NO_SEGMENT: 5}


def test_nothing_comes_of_nothing() -> None:
    assert simulate([], small(paying(Fixed(5)))) == Figures(0, 0, {}, {}, {}, {})


def test_events_are_taken_as_they_occurred_however_they_are_listed() -> None:
    rules = small(paying(Streak((1, 2, 3))), backdating_days=0)
    days = [sample(f"2026-03-{day}") for day in (10, 11, 12, 14)]
    forwards, backwards = simulate(days, rules), simulate(days[::-1], rules)
    assert forwards == backwards
    assert forwards.by_day == {"2026-03-10": 1, "2026-03-11": 2, "2026-03-12": 3, "2026-03-14": 1}


def test_members_have_their_own_counters_and_facts() -> None:
    rules = small(paying(Fixed(5), caps=(Cap(Window.DAY, occurrences=1),)), birthday_multiplier=3000)
    samples = [
        sample("2026-03-10", member="a", birthday=True),
        sample("2026-03-10 13:00", member="a", birthday=True),
        sample("2026-03-10", member="b"),
    ]
    assert simulate(samples, rules).by_rule == {"b": 10, "birthday": 10}


def test_what_is_refused_is_counted_by_its_code() -> None:
    samples = [
        sample("2026-03-10"),
        sample("2026-03-10 13:00"),
        sample("2026-03-11", "buy"),
        sample("2026-03-12", "flying"),
    ]
    figures = simulate(samples, refusing())
    assert (figures.points, figures.events) == (5, 4)
    assert figures.refused == {"invalid_request": 1, "risk_refused": 1, "unknown_behaviour": 1}


def test_budgets_are_shared_by_all_members_and_never_exceeded() -> None:
    # GIVEN a budget for two and a half payments
    bonus = Campaign("bonus", frozenset({"b"}), DATES, bonus=40, budget=100)
    rules = small(paying(Fixed(1)), campaigns=(bonus,))
    samples = [sample(f"2026-03-10 1{hour}:00", member=f"m-{hour}") for hour in range(5)]
    assert simulate(samples, rules).by_rule == {"b": 5, "bonus": 80}


def test_where_one_budget_is_used_up_the_next_campaign_takes_over() -> None:
    campaigns = (
        Campaign("triple", frozenset({"b"}), DATES, multiplier=3000, budget=50),
        Campaign("double", frozenset({"b"}), DATES, multiplier=2000, budget=15),
    )
    rules = small(paying(Fixed(10)), campaigns=campaigns, multipliers=Multipliers(Combination.HIGHEST))
    samples = [sample(f"2026-03-1{day}") for day in range(5)]
    # 20 + 20 of 50, then 10 of 15, then nothing is left that one more event would fit in
    assert simulate(samples, rules).by_rule == {"b": 50, "double": 10, "triple": 40}
