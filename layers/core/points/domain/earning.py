"""Earning: what an event pays, and the movement that pays it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from points.domain import lots as lot
from points.domain.account import Account, Activity
from points.domain.booking import Context, Decision, book, refuse_if_frozen
from points.domain.calendar import local_day, utc_text
from points.domain.canonical import Plain
from points.domain.entries import EntryName, Kind, Line
from points.domain.errors import InvalidRequest, LimitReached, OccurredInFuture, OccurredTooEarly
from points.domain.limits import MAX_POINTS, MAX_QUANTITY
from points.domain.money import divide
from points.domain.program import Behaviour, Fixed, PerAmount, PerOccurrences, Program

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours a caller's clock may run."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a member did. ``amount`` is a decimal string in the program's currency; ``occurred_at`` None means now."""

    reference: str
    member: str
    behaviour: str
    amount: str | None = None
    quantity: int | None = None
    occurred_at: datetime | None = None
    attributes: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A rule that did not pay, and why: ``below_minimum``, ``more_needed`` or ``rounded_to_zero``."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an event is worth: the lines that pay, the rules that do not, and the counters it leaves behind."""

    lines: tuple[Line, ...]
    unpaid: tuple[Unpaid, ...]
    counters: Mapping[str, int]
    amount_minor: int | None

    @property
    def points(self) -> int:
        return sum(line.points for line in self.lines)


def evaluate(event: Event, *, counters: Mapping[str, int], program: Program) -> Evaluation:
    """Raises UnknownBehaviour, or InvalidRequest for an amount or quantity the behaviour cannot use."""
    behaviour = program.behaviour(event.behaviour)
    amount_minor = _amount(event, behaviour, program)
    quantity = _quantity(event, behaviour)
    points, why = 0, ""
    match behaviour.value:
        case Fixed(points=each):
            points = each * quantity
        case PerOccurrences(points=each, every=every):
            rounds, rest = divmod(counters.get(behaviour.name, 0) + quantity, every)
            counters = {**counters, behaviour.name: rest}
            points, why = each * rounds, "more_needed"
        case PerAmount() as rule:
            if (amount_minor or 0) < rule.minimum_minor:
                why = "below_minimum"
            else:
                points = divide((amount_minor or 0) * rule.points, rule.per_minor, rule.rounding)
                why = "rounded_to_zero"
    if points > MAX_POINTS:
        raise LimitReached(f"the event would pay {points} points", limit="points", maximum=MAX_POINTS)
    return Evaluation(
        lines=(Line(behaviour.name, points),) if points else (),
        unpaid=() if points else (Unpaid(behaviour.name, why),),
        counters=counters,
        amount_minor=amount_minor,
    )


def earn(account: Account, event: Event, context: Context) -> Decision:
    """Book an event. It is booked even where it pays nothing: its counters count, and its reference is used up.

    Raises what :func:`evaluate` raises, MemberFrozen, OccurredInFuture, OccurredTooEarly and LimitReached.
    """
    program = context.program
    occurred_at = event.occurred_at or context.now
    check_occurrence(occurred_at, context)
    refuse_if_frozen(account, Activity.EARNING)
    evaluation = evaluate(event, counters=account.counters, program=program)
    # Settled first: what matured repays a debt before new points do, and pending lots do not pile up to their limit.
    after = replace(account.settled(context.now, program.zone), counters=evaluation.counters)
    if evaluation.points:
        behaviour = program.behaviour(event.behaviour)
        after = _credited(after, evaluation.points, behaviour, occurred_at, context)
    details: dict[str, Plain] = {"behaviour": event.behaviour}
    if evaluation.amount_minor is not None:
        details["amount_minor"] = evaluation.amount_minor
    if event.quantity is not None:
        details["quantity"] = event.quantity
    if event.occurred_at is not None:
        details["occurred_at"] = utc_text(event.occurred_at)
    if evaluation.unpaid:
        details["unpaid"] = {skipped.rule: skipped.why for skipped in evaluation.unpaid}
    return book(
        account,
        after,
        name=EntryName(Kind.EARN, event.reference),
        context=context,
        lines=evaluation.lines,
        details=details,
    )


def check_occurrence(occurred_at: datetime, context: Context) -> None:
    """How far back or ahead an event may lie. Days are the program's (design §4)."""
    if occurred_at > context.now + CLOCK_TOLERANCE:
        raise OccurredInFuture("occurred_at lies in the future", now=utc_text(context.now))
    # Compared without any conversion: the year 1 has no moment in zones east of Greenwich.
    earliest = context.now - timedelta(days=context.program.backdating_days)
    if occurred_at < earliest:
        raise OccurredTooEarly("occurred_at lies further back than the program allows", earliest=utc_text(earliest))


def _credited(account: Account, points: int, behaviour: Behaviour, occurred_at: datetime, context: Context) -> Account:
    """The points in their lot: pending until the behaviour's days have passed, else live, repaying debt first."""
    program = context.program
    earned_on = local_day(occurred_at, program.zone)
    expires_on = (behaviour.expiry or program.expiry).expires_on(earned_on)
    name = lot.bucket(expires_on=expires_on, earned_on=earned_on)
    available_on = earned_on + timedelta(days=behaviour.pending_days)
    # Without a waiting time nothing waits, not even until the midnight that only the caller's clock has passed.
    if behaviour.pending_days and available_on > context.today:
        waiting = lot.pending_bucket(available_on=available_on, lot=name)
        return replace(account, pending=lot.added(account.pending, {waiting: points}))
    return replace(account, lots=lot.added(account.lots, {name: points})).repaid(context.today)


def _amount(event: Event, behaviour: Behaviour, program: Program) -> int | None:
    if event.amount is None:
        if isinstance(behaviour.value, PerAmount):
            raise InvalidRequest.at("/amount", f"{behaviour.name} is paid by amount: an amount is required")
        return None
    return program.currency.minor_units(event.amount, path="/amount")


def _quantity(event: Event, behaviour: Behaviour) -> int:
    if event.quantity is None:
        return 1
    if isinstance(behaviour.value, PerAmount):
        raise InvalidRequest.at("/quantity", f"{behaviour.name} is paid by amount, not by quantity")
    if not 1 <= event.quantity <= MAX_QUANTITY:
        raise InvalidRequest.at("/quantity", f"must be from 1 to {MAX_QUANTITY}")
    return event.quantity
