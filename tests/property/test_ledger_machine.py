"""Thousands of steps in memory, every one of them compared with the plain model. Found the same way every time."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from points.application import movement
from points.domain.calendar import compact
from points.domain.evaluation import evaluation
from points.domain.ledger import account, lots
from points.domain.movements import earning, redeeming, reversing, reviewing
from points.domain.program.streaks import Run
from points.domain.program.windows import Counters
from tests.builders import services
from tests.property.ledger_machine import machine

SETTINGS = settings(max_examples=300, stateful_step_count=60, derandomize=True, deadline=None, database=None)


def run(with_settings: settings = SETTINGS) -> None:
    run_state_machine_as_test(machine(lambda clock: services(clock=clock)), settings=with_settings)


def test_the_ledger_is_what_the_model_says() -> None:
    run()


def longest_lived_first(points: lots.Lots, today: Any) -> list[str]:
    return sorted((name for name in points if lots.is_live(name, today)), reverse=True)


def one_by_one(original: Any, _earlier: Any) -> int:
    return int(original.details.get("amount_minor", 0))


def one_day_alone(counters: Counters, rule: str, day: date) -> tuple[Counters, Run]:
    return {**counters, f"{rule}/rS{compact(day)}": int(compact(day))}, Run(day, day)


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "draws the longest-lived first": (lots, "spending_order", longest_lived_first),
    "spends what has expired": (lots, "spending_order", lambda points, _today: sorted(points)),
    "counts what has expired": (lots, "live_points", lambda points, _today: sum(points.values())),
    "forgets debts": (account.Account, "repaid", lambda self, _today: self),
    "time matures nothing": (account.Account, "settled", lambda self, _now, _zone: self),
    "refunds the whole again and again": (reversing, "nominal_reversed", lambda _earlier: 0),
    "each refund as if it were the first": (reversing, "_remaining_minor", one_by_one),
    "returns points to no lot": (redeeming, "restored", lambda account, _lots, _context: account),
    "caps let everything through": (evaluation._Tally, "_under_caps", lambda _self, _rule, points: points),
    "streaks join nothing": (evaluation, "with_day", one_day_alone),
    "tasks never pay": (evaluation, "TASK_DONE", 0),
    "drops every counter": (earning, "current_counters", lambda _account, _context: {}),
    "refunds leave the tier's points": (reversing, "counted", lambda counters, *_where, **_what: counters),
    "a review keeps everybody": (reviewing, "reviewed", lambda tier, *_: replace(tier, review_on=None)),
    "every request looks like every other": (movement, "fingerprint_of", lambda _command: "same"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_machine_finds_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that cannot fail proves nothing: each of these has happened in some ledger."""
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises(AssertionError):
        run(settings(SETTINGS, phases=[Phase.generate], report_multiple_bugs=False))
