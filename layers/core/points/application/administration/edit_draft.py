"""A program being written: saved as a draft, read, checked. A draft may have faults; a published version may not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from points.application.ports import Draft
from points.application.services import Services
from points.domain.canonical import Plain
from points.domain.errors import Fault, NotFound


@dataclass(frozen=True, slots=True)
class Verdict:
    """``faults`` prevent publishing; ``warnings`` say what will not work yet."""

    faults: Sequence[Fault]
    warnings: Sequence[Fault]


def save_draft(
    services: Services, program: str, document: Mapping[str, Plain], *, revision: int, actor: str, client: str
) -> Draft:
    """``revision`` is the one the caller saw, 0 for none. Raises VersionConflict when somebody saved in between."""
    before = services.versions.draft(program)
    founder = client if before is None else before.founder
    draft = Draft(document, revision + 1, services.clock.now(), actor, founder)
    services.versions.save_draft(program, draft)
    return draft


def read_draft(services: Services, program: str) -> Draft:
    """Raises NotFound."""
    draft = services.versions.draft(program)
    if draft is None:
        raise NotFound(f"the program {program} has no draft", resource="draft")
    return draft


def may_see_draft(services: Services, program: str, client: str) -> bool:
    """Of a program that is not published yet: a name that is taken is its founder's, and that of the clients their
    draft names."""
    draft = services.versions.draft(program)
    if draft is None or draft.founder == client:
        return True
    clients = draft.document.get("clients")
    return isinstance(clients, list) and client in clients


def check_document(services: Services, document: Mapping[str, Plain]) -> Verdict:
    """Everything that is wrong with a document, whether it is anybody's draft or not."""
    return Verdict(services.documents.faults(document), services.documents.warnings(document, now=services.clock.now()))
