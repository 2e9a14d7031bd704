"""A delivery: one event to one endpoint, from the first attempt to the last.

    pending ──► delivered
       │  ▲         ▲
       ▼  │ again   │
     failed ────────┘      tried again, with growing pauses, for a day
       │  ▲
       ▼  │ again
      dead                 given up, or its endpoint was switched off

What is kept decides, not the message that wakes it: an attempt is claimed before it is made, so messages that come
twice or late make no attempt that is not due.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from points.domain.webhooks.endpoints import Endpoint
from points.domain.webhooks.events import PING, LedgerEvent

TRIED_FOR = timedelta(hours=24)
"""From the first attempt to the last, whatever the dice say: the last one falls exactly there."""

MAX_ATTEMPTS = 60
"""Beside the day. Some 20 are usual."""

FIRST_PAUSE_SECONDS = 10
GROWTH = 3
MAX_PAUSE_SECONDS = 4 * 3600

MAX_RETRY_AFTER_SECONDS = 3600
"""What an endpoint may ask for with 429 or 503."""

LEASE = timedelta(seconds=60)
"""How long an attempt under way keeps others off: longer than a function may run."""

KEPT_DAYS = 30

_GONE, _TOO_MANY, _UNAVAILABLE = 410, 429, 503
_FIRST_SUCCESS, _FIRST_REDIRECT, _FIRST_REFUSAL = 200, 300, 400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

type Roll = Callable[[int], int]
"""Any number from 0 to below the bound, as likely as any other."""


class State(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Answered:
    """``retry_after`` are the seconds the answer asked to wait, if it did."""

    status: int
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """``why`` is a word: ``timeout``, ``connect``, ``tls``, ``name``, ``address``, ``answer``."""

    why: str


type Outcome = Answered | NotAnswered


@dataclass(frozen=True, slots=True)
class Delivery:
    """``name`` sorts by when the event happened. ``endpoint_made_at`` is that of the endpoint it was made for: another
    of that name is not told. ``round`` counts how often an operator had it sent again. ``next_at`` is when the next
    attempt is due, None once there is none."""

    program: str
    endpoint: str
    name: str
    type: str
    body: str
    endpoint_made_at: datetime
    made_at: datetime
    next_at: datetime | None
    state: State = State.PENDING
    attempts: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    status: int | None = None
    why: str | None = None
    round: int = 0
    revision: int = 1

    @property
    def event(self) -> str:
        return self.name.partition(".")[2]

    @property
    def is_over(self) -> bool:
        return self.next_at is None

    def is_due(self, now: datetime) -> bool:
        return self.next_at is not None and self.next_at <= now


def delivery_name(event: LedgerEvent) -> str:
    """Padded, so that text order is the order of moments; the same for an event that comes twice."""
    return f"{(event.at - _EPOCH) // _MICROSECOND:016d}.{event.id}"


def delivery_of(event: LedgerEvent, endpoint: Endpoint, now: datetime) -> Delivery:
    return Delivery(
        program=endpoint.program,
        endpoint=endpoint.name,
        name=delivery_name(event),
        type=event.type,
        body=event.body,
        endpoint_made_at=endpoint.made_at,
        made_at=now,
        next_at=now,
    )


def claimed(delivery: Delivery, now: datetime) -> Delivery:
    """The attempt that is about to be made. Should nobody come back from it, it is due again after the lease."""
    return _next(
        replace(
            delivery,
            attempts=delivery.attempts + 1,
            first_at=delivery.first_at or now,
            last_at=now,
            next_at=now + LEASE,
        )
    )


def settled(delivery: Delivery, outcome: Outcome, now: datetime, roll: Roll) -> Delivery:
    """What an attempt led to. Any answer from 200 to 299 is success, 410 is final, everything else is tried again."""
    status, why = _told(outcome)
    after = _next(replace(delivery, status=status, why=why))
    if why is None:
        return replace(after, state=State.DELIVERED, next_at=None)
    next_at = None if _is_final(delivery, outcome) else _next_attempt(delivery, outcome, now, roll)
    return replace(after, state=State.DEAD if next_at is None else State.FAILED, next_at=next_at)


def given_up(delivery: Delivery, why: str) -> Delivery:
    """Without an attempt: there is nobody to tell any more."""
    return _next(replace(delivery, state=State.DEAD, why=why, next_at=None))


def again(delivery: Delivery, endpoint: Endpoint, now: datetime) -> Delivery:
    """As new, for another day, to the endpoint as it is now. What has not been tried yet stays as it is."""
    if delivery.state is State.PENDING and delivery.attempts == 0 and delivery.endpoint_made_at == endpoint.made_at:
        return delivery
    return _next(
        replace(
            delivery,
            endpoint_made_at=endpoint.made_at,
            state=State.PENDING,
            attempts=0,
            first_at=None,
            next_at=now,
            round=delivery.round + 1,
        )
    )


def is_gone(outcome: Outcome) -> bool:
    return isinstance(outcome, Answered) and outcome.status == _GONE


def _told(outcome: Outcome) -> tuple[int | None, str | None]:
    """(status, why it failed)."""
    if isinstance(outcome, NotAnswered):
        return None, outcome.why
    if _FIRST_SUCCESS <= outcome.status < _FIRST_REDIRECT:
        return outcome.status, None
    if _FIRST_REDIRECT <= outcome.status < _FIRST_REFUSAL:
        return outcome.status, "redirect"
    return outcome.status, "gone" if is_gone(outcome) else "status"


def _is_final(delivery: Delivery, outcome: Outcome) -> bool:
    # Whoever pings is looking: a later answer would surprise them.
    return delivery.type == PING or is_gone(outcome) or delivery.attempts >= MAX_ATTEMPTS


def _next_attempt(delivery: Delivery, outcome: Outcome, now: datetime, roll: Roll) -> datetime | None:
    last = (delivery.first_at or now) + TRIED_FOR
    if now >= last:
        return None
    seconds = pause_seconds(delivery.attempts, roll)
    if isinstance(outcome, Answered) and outcome.status in {_TOO_MANY, _UNAVAILABLE}:
        seconds = max(seconds, min(outcome.retry_after or 0, MAX_RETRY_AFTER_SECONDS))
    return min(now + timedelta(seconds=seconds), last)


def pause_seconds(attempts: int, roll: Roll) -> int:
    """Before the next attempt, after so many: from one second to a bound that trebles each time. Anything between is as
    likely, so that those who failed together do not come back together."""
    return 1 + roll(longest_pause_seconds(attempts))


def longest_pause_seconds(attempts: int) -> int:
    # An exponent of any size would be computed before it is bounded.
    times: int = GROWTH ** min(attempts - 1, MAX_ATTEMPTS)
    return min(MAX_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * times)


def _next(delivery: Delivery) -> Delivery:
    return replace(delivery, revision=delivery.revision + 1)
