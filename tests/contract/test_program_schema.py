"""The committed JSON Schema of a program is the code's, and the programs that are shipped follow it."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from points.adapters.program_document import PydanticProgramDocuments, published
from stack.paths import PROGRAMS, ROOT

SCHEMA = ROOT / "docs" / "program.schema.json"
SHIPPED = sorted(PROGRAMS.glob("*.json"))


def follows(document: Any) -> bool:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text("utf-8"))).is_valid(document)


def test_the_committed_schema_is_current() -> None:
    assert SCHEMA.read_text("utf-8") == published.text(), "run: make schema"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_program_follows_the_schema_and_can_be_published(path: Path) -> None:
    document = json.loads(path.read_text("utf-8"))
    assert follows(document)
    assert PydanticProgramDocuments().faults(document) == []


@pytest.mark.parametrize(
    "change",
    [
        {"ratio": 0},
        {"ratio": "100"},
        {"colour": "blue"},
        {"rules": [{"id": "a", "behaviour": "purchase", "value": {"type": "gift"}}]},
        {"tiers": {"by": "points", "window": "lifetime", "levels": [{"id": "V1"}]}},
        {"expiry": {"type": "after_days"}},
    ],
)
def test_what_the_schema_refuses_is_refused(change: dict[str, Any]) -> None:
    document = json.loads((PROGRAMS / "demo.json").read_text("utf-8")) | change
    assert not follows(document)
    assert PydanticProgramDocuments().faults(document)
