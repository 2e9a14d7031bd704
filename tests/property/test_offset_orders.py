"""Orders that points pay part of, in memory, every step compared with a plain model. Found the same way every time."""

from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from points.domain.evaluation import offsetting
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context
from points.domain.movements import part_payments, refunding
from tests.builders import services
from tests.property.offset_machine import offset_machine

SETTINGS = settings(max_examples=120, stateful_step_count=40, derandomize=True, deadline=None, database=None)
SEARCH = settings(SETTINGS, max_examples=2_000, phases=[Phase.generate], report_multiple_bugs=False)


def run(with_settings: settings = SETTINGS, *, proved_every: int = 4) -> None:
    run_state_machine_as_test(
        offset_machine(lambda clock: services(clock=clock), proved_every=proved_every), settings=with_settings
    )


def test_orders_are_what_the_model_says() -> None:
    run()


def rounded_up(offset: Any, amount: int) -> refunding.Shares:
    """Rounded the other way: points too many, money too little."""
    discount = -(-offset.discount * amount // offset.order)
    return refunding.Shares(-(-offset.points * amount // offset.order), amount - discount)


def time_gives_nothing_back(account: Account, context: Context) -> int:
    held = sum(hold.points for hold in account.holds.values() if hold.offset_on == context.today)
    return held + account.counters.get(offsetting._key(context.today), 0)


FAULTS: dict[str, tuple[Any, str, Any]] = {
    "captures count nothing": (part_payments, "counted_for_order", lambda counters, *_, **__: counters),
    "what ran out still binds its day": (offsetting, "used_on", time_gives_nothing_back),
    "one day is like another": (offsetting, "_key", lambda day: f"~offset/pD{day:%Y}0101"),
    "refunds round up": (refunding, "shares", rounded_up),
    "each refund as if it were the first": (refunding, "nominal_reversed", lambda _earlier: 0),
    "a part is worth what it is not": (part_payments, "_RATIO", "points"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_machine_finds_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that cannot fail proves nothing."""
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises(AssertionError):
        run(SEARCH, proved_every=1_000)
