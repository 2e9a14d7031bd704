"""One test body, several stores: in memory, on moto, and on Amazon's own engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import botocore.session
import pytest
from moto import mock_aws

from points.adapters.deadline import InvocationDeadline
from points.adapters.dynamodb.client import ledger_client
from points.adapters.dynamodb.table import Table
from stack.table import create_table
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
    client = ledger_client(connections=THREADS)
    name = f"Ledger-{uuid4()}"
    # By a client with more patience than ours: repeated after a time-out, it would find the table it has just made.
    patient: Any = botocore.session.get_session().create_client("dynamodb")
    create_table(patient, name)
    yield Table(client, name, NoWaiting(), InvocationDeadline())
    client.delete_table(TableName=name)


@pytest.fixture(params=["moto", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """The table of the template, on moto and on DynamoDB Local."""
    if request.param == "moto":
        with _moto_table() as table:
            yield table
        return
    with _dynamodb_table(request.getfixturevalue("dynamodb_endpoint"), monkeypatch) as table:
        yield table


@pytest.fixture
def dynamodb_table(dynamodb_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    """The table of the template on DynamoDB Local only: where conditions and transactions have to be real."""
    with _dynamodb_table(dynamodb_endpoint, monkeypatch) as table:
        yield table


@pytest.fixture(params=["memory", "moto", pytest.param("dynamodb", marks=pytest.mark.dynamodb)])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """Every store; what holds for one has to hold for all."""
    if request.param == "memory":
        yield memory_store()
    elif request.param == "moto":
        with _moto_table() as table:
            yield replace(dynamodb_store(table), long_history=65)
    else:
        with _dynamodb_table(request.getfixturevalue("dynamodb_endpoint"), monkeypatch) as table:
            yield dynamodb_store(table)
