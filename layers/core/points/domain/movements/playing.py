"""Playing: points for a prize that the draw's seed, the member and the number of the play decide (R-RED-5).

The number is the member's own count of plays of the draw, which nothing ever takes back. So nobody can look for a
better outcome: the same request is the same play, and another request is only the next number.

A prize of points is spendable at once, under the program's own expiry. It counts towards no tier: nobody earned it. A
prize that is a reward has an order of its own, in an entry before that of the play, and is from then on like any other
order; what the play cost is not that order's price, and stays spent whatever becomes of it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from points.domain.canonical import Plain
from points.domain.errors import DrawClosed, DrawNotBegun, LimitReached, NotEligible
from points.domain.evaluation.facts import member_facts
from points.domain.evaluation.risk import guarded_redemption
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import Context, Decision, Effect, SetUsage, TakePrize, book, refuse_if_frozen
from points.domain.ledger.crediting import credited, lot_for
from points.domain.ledger.draws import DrawSeed
from points.domain.ledger.entries import EntryName, Kind, Line
from points.domain.ledger.usage import Usage
from points.domain.movements.granting import granted
from points.domain.movements.redeeming import spend
from points.domain.program.conditions import holds
from points.domain.program.drawing import drawn_prize
from points.domain.program.draws import Draw, Prize, shelf_of


@dataclass(frozen=True, slots=True)
class Play:
    reference: str
    member: str
    draw: str


def play(
    account: Account,
    play: Play,
    context: Context,
    *,
    seed: DrawSeed | None,
    usage: Usage,
    gone: Collection[str] = (),
) -> Decision:
    """``usage`` is how often the member has played it; ``gone`` names prizes that turned out to have run out.

    Raises UnknownDraw, DrawNotBegun, DrawClosed, MemberFrozen, NotEligible, LimitReached, RiskRefused and
    InsufficientPoints; OutOfStock at commit, where the prize has run out.
    """
    draw = context.program.draw(play.draw)
    seed = _open(draw, seed, context)
    refuse_if_frozen(account, Activity.REDEEMING)
    _check_allowed(account, draw, usage, context)
    spend(account, draw.cost, context)
    counted = usage.counted(1, context.today)
    number = counted.lifetime
    drawn = drawn_prize(draw, seed.seed, account.program, account.member, number)
    given = (draw.instead_of(drawn) or drawn) if drawn.name in gone else drawn
    order = _ordered(account, draw, given, number, context)
    paid = _paid(account if order is None else order.account, draw, given, context)
    effects: list[Effect] = [SetUsage(counted), *(() if order is None else order.effects)]
    if given.stock is not None:
        effects.append(TakePrize(draw, given))
    booked = book(
        account if order is None else order.account,
        paid.account,
        name=EntryName(Kind.PLAY, play.reference),
        context=context,
        lines=[Line(given.name, given.points)] if given.points else (),
        details={**_details(draw, drawn, given, number, seed), **paid.details},
        effects=effects,
    )
    return replace(booked, before=account, preceding=() if order is None else (order.entry,))


def order_reference(draw: str, number: int) -> str:
    """Of the order that a prize is. No caller's begins like that, and no other play of the member is of that name."""
    return f"~{draw}.{number}"


def _open(draw: Draw, seed: DrawSeed | None, context: Context) -> DrawSeed:
    if draw.is_over(context.today) or (seed is not None and seed.closed_at is not None):
        raise DrawClosed(f"{draw.name} is over", ended_on=draw.last.isoformat())
    if seed is None or not draw.has_begun(context.today):
        raise DrawNotBegun(f"{draw.name} has not begun", begins_on=draw.first.isoformat())
    return seed


def _check_allowed(account: Account, draw: Draw, usage: Usage, context: Context) -> None:
    program = context.program
    if not holds(draw.when, member_facts(account, context.now.astimezone(program.zone), program)):
        raise NotEligible(f"{draw.name} is not for this member", draw=draw.name)
    reached = usage.exceeded(draw.limits, 1, context.today, week_starts_on=program.week_starts_on)
    if reached is not None:
        message = f"{draw.name}: {reached.maximum} plays in a {reached.window} are for each member"
        raise LimitReached(message, limit=f"{usage.kind}/{reached.window}", maximum=reached.maximum)


def _ordered(account: Account, draw: Draw, given: Prize, number: int, context: Context) -> Decision | None:
    """The order of a prize that is a reward."""
    if given.reward is None:
        return None
    reference = order_reference(draw.name, number)
    reward = context.program.reward(given.reward)
    settled = account.settled(context.now, context.program.zone)
    grant = granted(settled, reward, 1, reference, context, price=0)
    details: dict[str, Plain] = {**grant.details, "drawn": shelf_of(draw.name, given.name), "spent": {}}
    if given.stock is not None:
        # For whoever takes the order back: the prize may have become unlimited by then, or the draw have gone.
        details["prize_limited"] = True
    name = EntryName(Kind.REDEEM, reference)
    return book(account, grant.account, name=name, context=context, details=details, effects=grant.effects)


@dataclass(frozen=True, slots=True)
class _Paid:
    account: Account
    details: Mapping[str, Plain]


def _paid(account: Account, draw: Draw, given: Prize, context: Context) -> _Paid:
    """The cost spent, which counts as a redemption where those are watched, and points that were won credited."""
    guarded, noted = guarded_redemption(account, context)
    after, spent = spend(guarded, draw.cost, context)
    if given.points:
        name = lot_for(None, account=after, earned_on=context.today, context=context)
        after = credited(after, given.points, lot_name=name, context=context)
    return _Paid(after, {"spent": spent, **noted})


def _details(draw: Draw, drawn: Prize, given: Prize, number: int, seed: DrawSeed) -> Mapping[str, Plain]:
    """What anybody needs to follow the play once the seed is known; the odds are those of the entry's version."""
    details: dict[str, Plain] = {
        "draw": draw.name,
        "number": number,
        "prize": drawn.name,
        "cost": draw.cost,
        "seed_digest": seed.digest,
    }
    if given is not drawn:
        details["given"] = given.name
    if given.reward is not None:
        details |= {"reward": given.reward, "ordered": order_reference(draw.name, number)}
    if given.stock is not None:
        details["prize_limited"] = True
    return details
