"""What a function does not need to start is not imported while it starts."""

import os
import subprocess
import sys

import pytest

from stack.paths import ROOT

FUNCTIONS = ["administration", "earning", "members", "redemption"]
"""Those somebody waits for."""

LATER = ("babel", "boto3", "points.adapters.delivery", "points.adapters.program_document.schema")
_STARTED = f"import sys, app; print(*[name for name in {LATER!r} if name in sys.modules])"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_starts_without_what_few_requests_need(function: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join((str(ROOT / "layers" / "core"), str(ROOT / "functions" / function))),
        "LEDGER_TABLE": "Ledger",
        "POWERTOOLS_METRICS_NAMESPACE": "PointsLedger",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-c", _STARTED]
    told = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - this Python
    assert told.stdout.split() == []
