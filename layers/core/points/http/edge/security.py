"""Who calls, what they may do, and in which program they may do it.

API Gateway has checked the token and its scope before a function runs; both are checked again here, because a
mistake in one template must not open the ledger. Which clients work in a program is only known here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from aws_lambda_powertools.event_handler.request import Request

from points.application.administration.edit_draft import may_see_draft
from points.application.services import Services
from points.domain.errors import Forbidden, NotFound, Unauthorized
from points.domain.program.program import Program
from points.http.edge.problems import language_of

SECURITY_SCHEME = "tokens"


class Scope(StrEnum):
    """What an access token allows (resource server ``points`` of the user pool)."""

    READ = "points/read"
    EARN = "points/earn"
    REDEEM = "points/redeem"
    ADMIN = "points/admin"


def needs(scope: Scope) -> list[dict[str, list[str]]]:
    """The ``security`` of a route. It is written into the OpenAPI document and enforced from the same place."""
    return [{SECURITY_SCHEME: [scope.value]}]


@dataclass(frozen=True, slots=True)
class Identity:
    """``actor`` is what entries record: the operator where there is one, else the client."""

    client: str
    actor: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Call:
    """A request that may proceed: the ports, the program it works in, and who is recorded as having asked."""

    services: Services
    program: Program
    actor: str
    client: str
    scopes: frozenset[str]
    accept_language: str | None = None

    @property
    def language(self) -> str:
        """The one the caller prefers of those we speak, else the program's first."""
        return language_of(self.accept_language, default=self.program.languages[0])


def identity_of(event: Mapping[str, Any]) -> Identity:
    """Raises Unauthorized where the event carries no claims of a client. What is no text has not been claimed."""
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = {name: claim for name, claim in (authorizer.get("claims") or {}).items() if isinstance(claim, str)}
    client = claims.get("client_id")
    if not client:
        raise Unauthorized("the request carries no access token of a client")
    actor = claims.get("username") or claims.get("cognito:username") or client
    return Identity(client, actor, frozenset(claims.get("scope", "").split()))


def check_scopes(identity: Identity, required: Iterable[str]) -> None:
    for scope in required:
        if scope not in identity.scopes:
            raise Forbidden(f"the access token lacks the scope {scope}", scope=scope)


def admit(request: Request, program: str) -> Call:
    """Every route of a program that exists starts here. Raises NotFound, and Forbidden for another program's client."""
    services: Services = request.context["services"]
    identity: Identity = request.context["identity"]
    live = services.programs.live(program)
    if identity.client not in live.clients:
        raise Forbidden(f"this client does not work in the program {program}")
    accepted = request.headers.get("accept-language")
    return Call(services, live, identity.actor, identity.client, identity.scopes, accepted)


def admit_founder(request: Request, program: str) -> tuple[Services, Identity]:
    """For the routes by which a program comes into being: until it does, it is its founder's.

    Raises Forbidden for another program's client.
    """
    services: Services = request.context["services"]
    identity: Identity = request.context["identity"]
    try:
        admit(request, program)
    except NotFound:
        if not may_see_draft(services, program, identity.client):
            raise Forbidden(f"this client does not work in the program {program}") from None
    return services, identity
