"""A draw that has begun is a promise: what a new version may not change, and what leaves with a draw."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from points.domain.program.draws import Draw, Prize
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.succession import (
    Departure,
    Kept,
    Name,
    broken_promises,
    departures,
    is_there,
    limits_of,
    returning,
)
from tests.builders import local, program
from tests.support.drawing import COUPON, FIRST, HUNDRED, LAST, NONE, PHONE, wheel

REWARDS = {"phone": Reward("phone", 900), "coupon": Reward("coupon", 50)}
BEFORE = datetime(2026, 2, 20, 4, tzinfo=UTC)
DURING = datetime(2026, 3, 10, 4, tzinfo=UTC)
AFTER = datetime(2026, 4, 2, 4, tzinfo=UTC)


def with_draws(*draws: Draw, version: int = 1) -> Program:
    return program(version=version, rewards=REWARDS, draws={draw.name: draw for draw in draws})


def faults(after: Draw, now: datetime, before: Draw | None = None) -> list[tuple[str, str]]:
    found = broken_promises(with_draws(before or wheel()), with_draws(after, version=2), {}, now)
    return [(fault.path, fault.code) for fault in found]


def returned(after: Draw, *, left: datetime, now: datetime, before: Draw | None = None) -> list[tuple[str, str]]:
    """Of a draw that left the program at one moment and is to come back at another."""
    first, second = with_draws(before or wheel()), with_draws(version=2)
    departed: dict[Name, Departure] = {(each.kind, each.name): each for each in departures(first, second, left)}
    third = with_draws(after, version=3)
    known = {name: departed[name] for name in returning(second, third) if name in departed}
    return [(fault.path, fault.code) for fault in broken_promises(second, third, known, now)]


STOCKED = Prize("phone", PHONE.odds, reward="phone", stock=8, stock_shards=2)
OTHERWISE: list[Draw] = [
    wheel(cost=11),
    wheel(first=FIRST + timedelta(days=1)),
    wheel(COUPON, PHONE, HUNDRED, NONE),
    wheel(PHONE, HUNDRED, Prize("none", NONE.odds + COUPON.odds)),
    wheel(PHONE, COUPON, replace(HUNDRED, points=200), NONE),
    wheel(PHONE, COUPON, replace(HUNDRED, odds=NONE.odds), replace(NONE, odds=HUNDRED.odds)),
    wheel(replace(PHONE, reward="coupon"), COUPON, HUNDRED, NONE),
    wheel(replace(PHONE, stock=None), COUPON, HUNDRED, NONE),
    wheel(PHONE, replace(COUPON, stock=5), HUNDRED, NONE),
    wheel(replace(PHONE, instead="hundred"), COUPON, HUNDRED, NONE),
]


@pytest.mark.parametrize("after", OTHERWISE)
def test_the_terms_are_fixed_once_it_has_begun(after: Draw) -> None:
    assert faults(after, BEFORE) == []
    assert ("/draws/wheel", "draw_begun") in faults(after, DURING)
    assert ("/draws/wheel", "draw_begun") in faults(after, AFTER)


@pytest.mark.parametrize("after", OTHERWISE)
def test_the_terms_are_fixed_also_for_a_draw_that_comes_back(after: Draw) -> None:
    assert returned(after, left=BEFORE, now=DURING) == []
    assert ("/draws/wheel", "draw_begun") in returned(after, left=DURING, now=DURING + timedelta(days=400))
    assert returned(wheel(), left=DURING, now=AFTER) == []


def test_what_may_be_changed_at_any_time() -> None:
    for after in (
        wheel(title={"en": "Wheel"}),
        wheel(limits=()),
        wheel(replace(PHONE, stock=4), COUPON, HUNDRED, NONE),
    ):
        for now in (BEFORE, DURING, AFTER):
            assert faults(after, now) == []


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        (replace(STOCKED, stock=7), ("/draws/wheel/prizes/0/stock", "stock_reduced")),
        (replace(STOCKED, stock_shards=3), ("/draws/wheel/prizes/0/stock_shards", "stock_shards_fixed")),
    ],
)
def test_a_stock_may_only_become_more(after: Prize, fault: tuple[str, str]) -> None:
    before, draw = wheel(STOCKED, COUPON, HUNDRED, NONE), wheel(after, COUPON, HUNDRED, NONE)
    assert faults(draw, BEFORE, before) == []
    assert faults(draw, DURING, before) == [fault]
    assert returned(draw, left=DURING, now=DURING, before=before) == [fault]
    assert faults(wheel(replace(STOCKED, stock=80), COUPON, HUNDRED, NONE), DURING, before) == []


def test_one_counter_may_not_become_less_either() -> None:
    assert faults(wheel(replace(PHONE, stock=2), COUPON, HUNDRED, NONE), DURING) == [
        ("/draws/wheel/prizes/0/stock", "stock_reduced")
    ]


def test_the_last_day_may_be_moved_until_it_is_over() -> None:
    over = [("/draws/wheel/to", "draw_over")]
    for last in (LAST - timedelta(days=5), LAST + timedelta(days=30)):
        assert faults(wheel(last=last), BEFORE) == []
        assert faults(wheel(last=last), DURING) == []
        assert faults(wheel(last=last), local("2026-03-31 23:58")) == []
        # A minute early: functions that have not seen the publish yet may be closing it.
        assert faults(wheel(last=last), local("2026-03-31 23:59")) == over
        assert faults(wheel(last=last), AFTER) == over
        assert returned(wheel(last=last), left=DURING, now=DURING) == []
        assert returned(wheel(last=last), left=DURING, now=AFTER) == over
    # Ended early, it is over, and stays over.
    ended = wheel(last=date(2026, 3, 9))
    assert faults(ended, DURING) == []
    assert faults(wheel(), DURING, ended) == over


def test_both_faults_are_told_at_once() -> None:
    assert faults(wheel(cost=1, last=LAST + timedelta(days=1)), AFTER) == [
        ("/draws/wheel", "draw_begun"),
        ("/draws/wheel/to", "draw_over"),
    ]


def test_it_begins_where_the_program_is() -> None:
    """Midnight in Shanghai, less a minute for those who have not seen the publish yet."""
    assert faults(wheel(cost=11), local("2026-02-28 23:58")) == []
    assert faults(wheel(cost=11), local("2026-02-28 23:59")) == [("/draws/wheel", "draw_begun")]


def test_what_is_remembered_of_a_draw_that_left() -> None:
    before = with_draws(wheel(), version=7)
    assert list(departures(before, with_draws(version=8), BEFORE)) == []
    assert list(departures(before, with_draws(version=8), local("2026-02-28 23:58"))) == []
    assert len(list(departures(before, with_draws(version=8), local("2026-02-28 23:59")))) == 2
    shelf, draw = departures(before, with_draws(version=8), DURING)
    assert shelf == Departure(Kept.PRIZE, "wheel/phone", date(2026, 3, 10), shards=1, amount=3)
    assert (draw.kind, draw.name, draw.amount) == (Kept.DRAW, "wheel", 7)
    assert draw.counts == f"{wheel().terms()} until 2026-03-31"
    assert is_there(before, (Kept.DRAW, "wheel"))
    assert not is_there(with_draws(), (Kept.DRAW, "wheel"))
    assert list(departures(before, replace(before, version=8), DURING)) == []


def test_prizes_are_counted_by_draw() -> None:
    other = wheel(PHONE, Prize("none", 1 - Fraction(1, 1000)), name="other")
    assert {name for kind, name in limits_of(with_draws(wheel(), other)) if kind is Kept.PRIZE} == {
        "wheel/phone", "other/phone",
    }  # fmt: skip
