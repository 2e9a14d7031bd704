"""Earning: an event becomes one movement that pays what the rules say it is worth.

In the same movement the member's counters move on, a tier may rise, a referral may qualify and a risk rule may bite:
there is no moment at which one of them has happened and another has not.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from points.domain.calendar import day_start, utc_text
from points.domain.canonical import Plain
from points.domain.errors import Fault, InvalidRequest, OccurredInFuture, OccurredTooEarly
from points.domain.evaluation.evaluation import Evaluation, Occurrence, Payment, Why, evaluate
from points.domain.evaluation.facts import member_facts
from points.domain.evaluation.retention import current_counters, roomy
from points.domain.evaluation.risk import Verdict, judge
from points.domain.evaluation.standing import level_of, stood, tier_details
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision, Effect, TakeBudget, book, refuse_if_frozen
from points.domain.ledger.crediting import credited, kept_alive, lot_for
from points.domain.ledger.entries import EntryName, Kind
from points.domain.limits import MAX_QUANTITY
from points.domain.movements.referring import Qualification, qualify
from points.domain.program.conditions import Scalar
from points.domain.program.program import Program
from points.domain.program.risk import Velocity
from points.domain.program.rules import PerAmount

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours a caller's clock may run."""

MAX_NOTED = 8
"""Reasons an entry keeps; a dry run gives them all. They are explanations, not facts the ledger rests on."""

_NOTED = frozenset(
    {
        Why.CAP_REACHED,
        Why.BUDGET_EXHAUSTED,
        Why.ALREADY_COUNTED,
        Why.BELOW_MINIMUM,
        Why.ROUNDED_TO_ZERO,
        Why.MORE_NEEDED,
    }
)


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


def earn(
    account: Account,
    event: Event,
    context: Context,
    *,
    referrer: Account | None = None,
    exhausted: Collection[str] = (),
) -> Decision:
    """Book an event. It is booked even where it pays nothing: its counters count, and its reference is used up.

    ``referrer`` is the account :func:`points.domain.movements.referring.due_referrer` named, if any; ``exhausted``
    names campaigns whose budget turned out to be used up. Raises UnknownBehaviour, InvalidRequest, MemberFrozen,
    OccurredInFuture, OccurredTooEarly, RiskRefused and LimitReached.
    """
    program = context.program
    occurred_at = event.occurred_at or context.now
    check_occurrence(occurred_at, context)
    refuse_if_frozen(account, Activity.EARNING)
    occurrence = occurrence_of(account, event, occurred_at, program)
    evaluation = evaluate(occurrence, current_counters(account, context), program, exhausted=exhausted)
    qualified = qualify(account, event.behaviour, event.reference, referrer, context)
    points = evaluation.points + qualified.points
    additions = {Velocity.EVENTS: 1, Velocity.POINTS: points}
    verdict = judge(evaluation.counters, program, at=occurrence.at, behaviour=event.behaviour, additions=additions)
    # Settled first: what matured repays a debt before new points do, and pending lots do not pile up to their limit.
    after = account.settled(context.now, program.zone)
    after = kept_alive(after, event.behaviour, points, day=occurrence.day, context=context)
    for payment in (*evaluation.payments, *qualified.payments):
        after = _credited(after, payment, occurrence.day, verdict, context)
    after = _moved_on(after, occurrence, points, verdict, qualified, context)
    return book(
        account,
        after,
        name=EntryName(Kind.EARN, event.reference),
        context=context,
        lines=(*evaluation.lines, *qualified.lines),
        details=_details(event, occurrence, evaluation, qualified, verdict, account, after, context),
        effects=_budgets(evaluation, program),
        others=qualified.others,
    )


def occurrence_of(account: Account, event: Event, occurred_at: datetime, program: Program) -> Occurrence:
    """The event in the program's time and its member's circumstances. Raises UnknownBehaviour and InvalidRequest."""
    behaviour = program.behaviour(event.behaviour)
    _check_attributes(event, program)
    at = occurred_at.astimezone(program.zone)
    amount_minor = _amount(event, program)
    quantity = 1 if event.quantity is None else event.quantity
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidRequest.at("/quantity", f"must be from 1 to {MAX_QUANTITY}")
    facts: dict[str, Scalar] = {
        **member_facts(account, at, program),
        **{
            f"attribute.{name}": value
            for name, value in event.attributes.items()
            if isinstance(value, bool | int | str)
        },
        "quantity": quantity,
    }
    if amount_minor is not None:
        facts["amount"] = amount_minor
    return Occurrence(
        behaviour=behaviour.name,
        at=at,
        amount_minor=amount_minor,
        quantity=quantity,
        facts=facts,
        level=None if program.tiers is None else level_of(program.tiers, account.tier),
        birthday=account.facts.has_birthday(at.date()),
    )


