"""A program is what its versions say: numbered without a gap, each following the one before it, the last one live."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

from points.application.ports import ProgramRecords, Programs, PublishedVersion
from points.domain.auditing.findings import CANNOT_FOLLOW, Finding
from points.domain.program.succession import Departure, Name, departures, is_there


def audit_program(records: ProgramRecords, programs: Programs) -> Iterator[Finding]:
    """All that is wrong with what is stored about a program itself; none when everything agrees."""
    for key, why in records.unreadable:
        yield Finding(records.program, "", key, "unreadable", why)
    yield from _chain(records)
    yield from _pointer(records)
    yield from _departures(records, programs)
    newest = records.versions[-1] if records.versions else None
    if newest is not None and newest.revision and records.draft is None:
        yield Finding(records.program, "", "draft", "draft_missing", "a version was made from it")


def _chain(records: ProgramRecords) -> Iterator[Finding]:
    head = ""
    for expected, version in enumerate(records.versions, start=1):
        place = f"version {version.version}"
        if version.version != expected:
            yield Finding(records.program, "", place, "version_gap", f"expected {expected}")
            return
        if version.previous_digest != head:
            yield Finding(records.program, "", place, "chain_broken", "does not follow the version before it")
        if _digest(version) != version.digest:
            yield Finding(records.program, "", place, "digest_wrong", "its content is not what was published")
        head = version.digest


def _digest(version: PublishedVersion) -> str:
    try:
        return version.computed_digest()
    except TypeError:
        return ""  # it says something that no version can say


def _pointer(records: ProgramRecords) -> Iterator[Finding]:
    newest = records.versions[-1] if records.versions else None
    expected = None if newest is None else (newest.version, newest.revision)
    if records.live != expected:
        message = f"points to version and revision {records.live}, the newest is {expected}"
        yield Finding(records.program, "", "live", "pointer_wrong", message)


def _departures(records: ProgramRecords, programs: Programs) -> Iterator[Finding]:
    """What is remembered of names that left is what the versions say."""
    expected: dict[Name, Departure] = {}
    for earlier, later in pairwise(records.versions):
        try:
            before, after = (programs.version(records.program, each.version) for each in (earlier, later))
        except CANNOT_FOLLOW:
            return  # told of as an unreadable version
        for departure in departures(before, after, later.published_at):
            expected[departure.kind, departure.name] = departure
    found = {(departure.kind, departure.name): departure for departure in records.departures}
    names = found.keys() | expected.keys()
    if records.versions:
        # What somebody wanted to leave out in a version that was never published is remembered for nothing.
        with suppress(*CANNOT_FOLLOW):
            newest = programs.version(records.program, records.versions[-1].version)
            names -= {name for name in found if name not in expected and is_there(newest, name)}
    for kind, name in sorted(names):
        if found.get((kind, name)) != expected.get((kind, name)):
            message = f"says {found.get((kind, name))}, the versions say {expected.get((kind, name))}"
            yield Finding(records.program, "", f"{kind}#{name}", "departure_wrong", message)
