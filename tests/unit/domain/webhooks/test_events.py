"""Events as they are told: one text, whoever is told and however often."""

from datetime import UTC, datetime
from typing import Any

import pytest

from points.domain.errors import InvalidRequest
from points.domain.telling.events import EventType
from points.domain.webhooks.events import MAX_BODY_BYTES, event_of, ping
from tests.support.webhooks import EVENT_ID, told

AT = datetime(2026, 11, 25, 10, tzinfo=UTC)


def test_an_event_is_its_text() -> None:
    event = event_of(told(AT, data={"note": "积分", "points": 5}))
    assert (event.id, event.type, event.program, event.at) == (EVENT_ID, "PointsEarned", "demo", AT)
    assert event.body == (
        f'{{"at":"2026-11-25T10:00:00.000000Z","data":{{"note":"积分","points":5}},"id":"{EVENT_ID}",'
        '"member":"m-1","program":"demo","seq":12,"type":"PointsEarned"}'
    )
    backwards = dict(reversed(told(AT, data={"points": 5, "note": "积分"}).items()))
    assert event_of(backwards) == event


def test_a_type_of_a_later_release_is_told() -> None:
    assert event_of(told(AT, kind="SomethingNew")).type == "SomethingNew"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": "42"}, "/id"),
        ({"id": "evt_" + "A" * 32}, "/id"),
        ({"id": None}, "/id"),
        ({"type": "points earned"}, "/type"),
        ({"program": "a#b"}, "/program"),
        ({"at": "2026-11-25T10:00:00Z"}, "/at"),
        ({"at": "2026-11-25T10:00:00.000000"}, "/at"),
        ({"at": "2026-11-25T18:00:00.000000+08:00"}, "/at"),
        ({"at": "yesterday"}, "/at"),
        ({"at": 1}, "/at"),
        ({"data": {"points": 0.5}}, ""),
        ({"data": "\ud800"}, ""),
        ({"data": "积" * MAX_BODY_BYTES}, ""),
    ],
)
def test_what_is_no_event_is_refused(change: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        event_of(told(AT) | change)
    assert [fault.path for fault in refused.value.faults] == [place]


def test_a_ping_is_an_event_of_its_own_type() -> None:
    event = ping("demo", "shop", AT)
    assert event.type == "Ping"
    assert event.type not in list(EventType)
    assert ping("demo", "shop", AT) == event
    assert ping("demo", "other", AT).id != event.id
