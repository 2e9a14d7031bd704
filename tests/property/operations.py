"""`make operations`: random operations on DynamoDB Local beside the plain model, until so many have been sent.

`make test` runs slices of the same, found the same way every time; this goes where nobody has been. Each seed is a run
of its own: what it finds, it finds again, as long as the code is the same. It exits 1 when ledger and model differ.
"""

import argparse
import os
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing import get_context
from typing import Any, Final

import botocore.session
from botocore.config import Config
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.table import Table
from points.application.services import Services
from stack import dynamodb_local
from stack.table import create_table
from tests.builders import NoWait, SetClock, services, services_on
from tests.property.ledger_machine import Tally, machine

LIVES: Final = 25
STEPS: Final = 60
"""Of one seed: so many members, and so many steps of each."""

PROVED_EVERY: Final = 10
"""Steps between two looks at the whole history, which take longer the more there is of it. It divides STEPS, so the
last step is followed by one. The account itself is compared after every step."""

_ABOUT: Final = 1_300
"""Operations that a seed comes to, to begin no more of them than it takes."""

_TABLE: Final = "Operations"
_AWS: Final = {
    "AWS_ACCESS_KEY_ID": "operations",
    "AWS_SECRET_ACCESS_KEY": "operations",
    "AWS_DEFAULT_REGION": "us-east-1",
}

type Wire = Callable[[SetClock], Services]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``difference``: what was found and the shortest way there, "" where ledger and model agreed all the time."""

    seed: int
    operations: int
    seconds: float
    difference: str


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make operations", description=__doc__)
    parser.add_argument("--operations", type=int, default=100_000, help="how many, at least (%(default)s)")
    parser.add_argument("--seed", type=int, help="the first seed, the next ones follow; without it, any")
    parser.add_argument("--memory", action="store_true", help="in memory instead of on DynamoDB Local")
    parser.add_argument("--jobs", type=int, default=os.process_cpu_count() or 1, help="processes (%(default)s)")
    options = parser.parse_args(arguments)
    first = secrets.randbelow(1_000_000) if options.seed is None else options.seed
    place = "in memory" if options.memory else "on DynamoDB Local"
    _say(f"{options.operations:,} operations {place} by {options.jobs} processes, from seed {first}")
    began, operations, differences = time.monotonic(), 0, 0
    for outcome in _outcomes(first, options.operations, options.jobs, memory=options.memory):
        operations += outcome.operations
        differences += bool(outcome.difference)
        _say(
            f"seed {outcome.seed}: {outcome.operations:,} operations in {outcome.seconds:.0f} s; "
            f"{operations:,} of {options.operations:,} after {time.monotonic() - began:.0f} s, "
            f"{differences} differences"
        )
        if outcome.difference:
            memory = " --memory" * options.memory
            again = f'make operations OPERATIONS=1 ARGS="--seed {outcome.seed}{memory}"'
            _say(f"{outcome.difference}\nAgain: {again}")
    _say(f"{operations:,} operations, {differences} differences, {time.monotonic() - began:.0f} s")
    return 1 if differences else 0


def _outcomes(first: int, wanted: int, jobs: int, *, memory: bool) -> Iterator[Outcome]:
    """Seed after seed, as they end, until there are as many operations as were wanted."""
    seeds, done = count(first), 0
    running: set[Future[Outcome]] = set()
    # A new process for each: hypothesis takes values from the constants of whatever has been imported so far.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        while done < wanted:
            while len(running) < jobs and (not running or done + len(running) * _ABOUT < wanted):
                running.add(pool.submit(play, next(seeds), memory=memory))
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                done += future.result().operations
                yield future.result()
        for future in running:
            yield future.result()


def play(number: int, *, memory: bool) -> Outcome:
    """Everything that one seed brings about."""
    tally, began = Tally(), time.monotonic()
    with _memory() if memory else _dynamodb() as wire:
        difference = _difference(number, wire, tally)
    return Outcome(number, tally.operations, time.monotonic() - began, difference)


def _difference(number: int, wire: Wire, tally: Tally) -> str:
    try:
        run_state_machine_as_test(
            seed(number)(machine(wire, tally=tally, proved_every=PROVED_EVERY)),
            settings=settings(
                max_examples=LIVES,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                phases=[Phase.generate, Phase.shrink],
                report_multiple_bugs=False,
                # A store takes its time, and a life its dice.
                suppress_health_check=list(HealthCheck),
            ),
        )
    # Whatever it is: a ledger that raises what nobody expects differs from the model, too.
    except Exception as error:
        return "".join(traceback.format_exception(error))
    return ""


@contextmanager
def _memory() -> Iterator[Wire]:
    yield lambda clock: services(clock=clock)


@contextmanager
def _dynamodb() -> Iterator[Wire]:
    """A DynamoDB Local of the seed's own: it gets slower with everything that was ever written to it, also to tables
    that have been deleted since."""
    with dynamodb_local.running() as endpoint:
        os.environ |= {**_AWS, "AWS_ENDPOINT_URL": endpoint}
        # With more patience than a function has: that a machine is busy is no difference.
        patience = Config(read_timeout=60, parameter_validation=False)
        client: Any = botocore.session.get_session().create_client("dynamodb", config=patience)
        create_table(client, _TABLE)
        table = Table(client, _TABLE, NoWait(), InvocationDeadline())
        yield lambda clock: services_on(table, clock=clock)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
