"""Redeeming: points for a reward, and taking an order back."""

from collections.abc import Sequence
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
    is_unasked,
    refuse_if_frozen,
)
from points.domain.ledger.coupons import Coupon
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots
from points.domain.ledger.orders import (
    TRANSITIONS,
    Order,
    OrderState,
    moved_order,
    order_hold,
    transition_name,
)
from points.domain.ledger.usage import Usage
from points.domain.limits import MAX_POINTS
from points.domain.movements.granting import granted, taken_back
from points.domain.movements.paying import bill_of, give_up, set_aside
from points.domain.program.rewards import RewardKind

MAX_REWARD_QUANTITY = 1_000


@dataclass(frozen=True, slots=True)
class Redemption:
    """``expires_in`` is how many seconds there are to pay what it costs besides; None takes the program's."""

    reference: str
    member: str
    reward: str
    quantity: int = 1
    expires_in: int | None = None


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

    A reward that costs money besides is not paid for yet: its points are held for the order, which waits.

    Raises UnknownReward, InvalidRequest, MemberFrozen, NotOnSale, NotEligible, AlreadyOwned, LimitReached, RiskRefused
    and InsufficientPoints, in this order; OutOfStock and SoldOutToday at commit; NeedsEntitlement and NeedsCodes."""
    reward = context.program.reward(redemption.reward)
    if not 1 <= redemption.quantity <= MAX_REWARD_QUANTITY:
        raise InvalidRequest.at("/quantity", f"must be from 1 to {MAX_REWARD_QUANTITY}")
    price = price_of(account, reward, redemption.quantity, context)
    if price.points > MAX_POINTS:
        raise InvalidRequest.at("/quantity", "the price is beyond what an account can hold")
    if reward.kind is RewardKind.BADGE and redemption.quantity > 1:
        raise InvalidRequest.at("/quantity", "a badge is had once")
    bill = bill_of(reward, redemption.quantity, redemption.expires_in, context)
    refuse_if_frozen(account, Activity.REDEEMING)
    for refusal in of_reward(account, reward, redemption.quantity, context, usage=usage):
        raise refusal
    guarded, noted = guarded_redemption(account, context)
    counting = replace(guarded, counters=with_redemption(guarded.counters, 1))
    after, drawn = spend(counting, price.points, context)
    if bill is not None:
        after = set_aside(after, redemption.reference, drawn, bill)
    grant = granted(
        after,
        reward,
        redemption.quantity,
        redemption.reference,
        context,
        price=price.points,
        usage=usage,
        bill=bill,
    )
    discount: dict[str, Plain] = {"discount": price.discount} if price.discount else {}
    spent: dict[str, Plain] = {"spent": drawn} if bill is None else {}
    return book(
        account,
        grant.account,
        name=EntryName(Kind.REDEEM, redemption.reference),
        context=context,
        details={**grant.details, **discount, **spent, **noted},
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
    paid: Entry | None = None,
    coupons: Sequence[Coupon] = (),
) -> Decision:
    """Give an order's points back to the lots they came from, each with its own expiry (R-RED-2). ``usage`` is what the
    member had of its reward, where that was counted; ``paid`` the entry that paid what it cost besides, if one did.

    A lot that expired meanwhile follows the program: with grace it is good for that many days after its own last day,
    and only once; otherwise it comes back as it is (past its date, worth nothing, swept like any other). What an order
    only held, because it has not been paid, comes back like any hold. Its coupons become void. Raises
    OrderNotCancellable, CouponUsed and NeedsEntitlement.
    """
    transition = TRANSITIONS[Kind.REVERSAL]
    unpaid = order.state is OrderState.AWAITING_PAYMENT
    if order.state not in transition.of or (unpaid and order_hold(order.reference) not in account.holds):
        raise OrderNotCancellable(f"the order is {order.state}", state=order.state.value)
    if unpaid:
        return give_up(account, order, redeemed, context, usage=usage, reason=reason)
    cancelled = moved_order(order, transition.to, context.now)
    back = taken_back(account, redeemed, context, usage=usage, paid=paid, coupons=coupons)
    spent = (redeemed if paid is None else paid).spent_lots()
    asked_for = not is_unasked(redeemed.details)
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
