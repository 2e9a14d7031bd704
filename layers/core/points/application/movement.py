"""One movement from load to commit: replays, lost races, lost answers. Every use case that moves points goes through.

The order of things matters. The entry's name is the idempotency key for ever, so "was this booked before?" is
answered by the store itself in the very write that would book it again. A refusal, too, is only final after
looking: a repeated hold of all points finds nothing left to hold, because the first one succeeded (design §3).
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from points.application.codes import CodesAtHand
from points.application.ports import AlreadyBooked, CodeGone, RaceLost
from points.application.reading import account_of, decided, with_current_facts
from points.application.services import Services
from points.domain.calendar import utc_text
from points.domain.canonical import Plain, digest
from points.domain.errors import Conflict, InvalidRequest, PointsError, ReferenceReused, Refusal, StoreFailure
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision
from points.domain.ledger.entries import Entry, EntryName
from points.domain.program.program import Program

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MAX_ATTEMPTS = 12
"""Races a movement may lose before the caller is told to come back: with jitter, enough for 16 writers on a member."""


@dataclass(frozen=True, slots=True)
class Booked:
    """``replayed``: the entry was there already, so this call changed nothing."""

    entry: Entry
    replayed: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A command on its way to the ledger: which entry it will be, under which program, for whom, asked by whom."""

    program: Program
    member: str
    name: EntryName
    actor: str
    command: "DataclassInstance"


@dataclass(frozen=True, slots=True)
class Cancellation:
    """``order`` is the reference of the redemption. An order has one cancellation, whoever brings it about: so
    ``reason`` is not part of what makes two of them the same."""

    member: str
    order: str


def perform(services: Services, request: Request, decide: Callable[[Account, Context], Decision]) -> Booked:
    """Raises whatever ``decide`` raises, NotFound (no such member), ReferenceReused, Conflict, Throttled and
    LedgerUnavailable. ``decide`` may be called several times, each time with a fresh account."""
    fingerprint = fingerprint_of(request.command)
    codes = CodesAtHand(services, request.program.name, f"{request.member}#{request.name}")

    def attempt() -> Booked:
        try:
            return _attempt(services, request, fingerprint, decide, codes)
        except AlreadyBooked as booked:
            return _replay(booked.entry, fingerprint)
        except CodeGone as gone:
            codes.refuse(gone)
            raise

    return persistently(services, attempt)


def persistently[Done](services: Services, attempt: Callable[[], Done]) -> Done:
    """``attempt`` again after each lost race and each failure of the store, from a fresh read, within a bound. Raises
    whatever else it raises, Conflict, Throttled and LedgerUnavailable."""
    failure: PointsError | None = None
    for number in range(MAX_ATTEMPTS):
        if failure is not None:
            if not services.deadline.leaves_time():
                raise failure
            services.backoff.wait(number)
        try:
            return attempt()
        except RaceLost:
            failure = Conflict("others kept changing this account")
        except StoreFailure as problem:
            # A write may have happened all the same: the next attempt finds out, because its entry would exist.
            failure = problem
    assert failure is not None  # noqa: S101 - only failures lead here
    raise failure


def _attempt(
    services: Services,
    request: Request,
    fingerprint: str,
    decide: Callable[[Account, Context], Decision],
    codes: CodesAtHand,
) -> Booked:
    stored = account_of(services, request.program, request.member)
    account = with_current_facts(services, request.program, stored)
    context = Context(request.program, services.clock.now(), request.actor, fingerprint)
    try:
        decision = codes.decided(context, lambda context: decided(services, account, context, decide))
        services.ledger.commit(replace(decision, before=stored))
    except (Refusal, InvalidRequest):
        earlier = services.ledger.entry(request.program.name, request.member, request.name)
        if earlier is not None:
            return _replay(earlier, fingerprint)
        _check_unmoved(services, request, stored)
        raise
    return Booked(decision.entry, replayed=False)


def _check_unmoved(services: Services, request: Request, stored: Account) -> None:
    """A refusal must be true of one moment, and it may rest on entries that were read after the account. If nothing has
    been booked since, they belong together; otherwise it is decided again. Raises RaceLost."""
    now = services.ledger.account(request.program.name, request.member)
    if now is None or now.seq != stored.seq:
        raise RaceLost


def _replay(entry: Entry, fingerprint: str) -> Booked:
    if entry.fingerprint != fingerprint:
        raise ReferenceReused("this reference was used for another request", reference=entry.reference)
    return Booked(entry, replayed=True)


def fingerprint_of(command: "DataclassInstance") -> str:
    """The digest of a command as it was sent. What the caller left out stays out, so a default may change later, and a
    field that a later release adds does not make an old request another one."""
    sent = ((field.name, getattr(command, field.name)) for field in fields(command))
    return digest({name: _plain(value) for name, value in sent if value is not None})


def _plain(value: Any) -> Plain:
    match value:
        case datetime():
            return utc_text(value)
        case date():
            return value.isoformat()
        case frozenset():
            return sorted(value)
        case EntryName():
            return str(value)
        case _:
            return value  # type: ignore[no-any-return]  # canonical JSON refuses what is not plain
