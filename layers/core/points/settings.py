"""The environment, read in one place and checked before anything is built from it.

What the Powertools and botocore read for themselves (service name, log level, region, endpoint) is theirs. A plain
dataclass, because the first pydantic model a process builds costs as much as the rest of our imports.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_QUEUE_URL = re.compile(r"https?://[^\s/]+/[0-9]+/[A-Za-z0-9_-]{1,80}", re.ASCII)
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+", re.ASCII)
_TABLE = re.compile(r"[a-zA-Z0-9_.-]{3,255}", re.ASCII)
_EVENT_BUS = re.compile(r"[/.\-_A-Za-z0-9]{1,256}", re.ASCII)
_URL = re.compile(r"https?://[!-~]{3,1000}", re.ASCII)
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
class SweepSettings:
    """``queue`` is the address of the queue that sweeps of this kind go through."""

    queue: str

    def __post_init__(self) -> None:
        if not _URL.fullmatch(self.queue):
            raise SettingsError(f"SWEEP_QUEUE_URL is not the address of a queue: {self.queue!r}")


def sweep_settings(environment: Mapping[str, str] = os.environ) -> SweepSettings:
    """Raises SettingsError."""
    return SweepSettings(queue=environment.get("SWEEP_QUEUE_URL", ""))


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """Of the function that sends reminders. No ``sender_email`` switches e-mail off; without an ``sms_sender_id`` the
    carrier chooses."""

    sent_table: str
    email_queue_url: str
    email_dead_letter_queue_url: str
    sms_queue_url: str
    sms_dead_letter_queue_url: str
    sender_email: str
    sms_sender_id: str

    def __post_init__(self) -> None:
        if not _TABLE.fullmatch(self.sent_table):
            raise SettingsError(f"SENT_TABLE is not the name of a table: {self.sent_table!r}")
        for name in ("email_queue_url", "email_dead_letter_queue_url", "sms_queue_url", "sms_dead_letter_queue_url"):
            if not _QUEUE_URL.fullmatch(url := getattr(self, name)):
                raise SettingsError(f"{name.upper()} is not the address of a queue: {url!r}")
        if self.sender_email and not _ADDRESS.fullmatch(self.sender_email):
            raise SettingsError(f"SENDER_EMAIL is not an address: {self.sender_email!r}")


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """``event_bus`` is a name; the queues are addresses."""

    event_bus: str
    email_queue: str
    sms_queue: str
    set_aside_queue: str

    def __post_init__(self) -> None:
        if not _EVENT_BUS.fullmatch(self.event_bus):
            raise SettingsError(f"EVENT_BUS is not the name of an event bus: {self.event_bus!r}")
        for variable, url in (
            ("EMAIL_QUEUE_URL", self.email_queue),
            ("SMS_QUEUE_URL", self.sms_queue),
            ("SET_ASIDE_QUEUE_URL", self.set_aside_queue),
        ):
            if not _URL.fullmatch(url):
                raise SettingsError(f"{variable} is not the address of a queue: {url!r}")

    @property
    def channel_queues(self) -> Mapping[str, str]:
        """By channel, as programs name them."""
        return {"email": self.email_queue, "sms": self.sms_queue}


def outbox_settings(environment: Mapping[str, str] = os.environ) -> OutboxSettings:
    """Raises SettingsError naming the variable that is missing or wrong."""
    return OutboxSettings(
        event_bus=environment.get("EVENT_BUS", ""),
        email_queue=environment.get("EMAIL_QUEUE_URL", ""),
        sms_queue=environment.get("SMS_QUEUE_URL", ""),
        set_aside_queue=environment.get("SET_ASIDE_QUEUE_URL", ""),
    )


def delivery_settings(environment: Mapping[str, str] = os.environ) -> DeliverySettings:
    """Raises SettingsError naming the variable that is missing or wrong."""
    return DeliverySettings(
        sent_table=environment.get("SENT_TABLE", ""),
        email_queue_url=environment.get("EMAIL_QUEUE_URL", ""),
        email_dead_letter_queue_url=environment.get("EMAIL_DEAD_LETTER_QUEUE_URL", ""),
        sms_queue_url=environment.get("SMS_QUEUE_URL", ""),
        sms_dead_letter_queue_url=environment.get("SMS_DEAD_LETTER_QUEUE_URL", ""),
        sender_email=environment.get("SENDER_EMAIL", ""),
        sms_sender_id=environment.get("SMS_SENDER_ID", ""),
    )


@dataclass(frozen=True, slots=True)
class CouponSettings:
    """Of the function that imports codes. ``bucket`` is a name, ``queue`` an address."""

    bucket: str
    queue: str

    def __post_init__(self) -> None:
        if not _BUCKET.fullmatch(self.bucket):
            raise SettingsError(f"CODES_BUCKET is not the name of a bucket: {self.bucket!r}")
        if not _URL.fullmatch(self.queue):
            raise SettingsError(f"IMPORT_QUEUE_URL is not the address of a queue: {self.queue!r}")


def coupon_settings(environment: Mapping[str, str] = os.environ) -> CouponSettings:
    """Raises SettingsError naming the variable that is missing or wrong."""
    return CouponSettings(bucket=environment.get("CODES_BUCKET", ""), queue=environment.get("IMPORT_QUEUE_URL", ""))


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
