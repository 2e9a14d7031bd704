"""The shape of the package, read off its source. import-linter proves the directions again, indirect imports too."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.paths import ROOT

POINTS = ROOT / "layers" / "core" / "points"
MODULES = sorted(POINTS.rglob("*.py"))
DOMAIN = sorted((POINTS / "domain").rglob("*.py"))
APPLICATION = sorted((POINTS / "application").rglob("*.py"))
UNDER_WAY = {"CodesSeen", "Totals", "_Seen", "_Tally", "_Undoing"}
"""What is summed up within one call, and never leaves it but as a value."""


def name(file: Path) -> str:
    return str(file.relative_to(POINTS))


def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), str(file))


def imported(file: Path) -> Iterator[str]:
    """Every module a file imports, wherever in it, with its full name."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(file)}: relative import"
            # `from points.domain import lots` imports points.domain.ledger.lots.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def may_import(file: Path, *packages: str) -> None:
    for module in imported(file):
        of_python = module.split(".")[0] in sys.stdlib_module_names
        typing_only = module.startswith("_typeshed.")
        assert of_python or typing_only or module.startswith(packages), f"{name(file)} imports {module}"


@pytest.mark.parametrize("file", DOMAIN, ids=name)
def test_the_domain_imports_python_and_itself(file: Path) -> None:
    may_import(file, "points.domain.")


@pytest.mark.parametrize("file", DOMAIN, ids=name)
def test_the_domain_is_pure(file: Path) -> None:
    """No clock, no randomness, no environment, no files, no floats: the same facts always make the same decision."""
    modules = {module.split(".")[0] for module in imported(file)}
    assert not modules & {"random", "secrets", "time", "uuid", "os", "sys", "socket", "threading", "asyncio", "logging"}
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "utcnow", "today"} or _is_a_fact(node), f"{name(file)}:{node.lineno}"
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float), f"{name(file)}:{node.lineno} has a float"
        if isinstance(node, ast.BinOp):
            assert not isinstance(node.op, ast.Div), f"{name(file)}:{node.lineno} divides into a float"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"float", "open", "print", "input", "hash", "round"}, (
                f"{name(file)}:{node.lineno}"
            )


def _is_a_fact(node: ast.Attribute) -> bool:
    """``context.now`` and ``context.today`` are given; ``datetime.now`` and ``date.today`` are asked of the machine."""
    return isinstance(node.value, ast.Name) and node.value.id not in {"datetime", "date"}


@pytest.mark.parametrize("file", APPLICATION, ids=name)
def test_the_application_imports_python_the_domain_and_itself(file: Path) -> None:
    may_import(file, "points.domain.", "points.application.")


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_only_bootstrap_wires_and_only_bootstrap_knows_the_settings(file: Path) -> None:
    package = file.relative_to(POINTS).parts[0]
    if package == "bootstrap":
        return
    for module in imported(file):
        assert not module.startswith("points.settings"), f"{name(file)} knows the settings"
        assert not module.startswith("points.bootstrap"), f"{name(file)} imports what wires it"
        assert package == "adapters" or not module.startswith("points.adapters"), f"{name(file)} imports {module}"


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_only_settings_reads_the_environment(file: Path) -> None:
    if name(file) == "settings.py":
        return
    readers = {"environ", "environb", "getenv", "getenvb"}
    for node in ast.walk(tree(file)):
        names = {node.attr} if isinstance(node, ast.Attribute) else set[str]()
        names |= {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
        assert not names & readers, f"{name(file)} reads the environment"


@pytest.mark.parametrize("file", MODULES, ids=name)
def test_every_module_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(tree(file)), f"{name(file)} has no docstring"


@pytest.mark.parametrize("file", sorted({*DOMAIN, *APPLICATION}), ids=name)
def test_values_are_frozen(file: Path) -> None:
    """Whatever passes between decisions and use cases is a value; only sums under way may change."""
    for node in ast.walk(tree(file)):
        if not isinstance(node, ast.ClassDef) or node.name in UNDER_WAY:
            continue
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name):
                options = {keyword.arg for keyword in decorator.keywords}
                assert {"frozen", "slots"} <= options, f"{name(file)}: {node.name}"


@pytest.mark.parametrize("file", sorted((ROOT / "functions").rglob("*.py")), ids=lambda file: str(file.parent.name))
def test_functions_stay_thin(file: Path) -> None:
    """A function parses, calls and renders through these; the rest of the package is behind them."""
    for module in imported(file):
        of_python = module.split(".")[0] in sys.stdlib_module_names
        doors = ("points.http.", "points.queue.", "points.schedule.", "points.stream.")
        behind = ("points.startup", "points.bootstrap.", *doors, "aws_lambda_powertools.")
        assert of_python or module.startswith(behind), f"{file.parent.name} imports {module}"
