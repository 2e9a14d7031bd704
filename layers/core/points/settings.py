"""The environment, read in one place and checked before anything is built from it.

What the Powertools and botocore read for themselves (service name, log level, region, endpoint) is theirs. A plain
dataclass, because the first pydantic model a process builds costs as much as the rest of our imports.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}", re.ASCII)
_QUEUE = re.compile(r"https?://[!-~]+/[a-zA-Z0-9_-]{1,80}", re.ASCII)


class SettingsError(Exception):
    """The function is deployed wrongly: it must not start."""


@dataclass(frozen=True, slots=True)
class Settings:
    """``ledger_table`` is the name of the table the ledger stands in."""

    ledger_table: str

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.ledger_table):
            raise SettingsError(f"LEDGER_TABLE is not the name of a table: {self.ledger_table!r}")


def settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Raises SettingsError naming the variable that is missing or wrong."""
    return Settings(ledger_table=environment.get("LEDGER_TABLE", ""))


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Addresses of the queue of deliveries and of the one of those that were given up; whether endpoints on this
    machine are allowed."""

    deliveries_queue: str
    dead_letters_queue: str
    loopback: bool

    def __post_init__(self) -> None:
        queues = {"WEBHOOK_DELIVERIES": self.deliveries_queue, "WEBHOOK_DEAD_LETTERS": self.dead_letters_queue}
        for name, address in queues.items():
            if not _QUEUE.fullmatch(address):
                raise SettingsError(f"{name} is not the address of a queue: {address!r}")

    @property
    def deliveries_name(self) -> str:
        """The last part of the address, and of the queue's ARN."""
        return self.deliveries_queue.rsplit("/", 1)[1]


def webhook_settings(environment: Mapping[str, str] = os.environ) -> WebhookSettings:
    """Raises SettingsError naming the variable that is missing or wrong."""
    loopback = environment.get("WEBHOOKS_TO_LOOPBACK", "false")
    if loopback not in {"true", "false"}:
        raise SettingsError(f"WEBHOOKS_TO_LOOPBACK is neither true nor false: {loopback!r}")
    return WebhookSettings(
        deliveries_queue=environment.get("WEBHOOK_DELIVERIES", ""),
        dead_letters_queue=environment.get("WEBHOOK_DEAD_LETTERS", ""),
        loopback=loopback == "true",
    )
