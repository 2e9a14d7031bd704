"""Webhook endpoints, their secrets and their deliveries."""

from pydantic import Field

from points.domain.telling.events import EventType
from points.domain.webhooks.deliveries import State
from points.domain.webhooks.endpoints import Off
from points.http.answers.common import Answer, MomentText


class UrlEntered(Answer):
    url: str
    at: MomentText
    by: str


class EndpointAnswer(Answer):
    """`off` says why it is told nothing, null while it is switched on. `urls` are the last 10 that were entered, the
    newest first. `secrets_until`: when each secret that was replaced stops being valid; the current one has no end."""

    id: str
    url: str
    types: list[EventType] | None = Field(description="Null: all of them.")
    description: str
    enabled: bool
    off: Off | None
    off_at: MomentText | None
    failures: int = Field(description="Attempts without success since the last one that succeeded.")
    failing_since: MomentText | None
    secrets_until: list[MomentText]
    urls: list[UrlEntered]
    made_at: MomentText
    made_by: str


class EndpointsAnswer(Answer):
    items: list[EndpointAnswer]


class EndpointWithSecret(EndpointAnswer):
    secret: str | None = Field(description="Told when the endpoint is made and never again: null on a replay.")


class SecretAnswer(EndpointAnswer):
    secret: str = Field(description="The new one, told here and never again.")


class DeliverySummary(Answer):
    """`why` is why the last attempt failed: `status`, `redirect`, `gone`, `timeout`, `connect`, `tls`, `name`,
    `address`, `answer`, `url`; or why there was none: `endpoint_off`, `endpoint_removed`."""

    id: str
    event: str
    type: str
    state: State
    attempts: int
    status: int | None = Field(description="Of the last answer.")
    why: str | None
    made_at: MomentText
    last_attempt_at: MomentText | None
    next_attempt_at: MomentText | None
    resent: int = Field(description="How often an operator had it sent again.")


class DeliveryAnswer(DeliverySummary):
    body: str = Field(description="Exactly what is sent: the text that is signed.")


class DeliveriesAnswer(Answer):
    """With a `state`, a page may be short or empty and still have a `next_cursor`: so many are looked at, no more."""

    items: list[DeliverySummary]
    next_cursor: str | None
