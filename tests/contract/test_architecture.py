"""What import-linter cannot see: the functions' folders, and who reads the environment."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack.paths import ROOT

POINTS = ROOT / "layers" / "core" / "points"
# A function parses, calls and renders through these; the rest of the package is behind them.
FUNCTION_MAY_IMPORT = ("points.bootstrap", "points.http", "points.queue", "aws_lambda_powertools")


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            module = node.module or ""
            # `from points import bootstrap` names the module only here.
            yield from (f"points.{alias.name}" for alias in node.names) if module == "points" else (module,)


@pytest.mark.parametrize("file", sorted((ROOT / "functions").rglob("*.py")), ids=lambda file: str(file.parent.name))
def test_functions_stay_thin(file: Path) -> None:
    for module in imported(file):
        if module.split(".")[0] in sys.stdlib_module_names:
            continue
        assert module.startswith(FUNCTION_MAY_IMPORT), f"{file.relative_to(ROOT)} imports {module}"


def test_the_domain_needs_the_standard_library_only() -> None:
    for file in (POINTS / "domain").rglob("*.py"):
        for module in imported(file):
            assert module.split(".")[0] in sys.stdlib_module_names or module.startswith("points.domain"), (
                f"{file.relative_to(ROOT)} imports {module}"
            )


def test_only_settings_reads_the_environment() -> None:
    readers = {"environ", "environb", "getenv", "getenvb"}
    for file in POINTS.rglob("*.py"):
        if file == POINTS / "settings.py":
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
            imports = {alias.name for alias in node.names} if isinstance(node, ast.ImportFrom) else set()
            assert not ({name} | imports) & readers, f"{file.relative_to(ROOT)} reads the environment"


def test_only_bootstrap_wires() -> None:
    """Adapters are named by bootstrap and by each other; whoever else names one has chosen a technology."""
    for file in POINTS.rglob("*.py"):
        if file.is_relative_to(POINTS / "adapters") or file == POINTS / "bootstrap.py":
            continue
        assert not [name for name in imported(file) if name.startswith("points.adapters")], file.relative_to(ROOT)
