"""The real template, deployed on an emulator of its own for the time of the tests."""

from collections.abc import Iterator

import pytest

from stack import deploy, emulator
from stack.api import Api
from stack.outputs import Stack
from stack.publish import publish_all


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """What stack.json says of a stack that nobody else uses; one that `make run` started is left alone."""
    directory = tmp_path_factory.mktemp("emulator")
    try:
        yield deploy.deploy(emulator.start(directory, persist=False))
    finally:
        emulator.stop(directory)


@pytest.fixture(scope="session")
def published(stack: Stack) -> Stack:
    """The same stack with every program of `programs/` live, and both clients granted all of them."""
    publish_all(stack)
    return stack


@pytest.fixture(scope="session")
def backend(published: Stack) -> Api:
    """The demo program for a mobile back end."""
    return Api.of(published, "backend", program="demo")


@pytest.fixture(scope="session")
def admin(published: Stack) -> Api:
    return Api.of(published, "admin", program="demo")
