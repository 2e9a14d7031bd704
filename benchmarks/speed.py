"""Processor time and throughput against the bare SDK doing the same calls, in turn, within one run."""

import importlib.util
import itertools
import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from benchmarks.bare import BareMovement
from benchmarks.figures import Figure, ratio_of_medians
from benchmarks.workbench import CLIENT, PROGRAM, Workbench
from points.application.earning.earn_points import earn_points
from points.application.redemption.redeem_reward import redeem_reward
from points.domain.movements.earning import Event
from points.domain.movements.redeeming import Redemption

ROOT: Final = Path(__file__).resolve().parent.parent
ROUNDS: Final = 25
CALLS: Final = 20
"""Calls per round: long enough to be measured, short enough that both sides see the same machine."""

_LOTS: Final = (1, 12, 24)
_ENTRIES: Final = (10, 1_000, 10_000)
_FLAT: Final = 1.25
"""Within noise: two runs of the same thing differ by up to a fifth on a busy machine."""


def processor_time(bench: Workbench) -> list[Figure]:
    """The whole handler, API event in and response out, against the two calls it makes."""
    figures = []
    for function, event_file, movement, body in (
        ("earning", "post_event.json", "earning", {"behaviour": "purchase", "amount": "128.50"}),
        ("redemption", "redeem_reward.json", "redeeming", {"reward": "coupon-200-50"}),
    ):
        move = _movements(bench, f"cpu-{function}")[movement]
        bare = _bare(bench, f"cpu-{function}-{movement}", move)
        handle = _handler(function, event_file, f"cpu-{function}-{movement}", body)
        # The metric line goes where Lambda's would go: written, and read by nobody here.
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            ours, theirs = _in_turn(handle, bare, time.process_time)
        ratio = ratio_of_medians(ours, theirs)
        note = f"{1e6 * statistics.median(ours):.0f} µs against {1e6 * statistics.median(theirs):.0f} µs"
        figures.append(Figure(f"processor time of {function} / the bare two calls", ratio, "×", 1.5, note=note))
    return figures


def throughput(bench: Workbench) -> list[Figure]:
    """Movements per second of one caller, use case against bare calls."""
    figures = []
    for name, move in _movements(bench, "throughput").items():
        bare = _bare(bench, f"throughput-{name}", move)
        ours, theirs = _in_turn(move, bare, time.perf_counter)
        share = 1 / ratio_of_medians(ours, theirs)
        note = f"{1 / statistics.median(ours):.0f} per second"
        figures.append(Figure(f"throughput of {name} / the bare calls", share, "×", 0.7, "at least", note))
    return figures


def flatness(bench: Workbench) -> list[Figure]:
    """The slowest against the fastest account: by lots, and by length of history."""
    figures = []
    for what, sizes in (("lots", _LOTS), ("entries", _ENTRIES)):
        moves: dict[str, list[Callable[[], None]]] = {"earning": [], "redeeming": []}
        for size in sizes:
            label = f"flat-{what}-{size}"
            lots, entries = (size, 24) if what == "lots" else (1, size)
            for name, move in _movements(bench, label, lots=lots, entries=entries).items():
                moves[name].append(move)
        for name, by_size in moves.items():
            rounds = _rounds(by_size, time.perf_counter)
            medians = [statistics.median(times) for times in rounds]
            told = ", ".join(f"{size:,}: {1e3 * median:.2f} ms" for size, median in zip(sizes, medians, strict=True))
            ratio = max(medians) / min(medians)
            figures.append(Figure(f"{name}, slowest / fastest by {what}", ratio, "×", _FLAT, note=told))
    return figures


def _movements(bench: Workbench, label: str, *, lots: int = 1, entries: int = 1) -> dict[str, Callable[[], None]]:
    """One earning and one redeeming caller, each with an account of its own."""
    numbers = itertools.count()
    for name in ("earning", "redeeming"):
        bench.account(f"{label}-{name}", lots=lots, entries=entries)

    def earn() -> None:
        event = Event(f"e-{next(numbers)}", f"{label}-earning", "purchase", amount="128.50")
        earn_points(bench.services, bench.program, event, actor=CLIENT)

    def redeem() -> None:
        redemption = Redemption(f"r-{next(numbers)}", f"{label}-redeeming", "coupon-200-50")
        redeem_reward(bench.services, bench.program, redemption, actor=CLIENT)

    return {"earning": earn, "redeeming": redeem}


def _bare(bench: Workbench, member: str, move: Callable[[], None]) -> BareMovement:
    """The same as ``move``, bare, on a twin of its account."""
    with bench.recorded() as calls:
        move()
    twin = f"{member}-twin"
    bench.account(twin)
    bare_calls = _renamed(calls.sent, member, twin)
    calls.sent[:] = bare_calls
    return BareMovement(calls)


def _renamed(sent: Sequence[tuple[str, dict[str, Any]]], member: str, twin: str) -> list[tuple[str, dict[str, Any]]]:
    renamed: list[tuple[str, dict[str, Any]]] = []
    for operation, params in sent:
        for part in params.get("TransactItems", []):
            for request in part.values():
                place = request.get("Item", request.get("Key"))
                place["pk"]["S"] = place["pk"]["S"].replace(f"#M#{member}", f"#M#{twin}")
        renamed.append((operation, params))
    return renamed


def _in_turn(
    ours: Callable[[], None], theirs: Callable[[], None], clock: Callable[[], float]
) -> tuple[list[float], list[float]]:
    """Seconds per call, round by round."""
    first, second = _rounds((ours, theirs), clock)
    return first, second


def _rounds(moves: Sequence[Callable[[], None]], clock: Callable[[], float]) -> list[list[float]]:
    for move in moves:
        for _ in range(CALLS):
            move()
    times: list[list[float]] = [[] for _ in moves]
    for _ in range(ROUNDS):
        for move, taken in zip(moves, times, strict=True):
            began = clock()
            for _ in range(CALLS):
                move()
            taken.append((clock() - began) / CALLS)
    return times


def _handler(function: str, event_file: str, member: str, body: dict[str, Any]) -> Callable[[], None]:
    """The deployed handler, called with the sample event of `events/`, for our member and a new reference each time."""
    app = _app(function)
    event = json.loads((ROOT / "events" / function / event_file).read_text("utf-8"))
    parameters = event["pathParameters"] | {"program": PROGRAM}
    if "member" in parameters:
        event["path"] = event["path"].replace(parameters["member"], member)
        parameters["member"] = member
    else:
        body = body | {"member": member}
    event |= {"pathParameters": parameters}
    event["requestContext"]["authorizer"]["claims"]["client_id"] = CLIENT
    numbers = itertools.count()
    context = _LambdaContext()

    def handle() -> None:
        event["body"] = json.dumps(body | {"reference": f"{function}-{next(numbers)}"})
        answer = app.lambda_handler(event, context)
        assert answer["statusCode"] == 201, answer

    return handle


class _LambdaContext:
    function_name = "benchmark"
    function_version = "1"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:benchmark"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 15_000


def _app(function: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"app_{function}", ROOT / "functions" / function / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
