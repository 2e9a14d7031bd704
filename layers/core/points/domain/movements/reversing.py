"""Reversals: taking back what an event earned, or giving back what a capture spent, in full or in part.

Partial reversals may come in any order and always end at exactly the original total: each is the difference
between what should be reversed by then and what has been. By amount, "should be" follows the purchase: the
member keeps what the remaining amount is worth, rounded down, so ten refunds of 1 take as much as one of 10
(R-EARN-11).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from points.domain.calendar import from_utc_text, local_day
from points.domain.canonical import Plain
from points.domain.errors import AlreadyReversed, InsufficientPoints, InvalidRequest
from points.domain.evaluation.standing import counted
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account
from points.domain.ledger.booking import Context, Decision, book
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.movements.holding import check_points
from points.domain.movements.redeeming import restored
from points.domain.program.refunds import ShortfallPolicy
from points.domain.program.windows import Counters


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
class _Share:
    """What this reversal stands for: nominal points, and minor units when it was asked for by amount."""

    points: int
    amount_minor: int | None


REVERSIBLE = frozenset({Kind.EARN, Kind.CAPTURE})
"""Redemptions are taken back by cancelling their order; adjustments by an opposite adjustment."""


def reverse(
    account: Account,
    reversal: Reversal,
    original: Entry,
    earlier: Sequence[Entry],
    context: Context,
    *,
    confirmed: bool = False,
) -> Decision:
    """``earlier`` are all reversals of ``original`` booked so far; ``confirmed``: its pending points were confirmed, so
    what waits in their bucket is other earnings'.

    Raises InvalidRequest, AlreadyReversed and, where the program refuses shortfalls, InsufficientPoints.
    """
    if original.kind not in REVERSIBLE:
        raise InvalidRequest.at("/of/kind", f"must be one of {', '.join(sorted(REVERSIBLE))}")
    if original.kind is Kind.CAPTURE:
        return _give_back(account, reversal, original, earlier, context)
    return _take_back(account, reversal, original, earlier, context, confirmed=confirmed)


def _take_back(
    account: Account,
    reversal: Reversal,
    original: Entry,
    earlier: Sequence[Entry],
    context: Context,
    *,
    confirmed: bool,
) -> Decision:
    """An earning's points go: first out of the lots it made, then out of the others, the rest by policy."""
    share = _share(reversal, original, earlier, context)
    settled = account.settled(context.now, context.program.zone)
    own_pending = [name for name, points in original.moves.pending.items() if points > 0 and not confirmed]
    from_pending = lot.draw(settled.pending, share.points, own_pending)
    rest = share.points - lot.total(from_pending)
    order = lot.spending_order(settled.lots, context.today)
    own = _own_lots(original)
    from_lots = lot.draw(settled.lots, rest, sorted(order, key=lambda name: name not in own))
    missing = rest - lot.total(from_lots)
    policy = context.program.shortfall
    if missing and policy is ShortfallPolicy.REFUSE:
        raise InsufficientPoints(
            f"{share.points} points are to be taken back and {missing} of them are spent",
            available=share.points - missing,
            required=share.points,
        )
    owes = policy is ShortfallPolicy.OWE
    after = replace(
        settled,
        pending=lot.subtracted(settled.pending, from_pending),
        lots=lot.subtracted(settled.lots, from_lots),
        owed=settled.owed + (missing if owes else 0),
        counters=_counted_back(settled, original, share, context),
    )
    waived = 0 if owes else missing
    return _booked(account, after, reversal, share, context, waived=waived)


def _counted_back(account: Account, original: Entry, share: _Share, context: Context) -> Counters:
    """Points and spend that a refund takes back do not count towards tier and segment any more, in the month they
    were counted in. The tier itself stays until its review."""
    occurred_at = original.details.get("occurred_at")
    moment = from_utc_text(occurred_at) if isinstance(occurred_at, str) else original.at
    behaviour = context.program.behaviours.get(str(original.details.get("behaviour")))
    core = behaviour is not None and behaviour.core
    return counted(
        account.counters,
        context.program,
        day=local_day(moment, context.program.zone),
        points=-share.points,
        spend_minor=-(share.amount_minor or 0) if core else 0,
    )


