"""Drafts and versions: nobody overwrites what they did not see, and a version once published stays as it is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from points.adapters.cached_programs import LIVE_SECONDS, MAX_PROGRAMS, CachedPrograms
from points.adapters.memory import MemoryProgramVersions
from points.application.ports import Draft, PublishedVersion
from points.domain.canonical import Plain
from points.domain.errors import InvalidRequest, NotFound, VersionConflict
from points.domain.limits import MAX_DOCUMENT_BYTES
from points.domain.program.program import Program
from points.domain.program.succession import Inheritance
from tests.store.support import NOW, ProgramsByName, Store

DOCUMENT: dict[str, Any] = {
    "ratio": 100,
    "names": {"zh": "积分"},
    "list": [1, None, True],
    # What a draft may hold although no program may.
    "half_a_pair": "\ud800",
    "fraction": 0.5,
}


def draft(revision: int, **changes: Any) -> Draft:
    return Draft({**DOCUMENT, **changes}, revision, NOW, "operator", "shop")


def version(number: int, **changes: Any) -> PublishedVersion:
    published = PublishedVersion(number, {**DOCUMENT, **changes}, number + 10, NOW, "operator")
    # As drafts may, so may this document hold what no canonical form is for: its seal is not what is tested here.
    return replace(published, digest="5e" * 32)


def test_a_draft_is_read_as_it_was_saved(store: Store) -> None:
    assert store.versions.draft("demo") is None
    store.versions.save_draft("demo", draft(1))
    assert store.versions.draft("demo") == draft(1)
    store.versions.save_draft("demo", draft(2, ratio=200))
    assert store.versions.draft("demo") == draft(2, ratio=200)


@pytest.mark.parametrize("revision", [1, 2, 4])
def test_a_draft_saved_meanwhile_is_not_overwritten(store: Store, revision: int) -> None:
    store.versions.save_draft("demo", draft(1))
    store.versions.save_draft("demo", draft(2))
    with pytest.raises(VersionConflict) as conflict:
        store.versions.save_draft("demo", draft(revision, ratio=5))
    assert conflict.value.numbers == {"expected": revision - 1, "found": 2}
    assert store.versions.draft("demo") == draft(2)


def test_a_draft_beyond_what_an_item_holds_is_refused(store: Store) -> None:
    if store.table is None:
        store.versions.save_draft("demo", draft(1, text="x" * MAX_DOCUMENT_BYTES))
        return
    with pytest.raises(InvalidRequest, match="too large"):
        store.versions.save_draft("demo", draft(1, text="x" * MAX_DOCUMENT_BYTES))
    almost = draft(1, text="x" * (MAX_DOCUMENT_BYTES - 200))
    store.versions.save_draft("demo", almost)
    assert store.versions.draft("demo") == almost


def test_versions_are_published_one_after_the_other(store: Store) -> None:
    assert store.versions.live("demo") is None
    for number in (1, 2, 3):
        store.versions.publish("demo", version(number))
        assert store.versions.live("demo") == version(number)
    assert [store.versions.version("demo", number) for number in (0, 1, 2, 3, 4)] == [
        None, version(1), version(2), version(3), None,
    ]  # fmt: skip


def test_a_version_knows_which_one_it_restores(store: Store) -> None:
    store.versions.publish("demo", version(1))
    store.versions.publish("demo", replace(version(2), revision=0, restores=1))
    live = store.versions.live("demo")
    assert live == replace(version(2), revision=0, restores=1)
    assert [published.restores for published in store.versions.versions("demo", limit=5).items] == [1, None]


@pytest.mark.parametrize("number", [1, 2, 4])
def test_a_publish_that_missed_another_one_changes_nothing(store: Store, number: int) -> None:
    store.versions.publish("demo", version(1))
    store.versions.publish("demo", version(2))
    with pytest.raises(VersionConflict) as conflict:
        store.versions.publish("demo", version(number, ratio=5))
    assert conflict.value.numbers == {"expected": number - 1, "found": 2}
    assert store.versions.live("demo") == version(2)
    assert store.versions.version("demo", 4) is None


def test_versions_are_listed_newest_first(store: Store) -> None:
    for number in range(1, 13):
        store.versions.publish("demo", version(number))
    store.versions.save_draft("demo", draft(1))
    store.versions.publish("demo2", version(1))
    found, before = list[int](), None
    for _ in range(3):
        page = store.versions.versions("demo", before=before, limit=5)
        found += [published.version for published in page.items]
        before = None if page.next_key is None else int(page.next_key)
    assert (found, before) == (list(range(12, 0, -1)), None)
    assert not store.versions.versions("demo", before=1, limit=5).items
    assert store.versions.versions("demo", limit=12).next_key is None


class CountingVersions(MemoryProgramVersions):
    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    def live_number(self, program: str) -> int | None:
        self.reads += 1
        return super().live_number(program)


class Time:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_publish_is_seen_within_five_seconds_and_read_no_more_often() -> None:
    versions, time = CountingVersions(), Time()
    programs = CachedPrograms(versions, ProgramsByName(), monotonic=time)
    with pytest.raises(NotFound):
        programs.live("demo")
    versions.publish("demo", version(1))
    assert programs.live("demo").version == 1, "that there was none is not remembered"
    versions.publish("demo", version(2))
    time.seconds += LIVE_SECONDS - 0.01
    read = versions.reads
    assert (programs.live("demo").version, versions.reads) == (1, read)
    time.seconds += 0.01
    assert (programs.live("demo").version, versions.reads) == (2, read + 1)
    assert (programs.version("demo", 1).version, programs.version("demo", 2).version) == (1, 2)
    with pytest.raises(NotFound):
        programs.version("demo", 3)


def test_versions_are_parsed_once_and_a_bounded_number_is_kept() -> None:
    versions, time, parsed = MemoryProgramVersions(), Time(), list[str]()

    class Parsing(ProgramsByName):
        def load(
            self,
            document: Mapping[str, Plain],
            *,
            name: str,
            version: int,
            inheritance: Inheritance | None = None,
        ) -> Program:
            parsed.append(name)
            return super().load(document, name=name, version=version, inheritance=inheritance)

    programs = CachedPrograms(versions, Parsing(), monotonic=time)
    names = [f"p{number}" for number in range(MAX_PROGRAMS + 1)]
    for name in names:
        versions.publish(name, version(1))
        programs.live(name)
    time.seconds += LIVE_SECONDS
    assert programs.live(names[-1]) is programs.version(names[-1], 1)
    assert len(parsed) == len(names)
    programs.live(names[0])
    assert parsed[len(names) :] == [names[0]], "the one longest not asked for had to go"


def test_every_program_that_was_ever_published_is_in_the_directory(store: Store) -> None:
    names = [f"shop-{number:02d}" for number in range(5)]
    for name in reversed(names):
        store.versions.publish(name, PublishedVersion(1, {}, 1, NOW, "operator").sealed())
    store.versions.save_draft("never-published", draft(1))
    first = store.directory.programs(limit=3)
    assert (first.items, first.next_key) == (names[:3], names[2])
    assert store.directory.programs(after=first.next_key, limit=3).items == names[3:]


def test_by_which_settings_reminders_were_set_is_kept(store: Store) -> None:
    assert store.directory.timed_by("demo") is None
    for settings in ("a" * 64, "b" * 64):
        store.directory.set_timed_by("demo", settings)
        assert store.directory.timed_by("demo") == settings
    assert store.directory.timed_by("other") is None
