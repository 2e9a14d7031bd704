"""How an answer leaves: JSON text, the statuses of what was read and of what was made, faults with their places."""

import json
from collections.abc import Iterable

from aws_lambda_powertools.event_handler.api_gateway import Response

from points.domain.canonical import Plain
from points.domain.errors import Fault

CONTENT_TYPE = "application/json"
REPLAYED = "Idempotent-Replayed"

type Json = dict[str, Plain]

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def json_text(value: Plain) -> str:
    return _ENCODER.encode(value)


def answer(body: Json, *, language: str | None = None) -> Response[str]:
    """``language`` is that of the sentences in it, if it has any."""
    headers = {} if language is None else {"Content-Language": language}
    return Response(200, CONTENT_TYPE, json_text(body), headers)


def accepted_answer(body: Json, *, location: str) -> Response[str]:
    """202: it is begun, and how far it has come can be read there."""
    return Response(202, CONTENT_TYPE, json_text(body), {"Location": location})


def made_answer(body: Json, *, replayed: bool, location: str | None = None) -> Response[str]:
    """201 the first time, with the place of what was made; a replay is 200 with the same body."""
    if replayed:
        return Response(200, CONTENT_TYPE, json_text(body), {REPLAYED: "true"})
    headers = {} if location is None else {"Location": location}
    return Response(201, CONTENT_TYPE, json_text(body), headers)


def faults_body(faults: Iterable[Fault]) -> list[Plain]:
    return [{"path": fault.path, "code": fault.code, "message": fault.message} for fault in faults]
