"""Administration: adjustments, freezing, and a program's life as a document."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request

from points.application.adjust_points import adjust_points
from points.application.freeze_member import freeze_member, unfreeze_member
from points.application.movement import Booked
from points.application.publish_program import list_versions, publish_draft, read_draft, read_version, save_draft
from points.http.cursors import cursor_of, number_key
from points.http.programs import deciding_program
from points.http.rendering import (
    answer,
    draft_body,
    made_answer,
    movement_body,
    version_body,
    version_summary_body,
)
from points.http.resources import location_of
from points.http.schemas.administration import AdjustmentBody, DraftBody, FreezeBody, PublicationBody
from points.http.schemas.common import Cursor, Limit, MemberPath, ProgramPath, VersionPath
from points.http.security import Call, Scope, admit, admit_founder, needs

router = Router()  # type: ignore[no-untyped-call]

_MEMBER = "/programs/<program>/members/<member>"
_CONFIG = "/programs/<program>/config"


@router.post(
    f"{_MEMBER}/adjustments",
    operation_id="adjust_points",
    summary="Give or take points by hand",
    security=needs(Scope.ADMIN),
)
def adjust(
    request: Request, program: ProgramPath, member: MemberPath, adjustment: Annotated[AdjustmentBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _answer(call, adjust_points(call.services, call.program, adjustment.adjustment(member), actor=call.actor))


@router.post(
    f"{_MEMBER}/freeze",
    operation_id="freeze_member",
    summary="Stop a member's earning, redeeming or both",
    security=needs(Scope.ADMIN),
)
def freeze(
    request: Request, program: ProgramPath, member: MemberPath, freeze: Annotated[FreezeBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _answer(call, freeze_member(call.services, call.program, freeze.freeze(member), actor=call.actor))


@router.post(
    f"{_MEMBER}/unfreeze",
    operation_id="unfreeze_member",
    summary="Let a member earn or redeem again",
    security=needs(Scope.ADMIN),
)
def unfreeze(
    request: Request, program: ProgramPath, member: MemberPath, freeze: Annotated[FreezeBody, Body()]
) -> Response[str]:
    call = admit(request, program)
    return _answer(call, unfreeze_member(call.services, call.program, freeze.freeze(member), actor=call.actor))


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
    saved = save_draft(services, program, draft.document, revision=draft.revision, actor=identity.actor)
    return answer(draft_body(saved))


@router.post(
    f"{_CONFIG}/publish", operation_id="publish_draft", summary="Make the draft live", security=needs(Scope.ADMIN)
)
def publish(request: Request, program: ProgramPath, publication: Annotated[PublicationBody, Body()]) -> Response[str]:
    services, identity = admit_founder(request, program)
    version, replayed = publish_draft(
        services, program, revision=publication.revision, actor=identity.actor, client=identity.client
    )
    path = f"/programs/{program}/config/versions/{version.version}"
    return made_answer(version_summary_body(version), replayed=replayed, location=location_of(request, path))


@router.get(_CONFIG, operation_id="read_config", summary="The live version", security=needs(Scope.ADMIN))
def config(request: Request, program: ProgramPath) -> Response[str]:
    call = admit(request, program)
    return answer(version_body(read_version(call.services, call.program.name, None)))


@router.get(
    f"{_CONFIG}/versions",
    operation_id="list_versions",
    summary="Published versions, newest first",
    security=needs(Scope.ADMIN),
)
def versions(request: Request, program: ProgramPath, limit: Limit = 20, cursor: Cursor = None) -> Response[str]:
    call = admit(request, program)
    before = number_key("versions", cursor)
    page = list_versions(call.services, call.program.name, before=before, limit=limit)
    items = [version_summary_body(version) for version in page.items]
    return answer({"items": items, "next_cursor": cursor_of("versions", page.next_key)})


@router.get(
    f"{_CONFIG}/versions/<version>",
    operation_id="read_version",
    summary="A published version",
    security=needs(Scope.ADMIN),
)
def version(request: Request, program: ProgramPath, version: VersionPath) -> Response[str]:
    call = admit(request, program)
    return answer(version_body(read_version(call.services, call.program.name, version)))


def _answer(call: Call, booked: Booked) -> Response[str]:
    entry = booked.entry
    return made_answer(movement_body(entry, deciding_program(call, entry)), replayed=booked.replayed)
