"""What a new version may not change, because the ledger already rests on it."""

from dataclasses import replace
from typing import Any

import pytest

from points.domain.money import Currency
from points.domain.program.campaigns import Campaign
from points.domain.program.dates import Dates
from points.domain.program.program import Program
from points.domain.program.rewards import Reward
from points.domain.program.succession import broken_promises
from tests.builders import NEW_YORK, program

CAMPAIGN = Campaign("double", frozenset({"review"}), Dates(), bonus=5, budget=1000, budget_shards=4)
BEFORE = program(campaigns=(CAMPAIGN,), rewards={"mug": Reward("mug", 10, stock=40, stock_shards=4)})


def codes(after: Program) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in broken_promises(BEFORE, after)]


def test_the_same_again_breaks_nothing() -> None:
    assert codes(replace(BEFORE, version=2, ratio=50, rules=(), backdating_days=1)) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"zone": NEW_YORK}, ("/time_zone", "time_zone_fixed")),
        ({"currency": Currency("CNY", 3)}, ("/currency", "currency_fixed")),
        ({"currency": Currency("USD", 2)}, ("/currency", "currency_fixed")),
    ],
)
def test_zone_and_currency_stay(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    assert codes(replace(BEFORE, **changes)) == [fault]


@pytest.mark.parametrize(
    ("limit", "shards", "fault"),
    [
        (40, 4, None),
        (41, 4, None),
        (None, 4, None),
        (39, 4, "reduced"),
        (40, 8, "shards_fixed"),
        (80, 8, "shards_fixed"),
        (None, 1, "shards_fixed"),
    ],
)
def test_what_is_counted_in_shards_keeps_them_and_its_share(limit: int | None, shards: int, fault: str | None) -> None:
    mug = Reward("mug", 5, stock=limit, stock_shards=shards)
    expected = [] if fault is None else [f"stock_{fault}"]
    assert [code for _, code in codes(replace(BEFORE, rewards={"mug": mug}))] == expected
    budget = None if limit is None else limit * 25
    changed = replace(CAMPAIGN, budget=budget, budget_shards=shards)
    other = replace(CAMPAIGN, name="other", budget=1, budget_shards=1)
    faults = codes(replace(BEFORE, campaigns=(other, changed)))
    assert [code for _, code in faults] == ([] if fault is None else [f"budget_{fault}"])
    assert all(path.startswith("/campaigns/1/") for path, _ in faults)


def test_one_counter_may_have_its_limit_lowered() -> None:
    one = replace(CAMPAIGN, budget_shards=1)
    before = replace(BEFORE, campaigns=(one,))
    after = replace(before, campaigns=(replace(one, budget=10),))
    assert list(broken_promises(before, after)) == []


def test_what_is_new_or_gone_is_free() -> None:
    new = replace(CAMPAIGN, name="new", budget=1, budget_shards=64)
    assert codes(replace(BEFORE, campaigns=(new,), rewards={"cup": Reward("cup", 1, stock=1, stock_shards=9)})) == []
