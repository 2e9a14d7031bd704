"""Where events may be sent: what can be seen of a URL, and what only its address says."""

from ipaddress import ip_address

import pytest

from points.domain.errors import InvalidRequest
from points.domain.webhooks.targets import MAX_URL, is_public, target_of


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://hooks.example.com", "hooks.example.com", 443, "/", "hooks.example.com"),
        ("https://hooks.example.com:443/a?b=c&d", "hooks.example.com", 443, "/a?b=c&d", "hooks.example.com"),
        ("https://Hooks.Example.COM:8443/A/b%20c", "hooks.example.com", 8443, "/A/b%20c", "hooks.example.com:8443"),
        ("https://xn--fiqs8s.example/?", "xn--fiqs8s.example", 443, "/", "xn--fiqs8s.example"),
        ("https://93.184.216.34/x", "93.184.216.34", 443, "/x", "93.184.216.34"),
        ("https://[2606:2800:220:1::1]:8443/", "2606:2800:220:1::1", 8443, "/", "[2606:2800:220:1::1]:8443"),
        ("HTTPS://hooks.example.com/", "hooks.example.com", 443, "/", "hooks.example.com"),
    ],
)
def test_a_url_is_taken_apart_once(url: str, host: str, port: int, path: str, authority: str) -> None:
    for loopback in (False, True):
        target = target_of(url, loopback=loopback)
        assert (target.secure, target.host, target.port, target.path) == (True, host, port, path)
        assert target.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.com",
        "//hooks.example.com/",
        "http://hooks.example.com/",
        "ftp://hooks.example.com/",
        "javascript:alert(1)",
        "https://",
        "https:///path",
        "https://user@hooks.example.com/",
        "https://user:password@hooks.example.com/",
        "https://@hooks.example.com/",
        "https://hooks.example.com@evil.example.net/",
        "https://hooks.example.com/#fragment",
        "https://hooks.example.com\\@evil.example.net/",
        "https://hooks.example.com:22/",
        "https://hooks.example.com:80/",
        "https://hooks.example.com:1023/",
        "https://hooks.example.com:0/",
        "https://hooks.example.com:65536/",
        "https://hooks.example.com:port/",
        "https://hooks.example.com./",
        "https://hooks..example.com/",
        "https://-hooks.example.com/",
        "https://hooks_.example.com/",
        "https://*.example.com/",
        "https://hooks.example.com /",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nX-Injected: 1",
        "https://hooks.example.com/\t",
        "https://积分.example.com/",
        "https://hooks.example.com/积分",
        "https://intranet/",
        "https://localhost/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00:ec2::254]/",
        "https://[::1/",
        "https://hooks.example.com/" + "x" * MAX_URL,
    ],
)
def test_what_cannot_be_right_is_refused_when_it_is_entered(url: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        target_of(url, loopback=False)
    assert [fault.path for fault in refused.value.faults] == ["/url"]


def test_this_machine_is_for_stacks_on_it() -> None:
    for host in ("127.0.0.1:4001", "localhost:4001", "[::1]:4001"):
        target = target_of(f"http://{host}/hooks", loopback=True)
        assert (target.secure, target.port, target.path, target.authority) == (False, 4001, "/hooks", host)
    assert target_of("http://localhost/", loopback=True).authority == "localhost"
    assert target_of("https://localhost/", loopback=True).secure
    for url in (
        "http://hooks.example.com/",
        "http://10.0.0.1:4001/",
        "https://10.0.0.1/",
        "https://intranet/",
        "http://localhost:22/",
        "ftp://localhost/",
    ):
        with pytest.raises(InvalidRequest):
            target_of(url, loopback=True)


PUBLIC = ["93.184.216.34", "1.1.1.1", "8.8.8.8", "2606:2800:220:1::1", "2001:4860:4860::8888", "::ffff:8.8.8.8",
          "64:ff9b::808:808"]  # fmt: skip
NOT_PUBLIC = [
    "192.88.99.1",
    "0.0.0.1", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "192.0.0.8",
    "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b::a00:1", "64:ff9b:1::808:808", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:2800:220:1::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "4000::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_that_is_routed_everywhere(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not(address: str) -> None:
    assert not is_public(ip_address(address))
