"""Coupons in any order, in memory and on the simulated engine. Found the same way every time."""

from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.pools import DynamoDBPools
from points.adapters.dynamodb.table import Table
from points.application.coupons.ports import Pools
from points.application.services import Services
from points.domain.ledger import coupons
from points.domain.ledger.coupons import Coupon, CouponState
from points.domain.movements import granting
from tests.builders import NoWait, SetClock, services, services_on
from tests.property.coupon_machine import SHOP, machine
from tests.simulation.dynamodb import Client, Engine

SETTINGS = settings(max_examples=60, stateful_step_count=40, derandomize=True, deadline=None, database=None)


def in_memory(clock: SetClock) -> tuple[Services, Pools]:
    wired = services(SHOP, clock=clock)
    pools: Any = wired.coupons
    return wired, pools


def simulated(clock: SetClock) -> tuple[Services, Pools]:
    engine = Engine()
    client: Any = Client(engine)
    table = Table(client, engine.name, NoWait(), InvocationDeadline())
    return services_on(table, SHOP, clock=clock), DynamoDBPools(table)


@pytest.mark.parametrize("opened", [in_memory, simulated], ids=["memory", "simulated"])
def test_coupons_are_what_the_model_says(opened: Any) -> None:
    run_state_machine_as_test(machine(opened), settings=SETTINGS)


@pytest.mark.parametrize("fault", ["never expires", "is never void"])
def test_the_model_finds_faults(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if fault == "never expires":
        monkeypatch.setattr(coupons.Coupon, "has_expired", lambda _self, _today: False)
    else:

        def still_there(self: Coupon, state: CouponState, at: Any) -> Coupon:
            return self if state is CouponState.VOID else coupons.replace(self, state=state, ended_at=at)

        monkeypatch.setattr(granting.Coupon, "ended", still_there)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(machine(in_memory), settings=settings(SETTINGS, report_multiple_bugs=False))
