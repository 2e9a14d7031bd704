"""Transfers: points of one member become another's, and the way back.

Both accounts move in one transaction, so points are always one member's and never two's. Lots keep their expiry and the
month they were earned in, whoever has them: passing points on makes them no younger. Points that activity keeps alive
leave the giver with the last day they had there. They are nobody's earning: no tier and no task counts them.

The fee is the giver's, on top of what the receiver gets, and is gone for everybody. It is taken first, so that what is
destroyed is what would have expired first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from points.domain.calendar import local_day
from points.domain.canonical import Plain
from points.domain.errors import AccountTooYoung, InvalidRequest, LimitReached, MemberFrozen, NotEligible
from points.domain.evaluation.facts import member_facts
from points.domain.evaluation.risk import guarded_redemption
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision, SetUsage, book, refuse_if_frozen
from points.domain.ledger.entries import Entry, EntryName, Kind, Line
from points.domain.ledger.lots import Lots
from points.domain.ledger.usage import Usage
from points.domain.limits import MAX_POINTS
from points.domain.movements.redeeming import restored, spend
from points.domain.movements.reversing import take_away
from points.domain.program.conditions import holds
from points.domain.program.transferring import TransferRules

TRANSFER_FEE_LINE: Final = "transfer_fee"
"""The line of what giving costs, below zero."""

RETURN: Final = "return"
"""The reference of the one reversal a transfer can have, on both accounts."""


class Counted(StrEnum):
    """What is counted of a member's transfers, where the program limits it. The names are those of usages."""

    TRANSFERS = "transfers"
    POINTS = "points"


@dataclass(frozen=True, slots=True)
class Transfer:
    """``member`` gives ``points`` to the member ``to``."""

    reference: str
    member: str
    to: str
    points: int


def transfer(
    giver: Account,
    receiver: Account,
    wanted: Transfer,
    context: Context,
    *,
    since: datetime | None,
    usages: Mapping[Counted, Usage],
) -> Decision:
    """``since`` is when the giver's first entry was booked, where the program asks for an age; ``usages`` has what is
    limited.

    Raises InvalidRequest, MemberFrozen (either of them), NotEligible, AccountTooYoung, RiskRefused, InsufficientPoints
    and LimitReached (the giver's, or what the receiver's account can hold).
    """
    rules = _check(giver, receiver, wanted, context)
    fee = rules.fee.of(wanted.points)
    refuse_if_frozen(giver, Activity.REDEEMING)
    _refuse_receiver_if_frozen(receiver)
    _refuse_others(giver, rules, context, since)
    guarded, noted = guarded_redemption(giver, context)
    after, drawn = spend(guarded, wanted.points + fee, context)
    fee_lots = lot.draw(drawn, fee, lot.by_date(drawn, after.active_until))
    given, until = lot.subtracted(drawn, fee_lots), after.active_until
    details: dict[str, Plain] = {"to": wanted.to, "points": wanted.points, "spent": drawn, **noted}
    if fee:
        details |= {"fee": fee, "fee_lots": fee_lots}
    if until is not None and any(map(lot.is_moving, drawn)):
        details["good_until"] = until.isoformat()
    if usages:
        details["counted"] = sorted(counted.value for counted in usages)
    return book(
        giver,
        after,
        name=EntryName(Kind.TRANSFER_OUT, wanted.reference),
        context=context,
        lines=(Line(TRANSFER_FEE_LINE, -fee),) if fee else (),
        details=details,
        effects=[SetUsage(_counted(counted, usage, wanted, rules, context)) for counted, usage in usages.items()],
        others=(_received(receiver, wanted, dated(given, until), context),),
    )


def _check(giver: Account, receiver: Account, wanted: Transfer, context: Context) -> TransferRules:
    rules = context.program.transfers
    if rules is None:
        raise InvalidRequest("the program has no transfers")
    if receiver.member == giver.member:
        raise InvalidRequest.at("/to", "nobody gives points to themselves")
    maximum = MAX_POINTS if rules.maximum is None else rules.maximum
    if not rules.minimum <= wanted.points <= maximum:
        raise InvalidRequest.at("/points", f"must be from {rules.minimum} to {maximum}")
    return rules


def _refuse_receiver_if_frozen(receiver: Account) -> None:
    if Activity.EARNING in receiver.frozen:
        frozen = ",".join(sorted(receiver.frozen))
        raise MemberFrozen("earning is frozen for the receiver", frozen=frozen, member=receiver.member)


def _refuse_others(giver: Account, rules: TransferRules, context: Context, since: datetime | None) -> None:
    at = context.now.astimezone(context.program.zone)
    if not holds(rules.when, member_facts(giver, at, context.program)):
        raise NotEligible("giving points is not for this member")
    if not rules.minimum_account_days:
        return
    first_day = context.today if since is None else local_day(since, context.program.zone)
    allowed_from = first_day + timedelta(days=rules.minimum_account_days)
    if context.today < allowed_from:
        message = f"an account gives points {rules.minimum_account_days} days after its first entry"
        raise AccountTooYoung(message, allowed_from=allowed_from.isoformat())


def dated(lots: Lots, active_until: date | None) -> Lots:
    """``lots`` as they leave an account whose moving lots are good until that day."""
    return lots if active_until is None else lot.stopped(lots, active_until)


