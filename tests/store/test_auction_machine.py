"""The machine of auctions on Amazon's own engine: what holds in memory holds where conditions and transactions are
real."""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from points.adapters.dynamodb.table import Table
from tests.builders import services_on
from tests.property.auction_machine import machine


@pytest.mark.dynamodb
def test_stored_auctions_are_what_the_model_says(dynamodb_table: Table) -> None:
    run_state_machine_as_test(
        machine(lambda clock: services_on(dynamodb_table, clock=clock), proved_every=10),
        # A slice, without shrinking: a fault that memory shares is found and shrunk there.
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
        ),
    )
