"""Receivers of webhooks as one meets them, on the loopback interface: each answers one way, by a socket of its own."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST: Final = "127.0.0.1"
MEGABYTE: Final = 1024 * 1024
_PATIENCE: Final = 20.0

type Behaviour = Callable[[socket.socket, "Received"], None]
"""What is done with a connection once a whole request has come."""


@dataclass
class Received:
    """What one connection brought."""

    head: str = ""
    body: bytes = b""
    server_name: str | None = None
    sent: int = 0
    """Bytes of the answer that could be sent."""

    def note_name(self, _socket: object, name: str | None, _context: object) -> None:
        self.server_name = name

    def header(self, name: str) -> str:
        lines = (line.partition(": ") for line in self.head.split("\r\n")[1:])
        return next(value for found, _, value in lines if found.lower() == name.lower())

    @property
    def headers(self) -> dict[str, str]:
        return dict(line.split(": ", 1) for line in self.head.split("\r\n")[1:] if line)


@dataclass
class Server:
    """``received`` are whole requests, in the order in which they were."""

    port: int
    received: list[Received] = field(default_factory=list)


def answering(status: str, *headers: str, body: bytes = b"") -> Behaviour:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers])

    def behave(connection: socket.socket, received: Received) -> None:
        _send(connection, f"{head}\r\n\r\n".encode(), received)
        _send(connection, body, received)

    return behave


def saying(text: bytes) -> Behaviour:
    """Something else than HTTP."""
    return lambda connection, received: _send(connection, text, received)


def hanging(connection: socket.socket, received: Received) -> None:  # noqa: ARG001
    """Reads the request and says nothing until it is hung up on."""
    with suppress(OSError):
        connection.recv(1)


def dripping_head(connection: socket.socket, received: Received) -> None:
    """A byte at a time, without end: no time-out of a socket ever strikes."""
    _drip(connection, b"HTTP/1.1 200 OK\r\n" + b"X-More: " + b"x" * 10_000, received)


def dripping_body(connection: socket.socket, received: Received) -> None:
    _send(connection, b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", received)
    _drip(connection, b"x" * 10_000, received)


def continuing(connection: socket.socket, received: Received) -> None:
    """Says "go on" for ever."""
    _drip(connection, b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000, received, seconds=0.001)


def _drip(connection: socket.socket, content: bytes, received: Received, *, seconds: float = 0.05) -> None:
    with suppress(OSError):
        for byte in content:
            connection.sendall(bytes([byte]))
            received.sent += 1
            time.sleep(seconds)


def _send(connection: socket.socket, content: bytes, received: Received) -> None:
    with suppress(OSError):
        for start in range(0, len(content), 16_384):
            connection.sendall(content[start : start + 16_384])
            received.sent += len(content[start : start + 16_384])


@contextmanager
def serving(behave: Behaviour, *, context: ssl.SSLContext | None = None, greeting: bytes = b"") -> Iterator[Server]:
    """``greeting`` is said before anything was asked, as by services that are no web servers."""
    with socket.create_server((HOST, 0)) as listener:
        server = Server(listener.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connection.settimeout(_PATIENCE)
                received = Received()
                with connection, suppress(OSError):
                    connection.sendall(greeting)
                    if context is not None:
                        context.sni_callback = received.note_name
                        connection = context.wrap_socket(connection, server_side=True)
                    _read_request(connection, received)
                    server.received.append(received)
                    behave(connection, received)
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server
        # Wakes whoever waits for the next connection.
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(_PATIENCE)
    assert not thread.is_alive()


def _read_request(connection: socket.socket, received: Received) -> None:
    content = b""
    while b"\r\n\r\n" not in content:
        content += _some(connection)
    head, _, body = content.partition(b"\r\n\r\n")
    received.head = head.decode("latin-1")
    while len(body) < int(received.header("content-length")):
        body += _some(connection)
    received.body = body


def _some(connection: socket.socket) -> bytes:
    content = connection.recv(65_536)
    if not content:
        raise ConnectionError("hung up on")
    return content


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────────────


class Authority:
    """Gives out certificates nobody but these tests believes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        self._certificate = _signed(self._name, self._name, self._key, self._key, None)
        self.file = folder / "authority.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def context_of(self, name: str, *, valid_days: int = 1) -> ssl.SSLContext:
        """For a server of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = _signed(subject, self._name, key, self._key, name, valid_days=valid_days)
        file = self._folder / f"{name}.{valid_days}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def believed(self) -> ssl.SSLContext:
        """For a client that believes this authority and no other."""
        return ssl.create_default_context(cafile=str(self.file))


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    by: ec.EllipticCurvePrivateKey,
    name: str | None,
    *,
    valid_days: int = 1,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=valid_days))
        .add_extension(x509.BasicConstraints(ca=name is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if name is None:
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(by, hashes.SHA256())
