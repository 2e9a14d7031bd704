"""A program's life: draft, validation, publishing once, and what no publish may do."""

from typing import Any

import pytest

from points.application.administration.edit_draft import check_document, read_draft, save_draft
from points.application.administration.publish_program import publish_again, publish_draft
from points.application.administration.read_versions import compare_versions, list_versions, read_version
from points.application.services import Services
from points.domain.errors import InvalidProgram, NotFound, VersionConflict
from tests.builders import SetClock, services


def document(**changes: Any) -> dict[str, Any]:
    return {
        "time_zone": "Asia/Shanghai",
        "currency": {"code": "CNY", "decimals": 2},
        "ratio": 100,
        "expiry": {"type": "end_of_year"},
        "behaviours": {"check_in": {}},
        "rules": [{"id": "check_in", "behaviour": "check_in", "value": {"type": "fixed", "points": 5}}],
        "rewards": {"e-reader": {"price": 24000, "stock": 10, "stock_shards": 2}, "coupon": {"price": 2500}},
        "clients": ["shop"],
    } | changes


@pytest.fixture
def wired() -> Services:
    return services(clock=SetClock())


def save(wired: Services, revision: int, **changes: Any) -> int:
    return save_draft(wired, "demo", document(**changes), revision=revision, actor="op", client="shop").revision


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
    # Of what several counters share, each has its part: it cannot become less.
    save(wired, 2, rewards={"e-reader": {"price": 1, "stock": 9, "stock_shards": 2}})
    assert faults(wired, 3) == [("/rewards/e-reader/stock", "stock_reduced")]
    # The price is free to change, and there may be more.
    save(wired, 3, rewards={"e-reader": {"price": 1, "stock": 11, "stock_shards": 2}})
    assert publish(wired, 4) == (2, False)


def test_nothing_there(wired: Services) -> None:
    with pytest.raises(NotFound):
        read_draft(wired, "demo")
    with pytest.raises(NotFound):
        publish(wired, 1)
    with pytest.raises(NotFound):
        read_version(wired, "demo", 1)
    assert list_versions(wired, "demo", before=None, limit=10).items == []


class TestRollingBack:
    """An earlier version's document becomes a new version."""

    @pytest.fixture
    def twice(self, wired: Services) -> Services:
        save(wired, 0)
        publish(wired, 1)
        save(wired, 1, ratio=50)
        publish(wired, 2)
        return wired

    def back(self, wired: Services, version: int, live_version: int, client: str = "shop") -> tuple[int, bool]:
        again, replayed = publish_again(
            wired, "demo", version=version, live_version=live_version, actor="op", client=client
        )
        return again.version, replayed

    def test_what_is_live_again_is_a_version_of_its_own(self, twice: Services) -> None:
        assert self.back(twice, 1, 2) == (3, False)
        live = read_version(twice, "demo", None)
        assert (live.document, live.restores, live.revision) == (document(), 1, 2)
        # The draft is as it was.
        assert read_draft(twice, "demo").document["ratio"] == 50

    def test_a_late_repetition_of_the_publish_does_not_undo_it(self, twice: Services) -> None:
        self.back(twice, 1, 2)
        with pytest.raises(VersionConflict):
            publish(twice, 2)
        save(twice, 2)
        assert publish(twice, 3) == (4, False)

    def test_doing_it_twice_is_doing_it_once(self, twice: Services) -> None:
        assert [self.back(twice, 1, 2), self.back(twice, 1, 2)] == [(3, False), (3, True)]

    @pytest.mark.parametrize("live_version", [0, 1, 3])
    def test_somebody_else_published_meanwhile(self, twice: Services, live_version: int) -> None:
        with pytest.raises(VersionConflict) as refused:
            self.back(twice, 1, live_version)
        assert refused.value.numbers == {"expected": live_version, "found": 2}

    def test_to_a_version_that_never_was(self, twice: Services) -> None:
        with pytest.raises(NotFound):
            self.back(twice, 9, 2)

    def test_it_is_checked_as_any_other(self, wired: Services) -> None:
        # GIVEN a version whose campaign has less of a budget than the live one, and that does not know the client
        campaign = {"id": "c", "behaviours": ["check_in"], "from": "2026-01-01", "to": "2026-12-31", "bonus": 1}
        save(wired, 0, campaigns=[campaign | {"budget": 10, "budget_shards": 2}])
        publish(wired, 1)
        save(wired, 1, campaigns=[campaign | {"budget": 90, "budget_shards": 2}], clients=["shop", "other"])
        publish(wired, 2)
        # WHEN it is rolled back to
        with pytest.raises(InvalidProgram) as refused:
            self.back(wired, 1, 2, client="other")
        # THEN everything that is wrong with that is said, and nothing changes
        found = [(fault.path, fault.code) for fault in refused.value.faults]
        assert found == [("/clients", "locked_out"), ("/campaigns/0/budget", "budget_reduced")]
        assert read_version(wired, "demo", None).version == 2


class TestComparing:
    def test_draft_with_live_and_versions_with_each_other(self, wired: Services) -> None:
        save(wired, 0)
        publish(wired, 1)
        assert compare_versions(wired, "demo", before=None, after=None) == []
        save(wired, 1, ratio=50)
        (change,) = compare_versions(wired, "demo", before=None, after=None)
        assert (change.path, change.before, change.after) == ("/ratio", 100, 50)
        publish(wired, 2)
        assert compare_versions(wired, "demo", before=None, after=None) == []
        assert [change.path for change in compare_versions(wired, "demo", before=2, after=1)] == ["/ratio"]

    def test_before_the_first_version_there_was_nothing(self, wired: Services) -> None:
        save(wired, 0)
        for before in (None, 0):
            changes = compare_versions(wired, "demo", before=before, after=None)
            assert {change.path for change in changes} == {f"/{name}" for name in document()}
        with pytest.raises(NotFound):
            compare_versions(wired, "demo", before=1, after=None)

    def test_without_a_draft(self, wired: Services) -> None:
        with pytest.raises(NotFound):
            compare_versions(wired, "demo", before=None, after=None)


def test_r_earn_8_a_document_can_be_checked_before_anything_is_saved(wired: Services) -> None:
    verdict = check_document(wired, document(ratio=0, rewards={"mug": {"price": 1, "stock_shards": 2}}))
    assert [fault.path for fault in verdict.faults] == ["/ratio"]
    assert [(fault.path, fault.code) for fault in verdict.warnings] == [
        ("/rewards/mug/stock_shards", "nothing_to_share")
    ]
    with pytest.raises(NotFound):
        read_draft(wired, "demo")


def test_the_live_version_stays_live_whatever_is_wrong_with_the_next(wired: Services) -> None:
    save(wired, 0)
    publish(wired, 1)
    save(wired, 1, time_zone="America/New_York", currency={"code": "USD", "decimals": 2})
    assert faults(wired, 2) == [("/time_zone", "time_zone_fixed"), ("/currency", "currency_fixed")]
    assert read_version(wired, "demo", None).version == 1
