"""The same machine, on Amazon's own engine: what holds in memory holds where conditions and transactions are real."""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from points.adapters.dynamodb.table import Table
from tests.builders import services_on
from tests.property.ledger_machine import machine


@pytest.mark.dynamodb
def test_the_stored_ledger_is_what_the_model_says(dynamodb_table: Table) -> None:
    run_state_machine_as_test(
        # Looking at the whole history, over the wire, takes longer than all that is looked for.
        machine(lambda clock: services_on(dynamodb_table, clock=clock), proved_every=8),
        # A slice, without shrinking: a fault that memory shares is found and shrunk there; `make operations` does more.
        settings=settings(
            max_examples=40,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
        ),
    )
