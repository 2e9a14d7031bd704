"""What nobody can guess: signing secrets, and how long to wait. From the operating system: a seeded generator would be
frozen into a snapshot, and every environment restored from it would draw the same."""

import secrets
from base64 import b64encode

PREFIX = "whsec_"

_SECRET_BYTES = 32
"""The convention wants 24 to 64."""


class SystemSecrets:
    """Implements :class:`points.application.webhooks.ports.SecretMaker`."""

    def make(self) -> str:
        return PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


class SystemDice:
    """Implements :class:`points.application.webhooks.ports.Dice`."""

    def roll(self, bound: int) -> int:
        return secrets.randbelow(bound)
