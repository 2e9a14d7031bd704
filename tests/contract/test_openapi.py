"""The committed API document is the code's, and template.yaml guards each route with the scope the code wants."""

from typing import Any

from pydantic import BaseModel

from points.domain.errors import PointsError
from points.http import openapi
from points.http.answers.common import CODES
from points.http.answers.operations import BEGUN, MADE, READ
from points.http.edge.problems import EDGE_CODES
from stack import template
from stack.paths import ROOT


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    paths = openapi.document()["paths"]
    return {(method.upper(), path): operation for path, item in paths.items() for method, operation in item.items()}


def test_the_committed_document_is_current() -> None:
    committed = (ROOT / "docs" / "openapi.json").read_text("utf-8")
    assert committed == openapi.text(), "run: make openapi"


def test_every_route_names_exactly_the_scope_its_gateway_route_names() -> None:
    in_template = {}
    for function in template.resources("AWS::Serverless::Function").values():
        folder = function["Properties"]["CodeUri"].removeprefix("functions/")
        for event in function["Properties"]["Events"].values():
            if event["Type"] == "Api":
                route = event["Properties"]
                in_template[route["Method"], route["Path"]] = (folder, route["Auth"]["AuthorizationScopes"])
    in_code = {
        route: (operation["tags"][0], operation["security"][0]["tokens"]) for route, operation in operations().items()
    }
    assert in_code == in_template


def test_every_answer_is_described() -> None:
    assert sorted(operation["operationId"] for operation in operations().values()) == sorted({*MADE, *BEGUN, *READ})
    for operation in operations().values():
        assert {"400", "401", "403", "404", "422", "429", "503"} < operation["responses"].keys()


def test_every_code_is_in_the_document() -> None:
    def leaves(kind: type[PointsError]) -> set[str]:
        below = {code for child in kind.__subclasses__() for code in leaves(child)}
        return below or {kind.code}

    assert leaves(PointsError) | {"invalid_request", "not_found", *EDGE_CODES} == set(CODES)


def test_references_lead_somewhere() -> None:
    document = openapi.document()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(reference := value.get("$ref"), str):
                place: Any = document
                for part in reference.removeprefix("#/").split("/"):
                    place = place[part]
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(document)


def test_every_answer_has_a_schema() -> None:
    models: set[type[BaseModel]] = {*MADE.values(), *BEGUN.values(), *filter(None, READ.values())}
    assert {model.__name__ for model in models} <= openapi.document()["components"]["schemas"].keys()
