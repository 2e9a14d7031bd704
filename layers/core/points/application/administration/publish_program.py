"""A document becomes the live version of its program: immutable, numbered, by whom and when (R-EARN-8)."""

from collections.abc import Iterator, Mapping

from points.application.administration.edit_draft import read_draft
from points.application.administration.read_versions import read_version
from points.application.ports import PublishedVersion
from points.application.services import Services
from points.domain.canonical import Plain
from points.domain.errors import Fault, InvalidProgram, VersionConflict
from points.domain.program.succession import broken_promises


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
    if faults := list(_faults(services, program, document, live, client=client)):
        raise InvalidProgram("the program cannot be published", faults=faults)
    version = PublishedVersion(number, document, revision, services.clock.now(), actor, restores)
    services.versions.publish(program, version)
    return version


def _faults(
    services: Services,
    program: str,
    document: Mapping[str, Plain],
    live: PublishedVersion | None,
    *,
    client: str,
) -> Iterator[Fault]:
    """All of them: the document's own, and what it would break."""
    faults = services.documents.faults(document)
    yield from faults
    clients = document.get("clients")
    if not isinstance(clients, list) or client not in clients:
        message = "does not name the client that publishes: nobody could publish a correction"
        yield Fault("/clients", "locked_out", message)
    if live is not None and not faults:
        before = services.documents.load(live.document, name=program, version=live.version)
        yield from broken_promises(before, services.documents.load(document, name=program, version=live.version + 1))
