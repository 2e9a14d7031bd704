"""R-RISK-3: more than so many events, points or redemptions in a window wait, are refused, or freeze the member."""

from typing import Any

import pytest

from points.domain.errors import MemberFrozen, RiskRefused
from points.domain.ledger.account import Activity
from points.domain.program.caps import Cap
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.risk import RiskAction, RiskRule, Velocity
from points.domain.program.rules import Fixed
from points.domain.program.windows import Window
from tests.builders import LOT, Walk, paying, small

EVENTS, POINTS, REDEMPTIONS = Velocity.EVENTS, Velocity.POINTS, Velocity.REDEMPTIONS


def rule(counted: Velocity, more_than: int, action: RiskAction, **changes: Any) -> RiskRule:
    name, window = changes.pop("name", "risk"), changes.pop("window", Window.DAY)
    return RiskRule(name, counted, window, more_than, action, **changes)


def guarded(*risk: RiskRule) -> Program:
    rules = (paying(Fixed(10)), paying(Fixed(1), "other"))
    return small(*rules, risk=risk, rewards={"r": Reward("r", 1)}, backdating_days=14)


class TestRefusing:
    def test_one_more_than_allowed_is_refused_and_not_counted(self) -> None:
        walk = Walk(guarded(rule(EVENTS, 2, RiskAction.REFUSE)))
        walk.earn("b")
        walk.earn("other")
        before = walk.account
        with pytest.raises(RiskRefused):
            walk.earn("b")
        with pytest.raises(RiskRefused) as refused:
            walk.earn("b")
        assert refused.value.numbers == {"rule": "risk", "maximum": 2, "window": "day"}
        assert (walk.account, walk.account.counters) == (before, {"risk/vD20260315": 2})
        # Another day is another window.
        assert walk.until("2026-03-16 00:00").pay() == 10

    def test_only_behaviours_that_it_names(self) -> None:
        walk = Walk(guarded(rule(EVENTS, 1, RiskAction.REFUSE, behaviours=frozenset({"other"}))))
        assert [walk.pay(), walk.pay(), walk.pay(), walk.pay("other")] == [10, 10, 10, 1]
        with pytest.raises(RiskRefused):
            walk.earn("other")

    def test_points_that_would_go_too_far(self) -> None:
        walk = Walk(guarded(rule(POINTS, 25, RiskAction.REFUSE)))
        walk.earn("b", quantity=2)
        with pytest.raises(RiskRefused):
            walk.earn("b")
        assert [walk.pay("other") for _ in range(5)] == [1] * 5
        with pytest.raises(RiskRefused):
            walk.earn("other")

    def test_redemptions_and_holds_are_counted_together(self) -> None:
        walk = Walk(guarded(rule(REDEMPTIONS, 2, RiskAction.REFUSE)))
        walk.give(100)
        walk.redeem("r")
        held = walk.hold(5)
        with pytest.raises(RiskRefused):
            walk.redeem("r")
        with pytest.raises(RiskRefused):
            walk.hold(1)
        # What was held can be captured: it was counted when it was held.
        walk.capture(held)
        walk.until("2026-03-16").redeem("r")

    def test_hours_count_by_the_hour(self) -> None:
        walk = Walk(guarded(rule(EVENTS, 1, RiskAction.REFUSE, window=Window.HOUR))).until("2026-03-15 12:00")
        walk.earn("b")
        with pytest.raises(RiskRefused):
            walk.until("2026-03-15 12:59").earn("b")
        assert walk.until("2026-03-15 13:00").pay() == 10

    def test_an_event_counts_when_it_occurred(self) -> None:
        walk = Walk(guarded(rule(EVENTS, 1, RiskAction.REFUSE)))
        assert [walk.pay(), walk.pay(on="2026-03-14"), walk.pay(on="2026-03-13")] == [10, 10, 10]
        with pytest.raises(RiskRefused):
            walk.pay(on="2026-03-14 23:00")


