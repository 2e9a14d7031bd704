"""One test body, several stores: in memory, on moto, on our simulated DynamoDB, and on Amazon's own engine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import botocore.session
import pytest
from moto import mock_aws

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb import client as client_module
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.table import Table
from stack.table import create_table
from tests.simulation.dynamodb import Change, Client, Engine
from tests.store.support import NoWaiting, Store, dynamodb_store, memory_store

THREADS = 16


@contextmanager
def _moto_table() -> Iterator[Table]:
    with mock_aws():
        client = ledger_client()
        create_table(client, "Ledger")
        yield Table(client, "Ledger", NoWaiting(), InvocationDeadline())


@contextmanager
def _dynamodb_table(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    # As in a function: botocore finds the endpoint in the environment, nobody hands it in.
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    # An engine on a machine that does much else at once is slow, and not what is looked at.
    monkeypatch.setattr(client_module, "READ_SECONDS", 20)
    client = ledger_client(connections=THREADS)
    name = f"Ledger-{uuid4()}"
    # By a client with more patience than ours: repeated after a time-out, it would find the table it has just made.
    patient: Any = botocore.session.get_session().create_client("dynamodb")
    create_table(patient, name)
    yield Table(client, name, NoWaiting(), InvocationDeadline())
    client.delete_table(TableName=name)


@contextmanager
def _simulated_table() -> Iterator[Table]:
    engine = Engine()
    written: dict[tuple[str, str], str] = {}

    def note(changes: Sequence[Change]) -> None:
        written.update({change.key: repr(change.new) for change in changes})

    engine.on_commit.append(note)
    client: Any = Client(engine)
    yield Table(client, engine.name, NoWaiting(), InvocationDeadline())
    # The engine copies nothing: whoever changes an item they wrote or read would change the table.
    for place, item in engine.items.items():
        assert repr(item) == written[place], "an item was changed outside of the table"


@pytest.fixture(params=["moto", "simulated", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """The table of the template, on moto, simulated, and on DynamoDB Local."""
    if request.param != "dynamodb":
        with _moto_table() if request.param == "moto" else _simulated_table() as table:
            yield table
        return
    with _dynamodb_table(request.getfixturevalue("dynamodb_endpoint"), monkeypatch) as table:
        yield table


@pytest.fixture
def dynamodb_table(dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """The table of the template on DynamoDB Local only: where conditions and transactions have to be real."""
    with _dynamodb_table(dynamodb_endpoint, monkeypatch) as table:
        yield table


@pytest.fixture(params=["memory", "moto", "simulated", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Every store; what holds for one has to hold for all."""
    if request.param == "memory":
        yield memory_store()
    elif request.param == "moto":
        with _moto_table() as table:
            yield replace(dynamodb_store(table), long_history=65)
    elif request.param == "simulated":
        with _simulated_table() as table:
            yield dynamodb_store(table)
    else:
        with _dynamodb_table(request.getfixturevalue("dynamodb_endpoint"), monkeypatch) as table:
            yield dynamodb_store(table)
