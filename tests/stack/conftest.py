"""The real template, deployed on an emulator of its own for the time of the tests."""

from collections.abc import Iterator

import pytest

from stack import deploy, emulator
from stack.outputs import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """What stack.json says of a stack that nobody else uses; one that `make run` started is left alone."""
    directory = tmp_path_factory.mktemp("emulator")
    try:
        yield deploy.deploy(emulator.start(directory, persist=False))
    finally:
        emulator.stop(directory)
