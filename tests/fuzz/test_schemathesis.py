"""Every route, fuzzed from the OpenAPI document with all of Schemathesis' checks: the same requests in every run.

The document is narrowed where chance would never hit what exists (the program, some members, the behaviours), so that
generated requests really earn, redeem and cancel instead of all ending in 404.
"""

from copy import deepcopy
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from points.http import openapi
from points.http.edge.resolver import LedgerApi
from tests.support.api import Api, demo_document
from tests.support.asgi import BASE, AsgiApi
from tests.support.webhooks import URL

EXAMPLES = 60
SEED = 20261111
HEADERS = {"Authorization": "Bearer any"}

# What a request that follows the document may still be refused for: values that no schema can judge. To JSON Schema
# 5.0 is an integer (int_type, attribute_invalid, fraction); to a ledger it is a float somebody computed.
JUDGED_LATER = {
    "attribute_invalid",
    "bad_cursor",
    "date_invalid",
    "empty_range",
    "events_or_period",
    "fraction",
    "int_type",
    "integer_too_large",
    "invalid_value",
    "moment_invalid",
    "points_zero",
}

KNOWN: dict[str, list[Any]] = {
    "program": ["demo"],
    "member": ["m1", "m2"],
    "behaviour": ["purchase", "check_in", "photo"],
    "reward": ["coupon-200-50", "e-reader"],
    "reference": ["a", "b", "c"],
    "referrer": ["m1", "m2"],
    "version": [1, 2],
    "live_version": [1, 2],
    "document": [demo_document(), demo_document() | {"ratio": 0}],
    "url": [URL],
    "endpoint": ["a"],
    "id": ["a", "b"],
}


def narrowed() -> dict[str, Any]:
    document = deepcopy(openapi.document())
    document["servers"] = [{"url": BASE}]
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation["parameters"]:
                if parameter["name"] in KNOWN:
                    parameter["schema"] = _mostly(parameter["name"], parameter["schema"])
    for name, model in document["components"]["schemas"].items():
        if name.endswith("Body"):
            for field in KNOWN.keys() & model["properties"].keys():
                model["properties"][field] = _mostly(field, model["properties"][field])
    return document


def _mostly(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"enum": KNOWN[name]}, schema]}


def loaded() -> Any:
    schema = schemathesis.openapi.from_dict(narrowed(), config=SchemathesisConfig.from_dict({"seed": SEED}))
    schema.app = AsgiApi(with_members())
    return schema


def with_members() -> LedgerApi:
    """Two members with points to spend, and a hold and an order each to end; an endpoint to be told of them."""
    api = Api()
    api.post("/webhooks", {"id": "a", "url": URL})
    for member in KNOWN["member"]:
        api.enrol(member)
        api.buy("500000.00", member=member)
        for reference in KNOWN["reference"]:
            api.post(f"/members/{member}/redemptions", {"reference": reference, "reward": "coupon-200-50"})
            api.post(f"/members/{member}/holds", {"reference": reference, "points": 100})
    return api.resolver


schema = loaded()
load_all_checks()


@schema.parametrize()  # type: ignore[untyped-decorator]
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_any_request_is_answered_as_documented(case: Any) -> None:
    response = case.call(headers=HEADERS)
    assert response.status_code < 500
    case.validate_response(response, headers=HEADERS, excluded_checks=[positive_data_acceptance])
    if case.meta.generation.mode is GenerationMode.POSITIVE:
        check_acceptance(response)


def check_acceptance(response: Any) -> None:
    """In place of Schemathesis' own check, which takes any 422 for a fault of ours."""
    if response.status_code not in {400, 422}:
        return
    problem = response.json()
    if problem["code"] == "invalid_request":
        assert {fault["code"] for fault in problem["faults"]} <= JUDGED_LATER, problem
