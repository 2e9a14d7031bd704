"""A document becomes the live version of its program: immutable, numbered, by whom and when (R-EARN-8)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from points.application.administration.edit_draft import read_draft
from points.application.administration.read_versions import read_version
from points.application.ports import PublishedVersion
from points.application.reading import announced_seed
from points.application.services import Services
from points.domain.canonical import Plain
from points.domain.errors import Fault, InvalidProgram, VersionConflict
from points.domain.program.program import Program
from points.domain.program.succession import broken_promises, departures, inheritance, returning

LOCKED_OUT: Final = "locked_out"


def publish_draft(
    services: Services, program: str, *, revision: int, actor: str, client: str
) -> tuple[PublishedVersion, bool]:
    """Make the draft live. Publishing a revision twice is the same publishing: (version, whether it was there already).

    Raises NotFound, VersionConflict (the draft moved on, or somebody else published), InvalidProgram.
    """
    live = services.versions.live(program)
    if live is not None and live.revision == revision:
        if live.restores is not None:
            # A late repetition of the publish must not undo the roll-back that somebody decided on since.
            raise VersionConflict("this revision was rolled back: save the draft again first", live=live.version)
        return live, True
    draft = read_draft(services, program)
    if draft.revision != revision:
        raise VersionConflict("the draft has been saved since", expected=revision, found=draft.revision)
    return _publish(services, program, draft.document, live, revision=revision, actor=actor, client=client), False


def publish_again(
    services: Services, program: str, *, version: int, live_version: int, actor: str, client: str
) -> tuple[PublishedVersion, bool]:
    """Roll back: an earlier version's document becomes a new version, checked as any other.

    ``live_version`` is the one the caller wants to replace. Doing it twice is the same roll-back. Raises NotFound,
    VersionConflict (another version is live by now) and InvalidProgram.
    """
    live = services.versions.live(program)
    found = 0 if live is None else live.version
    if live is not None and live.restores == version and live.version == live_version + 1:
        return live, True
    if found != live_version:
        raise VersionConflict("another version is live by now", expected=live_version, found=found)
    document = read_version(services, program, version).document
    revision = 0 if live is None else live.revision
    published = _publish(
        services, program, document, live, revision=revision, actor=actor, client=client, restores=version
    )
    return published, False


def _publish(
    services: Services,
    program: str,
    document: Mapping[str, Plain],
    live: PublishedVersion | None,
    *,
    revision: int,
    actor: str,
    client: str,
    restores: int | None = None,
) -> PublishedVersion:
    number = 1 if live is None else live.version + 1
    now = services.clock.now()
    faults = [*services.documents.faults(document), *_locked_out(document, client)]
    if any(fault.code != LOCKED_OUT for fault in faults):
        raise InvalidProgram("the program cannot be published", faults=faults)
    before = None if live is None else _loaded(services, program, live)
    after = services.documents.load(document, name=program, version=number)
    inherited = inheritance(before, after, now)
    after = replace(after, counts_from=inherited.counts_from, retired=inherited.retired)
    if before is not None:
        departed = services.versions.departed(program, returning(before, after))
        faults += broken_promises(before, after, departed, now)
    if faults:
        raise InvalidProgram("the program cannot be published", faults=faults)
    head = "" if live is None else live.digest
    version = PublishedVersion(number, document, revision, now, actor, restores, inherited, head).sealed()
    # Before anybody can play it: the digest of a draw's seed is there to be read from the moment the draw is.
    for name in after.draws.keys() - (set() if before is None else before.draws.keys()):
        announced_seed(services, program, name)
    services.versions.publish(program, version, [] if before is None else list(departures(before, after, now)))
    return version


def _loaded(services: Services, program: str, published: PublishedVersion) -> Program:
    return services.documents.load(
        published.document, name=program, version=published.version, inheritance=published.inheritance
    )


def _locked_out(document: Mapping[str, Plain], client: str) -> Iterator[Fault]:
    clients = document.get("clients")
    if not isinstance(clients, list) or client not in clients:
        message = "does not name the client that publishes: nobody could publish a correction"
        yield Fault("/clients", LOCKED_OUT, message)
