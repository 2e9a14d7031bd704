"""Configuration: a program as a document, from draft to version and back, and what it would pay."""

from collections.abc import Mapping
from typing import Annotated

from annotated_types import Interval
from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.request import Request
from pydantic import BeforeValidator

from points.application.administration.edit_draft import check_document, read_draft, save_draft
from points.application.administration.publish_program import publish_again, publish_draft
from points.application.administration.read_versions import compare_versions, list_versions, read_version
from points.application.administration.simulate_program import simulate_period, simulate_samples
from points.application.ports import PublishedVersion
from points.domain.canonical import Plain
from points.http.edge.answering import answer, made_answer
from points.http.edge.cursors import cursor_of, listing_of, number_key
from points.http.edge.resources import location_of
from points.http.edge.security import Call, Scope, admit, admit_founder, needs
from points.http.rendering.configuration import (
    differences_body,
    draft_body,
    simulation_body,
    verdict_body,
    version_body,
    version_summary_body,
)
from points.http.schemas.common import Cursor, Limit, ProgramPath, VersionPath, digits
from points.http.schemas.configuration import (
    DocumentBody,
    DraftBody,
    PublicationBody,
    RollbackBody,
    SimulationBody,
)

router = Router()  # type: ignore[no-untyped-call]

_CONFIG = "/programs/<program>/config"

_Against = Annotated[
    Annotated[int, Interval(ge=1, le=10**9), BeforeValidator(digits)] | None,
    Query(description="The version to compare with; the one before it unless given, nothing for the first."),
]


# ── drafts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.get(
    f"{_CONFIG}/draft",
    operation_id="read_draft",
    summary="The program as it is being written",
    security=needs(Scope.ADMIN),
)
def draft(request: Request, program: ProgramPath) -> Response[str]:
    services, _ = admit_founder(request, program)
    return answer(draft_body(read_draft(services, program)))


@router.put(f"{_CONFIG}/draft", operation_id="save_draft", summary="Save the draft", security=needs(Scope.ADMIN))
def put_draft(request: Request, program: ProgramPath, draft: Annotated[DraftBody, Body()]) -> Response[str]:
    services, identity = admit_founder(request, program)
    saved = save_draft(
        services, program, draft.document, revision=draft.revision, actor=identity.actor, client=identity.client
    )
    return answer(draft_body(saved))


@router.get(
    f"{_CONFIG}/draft/diff",
    operation_id="compare_draft",
    summary="What publishing the draft would change about the live version",
    security=needs(Scope.ADMIN),
)
def draft_diff(request: Request, program: ProgramPath) -> Response[str]:
    services, _ = admit_founder(request, program)
    return answer(differences_body(compare_versions(services, program, before=None, after=None)))


@router.post(
    f"{_CONFIG}/validate",
    operation_id="check_document",
    summary="Everything that is wrong with a document; nothing is written",
    security=needs(Scope.ADMIN),
)
def validate(request: Request, program: ProgramPath, checked: Annotated[DocumentBody, Body()]) -> Response[str]:
    services, _ = admit_founder(request, program)
    return answer(verdict_body(check_document(services, checked.document)))


@router.post(
    f"{_CONFIG}/simulate",
    operation_id="simulate_draft",
    summary="What a draft would pay beside what the live version pays, for samples or for recorded events",
    security=needs(Scope.ADMIN),
)
def simulate(request: Request, program: ProgramPath, simulation: Annotated[SimulationBody, Body()]) -> Response[str]:
    call = admit(request, program)
    document = _document(call, simulation)
    if (period := simulation.period) is not None:
        return answer(simulation_body(simulate_period(call.services, call.program, document, period)))
    now = call.services.clock.now()
    samples = [event.sample(now) for event in simulation.events or ()]
    return answer(simulation_body(simulate_samples(call.services, call.program, document, samples)))


def _document(call: Call, simulation: SimulationBody) -> Mapping[str, Plain]:
    if simulation.document is not None:
        return simulation.document
    return read_draft(call.services, call.program.name).document


# ── versions ────────────────────────────────────────────────────────────────────────────────────────────────────────


@router.post(
    f"{_CONFIG}/publish", operation_id="publish_draft", summary="Make the draft live", security=needs(Scope.ADMIN)
)
def publish(request: Request, program: ProgramPath, publication: Annotated[PublicationBody, Body()]) -> Response[str]:
    services, identity = admit_founder(request, program)
    version, replayed = publish_draft(
        services, program, revision=publication.revision, actor=identity.actor, client=identity.client
    )
    return _published(request, program, version, replayed=replayed)


@router.post(
    f"{_CONFIG}/rollback",
    operation_id="roll_back",
    summary="Publish an earlier version again, as a new one",
    security=needs(Scope.ADMIN),
)
def rollback(request: Request, program: ProgramPath, rollback: Annotated[RollbackBody, Body()]) -> Response[str]:
    call = admit(request, program)
    version, replayed = publish_again(
        call.services,
        program,
        version=rollback.version,
        live_version=rollback.live_version,
        actor=call.actor,
        client=call.client,
    )
    return _published(request, program, version, replayed=replayed)


@router.get(_CONFIG, operation_id="read_config", summary="The live version", security=needs(Scope.ADMIN))
def config(request: Request, program: ProgramPath) -> Response[str]:
    call = admit(request, program)
    return answer(version_body(read_version(call.services, program, None)))


@router.get(
    f"{_CONFIG}/versions",
    operation_id="list_versions",
    summary="Published versions, newest first",
    security=needs(Scope.ADMIN),
)
def versions(request: Request, program: ProgramPath, limit: Limit = 20, cursor: Cursor = None) -> Response[str]:
    call = admit(request, program)
    listing = listing_of("versions", program)
    page = list_versions(call.services, program, before=number_key(listing, cursor), limit=limit)
    items = [version_summary_body(version) for version in page.items]
    return answer({"items": items, "next_cursor": cursor_of(listing, page.next_key)})


@router.get(
    f"{_CONFIG}/versions/<version>",
    operation_id="read_version",
    summary="A published version",
    security=needs(Scope.ADMIN),
)
def version(request: Request, program: ProgramPath, version: VersionPath) -> Response[str]:
    call = admit(request, program)
    return answer(version_body(read_version(call.services, program, version)))


@router.get(
    f"{_CONFIG}/versions/<version>/diff",
    operation_id="compare_version",
    summary="What a version changed about another one",
    security=needs(Scope.ADMIN),
)
def version_diff(
    request: Request, program: ProgramPath, version: VersionPath, against: _Against = None
) -> Response[str]:
    call = admit(request, program)
    before = version - 1 if against is None else against
    return answer(differences_body(compare_versions(call.services, program, before=before, after=version)))


def _published(request: Request, program: str, version: PublishedVersion, *, replayed: bool) -> Response[str]:
    path = f"/programs/{program}/config/versions/{version.version}"
    return made_answer(version_summary_body(version), replayed=replayed, location=location_of(request, path))
