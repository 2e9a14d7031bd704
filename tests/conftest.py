"""Fixtures shared by all tests. No test depends on the AWS settings of the machine, or can reach AWS with them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import dynamodb_local

STACK_TESTS = Path(__file__).parent / "stack"


def pytest_configure() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # No trace daemon listens to a test.
        "POWERTOOLS_TRACE_DISABLED": "true",
    }


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(STACK_TESTS):
            # All on one test worker, so that the template is deployed once. First, because xdist reads the mark in
            # this same hook.
            item.add_marker(pytest.mark.xdist_group("stack"))
            item.add_marker("stack")


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """A DynamoDB Local for this test worker; tests keep apart by the names of their tables.

    One per worker rather than one for all: it ends with its worker, whatever becomes of the others.
    """
    with dynamodb_local.running() as endpoint:
        yield endpoint
