"""What time alone brings to an account, booked: lots past their date, points that matured, holds that ran out, a
review.

Nothing of it changes what a member can spend: that is derived from the day (R-EXP-3). Booking it closes the lots,
repays from what matured, tells the world, and sets the timer to the next moment.

The first day of a month brings the pack of the member's tier (:mod:`points.domain.movements.packing`), last of all: a
review may have taken them to another tier that day.

Before they expire, points may buy their member one of the rewards that the program names (R-EXP-4): the dearest one
they suffice for, among equally dear ones the one the program names first. What it does not take expires.
"""

from collections.abc import Collection
from dataclasses import replace

from points.domain.canonical import Plain
from points.domain.errors import NothingDue
from points.domain.evaluation.pricing import of_reward, price_of_tier
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision, book, is_unasked
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots
from points.domain.ledger.timers import next_due
from points.domain.movements.granting import granted
from points.domain.movements.packing import UNASKED, packed, without_codes
from points.domain.movements.reviewing import review_tier
from points.domain.program.rewards import Reward

_OF_TIME = frozenset({Kind.EXPIRE, Kind.SETTLE, Kind.TIER_REVIEW, Kind.PACK})


def bring_up_to_date(
    account: Account,
    context: Context,
    *,
    exchange: bool = True,
    can_receive: bool = True,
    sold_out: Collection[str] = (),
) -> Decision:
    """One movement with an entry for each thing that has come due, and the timer set to exactly the next one.

    ``exchange``: whether the member lets expiring points buy something; ``can_receive``: whether there is anybody to be
    given a pack; ``sold_out`` names rewards that turned out to be gone. Raises NothingDue and NeedsCodes, and
    OutOfStock at commit.
    """
    decisions: list[Decision] = []
    current = account
    for step in (_exchanged, _expired, _reviewed):
        decision = step(current, context, exchange=exchange, sold_out=sold_out)
        if decision is not None:
            decisions.append(decision)
            current = decision.account
            context = without_codes(context, decision)
    for decision in packed(current, context, can_receive=can_receive, sold_out=sold_out):
        decisions.append(decision)
        current = decision.account
    if not decisions:
        raise NothingDue("nothing has come due")
    *earlier, last = decisions
    return Decision(
        before=account,
        account=replace(current, due_at=next_due(current, context.program)),
        entry=last.entry,
        effects=tuple(effect for decision in decisions for effect in decision.effects),
        preceding=tuple(decision.entry for decision in earlier),
    )


def _expired(account: Account, context: Context, **_: object) -> Decision | None:
    """Lots past their date closed, whatever else time has done settled with it."""
    settled = account.settled(context.now, context.program.zone)
    gone = _past(settled, context)
    if settled == account and not gone:
        return None
    details: dict[str, Plain] = {}
    if matured := lot.total(account.pending) - lot.total(settled.pending):
        details["matured"] = matured
    if ended := sorted(account.holds.keys() - settled.holds.keys()):
        details["holds"] = ended
    if gone:
        details["expired"] = lot.total(gone)
    return book(
        account,
        replace(settled, lots=lot.subtracted(settled.lots, gone)),
        name=EntryName(Kind.EXPIRE if gone else Kind.SETTLE, _reference(account, context)),
        context=context,
        details=details,
    )


def _reviewed(account: Account, context: Context, **_: object) -> Decision | None:
    try:
        return review_tier(account, context)
    except NothingDue:
        return None


def _exchanged(account: Account, context: Context, *, exchange: bool, sold_out: Collection[str]) -> Decision | None:
    settled = account.settled(context.now, context.program.zone)
    # What was given back once is not exchanged again: whoever cancels an exchange does not want another.
    gone = {name: points for name, points in _past(settled, context).items() if not lot.had_grace(name)}
    if not gone or not exchange or Activity.REDEEMING in account.frozen:
        return None
    best = _best(account, lot.total(gone), context, sold_out)
    if best is None:
        return None
    reward, price = best
    spent = lot.draw(gone, price, sorted(gone))
    reference = f"{UNASKED}{_reference(account, context)}"
    left = replace(settled, lots=lot.subtracted(settled.lots, spent))
    grant = granted(left, reward, 1, reference, context, price=price)
    return book(
        account,
        grant.account,
        name=EntryName(Kind.REDEEM, reference),
        context=context,
        details={**grant.details, "spent": spent, "exchanged": True},
        effects=grant.effects,
    )


def _best(account: Account, points: int, context: Context, sold_out: Collection[str]) -> tuple[Reward, int] | None:
    """With what it costs members of this tier. A first redemption is not used up, nor is it what this is."""
    rewards = context.program.rewards
    named = (rewards[name] for name in context.program.exchange if name in rewards and name not in sold_out)
    priced = [(reward, price_of_tier(account, reward, context.program)) for reward in named]
    affordable = [
        (reward, price)
        for reward, price in priced
        if price <= points and reward.cash is None and not any(of_reward(account, reward, 1, context, usage=None))
    ]
    # The first of the dearest: max keeps the order of the program.
    return max(affordable, key=lambda each: each[1], default=None)


def is_of_time(entry: Entry) -> bool:
    """Whether a sweep booked it: it is of its run's moment, however late that was made up for."""
    if entry.kind is Kind.REVERSAL:
        return bool(entry.details.get("timed_out"))
    return entry.kind in _OF_TIME or is_unasked(entry.details)


def has_expired(account: Account, context: Context) -> bool:
    """Whether lots are past their date that no sweep has closed."""
    return bool(_past(account.settled(context.now, context.program.zone), context))


def _past(settled: Account, context: Context) -> Lots:
    return {name: points for name, points in settled.lots.items() if not lot.is_live(name, context.today)}


def _reference(account: Account, context: Context) -> str:
    """The day, and the entry's own place, which no other entry of the account has."""
    return f"{context.today.isoformat()}.{account.seq + 1}"