def _check_attributes(event: Event, program: Program) -> None:
    faults = [
        Fault(f"/attributes/{name}", "invalid_value", problem)
        for name, attribute in program.event_attributes.items()
        if name in event.attributes and (problem := attribute.problem(event.attributes[name]))
    ]
    if faults:
        raise InvalidRequest("the event has attributes that are not what the program declares", faults=faults)


def check_occurrence(occurred_at: datetime, context: Context) -> None:
    """How far back or ahead an event may lie. Days are the program's (design §4)."""
    if occurred_at > context.now + CLOCK_TOLERANCE:
        raise OccurredInFuture("occurred_at lies in the future", now=utc_text(context.now))
    # Compared without any conversion: the year 1 has no moment in zones east of Greenwich.
    earliest = context.now - timedelta(days=context.program.backdating_days)
    counts_from = context.program.counts_from
    if counts_from is not None:
        # What was counted on the days before is gone: under the caps of those days anything would find room.
        earliest = max(earliest, day_start(counts_from, context.program.zone))
    if occurred_at < earliest:
        raise OccurredTooEarly("occurred_at lies further back than the program allows", earliest=utc_text(earliest))


def _credited(account: Account, payment: Payment, earned_on: date, verdict: Verdict, context: Context) -> Account:
    """The points in their lot: pending until the rule's (or a risk rule's) days have passed, else live and repaying."""
    # A return window runs from the purchase. A suspicion runs from today: it would be none if backdating got around it.
    suspicious_days = max((rule.pending_days for rule in verdict.pending), default=0)
    available_on = max(
        earned_on + timedelta(days=payment.pending_days), context.today + timedelta(days=suspicious_days)
    )
    # Without a waiting time nothing waits, not even until the midnight that only the caller's clock has passed.
    waits_until = available_on if payment.pending_days or suspicious_days else None
    name = lot_for(payment.expiry, account=account, earned_on=earned_on, context=context, available_on=waits_until)
    return credited(account, payment.points, lot_name=name, context=context, available_on=waits_until)


def _moved_on(
    account: Account,
    occurrence: Occurrence,
    points: int,
    verdict: Verdict,
    qualified: Qualification,
    context: Context,
) -> Account:
    """Counters, tier, referral and freeze after the event."""
    core = context.program.behaviour(occurrence.behaviour).core
    account = stood(
        replace(account, counters=verdict.counters),
        context,
        occurred_on=occurrence.day,
        points=points,
        spend_minor=(occurrence.amount_minor or 0) if core else 0,
    )
    return replace(
        account,
        counters=roomy(account.counters, context.program),
        frozen=account.frozen | frozenset(Activity) if verdict.freezing else account.frozen,
        referral=qualified.referral,
    )


def _details(
    event: Event,
    occurrence: Occurrence,
    evaluation: Evaluation,
    qualified: Qualification,
    verdict: Verdict,
    before: Account,
    after: Account,
    context: Context,
) -> dict[str, Plain]:
    details: dict[str, Plain] = {"behaviour": event.behaviour}
    if occurrence.amount_minor is not None:
        details["amount_minor"] = occurrence.amount_minor
    if event.quantity is not None:
        details["quantity"] = event.quantity
    if event.occurred_at is not None:
        details["occurred_at"] = utc_text(event.occurred_at)
    if noted := [unpaid for unpaid in evaluation.unpaid if unpaid.why in _NOTED]:
        details["unpaid"] = {unpaid.rule: unpaid.why.value for unpaid in noted[:MAX_NOTED]}
    if kept := context.program.event_attributes.keys() & event.attributes.keys():
        details["attributes"] = {name: event.attributes[name] for name in sorted(kept)}
    if evaluation.counted:
        details["counted"] = dict(sorted(evaluation.counted.items()))
    if qualified.referrer is not None:
        details["referrer"] = qualified.referrer
    details |= tier_details(before, after)
    if triggered := (*verdict.pending, *verdict.freezing):
        details["risk"] = [rule.name for rule in triggered]
    return details


def _budgets(evaluation: Evaluation, program: Program) -> list[Effect]:
    return [
        TakeBudget(campaign, evaluation.budgets[campaign.name])
        for campaign in program.campaigns
        if campaign.name in evaluation.budgets
    ]


def _amount(event: Event, program: Program) -> int | None:
    if event.amount is not None:
        return program.currency.minor_units(event.amount, path="/amount")
    if any(isinstance(rule.value, PerAmount) for rule in program.rules_of(event.behaviour)):
        raise InvalidRequest.at("/amount", f"{event.behaviour} is paid by amount: an amount is required")
    return None
