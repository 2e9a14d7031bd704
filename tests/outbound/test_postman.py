"""One POST to a real server on this machine, whatever the server does: nothing hangs, nothing grows, nothing leads
anywhere else."""

import socket
import time
import tracemalloc
from collections.abc import Callable, Sequence

import pytest

from points.adapters.webhooks import postman as postman_module
from points.adapters.webhooks.postman import MAX_BODY_BYTES, CheckedPostman
from points.domain.webhooks.deliveries import Answered, NotAnswered, Outcome
from tests.outbound.receivers import (
    HOST,
    MEGABYTE,
    Authority,
    Behaviour,
    answering,
    continuing,
    dripping_body,
    dripping_head,
    hanging,
    saying,
    serving,
)

BODY = '{"id":"evt_1","note":"积分"}'
HEADERS = {"webhook-id": "evt_1"}
NAME = "hooks.example.com"


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second for everything, instead of ten."""
    monkeypatch.setattr(postman_module, "TOTAL_SECONDS", 1.0)
    monkeypatch.setattr(postman_module, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(postman_module, "NAME_SECONDS", 0.3)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


def to(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    """A resolver that knows one answer."""
    return lambda _name, _port: addresses


def post(behave: Behaviour, path: str = "/") -> Outcome:
    with serving(behave) as server:
        return CheckedPostman(loopback=True).post(f"http://{HOST}:{server.port}{path}", BODY, HEADERS)


# ── what is sent, and what is answered ──────────────────────────────────────────────────────────────────────────────


def test_the_body_is_sent_as_it_is() -> None:
    with serving(answering("204 No Content")) as server:
        url = f"http://{HOST}:{server.port}/hooks/points?key=a%20b"
        assert CheckedPostman(loopback=True).post(url, BODY, HEADERS) == Answered(204)
    (received,) = server.received
    assert received.head.startswith("POST /hooks/points?key=a%20b HTTP/1.1\r\n")
    assert received.body == BODY.encode()
    assert received.header("host") == f"{HOST}:{server.port}"
    assert received.header("webhook-id") == "evt_1"
    assert received.header("content-type") == "application/json"
    assert received.header("user-agent") == "points-ledger-webhooks"
    assert "authorization" not in received.head.lower()


@pytest.mark.parametrize("status", [200, 201, 204, 400, 404, 410, 500, 503])
def test_an_answer_is_its_status(status: int) -> None:
    assert post(answering(f"{status} Whatever")) == Answered(status)


def test_a_redirect_is_not_followed() -> None:
    with serving(answering("200 OK")) as elsewhere:
        redirect = answering("307 Temporary Redirect", f"Location: http://{HOST}:{elsewhere.port}/")
        assert post(redirect) == Answered(307)
    assert elsewhere.received == []


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("9" * 400, 999_999_999),
        ("١٢", None),
        ("Wed, 99 Foo 9999 99:99:99 GMT", None),
    ],
)
def test_how_long_to_wait_is_read_if_it_can_be(header: str, seconds: int | None) -> None:
    encoded = header.encode().decode("latin-1")
    assert post(answering("503 Service Unavailable", f"Retry-After: {encoded}")) == Answered(503, seconds)


# ── receivers that do what they should not ──────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("behave", [hanging, dripping_head, continuing])
def test_one_that_takes_its_time_is_hung_up_on(behave: Behaviour) -> None:
    began = time.monotonic()
    assert post(behave) == NotAnswered("timeout")
    assert time.monotonic() - began < 3


@pytest.mark.usefixtures("short")
def test_a_body_that_drips_does_not_matter_once_the_head_is_there() -> None:
    began = time.monotonic()
    assert post(dripping_body) == Answered(200)
    assert time.monotonic() - began < 2


def test_an_answer_of_10_megabytes_is_not_read() -> None:
    large = b"x" * (10 * MEGABYTE)
    with serving(answering("200 OK", body=large)) as server:
        tracemalloc.start()
        outcome = CheckedPostman(loopback=True).post(f"http://{HOST}:{server.port}/", BODY, HEADERS)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert outcome == Answered(200)
    # The rest is what lay in the sockets' buffers on the way.
    assert server.received[0].sent < len(large)
    assert peak < 10 * MAX_BODY_BYTES


@pytest.mark.usefixtures("short")
def test_a_head_without_end_is_not_read() -> None:
    endless = b"HTTP/1.1 200 OK\r\n" + b"X-More: " + b"x" * 10 * MEGABYTE
    assert post(saying(endless)) == NotAnswered("answer")
    many = b"HTTP/1.1 200 OK\r\n" + b"X-More: x\r\n" * 10_000
    assert post(saying(many)) == NotAnswered("answer")


@pytest.mark.parametrize("said", [b"", b"220 smtp.example.com ESMTP\r\n", b"\x16\x03\x01", b"HTTP/1.1 abc\r\n\r\n"])
def test_what_is_not_http_is_no_answer(said: bytes) -> None:
    assert post(saying(said)) == NotAnswered("answer")


def test_a_port_where_nobody_listens() -> None:
    with socket.socket() as closed:
        closed.bind((HOST, 0))
        port = closed.getsockname()[1]
    assert CheckedPostman(loopback=True).post(f"http://{HOST}:{port}/", BODY, HEADERS) == NotAnswered("connect")


@pytest.mark.usefixtures("short")
def test_one_that_never_accepts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman_module, "CONNECT_SECONDS", 0.3)
    with socket.create_server((HOST, 0), backlog=0) as full:
        port = full.getsockname()[1]
        # Whoever waits to be accepted fills the line.
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex((HOST, port))
        outcome = CheckedPostman(loopback=True).post(f"http://{HOST}:{port}/", BODY, HEADERS)
        for each in waiting:
            each.close()
    assert outcome == NotAnswered("timeout")


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────────────


def secure(authority: Authority) -> CheckedPostman:
    return CheckedPostman(loopback=True, resolver=to(HOST), authorities=authority.believed)


def test_a_name_is_asked_for_and_its_certificate_checked(authority: Authority) -> None:
    with serving(answering("200 OK"), context=authority.context_of(NAME)) as server:
        assert secure(authority).post(f"https://{NAME}:{server.port}/", BODY, HEADERS) == Answered(200)
    (received,) = server.received
    assert received.server_name == NAME
    assert received.header("host") == f"{NAME}:{server.port}"


@pytest.mark.parametrize(
    ("name", "valid_days"), [("other.example.com", 1), (NAME, -1)], ids=["another name", "expired"]
)
def test_a_certificate_that_is_not_right_is_not_talked_to(authority: Authority, name: str, valid_days: int) -> None:
    context = authority.context_of(name, valid_days=valid_days)
    with serving(answering("200 OK"), context=context) as server:
        outcome = secure(authority).post(f"https://{NAME}:{server.port}/", BODY, HEADERS)
    assert outcome == NotAnswered("tls")
    assert server.received == []


def test_an_authority_nobody_knows_is_not_believed(authority: Authority) -> None:
    with serving(answering("200 OK"), context=authority.context_of(NAME)) as server:
        stranger = CheckedPostman(loopback=True, resolver=to(HOST))
        assert stranger.post(f"https://{NAME}:{server.port}/", BODY, HEADERS) == NotAnswered("tls")


def test_one_that_does_not_speak_tls(authority: Authority) -> None:
    with serving(answering("200 OK"), greeting=b"220 smtp.example.com ESMTP\r\n") as server:
        assert secure(authority).post(f"https://{NAME}:{server.port}/", BODY, HEADERS) == NotAnswered("tls")


@pytest.mark.usefixtures("short")
def test_a_secure_one_that_drips_is_hung_up_on(authority: Authority) -> None:
    began = time.monotonic()
    with serving(dripping_head, context=authority.context_of(NAME)) as server:
        assert secure(authority).post(f"https://{NAME}:{server.port}/", BODY, HEADERS) == NotAnswered("timeout")
    assert time.monotonic() - began < 3


# ── where it may lead ───────────────────────────────────────────────────────────────────────────────────────────────

PRIVATE = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "100.64.0.1", "0.0.0.1", "::1", "fd00:ec2::254",
           "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "fe80::1%lo", "not an address"]  # fmt: skip


@pytest.fixture
def no_connections(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses that were connected to, none of which answers."""
    asked: list[str] = []

    def refuse(address: tuple[str, int], *_: object, **__: object) -> socket.socket:
        asked.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", refuse)
    return asked


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_not_connected_to(address: str, no_connections: list[str]) -> None:
    assert CheckedPostman(resolver=to(address)).post(f"https://{NAME}/", BODY, HEADERS) == NotAnswered("address")
    assert no_connections == []