class TestWaiting:
    RULES = guarded(rule(EVENTS, 1, RiskAction.PEND, pending_days=7))

    def test_what_goes_too_far_waits(self) -> None:
        walk = Walk(self.RULES)
        assert "risk" not in walk.earn("b").details
        entry = walk.earn("b")
        assert (entry.points, entry.details["risk"]) == (10, ["risk"])
        assert (walk.account.lots, walk.account.pending) == ({LOT: 10}, {f"2026-03-22>{LOT}": 10})
        assert walk.until("2026-03-22 00:00").available == 20

    def test_backdating_does_not_get_around_it(self) -> None:
        # GIVEN events of eight days ago, reported today
        walk = Walk(self.RULES)
        walk.pay(on="2026-03-07")
        walk.pay(on="2026-03-07 18:00")
        # THEN the second waits from today on: somebody has to have time to look at it
        assert walk.account.pending == {f"2026-03-22>{LOT}": 10}

    def test_the_longer_wait_counts(self) -> None:
        waits = (paying(Fixed(1), name="three", pending_days=3), paying(Fixed(2), name="nine", pending_days=9))
        walk = Walk(small(*waits, risk=self.RULES.risk, backdating_days=14))
        walk.earn("b")
        assert walk.account.pending == {f"2026-03-18>{LOT}": 1, f"2026-03-24>{LOT}": 2}
        walk.earn("b")
        assert walk.account.pending == {f"2026-03-18>{LOT}": 1, f"2026-03-24>{LOT}": 4, f"2026-03-22>{LOT}": 1}

    def test_only_an_event_that_brings_points_can_bring_too_many(self) -> None:
        # GIVEN a first sign-in of the day that pays, and what follows pays nothing
        once = paying(Fixed(5), caps=(Cap(Window.DAY, occurrences=1),))
        walk = Walk(small(once, risk=(rule(POINTS, 4, RiskAction.PEND, pending_days=7),)))
        assert [walk.earn("b").details.get("risk"), walk.earn("b").details.get("risk")] == [["risk"], None]


class TestFreezing:
    def test_the_one_that_went_too_far_is_booked_and_the_next_refused(self) -> None:
        walk = Walk(guarded(rule(EVENTS, 1, RiskAction.FREEZE)))
        walk.earn("b")
        entry = walk.earn("b")
        assert (entry.points, entry.details["risk"], walk.available) == (10, ["risk"], 20)
        assert walk.account.frozen == frozenset(Activity)
        with pytest.raises(MemberFrozen):
            walk.earn("b")
        with pytest.raises(MemberFrozen):
            walk.redeem("r")

    def test_redeeming_too_often(self) -> None:
        walk = Walk(guarded(rule(REDEMPTIONS, 1, RiskAction.FREEZE)))
        walk.give(100)
        assert "risk" not in walk.redeem("r").details
        # R-RISK-1: why somebody is frozen is in their history
        assert walk.redeem("r").details["risk"] == ["risk"]
        assert walk.account.frozen == frozenset(Activity)
        with pytest.raises(MemberFrozen):
            walk.hold(1)

    def test_holding_too_often(self) -> None:
        walk = Walk(guarded(rule(REDEMPTIONS, 1, RiskAction.FREEZE)))
        walk.give(100)
        walk.hold(1)
        held = walk.hold(1)
        assert held.details["risk"] == ["risk"]
        with pytest.raises(MemberFrozen):
            walk.capture(held)

    def test_an_operator_lets_them_go_on(self) -> None:
        walk = Walk(guarded(rule(EVENTS, 1, RiskAction.FREEZE)))
        walk.earn("b")
        walk.earn("b")
        walk.unfreeze()
        # Still more than allowed that day: the next is booked, and freezes again.
        assert (walk.pay(), walk.account.frozen) == (10, frozenset(Activity))
        walk.unfreeze()
        walk.until("2026-03-16").earn("b")
        assert walk.account.frozen == frozenset()


def test_refusing_goes_before_everything_else() -> None:
    rules = (
        rule(EVENTS, 1, RiskAction.FREEZE, name="freezes"),
        rule(EVENTS, 1, RiskAction.PEND, name="pends", pending_days=1),
        rule(EVENTS, 1, RiskAction.REFUSE, name="refuses"),
    )
    walk = Walk(guarded(*rules))
    walk.earn("b")
    with pytest.raises(RiskRefused):
        walk.earn("b")
    assert walk.account.frozen == frozenset()
    walk = Walk(guarded(*rules[:2]))
    walk.earn("b")
    assert walk.earn("b").details["risk"] == ["pends", "freezes"]


@pytest.mark.parametrize("action", [RiskAction.PEND, RiskAction.FREEZE])
def test_what_is_counted_is_counted_once_for_each_rule(action: RiskAction) -> None:
    two = (rule(EVENTS, 5, action), rule(POINTS, 100, action, name="points", window=Window.LIFETIME))
    walk = Walk(guarded(*two))
    walk.earn("b", quantity=2)
    assert walk.account.counters == {"risk/vD20260315": 1, "points/vL": 20}
