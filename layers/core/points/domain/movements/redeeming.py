"""Redeeming: points for a reward, and taking an order back."""

from dataclasses import dataclass, replace

from points.domain.canonical import Plain
from points.domain.errors import InsufficientPoints, InvalidRequest, NotAvailableYet, NotEligible, OrderNotCancellable
from points.domain.evaluation.facts import member_facts
from points.domain.evaluation.risk import guarded_redemption
from points.domain.ledger import lots as lot
from points.domain.ledger.account import Account, Activity
from points.domain.ledger.booking import (
    CancelOrder,
    Context,
    Decision,
    Effect,
    PlaceOrder,
    ReturnStock,
    TakeStock,
    book,
    refuse_if_frozen,
)
from points.domain.ledger.entries import Entry, EntryName, Kind
from points.domain.ledger.lots import Lots
from points.domain.ledger.orders import Order, OrderState
from points.domain.limits import MAX_POINTS
from points.domain.program.conditions import holds
from points.domain.program.rewards import Reward

MAX_REWARD_QUANTITY = 1_000

CANCELLATION = "cancel"
"""The reference of the one reversal an order can have: cancelling twice is the same cancellation."""


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


def redeem(account: Account, redemption: Redemption, context: Context) -> Decision:
    """Raises UnknownReward, InvalidRequest, NotAvailableYet, MemberFrozen, NotEligible, RiskRefused and
    InsufficientPoints; OutOfStock at commit."""
    reward = context.program.reward(redemption.reward)
    if not 1 <= redemption.quantity <= MAX_REWARD_QUANTITY:
        raise InvalidRequest.at("/quantity", f"must be from 1 to {MAX_REWARD_QUANTITY}")
    price = reward.price * redemption.quantity
    if price > MAX_POINTS:
        raise InvalidRequest.at("/quantity", "the price is beyond what an account can hold")
    if not reward.available:
        raise NotAvailableYet(f"the outlet that {reward.name} needs is not available yet", reward=reward.name)
    refuse_if_frozen(account, Activity.REDEEMING)
    if not is_eligible(account, reward, context):
        raise NotEligible(f"{reward.name} is not for this member", reward=reward.name)
    guarded, noted = guarded_redemption(account, context)
    after, spent = spend(guarded, price, context)
    details, effects = ordered(account, reward, redemption.quantity, redemption.reference, context)
    return book(
        account,
        after,
        name=EntryName(Kind.REDEEM, redemption.reference),
        context=context,
        details={**details, "spent": spent, **noted},
        effects=effects,
    )


def ordered(
    account: Account, reward: Reward, quantity: int, reference: str, context: Context
) -> tuple[dict[str, Plain], list[Effect]]:
    """What the entry of a redemption says of its order, and what is at stake with it."""
    price = reward.price * quantity
    order = Order(
        program=account.program,
        member=account.member,
        reference=reference,
        reward=reward.name,
        quantity=quantity,
        points=price,
        state=OrderState.PLACED,
        placed_at=context.now,
        updated_at=context.now,
    )
    details: dict[str, Plain] = {"reward": reward.name, "quantity": quantity, "price": price}
    effects: list[Effect] = [PlaceOrder(order)]
    if reward.stock is not None:
        effects.append(TakeStock(reward, quantity))
        # Remembered, because a reward may become limited or unlimited between its redemption and its return.
        details["limited"] = True
    return details, effects


def is_eligible(account: Account, reward: Reward, context: Context) -> bool:
    """Whether a member of this tier, segment and profile may have the reward, be they able to pay it or not."""
    at = context.now.astimezone(context.program.zone)
    return holds(reward.when, member_facts(account, at, context.program))


def placed_order(entry: Entry) -> Order:
    """The order exactly as the redemption placed it, whatever became of it since."""
    details = entry.details
    reward, quantity, price = details["reward"], details["quantity"], details["price"]
    if not (isinstance(reward, str) and isinstance(quantity, int) and isinstance(price, int)):
        raise TypeError(f"{entry.name} is not a redemption")
    return Order(
        program=entry.program,
        member=entry.member,
        reference=entry.reference,
        reward=reward,
        quantity=quantity,
        points=price,
        state=OrderState.PLACED,
        placed_at=entry.at,
        updated_at=entry.at,
    )


def cancel(account: Account, order: Order, redeemed: Entry, context: Context, *, reason: str | None) -> Decision:
    """Give an order's points back to the lots they came from, each with its own expiry (R-RED-2).

    A lot that expired meanwhile follows the program: with grace it is good for that many days after its own last day,
    and only once; otherwise it comes back as it is (past its date, worth nothing, swept like any other). Raises
    OrderNotCancellable.
    """
    if order.state is not OrderState.PLACED:
        raise OrderNotCancellable(f"the order is {order.state}", state=order.state.value)
    cancelled = replace(order, state=OrderState.CANCELLED, updated_at=context.now)
    effects: list[Effect] = [CancelOrder(cancelled)]
    if redeemed.details.get("limited"):
        effects.append(ReturnStock(order.reward, order.quantity))
    spent = redeemed.spent_lots()
    if redeemed.details.get("exchanged") and context.program.expired_return_days is None:
        # They have had their chance, which is once: the next sweep closes them, and buys nothing for them again.
        spent = {lot.given_grace(name, 0): points for name, points in spent.items()}
    return book(
        account,
        restored(account, spent, context),
        name=EntryName(Kind.REVERSAL, CANCELLATION, reverses=redeemed.name),
        context=context,
        reason=reason,
        effects=effects,
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
