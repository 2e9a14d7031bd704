"""A minute of torture from seeds that are always the same, and from one of the day; and that a seed says it all."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from stack.paths import ROOT
from tests.simulation.torture import main, outcome_of

REMEMBERED = {
    "f": "a refused event met a transaction at its place, and the caller was answered 500",
    "h": "a draft met a transaction at its place, and the caller was answered 500",
    "8": "a publish that was still under way was told to its own repetition as somebody else's",
}
"""Seeds that found something once. What they do has changed since with everything that came in; they stay."""


@pytest.mark.parametrize("seed", REMEMBERED)
def test_what_was_found_once(seed: str) -> None:
    assert outcome_of(seed, 2_000).violations == []


def test_25_000_operations_from_the_same_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--operations", "25000", "--seed", "minute", "--world", "1000", "--processes", "1"]
    assert main(arguments) == 0, capsys.readouterr().out


def test_one_world_of_the_day(capsys: pytest.CaptureFixture[str]) -> None:
    seed = f"{datetime.now(UTC).date()}"
    failed = main(["--operations", "3000", "--seed", seed])
    assert not failed, capsys.readouterr().out


def test_the_same_seed_is_the_same_world_in_any_process() -> None:
    program = "from tests.simulation.torture import outcome_of; print(outcome_of('again', 400).trace)"
    traces = set()
    for hash_seed in ("0", "1", "4242"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": f"{ROOT}/layers/core:{ROOT}"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, cwd=ROOT
        )
        traces.add(done.stdout.strip())
    assert len(traces) == 1
    assert outcome_of("another", 400).trace not in traces