def _received(receiver: Account, wanted: Transfer, given: Lots, context: Context) -> Decision:
    """A debt of the receiver's is repaid from what can be spent, as from anything they get."""
    after = receiver.settled(context.now, context.program.zone).given(given, context.today)
    try:
        return book(
            receiver,
            after,
            name=received_name(wanted.member, wanted.reference),
            context=context,
            details={"giver": wanted.member, "points": wanted.points},
        )
    except LimitReached as reached:
        message = f"the receiver's account has no room: {reached.detail}"
        raise LimitReached(message, **reached.numbers, member=receiver.member) from reached


def received_name(giver: str, reference: str) -> EntryName:
    """Of the receiver's entry. No member and no reference has a ``/`` in it."""
    return EntryName(Kind.TRANSFER_IN, f"{giver}/{reference}")


def _counted(counted: Counted, usage: Usage, wanted: Transfer, rules: TransferRules, context: Context) -> Usage:
    limits, count = (rules.limits, 1) if counted is Counted.TRANSFERS else (rules.points_limits, wanted.points)
    reached = usage.exceeded(limits, count, context.today, week_starts_on=context.program.week_starts_on)
    if reached is not None:
        message = f"{reached.maximum} {counted} in a {reached.window} are for each giver"
        raise LimitReached(message, limit=f"transfer_{counted}/{reached.window}", maximum=reached.maximum)
    return usage.counted(count, context.today)


# ── the way back ─────────────────────────────────────────────────────────────────────────────────────────────────────


def return_name(reference: str) -> EntryName:
    """A transfer is reversed once: its reversal has no reference of its own."""
    return EntryName(Kind.REVERSAL, RETURN, reverses=EntryName(Kind.TRANSFER_OUT, reference))


def take_back(
    giver: Account,
    receiver: Account,
    given: Entry,
    context: Context,
    *,
    reason: str,
    usages: Mapping[Counted, Usage],
) -> Decision:
    """The very lots go back to the giver, the fee with them, and what was counted is not counted any more.

    What the receiver has spent of them comes out of their other points, and then follows the program's policy for
    shortfalls: it is owed, or refused, or the giver gets back only what is there. What has expired since then is taken
    from nobody and comes back to nobody. It works on frozen accounts: putting things right is what freezing is for.

    ``given`` is the giver's entry, ``usages`` has what it was counted in. Raises InsufficientPoints where the program
    refuses shortfalls, and LimitReached.
    """
    today, until = context.today, _good_until(given)
    fee_lots = _lots_in(given, "fee_lots")
    lots, fee_back = (_live(each, until, today) for each in (lot.subtracted(given.spent_lots(), fee_lots), fee_lots))
    points, own = lot.total(lots), dated(lots, until).keys()
    settled = receiver.settled(context.now, context.program.zone)
    taken = take_away(settled, points, {}, own, context, policy=context.program.shortfall)
    # The soonest were spent first: what is left is what lives longest.
    back = lot.draw(lots, points - taken.waived, lot.by_date(lots, until)[::-1])
    details: dict[str, Plain] = {"nominal": points, "last": True}
    if taken.waived:
        details["waived"] = taken.waived
    fee = {"fee": lot.total(fee_back)} if fee_back else {}
    name = return_name(given.reference)
    received = book(
        receiver,
        taken.account,
        name=EntryName(name.kind, name.reference, reverses=received_name(giver.member, given.reference)),
        context=context,
        details={**details, "giver": giver.member},
    )
    return book(
        giver,
        restored(giver, lot.added(back, fee_back), context),
        name=name,
        context=context,
        reason=reason,
        details={**details, **fee, "to": receiver.member},
        effects=[SetUsage(_uncounted(usage, counted, given, context)) for counted, usage in usages.items()],
        others=(received,),
    )


def counted_in(given: Entry) -> tuple[Counted, ...]:
    """What a transfer was counted in."""
    names = given.details.get("counted")
    return tuple(Counted(str(name)) for name in names) if isinstance(names, list | tuple) else ()


def count_of(given: Entry, counted: Counted) -> int:
    """How much it counted there. Raises KeyError and TypeError for an entry that is no transfer."""
    if counted is Counted.TRANSFERS:
        return 1
    points = given.details["points"]
    if not isinstance(points, int):
        raise TypeError(f"{given.name} is not a transfer")
    return points


def _uncounted(usage: Usage, counted: Counted, given: Entry, context: Context) -> Usage:
    return usage.counted(-count_of(given, counted), local_day(given.at, context.program.zone))


def _live(lots: Lots, until: date | None, today: date) -> Lots:
    """Those of the giver's lots that are good by the date they were given with. Moving ones have been kept alive by the
    giver at least as long as that."""
    return {
        name: points
        for name, points in lots.items()
        if lot.is_live(name if until is None else lot.dated_bucket(name, until), today)
    }


def _good_until(given: Entry) -> date | None:
    said = given.details.get("good_until")
    return date.fromisoformat(said) if isinstance(said, str) else None


def _lots_in(given: Entry, name: str) -> Lots:
    found = given.details.get(name)
    return {name: n for name, n in found.items() if isinstance(n, int)} if isinstance(found, Mapping) else {}
