"""Reversals: taking back what an event earned, or giving back what a capture spent, in full or in part.

Partial reversals may come in any order and always end at exactly the original total: each is the difference
between what should be reversed by then and what has been. By amount, "should be" follows the purchase: the
member keeps what the remaining amount is worth, rounded down, so ten refunds of 1 take as much as one of 10
(R-EARN-11).

What the event had counted goes with it (:mod:`points.domain.evaluation.undoing`): a task it no longer completes takes
its bonus back, and when nothing of a newcomer's qualifying event is left, so do both sides of the referral.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from points.domain.calendar import local_day
from points.domain.canonical import Plain
from points.domain.errors import AlreadyReversed, InsufficientPoints, InvalidRequest
from points.domain.evaluation.retention import current_counters
from points.domain.evaluation.standing import counted_back
from points.domain.evaluation.undoing import Part, Undone, occurred_at, undo
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Referral
from points.domain.ledger.booking import Context, Decision, ReturnBudget, book
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots
from points.domain.movements.confirming import still_waiting
from points.domain.movements.holding import check_points
from points.domain.movements.part_payments import offset_of
from points.domain.movements.redeeming import restored
from points.domain.movements.referring import INVITATION_LINE, REWARDS
from points.domain.program.program import Program
from points.domain.program.refunds import ShortfallPolicy


@dataclass(frozen=True, slots=True)
class Reversal:
    """``of`` is what is reversed. At most one of ``amount`` (decimal string) and ``points``; neither means the rest."""

    reference: str
    member: str
    of: EntryName
    amount: str | None = None
    points: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Original:
    """What is reversed: its entry, all reversals of it booked so far, and the program it was decided under.

    ``confirmed``: its pending points were confirmed, so what waits in their bucket is other earnings'. Where it
    qualified a referral: ``referrer`` is the account of who brought the member, and ``reward`` the entry by which they
    were paid for it, if they were.
    """

    entry: Entry
    earlier: Sequence[Entry]
    decided: Program
    confirmed: bool = False
    referrer: Account | None = None
    reward: Entry | None = None


@dataclass(frozen=True, slots=True)
class _Share:
    """What this reversal stands for: nominal points, minor units of the purchase (None: it has none, or was reversed by
    points alone), and whether it leaves nothing."""

    points: int
    amount_minor: int | None
    last: bool


REVERSIBLE = frozenset({Kind.EARN, Kind.CAPTURE})
"""Redemptions are taken back by cancelling their order; adjustments by an opposite adjustment."""


def reverse(account: Account, reversal: Reversal, original: Original, context: Context) -> Decision:
    """Raises InvalidRequest, AlreadyReversed and, where the program refuses shortfalls, InsufficientPoints."""
    kind = original.entry.kind
    if kind not in REVERSIBLE:
        raise InvalidRequest.at("/of/kind", f"must be one of {', '.join(sorted(REVERSIBLE))}")
    if kind is Kind.CAPTURE:
        return _give_back(account, reversal, original, context)
    return _take_back(account, reversal, original, context)


def _take_back(account: Account, reversal: Reversal, original: Original, context: Context) -> Decision:
    """An earning's points go: first out of the lots it made, then out of the others, the rest by policy."""
    share = _share(reversal, original, context)
    undone = _undone(account, original, share, context)
    bonuses = {**undone.bonuses, **_invitation(original, share)}
    points = share.points + sum(bonuses.values())
    entry = original.entry
    settled = account.settled(context.now, context.program.zone)
    waiting = {} if original.confirmed else still_waiting(settled, entry, original.earlier, context.today)
    lost = sum(bonuses.values())
    taken = take_away(
        settled, points, waiting, _own_lots(entry), context, policy=context.program.shortfall, elsewhere=lost
    )
    occurred_on = local_day(occurred_at(entry), context.program.zone)
    counters = counted_back(
        undone.counters,
        original.decided,
        day=occurred_on,
        points=share.points,
        spend_minor=(share.amount_minor or 0) if _is_core(original) else 0,
        bonuses=lost,
    )
    others = _referrers_side(reversal, original, share, context)
    return _booked(
        account,
        replace(taken.account, counters=counters, referral=_referral(account, original, share)),
        reversal,
        share,
        context,
        bonuses=bonuses,
        waived=taken.waived,
        effects=[ReturnBudget(name, back) for name, back in sorted(undone.budgets.items())],
        others=others,
    )


def _undone(account: Account, original: Original, share: _Share, context: Context) -> Undone:
    before = nominal_reversed(original.earlier)
    part = Part(
        before=before,
        after=before + share.points,
        total=original_points(original.entry, original.decided),
        amount_minor=share.amount_minor or 0,
        last=share.last,
    )
    counters = current_counters(account, context)
    return undo(counters, original.entry, part, decided=original.decided, live=context.program)


