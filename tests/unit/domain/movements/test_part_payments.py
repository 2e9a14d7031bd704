"""R-RED-4: points held for an order, captured in whole or in part, and what a day has seen of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from points.domain.calendar import compact
from points.domain.errors import InvalidRequest, MemberFrozen, OffsetRefused, RiskRefused
from points.domain.evaluation.offsetting import used_on
from points.domain.evaluation.retention import current_counters
from points.domain.ledger.account import Activity
from points.domain.movements.holding import HoldRequest, hold
from points.domain.movements.part_payments import Offset, offset_of
from points.domain.program.offsets import OffsetRules
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.windows import Window
from tests.builders import NOW, Walk, program

BEANS = OffsetRules(maximum_share_percent=50, step=100, minimum_points=100)


def walk(offset: OffsetRules = BEANS, *, points: int = 5_000, **rules: Any) -> Walk:
    walked = Walk(program(offset=offset, **rules))
    walked.give(points)
    return walked


def capped(points_per_day: int) -> OffsetRules:
    return replace(BEANS, points_per_day=points_per_day)


def refused(walked: Walk, amount: str, points: int | None = None) -> dict[str, int | str]:
    before = walked.account
    with pytest.raises(OffsetRefused) as caught:
        walked.hold_for(amount, points)
    assert walked.account is before
    return dict(caught.value.numbers)


def test_a_hold_takes_the_most_or_what_was_asked_for() -> None:
    walked = walk()
    most = walked.hold_for("33.33")
    assert most.details == {
        "points": 1_600,
        "expires_at": "2026-03-15T04:15:00.000000Z",
        "order_minor": 3_333,
        "discount_minor": 1_600,
        "ratio": 100,
    }
    assert offset_of(walked.hold_for("33.33", 100)) == Offset(3_333, 100, 100)
    assert walked.account.holds[most.reference].offset_on == NOW.date()
    assert walked.balance.held == 1_700


def test_a_plain_hold_is_for_no_order() -> None:
    walked = walk()
    held = walked.hold(50)
    assert held.details == {"points": 50, "expires_at": "2026-03-15T04:15:00.000000Z"}
    assert walked.account.holds[held.reference].offset_on is None
    assert offset_of(walked.capture(held)) is None
    assert walked.account.counters == {}


@pytest.mark.parametrize(
    ("amount", "points", "numbers"),
    [
        ("33.33", 1_700, {"limited_by": "maximum_share", "usable": 1_600, "discount": "16.00", "required": 1_700}),
        ("33.33", 150, {"limited_by": "step", "usable": 100, "discount": "1.00", "required": 150}),
        ("33.33", 99, {"limited_by": "minimum_points", "usable": 0, "discount": "0.00", "required": 99}),
        ("1.99", None, {"limited_by": "maximum_share", "usable": 0, "discount": "0.00"}),
        ("1000.00", 5_100, {"limited_by": "balance", "usable": 5_000, "discount": "50.00", "required": 5_100}),
    ],
)
def test_a_hold_is_refused_unless_all_of_it_may_be_used(
    amount: str, points: int | None, numbers: dict[str, int | str]
) -> None:
    assert refused(walk(), amount, points) == numbers


def test_what_else_refuses() -> None:
    walked = walk()
    with pytest.raises(InvalidRequest):
        walked.hold_for("33.333")
    with pytest.raises(InvalidRequest):
        walked.hold_for("33.33", 0)
    walked.rules = program()
    with pytest.raises(InvalidRequest, match="no offset"):
        walked.hold_for("33.33")
    walked.rules = program(offset=BEANS)
    walked.account = replace(walked.account, frozen=frozenset({Activity.REDEEMING}))
    with pytest.raises(MemberFrozen):
        walked.hold_for("33.33")


def test_neither_points_nor_an_order() -> None:
    walked = walk()
    with pytest.raises(InvalidRequest) as caught:
        hold(walked.account, HoldRequest("h", "m-1"), walked.context)
    assert [fault.path for fault in caught.value.faults] == ["/points"]


def test_a_risk_rule_counts_holds_for_orders_like_any() -> None:
    hasty = RiskRule("hasty", Velocity.REDEMPTIONS, Window.DAY, 1, RiskAction.REFUSE)
    walked = walk(risk=(hasty,))
    walked.hold_for("33.33", 100)
    with pytest.raises(RiskRefused):
        walked.hold_for("33.33", 100)


@pytest.mark.parametrize(
    ("ratio", "part", "discount"),
    [(100, 1_600, 1_600), (100, 1, 1), (1_000, 19, 1), (1_000, 9, 0), (3, 7, 233), (7, 1_600, 22_857)],
)
def test_a_part_is_worth_what_it_is_by_the_ratio_of_then(ratio: int, part: int, discount: int) -> None:
    walked = walk(ratio=ratio)
    held = walked.hold_for("3333.33", 1_600)
    walked.rules = program(offset=OffsetRules(step=9), ratio=55)  # what becomes of the program changes nothing
    captured = walked.capture(held, part)
    assert offset_of(captured) == Offset(333_333, part, discount)
    assert captured.details["released"] == 1_600 - part
    assert walked.balance.available == 5_000 - part


# ── what a day has seen ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_days_cap_counts_what_is_held_and_what_was_captured() -> None:
    walked = walk(capped(1_000))
    held = walked.hold_for("100.00", 600)
    assert refused(walked, "100.00", 500)["usable"] == 400
    walked.capture(held)
    assert refused(walked, "100.00", 500) == {
        "limited_by": "daily_cap", "usable": 400, "discount": "4.00", "required": 500
    }  # fmt: skip
    walked.hold_for("100.00", 400)
    assert refused(walked, "100.00")["usable"] == 0


def test_a_plain_hold_is_not_counted() -> None:
    walked = walk(capped(1_000))
    walked.capture(walked.hold(900))
    assert walked.hold_for("100.00").details["points"] == 1_000


@pytest.mark.parametrize("way", ["released", "in part", "timed out", "timed out and let go", "released too late"])
def test_what_was_not_spent_can_be_used_again_on_that_day(way: str) -> None:
    walked = walk(capped(1_000))
    held = walked.hold_for("100.00", 1_000, expires_in=60)
    if way not in {"in part", "released"}:
        walked.now += timedelta(seconds=60)
    left = 1_000
    match way:
        case "released" | "released too late":
            walked.release(held)
        case "in part":
            walked.capture(held, 300)
            left = 700
        case "timed out and let go":
            walked.give(1)  # whatever comes next lets it go
            assert held.reference not in walked.account.holds
    assert walked.hold_for("100.00").details["points"] == left
    assert used_on(walked.account, walked.context) == 1_000


def test_the_next_day_begins_with_nothing_used() -> None:
    walked = walk(capped(1_000))
    walked.capture(walked.hold_for("100.00"))
    walked.now += timedelta(hours=12)  # midnight in Shanghai
    assert walked.hold_for("100.00").details["points"] == 1_000


def test_a_hold_belongs_to_the_day_it_was_made_on() -> None:
    walked = walk(capped(1_000))
    walked.now += timedelta(hours=11, minutes=59)
    held = walked.hold_for("100.00", 700, expires_in=3_600)
    walked.now += timedelta(minutes=2)
    assert used_on(walked.account, walked.context) == 0
    walked.capture(held)
    assert used_on(walked.account, walked.context) == 0
    assert walked.hold_for("100.00").details["points"] == 1_000


def test_a_cap_that_comes_or_changes_today_knows_what_was_used() -> None:
    """Under live members: counted with and without a cap, and where the program had no offset in between."""
    walked = walk()
    walked.capture(walked.hold_for("100.00", 600))
    held = walked.hold_for("100.00", 300)
    walked.rules = program(offset=capped(1_000))
    assert refused(walked, "100.00", 200)["usable"] == 100
    walked.rules = program()
    walked.capture(held)
    walked.rules = program(offset=capped(1_200))
    assert refused(walked, "100.00", 400)["usable"] == 300
    walked.rules = program(offset=capped(800))
    assert refused(walked, "100.00")["usable"] == 0


def test_counters_of_days_that_are_over_go() -> None:
    walked = walk(points=500_000)
    for _ in range(400):
        walked.capture(walked.hold_for("100.00", 100))
        walked.now += timedelta(days=1)
        kept = [key for key in current_counters(walked.account, walked.context) if key.startswith("~offset/")]
        assert len(kept) == 1
        assert len(walked.account.counters) <= 2
    walked.now += timedelta(days=1)
    assert current_counters(walked.account, walked.context) == {}


def test_a_capture_days_after_its_hold_counts_nowhere() -> None:
    walked = walk()
    held = walked.hold_for("100.00", 100, expires_in=5 * 24 * 3600)
    walked.now += timedelta(days=4)
    captured = walked.capture(held)
    assert captured.details["held_on"] == "2026-03-15"
    assert walked.account.counters == {}


def test_clocks_that_differ_at_midnight_agree_on_the_day_before() -> None:
    walked = walk(capped(1_000))
    walked.capture(walked.hold_for("100.00", 700))
    midnight = walked.now + timedelta(hours=12)
    walked.now = midnight + timedelta(seconds=1)
    walked.capture(walked.hold_for("100.00", 600))
    walked.now = midnight - timedelta(seconds=1)  # another function's clock
    assert refused(walked, "100.00", 400)["usable"] == 300
    keys = {f"~offset/pD{compact(day)}" for day in (NOW.date(), NOW.date() + timedelta(days=1))}
    assert set(walked.account.counters) == keys
