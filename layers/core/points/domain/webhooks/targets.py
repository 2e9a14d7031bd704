"""Where events may be sent: https to names that can be public, and at last only to addresses that are.

A name says nothing about where it leads. What can be seen of a URL is refused when it is entered; whether it leads to
a public address is decided anew at every attempt, by the address that is then connected to.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from points.domain.errors import InvalidRequest

MAX_URL = 500

HTTPS, HTTP = 443, 80
FIRST_FREE_PORT = 1024
"""Below it only 443: the others belong to services that are not webhooks (mail, shells, directories)."""

_PRINTABLE = re.compile(r"[!-~]+", re.ASCII)
_NAME = re.compile(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII
)
"""With a dot, and no number at the end: what a resolver would read as an address in some odd notation is none."""

_LOCAL_NAME = "localhost"
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""NAT64: an IPv4 address as networks without IPv4 see it."""

_NOT_PUBLIC_EITHER = (IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))
"""Relays of 6to4, and addresses for documents: not every release of Python knows that they are special."""

type Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in the parts a connection needs, taken apart once: no two readers of it can disagree."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The ``Host`` of the request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS if self.secure else HTTP) else f"{host}:{self.port}"


def target_of(url: str, *, loopback: bool) -> Target:
    """``loopback``: this machine may be sent to, with http even. Raises InvalidRequest naming ``/url``."""
    if len(url) > MAX_URL or not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise _refused(f"must be at most {MAX_URL} printable ASCII characters, without backslashes")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _refused("is not a URL") from None
    if "@" in parts.netloc or "#" in url:
        raise _refused("must not have user information or a fragment")
    here = loopback and _is_this_machine(host)
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        raise _refused("must begin with https://")
    if not here and not _can_be_public(host):
        raise _refused("must name a public host")
    secure = parts.scheme == "https"
    standard = HTTPS if secure else HTTP
    port = standard if port is None else port
    if port != standard and port < FIRST_FREE_PORT:
        raise _refused(f"must have the port {standard}, or one from {FIRST_FREE_PORT}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure=secure, host=host, port=port, path=path)


def is_public(address: Address) -> bool:
    """Whether it is routed everywhere and belongs to nobody in particular, this network least of all.

    An IPv4 address in IPv6's clothes (mapped, or behind NAT64) is what it wraps. Of IPv6 only what is given out as
    global unicast counts; 6to4 and Teredo, which wrap addresses too, are not.
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        wrapped = address.ipv4_mapped
        if address in _TRANSLATED:
            wrapped = IPv4Address(int(address) & 0xFFFF_FFFF)
        if wrapped is not None:
            return is_public(wrapped)
        if address not in _GLOBAL_UNICAST or address.sixtofour is not None or address.teredo is not None:
            return False
    if any(address in network for network in _NOT_PUBLIC_EITHER):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _is_this_machine(host: str) -> bool:
    if host == _LOCAL_NAME:
        return True
    address = _literal(host)
    return address is not None and address.is_loopback


def _can_be_public(host: str) -> bool:
    address = _literal(host)
    return bool(_NAME.fullmatch(host)) if address is None else is_public(address)


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _refused(message: str) -> InvalidRequest:
    return InvalidRequest.at("/url", message)
