"""Redeeming: points for a reward, and taking an order back."""

from dataclasses import dataclass, replace

from points.domain.canonical import Plain
from points.domain.errors import InsufficientPoints, InvalidRequest, OrderNotCancellable
from points.domain.evaluation.pricing import of_reward, price_of, with_redemption
from points.domain.evaluation.risk import guarded_redemption
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import (
    Context,
    Decision,
    MoveOrder,
    book,
    refuse_if_frozen,
)
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots
from points.domain.ledger.orders import TRANSITIONS, Order, moved_order, transition_name
from points.domain.ledger.usage import Usage
from points.domain.limits import MAX_POINTS
from points.domain.movements.granting import granted, taken_back

MAX_REWARD_QUANTITY = 1_000


@dataclass(frozen=True, slots=True)
class Redemption:
    reference: str
    member: str
    reward: str
    quantity: int = 1


def spend(account: Account, points: int, context: Context) -> tuple[Account, Lots]:
    """``account`` settled and with ``points`` drawn, and the lots they came from. Raises InsufficientPoints."""
    account = account.settled(context.now, context.program.zone)
    available = lot.live_points(account.lots, context.today)
    if points > available:
        raise InsufficientPoints(
            f"{points} points are needed and {available} are available", available=available, required=points
        )
    drawn = lot.draw(account.lots, points, account.spending_order(context.today))
    return replace(account, lots=lot.subtracted(account.lots, drawn)), drawn


def redeem(account: Account, redemption: Redemption, context: Context, usage: Usage | None = None) -> Decision:
    """``usage`` is what the member had of the reward, where it is limited for each.

    Raises UnknownReward, InvalidRequest, MemberFrozen, NotOnSale, NotEligible, LimitReached, RiskRefused and
    InsufficientPoints, in this order; OutOfStock and SoldOutToday at commit."""
    reward = context.program.reward(redemption.reward)
    if not 1 <= redemption.quantity <= MAX_REWARD_QUANTITY:
        raise InvalidRequest.at("/quantity", f"must be from 1 to {MAX_REWARD_QUANTITY}")
    price = price_of(account, reward, redemption.quantity, context)
    if price.points > MAX_POINTS:
        raise InvalidRequest.at("/quantity", "the price is beyond what an account can hold")
    refuse_if_frozen(account, Activity.REDEEMING)
    for refusal in of_reward(account, reward, redemption.quantity, context, usage=usage):
        raise refusal
    guarded, noted = guarded_redemption(account, context)
    counting = replace(guarded, counters=with_redemption(guarded.counters, 1))
    after, spent = spend(counting, price.points, context)
    grant = granted(after, reward, redemption.quantity, redemption.reference, context, price=price.points, usage=usage)
    discount: dict[str, Plain] = {"discount": price.discount} if price.discount else {}
    return book(
        account,
        grant.account,
        name=EntryName(Kind.REDEEM, redemption.reference),
        context=context,
        details={**grant.details, **discount, "spent": spent, **noted},
        effects=grant.effects,
    )


def cancel(
    account: Account,
    order: Order,
    redeemed: Entry,
    context: Context,
    *,
    reason: str | None,
    usage: Usage | None = None,
) -> Decision:
    """Give an order's points back to the lots they came from, each with its own expiry (R-RED-2).

    A lot that expired meanwhile follows the program: with grace it is good for that many days after its own last day,
    and only once; otherwise it comes back as it is (past its date, worth nothing, swept like any other). Raises
    OrderNotCancellable.
    """
    transition = TRANSITIONS[Kind.REVERSAL]
    if order.state not in transition.of:
        raise OrderNotCancellable(f"the order is {order.state}", state=order.state.value)
    cancelled = moved_order(order, transition.to, context.now)
    back = taken_back(account, redeemed, context, usage=usage)
    spent = redeemed.spent_lots()
    asked_for = not redeemed.details.get("exchanged")
    counters = with_redemption(back.account.counters, -1) if asked_for else back.account.counters
    if not asked_for and context.program.expired_return_days is None:
        # They have had their chance, which is once: the next sweep closes them, and buys nothing for them again.
        spent = {lot.given_grace(name, 0): points for name, points in spent.items()}
    return book(
        account,
        restored(replace(back.account, counters=counters), spent, context),
        name=transition_name(Kind.REVERSAL, order.reference),
        context=context,
        reason=reason,
        details=back.details,
        effects=(MoveOrder(order, cancelled), *back.effects),
    )


def restored(account: Account, lots: Lots, context: Context) -> Account:
    """``account`` settled and with spent lots back in their buckets, debt repaid from what can be spent."""
    grace_days = context.program.expired_return_days
    settled = account.settled(context.now, context.program.zone)
    if settled.active_until is not None and settled.active_until < context.today:
        lots = lot.stopped(lots, settled.active_until)
    returned: dict[str, int] = {}
    for name, points in lots.items():
        expired = not lot.is_live(name, context.today)
        target = lot.given_grace(name, grace_days) if expired and grace_days is not None else name
        returned[target] = returned.get(target, 0) + points
    return settled.given(returned, context.today)
