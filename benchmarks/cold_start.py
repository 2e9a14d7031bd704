"""Cold start: importing and initialising a function, against importing boto3 and making one client, in turn.

Each run is a process of its own; what counts is the processor time it used, which other load on the machine does not
change the way it changes elapsed time.
"""

import os
import re
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Final

from benchmarks.figures import Figure, ratio_of_medians
from stack.paths import LOCAL, ROOT

FUNCTIONS: Final = ("members", "earning", "redemption", "administration", "webhooks")
RUNS: Final = 15

_BASELINE: Final = "import boto3; boto3.client('dynamodb')"
_FUNCTION: Final = "import app"
_NOTHING: Final = "pass"
_FUNCTION_AND_CLIENTS: Final = """
import app, sys, time
from points.adapters.dynamodb.client import ledger_client
began = time.perf_counter()
ledger_client()
if "points.adapters.webhooks.queue" in sys.modules:
    sys.modules["points.adapters.webhooks.queue"].queue_client()
print(int(1e6 * (time.perf_counter() - began)))
"""
# python -X importtime: "import time:      self |   cumulative |   name", times in microseconds
_IMPORT_TIME: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")


def measure() -> list[Figure]:
    figures = []
    for function in FUNCTIONS:
        for code in (_BASELINE, _FUNCTION):
            _run(code, function)  # writes the byte code, as a built layer has it
        baseline, ours, empty = [], [], []
        for _ in range(RUNS):
            empty.append(_run(_NOTHING, function))
            baseline.append(_run(_BASELINE, function))
            ours.append(_run(_FUNCTION, function))
        # An interpreter that starts is not what is compared.
        start = statistics.median(empty)
        ratio = ratio_of_medians([run - start for run in ours], [run - start for run in baseline])
        figures.append(Figure(f"cold start of {function} / boto3 and a client", ratio, "×", 1.8))
    shares = [_own_share(function) for function in FUNCTIONS]
    figures.append(Figure("our own code in a function's imports, at most", 100 * max(shares), "%", 10))
    return figures


def _run(code: str, function: str) -> float:
    """Seconds of processor time, user and system."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], env=_environment(function), check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def _own_share(function: str, runs: int = 5) -> float:
    """The median part of a start that is spent in the package and the function themselves."""
    return statistics.median(_own_and_total(function) for _ in range(runs))


def _own_and_total(function: str) -> float:
    command: Sequence[str] = [sys.executable, "-X", "importtime", "-c", _FUNCTION_AND_CLIENTS]
    told = subprocess.run(command, env=_environment(function), check=True, capture_output=True, text=True)
    times = [(int(match[1]), match[2]) for match in _IMPORT_TIME.finditer(told.stderr)]
    own = sum(time for time, module in times if module == "app" or module.split(".")[0] == "points")
    # The function's own module makes its clients while it is imported, and that is botocore's work.
    return (own - int(told.stdout)) / sum(time for time, _ in times)


def _environment(function: str) -> dict[str, str]:
    # With byte code, whatever the caller's environment says: without it, the compiler would be measured.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **inherited,
        "PYTHONPYCACHEPREFIX": str(LOCAL / "bytecode"),
        "PYTHONPATH": os.pathsep.join((str(ROOT / "layers" / "core"), str(ROOT / "functions" / function))),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "LEDGER_TABLE": "Ledger",
        "WEBHOOK_DELIVERIES": "https://sqs.us-east-1.amazonaws.com/123456789012/deliveries",
        "WEBHOOK_DEAD_LETTERS": "https://sqs.us-east-1.amazonaws.com/123456789012/dead-letters",
        "POWERTOOLS_SERVICE_NAME": function,
        "POWERTOOLS_METRICS_NAMESPACE": "PointsLedger",
    }
