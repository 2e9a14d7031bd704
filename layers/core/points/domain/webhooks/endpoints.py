"""Endpoints: who is told what, signed with which secrets, and whether it is switched on.

Every change gives the endpoint the next ``revision``, so that two who change it at once do not undo each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from points.domain.errors import LimitReached
from points.domain.telling.events import EventType

MAX_ENDPOINTS = 10
"""Of a program: each event costs a delivery to every one of them."""

MAX_URL_CHANGES = 10
"""Kept on the endpoint, the newest ones."""

MAX_SECRETS = 4
"""Valid at once. Each signs every delivery."""

KEEP_SECRET_HOURS = 24
"""How long the secret before goes on being valid unless the rotation says otherwise."""

MAX_KEEP_HOURS = 7 * 24

FAILURES_IN_A_ROW = 50
FAILING_FOR = timedelta(hours=24)
"""So many attempts without one success between, over so long a time, and an endpoint is switched off. Both: a busy
endpoint fails 50 times in a minute, a quiet one twice in a day."""


class Off(StrEnum):
    """Why an endpoint is not told anything."""

    OPERATOR = "operator"
    GONE = "gone"
    """It answered 410."""
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Secret:
    """``until`` is when one that was replaced stops being valid; None for the current one."""

    value: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class UrlChange:
    at: datetime
    by: str
    url: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operator says of an endpoint. ``types`` None: all there are and will be."""

    url: str
    types: frozenset[EventType] | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """``secrets`` and ``urls`` are newest first. ``made_at`` tells it from another that had its name before."""

    program: str
    name: str
    wanted: Wanted
    secrets: tuple[Secret, ...]
    urls: tuple[UrlChange, ...]
    made_at: datetime
    made_by: str
    off: Off | None = None
    off_at: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None
    revision: int = 1

    def wants(self, kind: str) -> bool:
        return self.off is None and (self.wanted.types is None or kind in self.wanted.types)

    def signing_secrets(self, now: datetime) -> Sequence[str]:
        return [secret.value for secret in self.secrets if secret.until is None or now < secret.until]


def made(program: str, name: str, wanted: Wanted, *, secret: str, actor: str, now: datetime) -> Endpoint:
    return Endpoint(
        program=program,
        name=name,
        wanted=wanted,
        secrets=(Secret(secret),),
        urls=(UrlChange(now, actor, wanted.url),),
        made_at=now,
        made_by=actor,
    )


def changed(endpoint: Endpoint, wanted: Wanted, *, enabled: bool, actor: str, now: datetime) -> Endpoint:
    """Switching on forgets the failures: they are what somebody has looked at. The same again changes nothing."""
    urls = endpoint.urls
    if wanted.url != endpoint.wanted.url:
        urls = (UrlChange(now, actor, wanted.url), *urls)[:MAX_URL_CHANGES]
    after = replace(endpoint, wanted=wanted, urls=urls)
    if enabled and endpoint.off is not None:
        after = replace(after, off=None, off_at=None, failures=0, failing_since=None)
    elif not enabled and endpoint.off is None:
        after = replace(after, off=Off.OPERATOR, off_at=now)
    return after if after == endpoint else _next(after)


def rotated(endpoint: Endpoint, secret: str, *, keep_hours: int, now: datetime) -> Endpoint:
    """The current secret stays valid for ``keep_hours``, those before it no longer than they would have been. With 0
    hours the new one alone is valid: for a secret that got out.

    Nothing valid makes room for another: whoever rotates again because an answer was lost does not cut off a receiver
    that has none of the new ones yet. Raises LimitReached where too many are.
    """
    ends_at = now + timedelta(hours=keep_hours)
    kept = tuple(
        replace(each, until=ends_at if each.until is None else min(each.until, ends_at))
        for each in endpoint.secrets
        if each.until is None or now < each.until
    )
    if keep_hours == 0:
        kept = ()
    if len(kept) >= MAX_SECRETS:
        raise LimitReached("wait until an older secret has run out", limit="webhook_secrets", maximum=MAX_SECRETS)
    return _next(replace(endpoint, secrets=(Secret(secret), *kept)))


def failed(endpoint: Endpoint, now: datetime) -> Endpoint:
    """One more attempt in a row; the one too many switches it off."""
    since = endpoint.failing_since or now
    after = replace(endpoint, failures=endpoint.failures + 1, failing_since=since)
    if after.off is None and after.failures >= FAILURES_IN_A_ROW and now - since >= FAILING_FOR:
        after = replace(after, off=Off.FAILING, off_at=now)
    return _next(after)


def succeeded(endpoint: Endpoint) -> Endpoint:
    if endpoint.failures == 0:
        return endpoint
    return _next(replace(endpoint, failures=0, failing_since=None))


def gone(endpoint: Endpoint, now: datetime) -> Endpoint:
    return endpoint if endpoint.off is not None else _next(replace(endpoint, off=Off.GONE, off_at=now))


def _next(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, revision=endpoint.revision + 1)
