"""Signatures by the Standard Webhooks convention, made by its own library: receivers check them with the same."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from standardwebhooks import Webhook


class StandardSigner:
    """Implements :class:`points.application.webhooks.ports.Signer`."""

    def headers(self, secrets: Sequence[str], *, event: str, body: str, at: datetime) -> Mapping[str, str]:
        signatures = [Webhook(secret).sign(event, at, body) for secret in secrets]
        return {
            "webhook-id": event,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
