"""A program's life as a document: written as a draft, validated, published as an immutable version (R-EARN-8)."""

from collections.abc import Mapping

from points.application.ports import Draft, Page, PublishedVersion
from points.application.services import Services
from points.domain.canonical import Plain
from points.domain.errors import Fault, InvalidProgram, NotFound, VersionConflict
from points.domain.program import Program


def save_draft(services: Services, program: str, document: Mapping[str, Plain], *, revision: int, actor: str) -> Draft:
    """``revision`` is the one the caller saw, 0 for none. A draft may have faults; publishing finds them.

    Raises VersionConflict when somebody saved in between.
    """
    draft = Draft(document, revision + 1, services.clock.now(), actor)
    services.versions.save_draft(program, draft)
    return draft


def read_draft(services: Services, program: str) -> Draft:
    """Raises NotFound."""
    draft = services.versions.draft(program)
    if draft is None:
        raise NotFound(f"the program {program} has no draft", resource="draft")
    return draft


def publish_draft(
    services: Services, program: str, *, revision: int, actor: str, client: str
) -> tuple[PublishedVersion, bool]:
    """Make the draft live. Publishing a revision twice is the same publishing: (version, whether it was there already).

    Raises NotFound, VersionConflict (the draft moved on, or somebody else published), InvalidProgram.
    """
    live = services.versions.live(program)
    if live is not None and live.revision == revision:
        return live, True
    draft = read_draft(services, program)
    if draft.revision != revision:
        raise VersionConflict("the draft has been saved since", expected=revision, found=draft.revision)
    number = 1 if live is None else live.version + 1
    parsed = services.parse_program(draft.document, name=program, version=number)
    before = None if live is None else services.parse_program(live.document, name=program, version=live.version)
    if faults := [*_locked_out(parsed, client), *_moved_stock(parsed, before)]:
        raise InvalidProgram("the program cannot be published", faults=faults)
    version = PublishedVersion(number, draft.document, revision, services.clock.now(), actor)
    services.versions.publish(program, version)
    return version, False


def read_version(services: Services, program: str, version: int | None) -> PublishedVersion:
    """That version, or the live one. Raises NotFound."""
    found = services.versions.live(program) if version is None else services.versions.version(program, version)
    if found is None:
        raise NotFound("there is no such version", resource="version")
    return found


def list_versions(services: Services, program: str, *, before: int | None, limit: int) -> Page[PublishedVersion]:
    return services.versions.versions(program, before=before, limit=limit)


def _locked_out(program: Program, client: str) -> list[Fault]:
    if client in program.clients:
        return []
    message = "does not name the client that publishes: nobody could publish a correction"
    return [Fault("/clients", "locked_out", message)]


def _moved_stock(program: Program, before: Program | None) -> list[Fault]:
    """A reward's stock is counted per shard; with other shards the count so far would be lost."""
    if before is None:
        return []
    return [
        Fault(f"/rewards/{name}/stock_shards", "stock_shards_fixed", f"must stay {old.stock_shards}")
        for name, reward in program.rewards.items()
        if (old := before.rewards.get(name)) is not None and old.stock_shards != reward.stock_shards
    ]
