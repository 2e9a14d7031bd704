"""A program's life: draft, validation, publishing once, and what no publish may do."""

from typing import Any

import pytest

from points.application.publish_program import list_versions, publish_draft, read_draft, read_version, save_draft
from points.application.services import Services
from points.domain.errors import InvalidProgram, NotFound, VersionConflict
from tests.builders import SetClock, services


def document(**changes: Any) -> dict[str, Any]:
    return {
        "time_zone": "Asia/Shanghai",
        "currency": {"code": "CNY", "decimals": 2},
        "ratio": 100,
        "expiry": {"type": "end_of_year"},
        "behaviours": {"check_in": {"value": {"type": "fixed", "points": 5}}},
        "rewards": {"e-reader": {"price": 24000, "stock": 10, "stock_shards": 2}, "coupon": {"price": 2500}},
        "clients": ["shop"],
    } | changes


@pytest.fixture
def wired() -> Services:
    return services(clock=SetClock())


def save(wired: Services, revision: int, **changes: Any) -> int:
    return save_draft(wired, "demo", document(**changes), revision=revision, actor="op").revision


def publish(wired: Services, revision: int, client: str = "shop") -> tuple[int, bool]:
    version, replayed = publish_draft(wired, "demo", revision=revision, actor="op", client=client)
    return version.version, replayed


def test_from_draft_to_version(wired: Services) -> None:
    assert save(wired, 0) == 1
    assert read_draft(wired, "demo").document == document()
    assert publish(wired, 1) == (1, False)
    assert save(wired, 1, ratio=50) == 2
    assert publish(wired, 2) == (2, False)
    assert read_version(wired, "demo", None).document["ratio"] == 50
    assert read_version(wired, "demo", 1).document["ratio"] == 100
    newest_first = list_versions(wired, "demo", before=None, limit=1)
    assert [version.version for version in newest_first.items] == [2]
    assert newest_first.next_key is not None
    assert [version.version for version in list_versions(wired, "demo", before=2, limit=1).items] == [1]


def test_publishing_a_revision_twice_is_publishing_it_once(wired: Services) -> None:
    save(wired, 0)
    assert [publish(wired, 1), publish(wired, 1)] == [(1, False), (1, True)]
    # AND still after somebody has gone on writing
    save(wired, 1, ratio=50)
    assert publish(wired, 1) == (1, True)


def test_two_operators_saving(wired: Services) -> None:
    save(wired, 0)
    with pytest.raises(VersionConflict):
        save(wired, 0, ratio=50)
    assert read_draft(wired, "demo").document["ratio"] == 100


def test_a_draft_that_moved_on_is_not_published(wired: Services) -> None:
    save(wired, 0)
    save(wired, 1, ratio=50)
    for seen in (1, 3):
        with pytest.raises(VersionConflict) as refused:
            publish(wired, seen)
        assert refused.value.numbers == {"expected": seen, "found": 2}


def test_two_operators_publishing(wired: Services) -> None:
    # GIVEN another version published between the look and the write
    save(wired, 0)
    publish(wired, 1)
    save(wired, 1, ratio=50)
    stale = wired.versions.live("demo")
    publish(wired, 2)
    save(wired, 2, ratio=25)
    overtaken = type("Overtaken", (), {"__getattr__": lambda _, name: getattr(wired.versions, name)})()
    overtaken.live = lambda _program: stale
    # WHEN the slower one writes THEN it conflicts
    with pytest.raises(VersionConflict):
        publish_draft(services(versions=overtaken), "demo", revision=3, actor="op", client="shop")


def faults(wired: Services, revision: int, client: str = "shop") -> list[tuple[str, str]]:
    with pytest.raises(InvalidProgram) as refused:
        publish(wired, revision, client)
    return [(fault.path, fault.code) for fault in refused.value.faults]


def test_r_earn_8_a_draft_may_have_faults_a_version_may_not(wired: Services) -> None:
    save(wired, 0, ratio=0, time_zone="Asia/Atlantis")
    assert {path for path, _ in faults(wired, 1)} == {"/ratio", "/time_zone"}
    with pytest.raises(NotFound):
        read_version(wired, "demo", None)


def test_nobody_locks_themselves_out(wired: Services) -> None:
    save(wired, 0, clients=["other"])
    assert faults(wired, 1) == [("/clients", "locked_out")]
    assert publish(wired, 1, client="other") == (1, False)


def test_shards_are_fixed_once_published(wired: Services) -> None:
    save(wired, 0)
    publish(wired, 1)
    resharded = {"e-reader": {"price": 24000, "stock": 10, "stock_shards": 4}, "new": {"price": 1, "stock_shards": 8}}
    save(wired, 1, rewards=resharded)
    assert faults(wired, 2) == [("/rewards/e-reader/stock_shards", "stock_shards_fixed")]
    # Price and stock are free to change.
    save(wired, 2, rewards={"e-reader": {"price": 1, "stock": 1, "stock_shards": 2}})
    assert publish(wired, 3) == (2, False)


def test_nothing_there(wired: Services) -> None:
    with pytest.raises(NotFound):
        read_draft(wired, "demo")
    with pytest.raises(NotFound):
        publish(wired, 1)
    with pytest.raises(NotFound):
        read_version(wired, "demo", 1)
    assert list_versions(wired, "demo", before=None, limit=10).items == []
