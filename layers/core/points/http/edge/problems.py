"""Everything the API refuses, as RFC 9457 problem documents.

Owns the HTTP status and the texts of every error code; it must not know any route. A problem's ``type`` is
``urn:problem-type:points-ledger:{code}``: a name that never moves, not a page that might. ``title`` is in the caller's
language, ``detail`` says in English what happened this time, the figures a caller needs are members of their own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from aws_lambda_powertools.event_handler.api_gateway import Response

from points.domain.canonical import Plain
from points.domain.errors import (
    Fault,
    Forbidden,
    InvalidProgram,
    InvalidRequest,
    LedgerUnavailable,
    NotFound,
    PointsError,
    Refusal,
    Throttled,
    Unauthorized,
)
from points.http.edge.answering import faults_body, json_text

CONTENT_TYPE = "application/problem+json"
ENGLISH = "en"
CHINESE = "zh-CN"
DEFAULT_LANGUAGE = ENGLISH

STATUS: Mapping[type[PointsError], int] = {
    InvalidRequest: 422,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Refusal: 409,
    Throttled: 429,
    LedgerUnavailable: 503,
}
"""By branch of the error tree: a leaf answers as the nearest of these above it."""

EDGE_CODES = (
    "internal_error",
    "method_not_allowed",
    "unsupported_media_type",
)
"""Codes only the edge itself gives, beside those of the error tree."""

_RETRY_AFTER_SECONDS = {"conflict": 1, "throttled": 2, "unavailable": 2}
_MAX_FAULTS = 50
_MAX_PROGRAM_FAULTS = 1_000
"""Whoever writes a program is told everything at once; the bound only gives the answer an end."""

_MAX_LANGUAGES = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """``members`` stand beside the standard ones and never replace them."""

    status: int
    code: str
    detail: str = ""
    faults: tuple[Fault, ...] = ()
    members: Mapping[str, int | str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def document(self, language: str) -> dict[str, Plain]:
        document: dict[str, Plain] = {
            **self.members,
            "type": f"urn:problem-type:points-ledger:{self.code}",
            "title": texts(language)[self.code],
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.faults:
            maximum = _MAX_PROGRAM_FAULTS if self.code == InvalidProgram.code else _MAX_FAULTS
            document["faults"] = faults_body(self.faults[:maximum])
        return document


class EdgeError(Exception):
    """A request the edge refuses before any use case sees it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


def malformed(detail: str, *, path: str = "", code: str = "malformed") -> EdgeError:
    """A request that cannot even be read: 400, where a readable one with wrong values is 422."""
    return EdgeError(Problem(400, "invalid_request", detail, (Fault(path, code, detail),)))


def problem_of(error: PointsError) -> Problem:
    code = error.code
    headers: dict[str, str] = {}
    if code in _RETRY_AFTER_SECONDS:
        headers["Retry-After"] = str(_RETRY_AFTER_SECONDS[code])
    if code == Unauthorized.code:
        headers["WWW-Authenticate"] = "Bearer"
    faults = error.faults if isinstance(error, InvalidRequest) else ()
    return Problem(status_of(type(error)), code, error.detail, faults, error.numbers, headers)


def status_of(kind: type[PointsError]) -> int:
    for ancestor in kind.__mro__:
        if ancestor in STATUS:
            return STATUS[ancestor]
    raise KeyError(kind)


def respond(problem: Problem, language: str) -> Response[str]:
    headers = {**problem.headers, "Content-Language": language}
    return Response(problem.status, CONTENT_TYPE, json_text(problem.document(language)), headers)


@cache
def texts(language: str) -> Mapping[str, str]:
    """Title by code. Read when the first problem is rendered, not when a function starts."""
    catalogue = Path(__file__).with_name("texts") / f"{language}.json"
    titles: dict[str, str] = json.loads(catalogue.read_text("utf-8"))
    return titles


def language_of(accept_language: str | None, default: str = DEFAULT_LANGUAGE) -> str:
    """The best of what we speak, by the caller's preference: any Chinese is zh-CN, any English en. ``default`` for who
    prefers neither."""
    best, best_weight = default, 0.0
    for item in (accept_language or "").split(",")[:_MAX_LANGUAGES]:
        tag, _, parameters = item.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary not in {"en", "zh"}:
            continue
        weight = _weight(parameters)
        if weight > best_weight:
            best, best_weight = (CHINESE if primary == "zh" else ENGLISH), weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
