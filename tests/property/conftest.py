"""Properties hold in memory, without sockets; only those marked `dynamodb` go to DynamoDB Local."""

from collections.abc import Iterator

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _no_sockets(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.node.get_closest_marker("dynamodb") is not None:
        yield
        return
    # Unix sockets stay: event loops wake themselves through one.
    pytest_socket.disable_socket(allow_unix_socket=True)
    yield
    pytest_socket.enable_socket()
