"""Each code has a status and a text in both languages, and each refusal is a complete problem document."""

import json
from http import HTTPStatus

import pytest

from points.domain import errors
from points.domain.errors import PointsError
from points.http.answers.common import CODES
from points.http.edge.problems import EDGE_CODES, Problem, language_of, problem_of, respond, status_of, texts

LANGUAGES = ("en", "zh-CN")

STATUSES = {
    "invalid_request": 422,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "insufficient_points": 409,
    "conflict": 409,
    "reference_reused": 409,
    "throttled": 429,
    "unavailable": 503,
    "invalid_program": 422,
    "not_on_sale": 409,
    "sold_out_today": 409,
    "not_eligible": 409,
    "nothing_due": 409,
    "referral_refused": 409,
    "risk_refused": 409,
}


def raised(kind: type[PointsError] = PointsError) -> list[type[PointsError]]:
    """The leaves of the tree, and the branches that are raised themselves."""
    children = kind.__subclasses__()
    below = [leaf for child in children for leaf in raised(child)]
    return below + ([kind] if not children or kind in {errors.InvalidRequest, errors.NotFound} else [])


@pytest.mark.parametrize("kind", raised(), ids=lambda kind: kind.code)
def test_every_error_has_a_code_a_status_and_texts(kind: type[PointsError]) -> None:
    assert kind.code in CODES
    assert HTTPStatus(status_of(kind)).is_client_error or status_of(kind) == HTTPStatus.SERVICE_UNAVAILABLE
    for language in LANGUAGES:
        assert texts(language)[kind.code]


def test_texts_speak_of_nothing_else() -> None:
    for language in LANGUAGES:
        assert sorted(texts(language)) == CODES
        assert set(EDGE_CODES) <= texts(language).keys()
    assert not {code for code in CODES if texts("en")[code] == texts("zh-CN")[code]}


@pytest.mark.parametrize(("code", "status"), STATUSES.items())
def test_statuses_are_those_of_the_design(code: str, status: int) -> None:
    kind = next(kind for kind in raised() if kind.code == code)
    assert status_of(kind) == status


def test_a_refusal_carries_its_numbers() -> None:
    problem = problem_of(errors.InsufficientPoints("2 are needed and 1 is available", available=1, required=2))
    assert problem.document("en") == {
        "type": "urn:problem-type:points-ledger:insufficient_points",
        "title": "Not enough points",
        "status": 409,
        "code": "insufficient_points",
        "detail": "2 are needed and 1 is available",
        "available": 1,
        "required": 2,
    }
    assert problem.document("zh-CN")["title"] == "积分不足"


def test_numbers_never_replace_what_a_problem_is() -> None:
    document = Problem(409, "conflict", members={"status": 200, "code": "fine", "left": 1}).document("en")
    assert (document["status"], document["code"], document["left"]) == (409, "conflict", 1)


@pytest.mark.parametrize("error", [errors.Conflict(), errors.Throttled(), errors.LedgerUnavailable()])
def test_what_is_worth_another_try_says_when(error: PointsError) -> None:
    assert int(problem_of(error).headers["Retry-After"]) >= 1


def test_an_unauthorized_caller_is_told_how_to_authenticate() -> None:
    assert problem_of(errors.Unauthorized()).headers["WWW-Authenticate"] == "Bearer"


def test_a_program_with_faults_names_each() -> None:
    faults = [errors.Fault("/ratio", "greater_than_equal", "must be at least 1")]
    document = problem_of(errors.InvalidProgram("the program has faults", faults=faults)).document("en")
    assert document["faults"] == [
        {"path": "/ratio", "code": "greater_than_equal", "message": "must be at least 1"},
    ]


def test_whoever_writes_a_program_is_told_everything_at_once() -> None:
    faults = [errors.Fault(f"/rules/{number}", "unknown_behaviour", "no") for number in range(200)]
    assert len(problem_of(errors.InvalidProgram("x", faults=faults)).document("en")["faults"]) == 200  # type: ignore[arg-type]


def test_the_response_is_a_problem_in_the_language_it_names() -> None:
    response = respond(Problem(404, "not_found", "there is no member x"), "zh-CN")
    assert response.headers == {"Content-Type": "application/problem+json", "Content-Language": "zh-CN"}
    assert json.loads(response.body or "")["title"] == "未找到"


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("ZH-hant-TW;q=0.3", "zh-CN"),
        ("fr-FR, zh;q=0.5, en;q=0.4", "zh-CN"),
        ("en-GB;q=0.9, zh;q=0.8", "en"),
        ("en;q=0.1, zh-CN;q=0.2", "zh-CN"),
        ("de, *;q=0.1", "en"),
        ("zh;q=nonsense", "en"),
        ("zh;q=0", "en"),
        (",;,;q=;;", "en"),
        ("zhuang", "en"),
    ],
)
def test_the_language_is_the_callers_best(accept_language: str | None, language: str) -> None:
    assert language_of(accept_language) == language
