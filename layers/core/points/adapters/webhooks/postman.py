"""One POST to a URL that somebody else chose.

Whatever is at the other end, it takes seconds, little memory, and leads nowhere but to a public address: the name is
resolved once, every address it has must be public, and one of those very addresses is connected to, with the name in
the certificate. What the name resolves to a moment later does not matter. Nothing here follows a redirect or asks for
a proxy: connections are made one by one, by urllib3's own, and none is kept.
"""

import http.client
import logging
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from ipaddress import ip_address
from threading import Timer

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.response import BaseHTTPResponse

from points.domain.errors import InvalidRequest
from points.domain.webhooks.deliveries import Answered, NotAnswered, Outcome
from points.domain.webhooks.targets import Address, Target, is_public, target_of

TOTAL_SECONDS = 10.0
"""From looking up the name to the head of the answer."""

NAME_SECONDS = 3.0
CONNECT_SECONDS = 3.0
"""For the connection, and again for the certificate."""

BODY_SECONDS = 2.0
"""For what comes after the head: it is read to be polite, and thrown away."""

MAX_BODY_BYTES = 64 * 1024
_SOON = 0.001

MAX_ADDRESSES = 2
"""Tried one after the other; the rest of a long list would only take time."""

USER_AGENT = "points-ledger-webhooks"

# It would tell the logs the whole URL of whoever answers with an odd head.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)

type Resolver = Callable[[str, int], Sequence[str]]
"""(name, port) → its addresses as text. Raises OSError."""


class _Failed(Exception):
    """Ends an attempt; the word is what is told of it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def system_resolver(name: str, port: int) -> Sequence[str]:
    found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    # IPv4 first: not every network a function runs in has the other.
    found.sort(key=lambda each: each[0] is not socket.AF_INET)
    return [str(address[0]) for *_, address in found]


class CheckedPostman:
    """Implements :class:`points.application.webhooks.ports.Postman`.

    ``loopback``: this machine counts as public. ``authorities`` says whose certificates are believed; those the system
    believes, unless given.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        resolver: Resolver = system_resolver,
        authorities: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._loopback = loopback
        self._resolver = resolver
        self._authorities = authorities
        self._monotonic = monotonic
        # A look-up cannot be ended from outside; one that is not waited for any more ends by itself.
        self._lookups = ThreadPoolExecutor(4, thread_name_prefix="lookup")

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Made when it is first needed: it reads every certificate the system has."""
        return self._authorities()

    def post(self, url: str, body: str, headers: Mapping[str, str]) -> Outcome:
        ends_at = self._monotonic() + TOTAL_SECONDS
        try:
            target = target_of(url, loopback=self._loopback)
            addresses = self._addresses(target)
            connection = self._connected(target, addresses, ends_at)
            try:
                return self._exchange(connection, target, body, headers, ends_at)
            finally:
                connection.close()
        except InvalidRequest:
            return NotAnswered("url")
        except _Failed as failed:
            return NotAnswered(failed.why)

    def _addresses(self, target: Target) -> Sequence[str]:
        looked_up = self._lookups.submit(self._resolver, target.host, target.port)
        try:
            found = looked_up.result(timeout=NAME_SECONDS)
        except TimeoutError:
            looked_up.cancel()
            raise _Failed("timeout") from None
        except (OSError, UnicodeError):
            raise _Failed("name") from None
        if not found:
            raise _Failed("name")
        if not all(self._may_connect_to(address) for address in found):
            # One that is not public among others that are is what an attack looks like.
            raise _Failed("address")
        return list(dict.fromkeys(found))[:MAX_ADDRESSES]

    def _may_connect_to(self, text: str) -> bool:
        try:
            address: Address = ip_address(text)
        except ValueError:
            return False
        return is_public(address) or (self._loopback and address.is_loopback)

    def _connected(self, target: Target, addresses: Sequence[str], ends_at: float) -> HTTPConnection:
        failure = _Failed("timeout")
        for address in addresses:
            seconds = min(CONNECT_SECONDS, ends_at - self._monotonic())
            if seconds <= 0:
                break
            connection = self._connection(target, address, seconds)
            try:
                connection.connect()
            except (SSLError, ssl.SSLError):
                # Whoever is there is not who they should be: another address will not make it better.
                connection.close()
                raise _Failed("tls") from None
            except NewConnectionError:
                # Before the time-out, of which urllib3 makes it a kind.
                failure = _Failed("connect")
            except (ConnectTimeoutError, TimeoutError):
                failure = _Failed("timeout")
            except (HTTPError, OSError):
                failure = _Failed("connect")
            else:
                return connection
            connection.close()
        raise failure

    def _connection(self, target: Target, address: str, seconds: float) -> HTTPConnection:
        """To the address that was checked; the name is only what its certificate must be for."""
        if not target.secure:
            return HTTPConnection(address, target.port, timeout=seconds)
        return HTTPSConnection(
            address, target.port, timeout=seconds, server_hostname=target.host, ssl_context=self._context
        )

    def _exchange(
        self, connection: HTTPConnection, target: Target, body: str, headers: Mapping[str, str], ends_at: float
    ) -> Outcome:
        sent = {
            **headers,
            "Host": target.authority,
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        seconds = max(0.0, ends_at - self._monotonic())
        with _watched(connection) as end:
            end.after(seconds)
            # Silence alone takes no longer either. (Nought would mean: do not wait at all.)
            connection.timeout = seconds or _SOON
            connection.sock.settimeout(connection.timeout)
            try:
                connection.request("POST", target.path, body.encode(), sent, preload_content=False)
                answer = connection.getresponse()
            except TimeoutError:
                raise _Failed("timeout") from None
            except (HTTPError, http.client.HTTPException, OSError, ValueError):
                raise _Failed("timeout" if end.has_come else "answer") from None
            if end.has_come:
                # A head that was cut off looks like one that has ended.
                raise _Failed("timeout")
            outcome = Answered(answer.status, _retry_after(answer))
            # What was answered is known by now: nothing that comes after it changes that.
            end.after(BODY_SECONDS)
            with suppress(HTTPError, http.client.HTTPException, OSError, ValueError):
                answer.read(MAX_BODY_BYTES, decode_content=False)
            answer.close()
        return outcome


class _End:
    """Shuts a connection down when its time is over, whoever is waiting for a byte of it. Time-outs of sockets would
    not do: they begin anew with every byte that drips in."""

    def __init__(self, sock: socket.socket) -> None:
        # A handle of our own: whatever becomes of the connection's, what lies below it is the same.
        self._handle = socket.fromfd(sock.fileno(), sock.family, sock.type)
        self._timer: Timer | None = None
        self.has_come = False

    def after(self, seconds: float) -> None:
        self._stop()
        self._timer = Timer(seconds, self._come)
        self._timer.daemon = True
        self._timer.start()

    def close(self) -> None:
        self._stop()
        self._handle.close()

    def _come(self) -> None:
        self.has_come = True
        with suppress(OSError):
            self._handle.shutdown(socket.SHUT_RDWR)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            # One that is just coming to its end must not meet a handle that is somebody else's by then.
            self._timer.join()


@contextmanager
def _watched(connection: HTTPConnection) -> Iterator[_End]:
    end = _End(connection.sock)
    try:
        yield end
    finally:
        end.close()


def _retry_after(answer: BaseHTTPResponse) -> int | None:
    """Seconds, as a number or up to a date. What is neither was not said."""
    text = (answer.headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdecimal():
        return int(text[:9])
    try:
        return max(0, int((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()))
    except (ValueError, TypeError, OverflowError):
        return None