@dataclass(frozen=True, slots=True)
class Taken:
    """The account with points taken, and how many of them the program's policy let go."""

    account: Account
    waived: int


def take_away(
    account: Account,
    points: int,
    waiting: Lots,
    own: Collection[str],
    context: Context,
    *,
    policy: ShortfallPolicy,
    elsewhere: int = 0,
) -> Taken:
    """``points`` out of ``account`` (settled): what is ``waiting`` of an entry's, its ``own`` lots, all others. In each
    of them soonest expiry first, then oldest: never in the order in which a store happens to give them back.

    So many points as may lie ``elsewhere``, because another event was paid them, are looked for last, among all that
    waits.
    """
    from_pending = lot.draw(waiting, points, _in_order(waiting))
    rest = points - lot.total(from_pending)
    order = sorted(account.spending_order(context.today), key=lambda name: name not in own)
    from_lots = lot.draw(account.lots, rest, order)
    missing = rest - lot.total(from_lots)
    others = lot.subtracted(account.pending, from_pending)
    from_others = lot.draw(others, min(missing, elsewhere), _in_order(others))
    missing -= lot.total(from_others)
    if missing and policy is ShortfallPolicy.REFUSE:
        raise InsufficientPoints(
            f"{points} points are to be taken back and {missing} of them are spent",
            available=points - missing,
            required=points,
        )
    owed = missing if policy is ShortfallPolicy.OWE else 0
    after = replace(
        account,
        pending=lot.subtracted(others, from_others),
        lots=lot.subtracted(account.lots, from_lots),
        owed=account.owed + owed,
    )
    return Taken(after, missing - owed)


def _in_order(pending: Lots) -> list[str]:
    return sorted(pending, key=lambda name: (lot.lot_of_pending(name), name))


def _is_core(original: Original) -> bool:
    behaviour = original.decided.behaviours.get(str(original.entry.details.get("behaviour")))
    return behaviour is not None and behaviour.core


# ── referrals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _invitation(original: Original, share: _Share) -> Mapping[str, int]:
    """What the newcomer was paid for being brought: it stays as long as anything is left of the purchase."""
    paid = sum(line.points for line in original.entry.lines if line.rule == INVITATION_LINE)
    return {INVITATION_LINE: paid} if paid and share.last else {}


def _referral(account: Account, original: Original, share: _Share) -> Referral | None:
    """Open again where the event that qualified it is gone: the next one that qualifies pays."""
    referrer = original.entry.details.get("referrer")
    if not share.last or account.referral is None or referrer != account.referral.referrer:
        return account.referral
    return replace(account.referral, paid=False)


def _referrers_side(reversal: Reversal, original: Original, share: _Share, context: Context) -> tuple[Decision, ...]:
    """The referrer's reward goes in the same movement. What they have spent of it they owe, unless the program waives
    that; it never keeps a newcomer's refund from happening."""
    referrer, reward = original.referrer, original.reward
    if not share.last or referrer is None or reward is None:
        return ()
    policy = context.program.shortfall
    points = sum(line.points for line in reward.lines)
    taken = take_away(
        referrer.settled(context.now, context.program.zone),
        points,
        {},
        _own_lots(reward),
        context,
        policy=ShortfallPolicy.OWE if policy is ShortfallPolicy.REFUSE else policy,
    )
    counters = counted_back(
        current_counters(referrer, context),
        original.decided,
        day=local_day(reward.at, context.program.zone),
        points=points,
    )
    rewards = {REWARDS: left} if (left := counters.get(REWARDS, 0) - 1) > 0 else {}
    after = replace(taken.account, counters={key: count for key, count in counters.items() if key != REWARDS} | rewards)
    details: dict[str, Plain] = {"nominal": points, "newcomer": original.entry.member}
    if taken.waived:
        details["waived"] = taken.waived
    name = EntryName(Kind.REVERSAL, reversal.reference, reverses=reward.name)
    return (book(referrer, after, name=name, context=context, details=details),)


# ── captures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _give_back(account: Account, reversal: Reversal, original: Original, context: Context) -> Decision:
    """A capture's points return to the lots they came from, the longest-lived first."""
    if offset_of(original.entry) is not None:
        raise InvalidRequest.at("/of", "it paid part of an order: refund what is returned of that, by its price")
    if reversal.amount is not None:
        raise InvalidRequest.at("/amount", "a capture is reversed by points")
    share = _share(reversal, original, context)
    back = lots_to_return(original.entry, original.earlier, share.points)
    return _booked(account, restored(account, back, context), reversal, share, context)


