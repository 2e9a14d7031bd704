"""R-RED-4: how many points may pay for an order, and which rule limits it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from points.domain.errors import InvalidRequest, MemberFrozen
from points.domain.evaluation.offsetting import Quote, quote
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.members import MemberFacts
from points.domain.limits import MAX_AMOUNT_MINOR, MAX_POINTS
from points.domain.money import Currency
from points.domain.program.offsets import OffsetRules
from points.domain.program.program import Program
from tests.builders import LOT, NOW, account, context, program

JD = OffsetRules(maximum_share_percent=50, step=1000, minimum_points=1000, real_name_only=True)
VERIFIED = MemberFacts(real_name_verified=True)


def rules(offset: OffsetRules | None = None, **changes: Any) -> Program:
    return program(offset=offset or OffsetRules(), **changes)


def asked(
    who: Account, order: str, points: int | None = None, *, under: Program | None = None
) -> tuple[int, str, str | None]:
    under = under or rules()
    found = quote(who, under.currency.minor_units(order, path=""), points, context(NOW, under))
    return found.points, under.currency.text(found.discount), found.limited_by


def having(points: int, **changes: Any) -> Account:
    return account(lots={LOT: points} if points else {}, **changes)


@pytest.mark.parametrize(
    ("order", "points", "expected"),
    [
        # 50 % of 33.33 is 16.665, which is 1666 points and not half a point more.
        ("33.33", None, (1000, "10.00", "maximum_share")),
        ("40.00", None, (2000, "20.00", "maximum_share")),
        ("39.99", None, (1000, "10.00", "maximum_share")),
        ("0.01", None, (0, "0.00", "maximum_share")),
        ("0.00", None, (0, "0.00", "maximum_share")),
        ("1000000000.00", None, (12_000, "120.00", "balance")),
        ("1000000000.00", 12_345, (12_000, "120.00", "step")),
        ("1000000000.00", 12_000, (12_000, "120.00", None)),
        ("1000000000.00", 13_000, (12_000, "120.00", "balance")),
        ("1000000000.00", 999, (0, "0.00", "minimum_points")),
        ("100.00", 6_000, (5_000, "50.00", "maximum_share")),
    ],
)
def test_beans(order: str, points: int | None, expected: tuple[int, str, str | None]) -> None:
    """100 beans are 1 yuan, half of an order at most, multiples of 1000."""
    assert asked(having(12_345, facts=VERIFIED), order, points, under=rules(JD)) == expected


def test_beans_are_for_real_names() -> None:
    assert asked(having(12_345), "100.00", under=rules(JD)) == (0, "0.00", "real_name_required")


@pytest.mark.parametrize(
    ("ratio", "decimals", "order", "expected"),
    [
        (1, 2, "33.33", (33, "33.00")),
        (3, 2, "33.33", (99, "33.00")),
        (7, 2, "33.33", (233, "33.28")),
        (100, 2, "0.01", (1, "0.01")),
        (1000, 2, "0.01", (10, "0.01")),
        (1000, 2, "33.33", (33_330, "33.33")),
        (1, 0, "33", (33, "33")),
        (7, 0, "33", (231, "33")),
        (1000, 0, "1", (1000, "1")),
        (1, 3, "0.001", (0, "0.000")),
        (7, 3, "0.999", (6, "0.857")),
        (1000, 3, "33.333", (33_333, "33.333")),
    ],
)
def test_to_the_minor_unit(ratio: int, decimals: int, order: str, expected: tuple[int, str]) -> None:
    under = rules(ratio=ratio, currency=Currency("XXX", decimals))
    assert asked(having(10**9), order, under=under)[:2] == expected


def test_nobody_gives_points_for_less_than_a_minor_unit() -> None:
    """Of 1000 points to the yuan, ten are a cent."""
    under = rules(ratio=1000)
    assert asked(having(100), "5.00", 9, under=under) == (0, "0.00", "minimum_points")
    assert asked(having(9), "5.00", under=under) == (0, "0.00", "balance")
    assert asked(having(100), "5.00", 19, under=under) == (19, "0.01", None)
    # In steps of 3 that is 12.
    assert asked(having(100), "5.00", 11, under=rules(OffsetRules(step=3), ratio=1000))[0] == 0
    assert asked(having(100), "5.00", 12, under=rules(OffsetRules(step=3), ratio=1000))[0] == 12


def test_the_smallest_sum_is_a_whole_step() -> None:
    under = rules(OffsetRules(step=100, minimum_points=150))
    assert asked(having(500), "9.00", 199, under=under) == (0, "0.00", "minimum_points")
    assert asked(having(500), "9.00", 299, under=under) == (200, "2.00", "step")
    assert asked(having(199), "9.00", under=under) == (0, "0.00", "balance")


@pytest.mark.parametrize(
    ("changes", "order", "points", "named"),
    [
        ({"minimum_order": 1_000, "real_name_only": True, "step": 7}, "9.99", 3, "minimum_order"),
        ({"real_name_only": True, "step": 7, "points_per_day": 0}, "9.99", 3, "real_name_required"),
        ({"minimum_points": 5, "step": 2, "points_per_day": 0}, "9.99", 4, "minimum_points"),
        ({"step": 2, "points_per_day": 4}, "9.99", 5, "step"),
        # The share and the day leave as much: the first of them is named. One more of the day's would not help.
        ({"points_per_day": 99, "maximum_share_percent": 10}, "9.99", None, "maximum_share"),
        ({"points_per_day": 98, "maximum_share_percent": 10}, "9.99", None, "daily_cap"),
        ({"points_per_day": 500}, "9.99", None, "daily_cap"),
        ({"points_per_day": 501}, "9.99", None, "balance"),
    ],
)
def test_who_is_named_where_several_limit(changes: dict[str, Any], order: str, points: int | None, named: str) -> None:
    assert asked(having(500 if points is None else 4), order, points, under=rules(OffsetRules(**changes)))[2] == named


def test_points_that_cannot_be_spent_are_not_offered() -> None:
    """Pending, held, owed and expired ones are not the member's to give."""
    who = having(500, owed=80, pending={f"2026-04-01>{LOT}": 900})
    who = replace(who, lots={**who.lots, "2026-03-14/2026-01": 700})
    settled = replace(who, lots={LOT: 420, "2026-03-14/2026-01": 700}, owed=0)
    assert asked(settled, "99.00") == (420, "4.20", "balance")


def test_a_frozen_member_is_refused() -> None:
    with pytest.raises(MemberFrozen):
        asked(having(500, frozen=frozenset({Activity.REDEEMING})), "9.00")
    assert asked(having(500, frozen=frozenset({Activity.EARNING})), "9.00")[0] == 500


def test_a_program_without_offset_is_told_so() -> None:
    with pytest.raises(InvalidRequest, match="no offset"):
        asked(having(500), "9.00", under=program())


def test_the_largest_of_everything() -> None:
    under = rules(ratio=1_000_000)
    found = quote(having(MAX_POINTS), MAX_AMOUNT_MINOR, MAX_POINTS, context(NOW, under))
    assert found == Quote(MAX_POINTS, MAX_POINTS // 10_000, None)


def test_a_quote_is_of_its_moment() -> None:
    """A lot that has expired an hour later is not offered any more."""
    under = rules()
    who = account(lots={"2026-03-15/2026-03": 300})
    tonight = NOW + timedelta(hours=12)
    assert quote(who, 1_000, None, context(NOW, under)).points == 300
    assert quote(who, 1_000, None, context(tonight, under)).points == 0
