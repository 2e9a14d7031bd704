"""Tier, history, segment, tasks and streaks as a member's app shows them; reviews that come due."""

from datetime import date
from typing import Any

import pytest

from points.application.earning.earn_points import earn_points
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.members.enrol_member import enrol_member
from points.application.members.erase_member import erase_member
from points.application.members.read_standing import Standing, list_tier_changes, read_progress, read_standing
from points.application.services import Services
from points.domain.errors import NotFound
from points.domain.evaluation.standing import TierChange
from points.domain.ledger.members import MemberFacts, Profile, declaration
from points.domain.movements.earning import Event
from points.domain.program.rules import Fixed, Streak
from points.domain.program.segments import Segment, Segments
from points.domain.program.tasks import Counted, Task
from points.domain.program.tiers import Level, TierMetric, Tiers
from points.domain.program.windows import Window
from tests.builders import SetClock, local, paying, services, small

LEVELS = (Level("V1", 0), Level("V2", 10), Level("V3", 50))
RULES = small(
    paying(Fixed(10)),
    paying(Streak((1, 2)), "visit"),
    tiers=Tiers(TierMetric.POINTS, LEVELS, months=12, calendar_year=True),
    segments=Segments(12, (Segment("low", 0), Segment("high", 100))),
    tasks=(Task("notes", frozenset({"note"}), Counted.EVENTS, 2, Window.WEEK, 30),),
    member_attributes=frozenset({"vip"}),
)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def wired(clock: SetClock) -> Services:
    wired = services(RULES, clock=clock)
    enrol_member(wired, RULES, "m-1", Profile())
    return wired


def earn(wired: Services, reference: str, behaviour: str = "b", **event: Any) -> None:
    earn_points(wired, RULES, Event(reference, "m-1", behaviour, **event), actor="t")


def test_r_tier_1_from_the_first_level_to_the_top(wired: Services) -> None:
    assert read_standing(wired, RULES, "m-1") == Standing(LEVELS[0], None, 0, LEVELS[1], RULES.segments.levels[0])  # type: ignore[union-attr]
    earn(wired, "e-1", amount="5.00", quantity=2)
    standing = read_standing(wired, RULES, "m-1")
    assert (standing.level, standing.metric, standing.next_level) == (LEVELS[1], 20, LEVELS[2])
    assert standing.segment is not None
    assert standing.segment.name == "high"
    earn(wired, "e-2", quantity=5)
    assert read_standing(wired, RULES, "m-1").next_level is None
    with pytest.raises(NotFound):
        read_standing(wired, RULES, "nobody")


def test_a_program_without_tiers_has_no_levels() -> None:
    rules = small(paying(Fixed(1)))
    wired = services(rules)
    enrol_member(wired, rules, "m-1", Profile())
    assert read_standing(wired, rules, "m-1") == Standing()


def test_the_tier_history_page_by_page(wired: Services) -> None:
    earn(wired, "e-1")
    earn(wired, "e-2")
    earn(wired, "e-3", quantity=9)
    bring_up_to_date(wired, RULES, "m-1", local("2027-01-01 00:00"))
    bring_up_to_date(wired, RULES, "m-1", local("2028-01-01 00:00"))
    history = [
        TierChange("V1", date(2028, 1, 1), 6),
        TierChange("V3", date(2026, 3, 15), 3),
        TierChange("V2", date(2026, 3, 15), 1),
    ]
    seen: list[TierChange] = []
    before: int | None = None
    while True:
        page = list_tier_changes(wired, RULES, "m-1", before_seq=before, limit=2)
        seen.extend(page.items)
        if page.next_key is None:
            break
        before = int(page.next_key)
    assert seen == history
    with pytest.raises(NotFound):
        list_tier_changes(wired, RULES, "nobody", before_seq=None, limit=2)


def test_a_review_is_done_once_and_only_when_due(wired: Services, clock: SetClock) -> None:
    assert bring_up_to_date(wired, RULES, "m-1", clock.moment) == ()
    earn(wired, "e-1")
    assert bring_up_to_date(wired, RULES, "m-1", clock.moment) == ()
    (review,) = bring_up_to_date(wired, RULES, "m-1", local("2027-03-01"))
    assert (review.reference, review.actor, review.details) == (
        "2027-01-01",
        "expiry",
        {"before": "V2", "tier": "V2", "since": "2026-03-15", "review_on": "2028-01-01"},
    )
    assert bring_up_to_date(wired, RULES, "m-1", local("2027-03-01")) == ()
    with pytest.raises(NotFound):
        bring_up_to_date(wired, RULES, "nobody", clock.moment)


def test_r_earn_5_progress_is_readable(wired: Services) -> None:
    earn(wired, "e-1", "note")
    earn(wired, "e-2", "visit")
    progress = read_progress(wired, RULES, "m-1")
    assert [(task.task.name, task.progress, task.paid, task.ends_on) for task in progress.tasks] == [
        ("notes", 1, False, date(2026, 3, 15))
    ]
    assert [(streak.rule, streak.days, streak.next_points) for streak in progress.streaks] == [("visit", 1, 2)]
    with pytest.raises(NotFound):
        read_progress(wired, RULES, "nobody")


def test_what_rules_may_know_follows_the_profile(wired: Services) -> None:
    def facts() -> MemberFacts:
        account = wired.ledger.account("demo", "m-1")
        assert account is not None
        return account.facts

    earn(wired, "e-1")
    profile = Profile(birthday=date(1990, 3, 15), real_name_verified=True, attributes={"vip": True, "other": 1})
    assert enrol_member(wired, RULES, "m-1", profile) is False
    assert facts() == MemberFacts((3, 15), True, {"vip": True}, declaration(RULES.member_attributes))
    # R-OPS: erasing takes with it what decisions knew.
    erase_member(wired, RULES, "m-1")
    assert facts() == MemberFacts()
