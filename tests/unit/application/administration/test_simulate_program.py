"""R-EARN-8: a draft against the live version, on samples or on what was recorded, without writing anything."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from points.application.administration import simulate_program
from points.application.administration.simulate_program import Period, simulate_period, simulate_samples
from points.application.earning.earn_points import earn_points
from points.application.members.enrol_member import enrol_member
from points.application.services import Services
from points.domain.errors import InvalidProgram
from points.domain.ledger.members import Profile
from points.domain.movements.earning import Event
from points.domain.program.attributes import AttributeType, EventAttribute
from points.domain.simulating import Sample
from tests.builders import NOW, SetClock, local, program, services

LIVE = program(event_attributes={"channel": EventAttribute("channel", AttributeType.CODE)})
"""Reviews are worth 20."""

DRAFT: dict[str, Any] = {
    "time_zone": "Asia/Shanghai",
    "currency": {"code": "CNY", "decimals": 2},
    "ratio": 100,
    "expiry": {"type": "end_of_year"},
    "behaviours": {"review": {}, "purchase": {"core": True}},
    "rules": [
        {"id": "review", "behaviour": "review", "value": {"type": "fixed", "points": 30}},
        {
            "id": "app",
            "behaviour": "purchase",
            "value": {"type": "per_amount", "points": 2, "per": "1.00", "rounding": "down"},
            "when": {"field": "attribute.channel", "op": "equals", "value": "app"},
        },
    ],
    "multipliers": {"birthday": "2"},
}


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def wired(clock: SetClock) -> Services:
    wired = services(LIVE, clock=clock)
    for member in ("m-1", "m-2", "m-3"):
        enrol_member(wired, LIVE, member, Profile(birthday=date(1990, 3, 15) if member == "m-2" else None))
    return wired


def day(text: str) -> Period:
    start = local(f"{text} 00:00")
    return Period(start, start + timedelta(days=1))


def test_samples_side_by_side() -> None:
    samples = [
        Sample(Event("1", "a", "review"), NOW),
        Sample(Event("2", "b", "photo", quantity=3), NOW),
        Sample(Event("3", "b", "purchase", "10.00", attributes={"channel": "app"}), NOW),
    ]
    found = simulate_samples(services(LIVE), LIVE, DRAFT, samples)
    assert (found.live.by_rule, found.live.refused) == ({"photo": 50, "purchase": 10, "review": 20}, {})
    assert (found.draft.by_rule, found.draft.refused) == ({"app": 20, "review": 30}, {"unknown_behaviour": 1})
    assert not found.truncated


def test_what_was_recorded_is_told_as_it_happened(wired: Services) -> None:
    # GIVEN events of today and yesterday, one of them reported late, with the attributes that rules ask for
    app = {"channel": "app", "text": "not recorded"}
    for event in (
        Event("1", "m-1", "review", quantity=2),
        Event("2", "m-1", "purchase", "10.00", attributes=app),
        Event("3", "m-2", "review"),
        Event("4", "m-1", "review", occurred_at=NOW - timedelta(days=1)),
    ):
        earn_points(wired, LIVE, event, actor="t")
    before = [wired.ledger.account("demo", member) for member in ("m-1", "m-2", "m-3")]
    # WHEN the draft is tried on today
    found = simulate_period(wired, LIVE, DRAFT, day("2026-03-15"))
    # THEN it knows quantities, amounts, attributes and birthdays
    assert (found.live.by_rule, found.live.events) == ({"purchase": 10, "review": 60}, 3)
    assert found.draft.by_rule == {"app": 20, "birthday": 30, "review": 90}
    assert found.draft.by_day == {"2026-03-15": 140}
    # AND yesterday has the late one
    assert simulate_period(wired, LIVE, DRAFT, day("2026-03-14")).draft.by_rule == {"review": 30}
    assert simulate_period(wired, LIVE, DRAFT, day("2026-03-13")).draft.events == 0
    # AND nothing was written
    assert [wired.ledger.account("demo", member) for member in ("m-1", "m-2", "m-3")] == before


def test_an_event_at_the_edge_of_a_period_is_in_one_of_them(wired: Services, clock: SetClock) -> None:
    midnight = local("2026-03-16 00:00")
    # Booked a minute before midnight for a caller whose clock is ahead, at midnight, and a moment before it.
    clock.moment = midnight - timedelta(minutes=1)
    earn_points(wired, LIVE, Event("ahead", "m-1", "review", occurred_at=midnight), actor="t")
    clock.moment = midnight + timedelta(minutes=1)
    late = midnight - timedelta(microseconds=1)
    earn_points(wired, LIVE, Event("late", "m-1", "review", occurred_at=late), actor="t")
    assert simulate_period(wired, LIVE, DRAFT, day("2026-03-15")).live.events == 1
    assert simulate_period(wired, LIVE, DRAFT, day("2026-03-16")).live.events == 1


@pytest.mark.parametrize(
    ("bound", "value", "events"),
    [("MAX_SAMPLES", 2, 2), ("MAX_ENTRIES", 2, 2), ("MAX_MEMBERS", 2, 2), ("MAX_SAMPLES", 3, 3)],
)
def test_a_period_with_more_says_so(
    wired: Services, monkeypatch: pytest.MonkeyPatch, bound: str, value: int, events: int
) -> None:
    for member in ("m-1", "m-2", "m-3"):
        earn_points(wired, LIVE, Event("e", member, "review"), actor="t")
    monkeypatch.setattr(simulate_program, bound, value)
    found = simulate_period(wired, LIVE, DRAFT, day("2026-03-15"))
    assert (found.live.events, found.draft.events, found.truncated) == (events, events, events < 3)


def test_a_draft_with_faults_is_refused_with_all_of_them(wired: Services) -> None:
    broken = DRAFT | {"ratio": 0, "behaviours": {"review": {}}}
    with pytest.raises(InvalidProgram) as refused:
        simulate_samples(wired, LIVE, broken, [])
    assert {fault.path for fault in refused.value.faults} == {"/ratio", "/rules/1/behaviour"}
    with pytest.raises(InvalidProgram):
        simulate_period(wired, LIVE, broken, day("2026-03-15"))


def test_the_draft_is_tried_under_its_own_zone(wired: Services) -> None:
    samples = [Sample(Event("1", "a", "review"), local("2026-03-15 01:00"))]
    found = simulate_samples(wired, replace(LIVE), DRAFT | {"time_zone": "America/New_York"}, samples)
    assert (found.live.by_day, found.draft.by_day) == ({"2026-03-15": 20}, {"2026-03-14": 30})
