"""Requests about webhook endpoints."""

from typing import Annotated

from annotated_types import Interval
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from pydantic import Field, StringConstraints

from points.domain.telling.events import EventType
from points.domain.webhooks.deliveries import State
from points.domain.webhooks.endpoints import KEEP_SECRET_HOURS, MAX_KEEP_HOURS, Wanted
from points.domain.webhooks.targets import MAX_URL
from points.http.schemas.common import IDENTIFIER, NO_CONTROL_CHARACTERS, Identifier, RequestModel

DELIVERY = r"^[0-9]{16}\.evt_[0-9a-f]{32}$"

Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_URL),
    Field(
        description="`https`, on port 443 or one from 1024, at a public address; without user information or fragment.",
        examples=["https://hooks.example.com/points"],
    ),
]
Types = Annotated[
    list[EventType],
    Field(
        min_length=1,
        max_length=len(EventType),
        description="What it is told; all there are, and will be, unless given.",
    ),
]
Description = Annotated[str, StringConstraints(max_length=200, pattern=NO_CONTROL_CHARACTERS)]

EndpointPath = Annotated[str, Path(pattern=IDENTIFIER, description="The endpoint, by the id it was given.")]
DeliveryPath = Annotated[str, Path(pattern=DELIVERY, description="The delivery, by its `id`.")]
StateQuery = Annotated[State | None, Query(description="Only those.")]


class EndpointChange(RequestModel):
    """What the endpoint is from now on: what is left out is as if it was never said. ``enabled`` is always said, or one
    that was switched off would be switched on by the way."""

    url: Url
    types: Types | None = None
    enabled: Annotated[bool, Field(description="Switching it on forgets its failures.")]
    description: Description = ""

    def wanted(self) -> Wanted:
        return Wanted(self.url, None if self.types is None else frozenset(self.types), self.description)


class EndpointBody(RequestModel):
    id: Annotated[Identifier, Field(description="Chosen by the caller, unique in the program.", examples=["shop"])]
    url: Url
    types: Types | None = None
    description: Description = ""

    def wanted(self) -> Wanted:
        return Wanted(self.url, None if self.types is None else frozenset(self.types), self.description)


class RotationBody(RequestModel):
    """``keep_hours``: how long the secret before goes on signing beside the new one. 0 for one that got out."""

    keep_hours: Annotated[int, Interval(ge=0, le=MAX_KEEP_HOURS)] = KEEP_SECRET_HOURS
