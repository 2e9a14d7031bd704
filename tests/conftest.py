"""Fixtures shared by all tests. No test depends on the AWS settings of the machine, or can reach AWS with them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from stack import dynamodb_local

STACK_TESTS = Path(__file__).parent / "stack"


# How long something takes says how busy the machine is, never whether it is right.
settings.register_profile("points", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("points")


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


class OneDeployment(LoadScopeScheduling):  # type: ignore[misc]
    """Hands all tests of the stack to one worker, so that the template is deployed once, and the others one by one.

    The group marks of xdist 3.8 would do, but have no effect under pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "stack" if nodeid.startswith("tests/stack/") else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneDeployment:
    return OneDeployment(config, log)


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.path.is_relative_to(STACK_TESTS):
        item.add_marker("stack")


@pytest.fixture(scope="session")
def dynamodb_endpoint() -> Iterator[str]:
    """A DynamoDB Local for this test worker; tests keep apart by the names of their tables.

    One per worker rather than one for all: it ends with its worker, whatever becomes of the others.
    """
    with dynamodb_local.running() as endpoint:
        yield endpoint
