"""Published versions, one or all, and what is different between two."""

from collections.abc import Mapping, Sequence

from points.application.administration.edit_draft import read_draft
from points.application.ports import Page, PublishedVersion
from points.application.services import Services
from points.domain.canonical import Plain
from points.domain.errors import NotFound
from points.domain.program.differences import Difference, differences


def read_version(services: Services, program: str, version: int | None) -> PublishedVersion:
    """That version, or the live one. Raises NotFound."""
    found = services.versions.live(program) if version is None else services.versions.version(program, version)
    if found is None:
        raise NotFound("there is no such version", resource="version")
    return found


def list_versions(services: Services, program: str, *, before: int | None, limit: int) -> Page[PublishedVersion]:
    return services.versions.versions(program, before=before, limit=limit)


def compare_versions(
    services: Services, program: str, *, before: int | None, after: int | None
) -> Sequence[Difference]:
    """What ``after`` changes about ``before``: a version each; None before is the live one, None after the draft.

    Before the first version (0, or while nothing is live) there was nothing, so all of ``after`` is added. Raises
    NotFound.
    """
    old = _document_before(services, program, before)
    new = read_draft(services, program).document if after is None else read_version(services, program, after).document
    return list(differences(old, new))


def _document_before(services: Services, program: str, version: int | None) -> Mapping[str, Plain]:
    if version is None:
        live = services.versions.live(program)
        return {} if live is None else live.document
    return {} if version == 0 else read_version(services, program, version).document
