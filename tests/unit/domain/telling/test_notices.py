"""A notice as an event: once, with an id of its own, and never where a nearer one has taken its place."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.domain.ledger.timers import Dormant, Expiring
from points.domain.reminding.notices import Notice
from points.domain.telling.notices import events_of_notice
from tests.builders import NOW

EXPIRING = Notice("demo", "m-1", Expiring(date(2026, 12, 31), 7), NOW, 300, "coupon", ("email",))
DORMANT = replace(EXPIRING, about=Dormant(date(2025, 11, 25), 2), reward=None, channels=())


def test_points_that_expire_soon() -> None:
    (event,) = events_of_notice(EXPIRING)
    assert event.plain() == {
        "id": event.id,
        "type": "PointsExpiring",
        "program": "demo",
        "member": "m-1",
        "seq": None,
        "at": "2026-03-15T04:00:00.000000Z",
        "data": {
            "expires_on": "2026-12-31",
            "lead_days": 7,
            "points": 300,
            "reward": "coupon",
            "channels": ["email"],
        },
    }


def test_points_that_lie_idle() -> None:
    (event,) = events_of_notice(DORMANT)
    assert event.type.value == "MemberDormant"
    assert event.data == {"active_on": "2025-11-25", "round": 2, "points": 300, "reward": None, "channels": []}


def test_a_superseded_notice_is_told_to_nobody() -> None:
    assert events_of_notice(replace(EXPIRING, superseded=True)) == ()


def test_an_id_says_which_notice_it_is_and_nothing_else() -> None:
    (event,) = events_of_notice(EXPIRING)
    (same,) = events_of_notice(replace(EXPIRING, points=1, reward=None, channels=()))
    assert event.id == same.id


@pytest.mark.parametrize(
    "other",
    [
        {"program": "other"},
        {"member": "m-2"},
        {"about": Expiring(date(2026, 12, 30), 7)},
        {"about": Expiring(date(2026, 12, 31), 1)},
        {"about": Dormant(date(2026, 12, 31), 7)},
    ],
)
def test_another_notice_has_another_id(other: dict[str, Any]) -> None:
    (event,) = events_of_notice(EXPIRING)
    (different,) = events_of_notice(replace(EXPIRING, **other))
    assert event.id != different.id
