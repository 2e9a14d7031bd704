"""Thousands of steps in memory, every one of them compared with the plain model. Found the same way every time."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from points.application import movement
from points.domain.calendar import compact
from points.domain.evaluation import evaluation, undoing
from points.domain.ledger import account, lots
from points.domain.movements import confirming, earning, redeeming, reversing, reviewing
from points.domain.program.streaks import Run
from points.domain.program.windows import Counters
from tests.builders import services
from tests.property import operations
from tests.property.ledger_machine import machine

SETTINGS = settings(max_examples=300, stateful_step_count=60, derandomize=True, deadline=None, database=None)
# What is drawn depends on the modules that happen to be loaded. A fault is found in tens or in hundreds of examples;
# the search ends with the first.
SEARCH = settings(SETTINGS, max_examples=5_000, phases=[Phase.generate], report_multiple_bugs=False)


def run(with_settings: settings = SETTINGS) -> None:
    run_state_machine_as_test(machine(lambda clock: services(clock=clock)), settings=with_settings)


def test_the_ledger_is_what_the_model_says() -> None:
    run()


def longest_lived_first(points: lots.Lots, today: Any, _moving: Any = None) -> list[str]:
    return sorted((name for name in points if lots.is_live(name, today)), reverse=True)


def one_by_one(original: Any) -> int:
    return int(original.entry.details.get("amount_minor", 0))


def one_day_alone(counters: Counters, rule: str, day: date) -> tuple[Counters, Run, list[Run]]:
    return {**counters, f"{rule}/rS{compact(day)}": int(compact(day))}, Run(day, day), []


def nothing_undone(counters: Counters, _original: Any, _part: Any, **_programs: Any) -> undoing.Undone:
    return undoing.Undone(counters)


def test_a_seed_says_how_far_it_came_and_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "LIVES", 3)
    agreed = operations.play(1, memory=True)
    assert (agreed.difference, operations.play(1, memory=True).operations) == ("", agreed.operations)
    assert agreed.operations > 60
    # GIVEN a ledger that has a fault THEN the steps that show it are told, the fewest there are.
    monkeypatch.setattr(*FAULTS["spends what has expired"])
    monkeypatch.setattr(operations, "LIVES", 300)
    told = operations.play(1, memory=True).difference
    assert "AssertionError" in told
    # How few is up to what is drawn; a life has sixty.
    assert told.count("state.") < 20


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "draws the longest-lived first": (lots, "spending_order", longest_lived_first),
    "spends what has expired": (lots, "spending_order", lambda points, *_: sorted(points)),
    "counts what has expired": (lots, "live_points", lambda points, _today: sum(points.values())),
    "forgets debts": (account.Account, "repaid", lambda self, _today: self),
    "time matures nothing": (account.Account, "settled", lambda self, _now, _zone: self),
    "refunds the whole again and again": (reversing, "nominal_reversed", lambda _earlier: 0),
    "each refund as if it were the first": (reversing, "_remaining_minor", one_by_one),
    "returns points to no lot": (redeeming, "restored", lambda account, _lots, _context: account),
    "caps let everything through": (evaluation._Tally, "_under_caps", lambda _self, _owner, _caps, points, **_: points),
    "streaks join nothing": (evaluation, "with_day", one_day_alone),
    "tasks pay again and again": (evaluation, "PAID", "z"),
    "drops every counter": (earning, "current_counters", lambda _account, _context: {}),
    "refunds leave the tier's points": (reversing, "counted_back", lambda counters, *_where, **_what: counters),
    "refunds leave what was counted": (reversing, "undo", nothing_undone),
    "referrals are never open again": (reversing, "_referral", lambda account, _original, _share: account.referral),
    "rewards stay with referrers": (reversing, "_referrers_side", lambda *_: ()),
    "grace again and again": (lots, "_GRACE", ""),
    "anybody confirms what risk holds": (confirming, "_risk_rules", lambda _original, _decided: []),
    "what waits for one is taken for another": (confirming, "still_waiting", lambda account, *_: account.pending),
    "a review keeps everybody": (reviewing, "reviewed", lambda tier, *_: replace(tier, review_on=None)),
    "every request looks like every other": (movement, "fingerprint_of", lambda _command: "same"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_machine_finds_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that cannot fail proves nothing: each of these has happened in some ledger."""
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises(AssertionError):
        run(SEARCH)
