"""What a member gets when a reward is theirs, and how it is taken back: the order, and what is at stake with it.

However it came to be theirs: bought, drawn, won, or given for points that expire. The price is not its business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from points.domain.calendar import local_day
from points.domain.canonical import Plain
from points.domain.ledger.account import Account
from points.domain.ledger.booking import (
    Context,
    Effect,
    PlaceOrder,
    ReturnDailyStock,
    ReturnStock,
    SetUsage,
    TakeDailyStock,
    TakeStock,
)
from points.domain.ledger.entries import Entry
from points.domain.ledger.orders import Order, OrderState, placed_order
from points.domain.ledger.usage import Usage
from points.domain.program.rewards import Reward


@dataclass(frozen=True, slots=True)
class Granted:
    """``account`` with what lies on it, what the entry says of it, and what else is at stake."""

    account: Account
    details: Mapping[str, Plain] = field(default_factory=dict)
    effects: Sequence[Effect] = ()


def granted(
    account: Account,
    reward: Reward,
    quantity: int,
    reference: str,
    context: Context,
    *,
    price: int,
    usage: Usage | None = None,
    state: OrderState = OrderState.PLACED,
) -> Granted:
    """``price`` is what all of it costs, in points; ``reference`` that of the order; ``usage`` what the member had of
    it, where it counts towards the limits for each member; ``state`` what its order begins with."""
    order = Order(
        program=account.program,
        member=account.member,
        reference=reference,
        reward=reward.name,
        quantity=quantity,
        points=price,
        state=state,
        placed_at=context.now,
        updated_at=context.now,
    )
    details: dict[str, Plain] = {"reward": reward.name, "quantity": quantity, "price": price}
    if state is not OrderState.PLACED:
        details["state"] = state.value
    effects: list[Effect] = [PlaceOrder(order)]
    if reward.stock is not None:
        effects.append(TakeStock(reward, quantity))
        # Remembered, because a reward may become limited or unlimited between its redemption and its return.
        details["limited"] = True
    if reward.stock_per_day is not None:
        effects.append(TakeDailyStock(reward, quantity, context.today))
        details["of_day"] = context.today.isoformat()
    if usage is not None and reward.limits:
        effects.append(SetUsage(usage.counted(quantity, context.today)))
        details["counted"] = True
    return Granted(account, details, effects)


def taken_back(account: Account, granted: Entry, context: Context, *, usage: Usage | None = None) -> Granted:
    """The opposite of what that entry granted. The state of its order is the caller's business. ``usage`` is what the
    member had of it by now."""
    order = placed_order(granted)
    effects: list[Effect] = []
    if granted.details.get("limited"):
        effects.append(ReturnStock(order.reward, order.quantity))
    if (day := granted.details.get("of_day")) is not None:
        effects.append(ReturnDailyStock(order.reward, order.quantity, date.fromisoformat(str(day))))
    if usage is not None and granted.details.get("counted"):
        effects.append(SetUsage(usage.counted(-order.quantity, local_day(granted.at, context.program.zone))))
    return Granted(account, effects=effects)
