"""The threat model names a test for each threat: every one of them is there."""

import ast
import re

import pytest

from stack.paths import ROOT

DOCUMENT = (ROOT / "docs" / "security.md").read_text("utf-8")
ROWS = [line for line in DOCUMENT.splitlines() if line.startswith("|")][2:]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", DOCUMENT)))


def test_every_threat_names_a_test() -> None:
    assert len(ROWS) > 20
    for row in ROWS:
        threat, stopped_by, tests = row.strip("|").split("|")
        assert threat.strip()
        assert stopped_by.strip()
        assert re.search(r"`[\w/]+\.py::test_\w+`", tests), row


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_is_named_is_there(path: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / path).read_text("utf-8"))
    assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
