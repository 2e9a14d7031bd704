"""The rules engine: processor time of one evaluation, and what caps and tasks add to an earning."""

import statistics
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.units import units_of
from benchmarks.workbench import CLIENT, PROGRAM, Workbench
from points.adapters.program_document import PydanticProgramDocuments
from points.application.earning.earn_points import earn_points
from points.domain.evaluation.evaluation import evaluate
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.movements.earning import Event, earn, occurrence_of
from points.domain.program.program import Program

RULES: Final = 50
CAPS: Final = 10
TASKS: Final = 3
_ROUNDS: Final = 30
_CALLS: Final = 100


def measure(bench: Workbench) -> list[Figure]:
    return [_evaluation_time(), *_units(bench)]


def _evaluation_time() -> Figure:
    """Fifty rules of one behaviour, each with a condition of three tests and two caps."""
    when = {
        "all": [
            {"field": "amount", "op": "at_least", "value": "10.00"},
            {"any": [
                {"field": "attribute.channel", "op": "in", "value": ["app", "web"]},
                {"field": "weekday", "op": "equals", "value": 3},
            ]},
        ]
    }  # fmt: skip
    caps = [{"per": "month", "occurrences": 30}, {"per": "lifetime", "points": 50_000}]
    program = _program([_rule(number, when=when, caps=caps) for number in range(RULES)])
    account = Account(PROGRAM, "member")
    event = Event("event", "member", "purchase", amount="128.50", attributes={"channel": "app"})
    now = datetime(2026, 11, 21, 4, tzinfo=UTC)
    # With counters that are in use, as for an active member.
    account = earn(account, event, Context(program, now, CLIENT, fingerprint="")).account
    occurrence = occurrence_of(account, event, now, program)
    times = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_CALLS):
            evaluate(occurrence, account.counters, program)
        times.append((time.process_time() - began) / _CALLS)
    return Figure(f"processor time to evaluate {RULES} rules", 1e3 * statistics.median(times), "ms", 1)


def _units(bench: Workbench) -> list[Figure]:
    """An earning that moves ten caps and three tasks, on an account with one lot and with 24."""
    windows = ("day", "week", "month", "year", "lifetime")
    rules = [
        _rule(number, caps=[{"per": window, "points": 1_000_000} for window in windows]) for number in range(CAPS // 5)
    ]
    tasks = [
        {"id": f"task_{window}", "behaviours": ["purchase"], "target": 50, "per": window, "points": 10}
        for window in ("day", "week", "lifetime")
    ]
    program = _program(rules, tasks)
    figures = []
    for lots in (1, 24):
        member = f"member-0123456789-caps-{lots:02d}"
        bench.account(member, lots=lots, entries=100)
        event = Event("order-2026-11-11-000001", member, "purchase", amount="128.50")
        name = f"earning with {CAPS} caps and {TASKS} tasks, {lots} lots"
        figures += units_of(name, bench, member, partial(_earn, bench, program, event))
    return figures


def _earn(bench: Workbench, program: Program, event: Event) -> None:
    earn_points(bench.services, replace(program, name=PROGRAM), event, actor=CLIENT)


def _rule(number: int, **more: Any) -> dict[str, Any]:
    value = {"type": "per_amount", "points": 1, "per": "1.00", "rounding": "down"}
    return {"id": f"rule_{number}", "behaviour": "purchase", "value": value, **more}


def _program(rules: list[dict[str, Any]], tasks: list[dict[str, Any]] | None = None) -> Program:
    document: dict[str, Any] = {
        "time_zone": "Asia/Shanghai",
        "currency": {"code": "CNY", "decimals": 2},
        "ratio": 100,
        "expiry": {"type": "end_of_year"},
        "behaviours": {"purchase": {"core": True}},
        "rules": rules,
        "tasks": tasks or [],
    }
    documents = PydanticProgramDocuments()
    assert not documents.faults(document), documents.faults(document)
    return documents.load(document, name=PROGRAM, version=1)
