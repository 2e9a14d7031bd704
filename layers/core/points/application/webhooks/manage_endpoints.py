"""Operators say who is told what: endpoints made, changed, switched on and off, given new secrets, removed."""

from collections.abc import Callable, Sequence

from points.application.ports import RaceLost
from points.application.webhooks.ports import Webhooks
from points.domain.errors import Conflict, LimitReached, NotFound, ReferenceReused
from points.domain.webhooks.endpoints import MAX_ENDPOINTS, Endpoint, Wanted, changed, made, rotated
from points.domain.webhooks.targets import target_of

MAX_ATTEMPTS = 5
"""Races a change may lose: against other operators, and against deliveries that count their failures."""


def list_endpoints(webhooks: Webhooks, program: str) -> Sequence[Endpoint]:
    return webhooks.endpoints.all(program)


def read_endpoint(webhooks: Webhooks, program: str, name: str) -> Endpoint:
    """Raises NotFound."""
    endpoint = webhooks.endpoints.one(program, name)
    if endpoint is None:
        raise NotFound("there is no such endpoint", resource="endpoint")
    return endpoint


def make_endpoint(
    webhooks: Webhooks, program: str, name: str, wanted: Wanted, *, actor: str
) -> tuple[Endpoint, str | None]:
    """The endpoint and its secret, which is told this once: None for one that was there already and is the same.

    The bound on their number is looked at before; two that are made at one moment may both find room for one. Raises
    InvalidRequest, ReferenceReused and LimitReached.
    """
    target_of(wanted.url, loopback=webhooks.loopback)
    for _ in range(MAX_ATTEMPTS):
        others = webhooks.endpoints.all(program)
        found = next((other for other in others if other.name == name), None)
        if found is not None:
            if found.wanted != wanted:
                raise ReferenceReused(f"there is another endpoint {name}", reference=name)
            return found, None
        if len(others) >= MAX_ENDPOINTS:
            raise LimitReached("remove an endpoint first", limit="webhook_endpoints", maximum=MAX_ENDPOINTS)
        secret = webhooks.secrets.make()
        endpoint = made(program, name, wanted, secret=secret, actor=actor, now=webhooks.clock.now())
        try:
            webhooks.endpoints.save(endpoint)
        except RaceLost:
            continue
        return endpoint, secret
    raise Conflict("others kept changing this endpoint")


def change_endpoint(
    webhooks: Webhooks, program: str, name: str, wanted: Wanted, *, enabled: bool, actor: str
) -> Endpoint:
    """Raises InvalidRequest, NotFound and Conflict."""
    target_of(wanted.url, loopback=webhooks.loopback)
    now = webhooks.clock.now()
    return _persistently(
        webhooks, program, name, lambda found: changed(found, wanted, enabled=enabled, actor=actor, now=now)
    )


def rotate_secret(webhooks: Webhooks, program: str, name: str, *, keep_hours: int) -> tuple[Endpoint, str]:
    """The endpoint and its new secret, which is told this once. Raises NotFound, LimitReached and Conflict."""
    secret, now = webhooks.secrets.make(), webhooks.clock.now()
    endpoint = _persistently(
        webhooks, program, name, lambda found: rotated(found, secret, keep_hours=keep_hours, now=now)
    )
    return endpoint, secret


def remove_endpoint(webhooks: Webhooks, program: str, name: str) -> None:
    """What is under way to it is given up. Removing it twice is fine."""
    webhooks.endpoints.remove(program, name)


def _persistently(webhooks: Webhooks, program: str, name: str, change: Callable[[Endpoint], Endpoint]) -> Endpoint:
    for _ in range(MAX_ATTEMPTS):
        found = read_endpoint(webhooks, program, name)
        after = change(found)
        if after == found:
            return found
        try:
            webhooks.endpoints.save(after)
        except RaceLost:
            continue
        return after
    raise Conflict("others kept changing this endpoint")