def lots_to_return(captured: Entry, earlier: Sequence[Entry], points: int) -> Lots:
    """Where ``points`` more of a capture go back to, the longest-lived of its lots first."""
    left = dict(captured.spent_lots())
    already = nominal_reversed(earlier)
    left = lot.subtracted(left, lot.draw(left, already, sorted(left, reverse=True)))
    # Never by the present date of moving ones: what came back first was decided by another one.
    return lot.draw(left, points, sorted(left, reverse=True))


# ── shares ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _booked(  # noqa: PLR0913 - the facts of one reversal, all by name
    account: Account,
    after: Account,
    reversal: Reversal,
    share: _Share,
    context: Context,
    *,
    bonuses: Mapping[str, int] | None = None,
    waived: int = 0,
    effects: Sequence[ReturnBudget] = (),
    others: Sequence[Decision] = (),
) -> Decision:
    details: dict[str, Plain] = {"nominal": share.points}
    if share.amount_minor is not None:
        details["amount_minor"] = share.amount_minor
    if share.last:
        details["last"] = True
    if bonuses:
        details["bonuses"] = dict(sorted(bonuses.items()))
    if waived:
        details["waived"] = waived
    return book(
        account,
        after,
        name=EntryName(Kind.REVERSAL, reversal.reference, reverses=reversal.of),
        context=context,
        reason=reversal.reason,
        details=details,
        effects=effects,
        others=others,
    )


def _share(reversal: Reversal, original: Original, context: Context) -> _Share:
    if reversal.amount is not None and reversal.points is not None:
        raise InvalidRequest.at("/points", "goes without an amount: a reversal is by amount or by points")
    if reversal.amount is not None:
        return _share_by_amount(reversal.amount, original, context)
    remaining = original_points(original.entry, original.decided) - nominal_reversed(original.earlier)
    wanted = remaining if reversal.points is None else check_points(reversal.points)
    if wanted > remaining or any(entry.details.get("last") for entry in original.earlier):
        raise AlreadyReversed(f"{remaining} points are left to reverse", remaining=remaining, required=wanted)
    if wanted < remaining:
        return _Share(wanted, None, last=False)
    # The rest of the points is the rest of the purchase too: no amount of it can be refunded once more.
    return _Share(wanted, _remaining_minor(original) or None, last=True)


def _share_by_amount(amount: str, original: Original, context: Context) -> _Share:
    paid_minor = _integer(original.entry.details, "amount_minor")
    if not paid_minor:
        raise InvalidRequest.at("/amount", "what is reversed has no amount: reverse it by points")
    currency = context.program.currency
    amount_minor = currency.minor_units(amount, path="/amount")
    if amount_minor == 0:
        raise InvalidRequest.at("/amount", "must be more than zero")
    remaining_minor = _remaining_minor(original)
    if amount_minor > remaining_minor:
        left = currency.text(remaining_minor)
        raise AlreadyReversed(f"{left} is left to reverse", remaining_amount=left, required_amount=amount)
    total = original_points(original.entry, original.decided)
    kept = total * (remaining_minor - amount_minor) // paid_minor
    # Reversals by points in between may already have taken more than the amounts so far stand for.
    points = max(0, total - kept - nominal_reversed(original.earlier))
    return _Share(points, amount_minor, last=amount_minor == remaining_minor)


def _remaining_minor(original: Original) -> int:
    """What is left of the purchase, 0 where there was none."""
    paid_minor = _integer(original.entry.details, "amount_minor")
    return paid_minor - sum(_integer(entry.details, "amount_minor") for entry in original.earlier)


def original_points(original: Entry, decided: Program) -> int:
    """What a complete reversal reverses by points: what an event's rules and campaigns paid, or a capture spent.

    A task's bonus does not belong to the event that happened to complete it, nor an invitation to the purchase that
    qualified: they go when what they were paid for is gone.
    """
    if original.kind is Kind.CAPTURE:
        return _integer(original.details, "points")
    others = {INVITATION_LINE, *(task.name for task in decided.tasks)}
    return sum(line.points for line in original.lines if line.rule not in others)


def nominal_reversed(earlier: Sequence[Entry]) -> int:
    """Points reversed so far, counting what was owed or waived as reversed."""
    return sum(_integer(entry.details, "nominal") for entry in earlier)


def _own_lots(original: Entry) -> frozenset[str]:
    """The lots an earning's points were put in, be it by way of pending."""
    return frozenset(name for name, points in original.moves.by_lot().items() if points > 0)


def _integer(details: Mapping[str, Plain], name: str) -> int:
    value = details.get(name, 0)
    if not isinstance(value, int):
        raise TypeError(f"{name} of an entry is not a number: {value!r}")
    return value