def test_one_private_address_among_public_ones_is_enough(no_connections: list[str]) -> None:
    mixed = CheckedPostman(resolver=to("93.184.216.34", "2606:2800:220:1::1", "10.0.0.1"))
    assert mixed.post(f"https://{NAME}/", BODY, HEADERS) == NotAnswered("address")
    assert no_connections == []


def test_public_addresses_are_tried_one_after_the_other(no_connections: list[str]) -> None:
    public = CheckedPostman(resolver=to("93.184.216.34", "93.184.216.34", "2606:2800:220:1::1", "1.1.1.1"))
    assert public.post(f"https://{NAME}/", BODY, HEADERS) == NotAnswered("connect")
    assert no_connections == ["93.184.216.34", "2606:2800:220:1::1"]


def test_a_name_that_means_another_address_a_moment_later(no_connections: list[str]) -> None:
    """Rebinding: public when it is checked, private when it is connected to. It is looked up once, and the address that
    was checked is the one that is used: nobody asks again."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def resolver(name: str, _port: int) -> Sequence[str]:
        asked.append(name)
        return next(answers)

    CheckedPostman(resolver=resolver).post(f"https://{NAME}/", BODY, HEADERS)
    assert asked == [NAME]
    assert no_connections == ["93.184.216.34"]


def test_this_machine_only_where_it_is_allowed() -> None:
    with serving(answering("200 OK")) as server:
        url = f"http://{HOST}:{server.port}/"
        assert CheckedPostman().post(url, BODY, HEADERS) == NotAnswered("url")
        assert CheckedPostman(resolver=to(HOST)).post(f"https://{NAME}/", BODY, HEADERS) == NotAnswered("address")
    assert server.received == []
    allowed = CheckedPostman(loopback=True, resolver=to("10.0.0.1"))
    assert allowed.post(f"https://{NAME}/", BODY, HEADERS) == NotAnswered("address")


@pytest.mark.usefixtures("short")
def test_names_that_lead_nowhere() -> None:
    def unknown(*_: object) -> Sequence[str]:
        raise socket.gaierror

    def slow(*_: object) -> Sequence[str]:
        time.sleep(1)
        return ["93.184.216.34"]

    for resolver, why in ((unknown, "name"), (to(), "name"), (slow, "timeout")):
        assert CheckedPostman(resolver=resolver).post(f"https://{NAME}/", BODY, HEADERS) == NotAnswered(why)


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering("502 Bad Gateway")) as proxy, serving(answering("200 OK")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://{HOST}:{proxy.port}")
        assert CheckedPostman(loopback=True).post(f"http://{HOST}:{server.port}/", BODY, HEADERS) == Answered(200)
    assert proxy.received == []
