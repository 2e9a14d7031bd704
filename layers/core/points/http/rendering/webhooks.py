"""Webhook endpoints and deliveries as JSON. Secrets are rendered where they are made, and nowhere else."""

from datetime import datetime

from points.domain.calendar import utc_text
from points.domain.webhooks.deliveries import Delivery
from points.domain.webhooks.endpoints import Endpoint
from points.http.edge.answering import Json


def endpoint_body(endpoint: Endpoint) -> Json:
    types = endpoint.wanted.types
    return {
        "id": endpoint.name,
        "url": endpoint.wanted.url,
        "types": None if types is None else sorted(types),
        "description": endpoint.wanted.description,
        "enabled": endpoint.off is None,
        "off": None if endpoint.off is None else endpoint.off.value,
        "off_at": _text(endpoint.off_at),
        "failures": endpoint.failures,
        "failing_since": _text(endpoint.failing_since),
        "secrets_until": [utc_text(secret.until) for secret in endpoint.secrets if secret.until is not None],
        "urls": [{"url": change.url, "at": utc_text(change.at), "by": change.by} for change in endpoint.urls],
        "made_at": utc_text(endpoint.made_at),
        "made_by": endpoint.made_by,
    }


def with_secret(endpoint: Endpoint, secret: str | None) -> Json:
    return {**endpoint_body(endpoint), "secret": secret}


def delivery_summary_body(delivery: Delivery) -> Json:
    return {
        "id": delivery.name,
        "event": delivery.event,
        "type": delivery.type,
        "state": delivery.state.value,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "why": delivery.why,
        "made_at": utc_text(delivery.made_at),
        "last_attempt_at": _text(delivery.last_at),
        "next_attempt_at": _text(delivery.next_at),
        "resent": delivery.round,
    }


def delivery_body(delivery: Delivery) -> Json:
    return {**delivery_summary_body(delivery), "body": delivery.body}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