def _give_back(
    account: Account, reversal: Reversal, original: Entry, earlier: Sequence[Entry], context: Context
) -> Decision:
    """A capture's points return to the lots they came from, the longest-lived first."""
    if reversal.amount is not None:
        raise InvalidRequest.at("/amount", "a capture is reversed by points")
    share = _share(reversal, original, earlier, context)
    left = dict(original.spent_lots())
    already = nominal_reversed(earlier)
    left = lot.subtracted(left, lot.draw(left, already, sorted(left, reverse=True)))
    back = lot.draw(left, share.points, sorted(left, reverse=True))
    return _booked(account, restored(account, back, context), reversal, share, context)


def _booked(
    account: Account, after: Account, reversal: Reversal, share: _Share, context: Context, *, waived: int = 0
) -> Decision:
    details: dict[str, Plain] = {"nominal": share.points}
    if share.amount_minor is not None:
        details["amount_minor"] = share.amount_minor
    if waived:
        details["waived"] = waived
    return book(
        account,
        after,
        name=EntryName(Kind.REVERSAL, reversal.reference, reverses=reversal.of),
        context=context,
        reason=reversal.reason,
        details=details,
    )


def _share(reversal: Reversal, original: Entry, earlier: Sequence[Entry], context: Context) -> _Share:
    if reversal.amount is not None and reversal.points is not None:
        raise InvalidRequest.at("/points", "goes without an amount: a reversal is by amount or by points")
    total = original_points(original)
    reversed_points = nominal_reversed(earlier)
    remaining = total - reversed_points
    if reversal.amount is not None:
        return _share_by_amount(reversal.amount, original, earlier, context)
    wanted = remaining if reversal.points is None else check_points(reversal.points)
    if wanted > remaining or (remaining == 0 and earlier):
        raise AlreadyReversed(f"{remaining} points are left to reverse", remaining=remaining, required=wanted)
    if reversal.points is not None:
        return _Share(wanted, None)
    # The rest of the points is the rest of the purchase too: no amount of it can be refunded once more.
    return _Share(wanted, _remaining_minor(original, earlier) or None)


def _share_by_amount(amount: str, original: Entry, earlier: Sequence[Entry], context: Context) -> _Share:
    paid_minor = _integer(original.details, "amount_minor")
    if not paid_minor:
        raise InvalidRequest.at("/amount", "what is reversed has no amount: reverse it by points")
    currency = context.program.currency
    amount_minor = currency.minor_units(amount, path="/amount")
    if amount_minor == 0:
        raise InvalidRequest.at("/amount", "must be more than zero")
    remaining_minor = _remaining_minor(original, earlier)
    if amount_minor > remaining_minor:
        left = currency.text(remaining_minor)
        raise AlreadyReversed(f"{left} is left to reverse", remaining_amount=left, required_amount=amount)
    total = original_points(original)
    kept = total * (remaining_minor - amount_minor) // paid_minor
    # Reversals by points in between may already have taken more than the amounts so far stand for.
    return _Share(max(0, total - kept - nominal_reversed(earlier)), amount_minor)


def _remaining_minor(original: Entry, earlier: Sequence[Entry]) -> int:
    """What is left of the purchase, 0 where there was none."""
    paid_minor, *reversed_minor = (_integer(entry.details, "amount_minor") for entry in (original, *earlier))
    return paid_minor - sum(reversed_minor)


def original_points(original: Entry) -> int:
    """What a complete reversal reverses: the points an event paid, or a capture spent."""
    if original.kind is Kind.CAPTURE:
        return _integer(original.details, "points")
    return sum(line.points for line in original.lines)


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
