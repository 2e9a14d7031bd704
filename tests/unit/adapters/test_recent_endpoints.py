"""Endpoints kept for a moment: a change is seen within five seconds, and what nobody asks for goes."""

from datetime import UTC, datetime

from points.adapters.memory import MemoryEndpoints
from points.adapters.webhooks import recent
from points.adapters.webhooks.recent import CachedEndpoints
from points.domain.webhooks.endpoints import Wanted, made
from tests.support.webhooks import URL

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


def test_a_change_is_seen_within_five_seconds() -> None:
    seconds = [0.0]
    store = MemoryEndpoints()
    cached = CachedEndpoints(store, monotonic=lambda: seconds[0])
    assert cached.all("demo") == []
    store.save(made("demo", "shop", Wanted(URL), secret="s", actor="li", now=NOW))
    seconds[0] = 4.9
    assert cached.all("demo") == []
    seconds[0] = 5.0
    assert [endpoint.name for endpoint in cached.all("demo")] == ["shop"]


def test_only_so_many_programs_are_kept() -> None:
    store = MemoryEndpoints()
    cached = CachedEndpoints(store, monotonic=lambda: 0.0)
    for number in range(recent.MAX_PROGRAMS + 10):
        cached.all(f"p{number}")
    assert len(cached._seen) == recent.MAX_PROGRAMS
    assert "p0" not in cached._seen
