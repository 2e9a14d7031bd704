"""Pools of coupon codes: what is left in one, and the imports that fill it."""

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response, Router
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.request import Request

from points.application.coupons.ports import Importing
from points.application.coupons.read_pool import read_pool
from points.application.coupons.start_import import read_import, start_import
from points.http.edge.answering import accepted_answer, answer
from points.http.edge.resources import location_of
from points.http.edge.security import Call, Scope, admit, needs
from points.http.rendering.coupons import import_body, pool_body
from points.http.schemas.common import ProgramPath
from points.http.schemas.coupons import ImportBody, ImportPath, PoolPath

router = Router()  # type: ignore[no-untyped-call]

_POOL = "/programs/<program>/coupon-pools/<pool>"
_IMPORTS = f"{_POOL}/imports"


def _admit(request: Request, program: str) -> tuple[Call, Importing]:
    call = admit(request, program)
    importing: Importing = request.context["importing"]
    return call, importing


@router.get(_POOL, operation_id="read_pool", summary="How many codes are left", security=needs(Scope.ADMIN))
def pool(request: Request, program: ProgramPath, pool: PoolPath) -> Response[str]:
    call, importing = _admit(request, program)
    return answer(pool_body(pool, read_pool(importing, call.program, pool)))


@router.post(
    _IMPORTS,
    operation_id="start_import",
    summary="Import codes from a file that was uploaded",
    security=needs(Scope.ADMIN),
)
def start(
    request: Request, program: ProgramPath, pool: PoolPath, wanted: Annotated[ImportBody, Body()]
) -> Response[str]:
    call, importing = _admit(request, program)
    begun = start_import(importing, call.program, wanted.wanted(pool), actor=call.actor)
    location = location_of(request, f"/programs/{program}/coupon-pools/{pool}/imports/{begun.reference}")
    return accepted_answer(import_body(begun), location=location)


@router.get(
    f"{_IMPORTS}/<reference>",
    operation_id="read_import",
    summary="How far an import has come, and what it rejected",
    security=needs(Scope.ADMIN),
)
def status(request: Request, program: ProgramPath, pool: PoolPath, reference: ImportPath) -> Response[str]:
    call, importing = _admit(request, program)
    return answer(import_body(read_import(importing, call.program, pool, reference)))
