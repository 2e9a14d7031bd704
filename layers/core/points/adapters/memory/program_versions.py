"""Drafts and published versions in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from json import dumps, loads
from threading import Lock

from points.application.ports import Draft, Page, PublishedVersion
from points.domain.canonical import Plain
from points.domain.errors import VersionConflict
from points.domain.program.succession import Departure, Name


class MemoryProgramVersions:
    """Implements :class:`points.application.ports.ProgramVersions`. Documents are copied in and out, as in a store."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._drafts: dict[str, Draft] = {}
        self._timed: dict[str, str] = {}
        self._published: dict[str, list[PublishedVersion]] = {}
        self._departed: dict[tuple[str, Name], Departure] = {}

    def draft(self, program: str) -> Draft | None:
        draft = self._drafts.get(program)
        return None if draft is None else replace(draft, document=_copy(draft.document))

    def save_draft(self, program: str, draft: Draft) -> None:
        with self._lock:
            saved = self._drafts.get(program)
            found = 0 if saved is None else saved.revision
            if draft.revision != found + 1:
                raise VersionConflict("the draft has been saved since", expected=draft.revision - 1, found=found)
            self._drafts[program] = replace(draft, document=_copy(draft.document))

    def live(self, program: str) -> PublishedVersion | None:
        published = self._published.get(program)
        return _copied(published[-1]) if published else None

    def live_number(self, program: str) -> int | None:
        published = self._published.get(program)
        return published[-1].version if published else None

    def departed(self, program: str, names: Collection[Name]) -> Mapping[Name, Departure]:
        found = ((name, self._departed.get((program, name))) for name in names)
        return {name: departure for name, departure in found if departure is not None}

    def programs(self, *, after: str | None = None, limit: int) -> Page[str]:
        names = sorted(name for name in self._published if after is None or name > after)
        return Page(names[:limit], names[limit - 1] if len(names) > limit else None)

    def timed_by(self, program: str) -> str | None:
        return self._timed.get(program)

    def set_timed_by(self, program: str, settings: str) -> None:
        self._timed[program] = settings

    def version(self, program: str, version: int) -> PublishedVersion | None:
        published = self._published.get(program, [])
        return _copied(published[version - 1]) if 1 <= version <= len(published) else None

    def versions(self, program: str, *, before: int | None = None, limit: int) -> Page[PublishedVersion]:
        published = self._published.get(program, [])
        # A version's place in the list is its number: publish() leaves no gap.
        end = len(published) if before is None else max(0, min(len(published), before - 1))
        start = max(0, end - limit)
        page = [_copied(version) for version in published[start:end][::-1]]
        return Page(page, str(page[-1].version) if start > 0 and page else None)

    def publish(self, program: str, version: PublishedVersion, departures: Sequence[Departure] = ()) -> None:
        with self._lock:
            published = self._published.setdefault(program, [])
            if version.version != len(published) + 1:
                raise VersionConflict(
                    "another version has been published since", expected=version.version - 1, found=len(published)
                )
            published.append(_copied(version))
            for departure in departures:
                self._departed[program, (departure.kind, departure.name)] = departure


def _copied(version: PublishedVersion) -> PublishedVersion:
    return replace(version, document=_copy(version.document))


def _copy(document: Mapping[str, Plain]) -> Mapping[str, Plain]:
    copy: dict[str, Plain] = loads(dumps(document))
    return copy
