"""R-RED-4: what is returned of an order that points paid in part comes back in points and money, to the cent."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from points.domain.auditing.refunding import refund_problem
from points.domain.errors import AlreadyReversed, InvalidRequest
from points.domain.evaluation.offsetting import used_on
from points.domain.ledger.account import Activity
from points.domain.ledger.entries import Entry
from points.domain.program.offsets import OffsetRules
from tests.builders import Walk, program

SOON, LATER = "2026-03-31/2026-03", "2026-06-30/2026-03"


def walk(offset: OffsetRules | None = None, **rules: Any) -> Walk:
    walked = Walk(program(offset=offset or OffsetRules(), **rules))
    walked.give(300, "2026-03-31")
    walked.give(2_000, "2026-06-30")
    return walked


def paid(walked: Walk, amount: str = "33.33", points: int = 1_000) -> Entry:
    return walked.capture(walked.hold_for(amount, points))


def said(refunded: Entry) -> tuple[object, object, object]:
    """(points, money, whether nothing is left)"""
    details = refunded.details
    return details["nominal"], details["money_minor"], details.get("last", False)


def test_a_whole_order_at_once() -> None:
    walked = walk()
    captured = paid(walked)
    refunded = walked.refund(captured, "33.33")
    assert said(refunded) == (1_000, 2_333, True)
    assert refunded.points == 1_000
    assert walked.account.lots == {SOON: 300, LATER: 2_000}


def test_in_parts() -> None:
    """Of 33.33 a third was paid by 1000 points; each part is its amount to the cent."""
    walked = walk()
    captured = paid(walked)
    assert said(walked.refund(captured, "0.01")) == (0, 1, False)
    assert said(walked.refund(captured, "11.10")) == (333, 777, False)
    assert said(walked.refund(captured, "11.11")) == (333, 778, False)
    assert said(walked.refund(captured, "11.11")) == (334, 777, True)
    assert walked.balance.available == 2_300


def test_points_go_to_the_lots_that_live_longest_first() -> None:
    walked = walk()
    captured = paid(walked)
    assert captured.spent_lots() == {SOON: 300, LATER: 700}
    walked.refund(captured, "23.34")
    assert walked.account.lots == {LATER: 2_000}
    walked.refund(captured, "9.99")
    assert walked.account.lots == {SOON: 300, LATER: 2_000}


@pytest.mark.parametrize(("grace", "available"), [(None, 2_000), (30, 2_300)])
def test_expired_ones_by_the_programs_policy(grace: int | None, available: int) -> None:
    walked = walk(expired_return_days=grace)
    captured = paid(walked)
    walked.now += timedelta(days=20)
    walked.refund(captured, "33.33")
    assert walked.balance.available == available


def test_a_debt_is_repaid_first() -> None:
    walked = walk()
    captured = paid(walked)
    walked.give(-1_300)
    walked.account = replace(walked.account, owed=400)
    refunded = walked.refund(captured, "33.33")
    assert (refunded.points, walked.balance.available, walked.balance.owed) == (1_000, 600, 0)


def test_a_part_that_was_captured_is_all_there_is() -> None:
    walked = walk()
    captured = walked.capture(walked.hold_for("33.33", 1_000), 100)
    assert said(walked.refund(captured, "33.33")) == (100, 3_233, True)


def test_points_captured_for_less_than_a_minor_unit_come_back_with_all_the_money() -> None:
    walked = walk(ratio=1_000)
    captured = walked.capture(walked.hold_for("1.00", 1_000), 9)
    assert said(walked.refund(captured, "0.50")) == (4, 50, False)
    assert said(walked.refund(captured, "0.50")) == (5, 50, True)


def test_no_more_than_remains() -> None:
    walked = walk()
    captured = paid(walked)
    walked.refund(captured, "30.00")
    with pytest.raises(AlreadyReversed) as caught:
        walked.refund(captured, "3.34")
    assert caught.value.numbers == {"remaining_amount": "3.33", "required_amount": "3.34"}
    walked.refund(captured, "3.33")
    with pytest.raises(AlreadyReversed) as caught:
        walked.refund(captured, "0.01")
    assert caught.value.numbers == {"remaining_amount": "0.00", "required_amount": "0.01"}


@pytest.mark.parametrize("amount", ["0", "0.00", "1.005", "-1", "1e3"])
def test_amounts_that_are_none(amount: str) -> None:
    walked = walk()
    captured = paid(walked)
    with pytest.raises(InvalidRequest):
        walked.refund(captured, amount)


def test_a_frozen_member_gets_back_what_is_theirs() -> None:
    walked = walk()
    captured = paid(walked)
    walked.account = replace(walked.account, frozen=frozenset(Activity))
    assert said(walked.refund(captured, "33.33")) == (1_000, 2_333, True)


def test_a_program_that_has_become_another_changes_nothing() -> None:
    walked = walk()
    captured = paid(walked)
    walked.rules = program(ratio=7)
    assert said(walked.refund(captured, "33.33")) == (1_000, 2_333, True)


def test_who_paid_for_no_order_is_refunded_by_points_and_the_other_way_round() -> None:
    walked = walk()
    plain, of_order = walked.capture(walked.hold(100)), paid(walked)
    with pytest.raises(InvalidRequest, match="for no order"):
        walked.refund(plain, "1.00")
    with pytest.raises(InvalidRequest, match="part of an order"):
        walked.reverse(of_order, points=10)
    with pytest.raises(InvalidRequest, match="part of an order"):
        walked.reverse(of_order)
    assert walked.reverse(plain).points == 100


def test_an_audit_adds_up_what_came_back() -> None:
    walked = walk()
    captured = paid(walked)
    refunds = [walked.refund(captured, "11.11"), walked.refund(captured, "22.22")]
    assert (
        refund_problem(captured, []) == refund_problem(captured, refunds[:1]) == refund_problem(captured, refunds) == ""
    )
    assert refund_problem(walked.capture(walked.hold(10)), []) == ""
    for name in ("amount_minor", "nominal", "money_minor"):
        told = refunds[1].details[name]
        assert isinstance(told, int)
        for other in (told - 1, told + 1):
            forged = replace(refunds[1], details={**refunds[1].details, name: other})
            assert refund_problem(captured, [refunds[0], forged])
    assert refund_problem(captured, [*refunds, replace(refunds[0], details={"nominal": 0, "money_minor": 0})]) == ""


# ── what a day has seen ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_refunded_on_its_day_can_be_used_again_on_it() -> None:
    walked = walk(OffsetRules(points_per_day=1_000))
    captured = paid(walked)
    assert used_on(walked.account, walked.context) == 1_000
    walked.refund(captured, "16.67")
    assert used_on(walked.account, walked.context) == 500
    walked.refund(captured, "16.66")
    assert walked.account.counters == {}


def test_a_refund_on_a_later_day_gives_that_day_nothing() -> None:
    walked = walk(OffsetRules(points_per_day=1_000))
    captured = paid(walked)
    walked.now += timedelta(days=1)
    paid(walked)
    walked.refund(captured, "33.33")
    assert used_on(walked.account, walked.context) == 1_000
    walked.now += timedelta(days=1)
    walked.refund(walked.entries[-2], "33.33")
    assert used_on(walked.account, walked.context) == 0
    assert walked.account.counters == {}
