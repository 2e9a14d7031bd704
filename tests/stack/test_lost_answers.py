"""Answers that never arrive, and requests that never do: sent again, they move points once."""

import json
import socket
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest

from stack.api import Api
from stack.outputs import Stack
from tests.stack.support import audit, available, entries, eventually, insist, member_with, purchase, stored

type Send = Callable[[Api, str, Any], None]


def connection(api: Api, path: str, body: Any, *, cut: int = 0, timeout: float = 30) -> HTTPConnection:
    """The request is on its way, but for the last `cut` bytes of its body."""
    content = json.dumps(body).encode()
    place = urlsplit(api.base + path)
    open_connection = HTTPConnection(place.netloc, timeout=timeout)
    open_connection.putrequest("POST", place.path)
    for name, value in (
        ("Authorization", f"Bearer {api.token}"),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
    ):
        open_connection.putheader(name, value)
    open_connection.endheaders(content[: len(content) - cut])
    return open_connection


def drop(api: Api, path: str, body: Any) -> None:
    """Send all of it and hang up at once."""
    connection(api, path, body).close()


def time_out(api: Api, path: str, body: Any) -> None:
    """Send all of it and lose patience."""
    waiting = connection(api, path, body, timeout=0.001)
    with pytest.raises(TimeoutError):
        waiting.getresponse()
    waiting.close()


MOVEMENTS: dict[str, tuple[str, Any, int]] = {
    "earn": ("/events", {"behaviour": "referral"}, 10_300),
    "redeem": ("/members/{member}/redemptions", {"reward": "coupon-200-50"}, 7_500),
    "hold": ("/members/{member}/holds", {"points": 10_000}, 0),
}
"""By kind of entry: path, body, and what the member has available of 10,000 afterwards."""


@pytest.mark.parametrize("lose", [drop, time_out], ids=lambda lose: lose.__name__)
@pytest.mark.parametrize("kind", MOVEMENTS)
def test_a_movement_whose_answer_was_lost_is_replayed(
    published: Stack, backend: Api, kind: str, lose: Callable[[Api, str, Any], None]
) -> None:
    member = member_with(backend, f"lost-{kind}-{lose.__name__.replace('_', '-')}", 10_000)
    path, body, left = MOVEMENTS[kind]
    path = path.format(member=member)
    body = {"reference": "lost", **body} | ({"member": member} if kind == "earn" else {})

    lose(backend, path, body)
    booked = eventually(lambda: entries(backend, member)[:-1], what="it is booked unheard")
    assert [(entry["kind"], entry["reference"]) for entry in booked] == [(kind, "lost")]
    again = backend.call("POST", path, body)

    assert (again.status, again.replayed, again.body["entry"]) == (200, True, booked[0])
    assert [entry["reference"] for entry in entries(backend, member)] == ["lost", "first"]
    assert available(backend, member) == left
    assert not audit(published).findings


def test_impatient_repetitions_while_the_first_is_still_under_way_pay_once(published: Stack, backend: Api) -> None:
    member = member_with(backend, "impatient", 0)
    event = purchase(member, "order", "30.00")
    for _ in range(5):
        drop(backend, "/events", event)
    assert insist(backend, "POST", "/events", event).status in {200, 201}
    assert [entry["reference"] for entry in entries(backend, member)] == ["order"]
    assert available(backend, member) == 30
    assert not audit(published).findings


def test_half_a_request_books_nothing_and_the_whole_one_then_does(published: Stack, backend: Api) -> None:
    member = member_with(backend, "half", 0)
    event = purchase(member, "order", "30.00")
    before = stored(published)
    half = connection(backend, "/events", event, cut=10)
    # Whatever is answered to half a request, if anything: no success.
    assert isinstance(half.sock, socket.socket)
    half.sock.shutdown(socket.SHUT_WR)
    assert not half.sock.recv(64).startswith(b"HTTP/1.1 2")
    half.close()
    assert stored(published) == before
    assert backend.call("POST", "/events", event).status == 201
    assert available(backend, member) == 30
