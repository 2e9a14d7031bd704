"""What a member gets when a reward is theirs, and how it is taken back: the order, and what is at stake with it.

However it came to be theirs: bought, drawn, won, or given for points that expire. The price is not its business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from points.domain.calendar import local_day, utc_text
from points.domain.canonical import Plain
from points.domain.errors import CouponExpired, CouponUsed, InvalidRequest
from points.domain.ledger.account import Account
from points.domain.ledger.booking import (
    Context,
    Effect,
    EndCoupon,
    IssueCoupon,
    NeedsCodes,
    PlaceOrder,
    ReturnDailyStock,
    ReturnStock,
    SetUsage,
    TakeDailyStock,
    TakeStock,
)
from points.domain.ledger.coupons import MAX_COUPONS, Coupon, CouponState, codes_in, coupon_details
from points.domain.ledger.entries import Entry
from points.domain.ledger.orders import Order, OrderState, placed_order
from points.domain.ledger.usage import Usage
from points.domain.movements.entitling import disentitle, entitle
from points.domain.program.rewards import ENTITLING, Reward


@dataclass(frozen=True, slots=True)
class Bill:
    """What an order costs beside points, in minor units, and until when it is to be paid."""

    cash: int
    until: datetime

    def plain(self, reward: Reward, quantity: int) -> dict[str, Plain]:
        """What the entry says of it. For how long a membership will last, too: the program may not say so any more when
        it is paid."""
        months = {} if reward.months is None else {"months": reward.months * quantity}
        return {"cash_minor": self.cash, "pay_until": utc_text(self.until), **months}


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
    bill: Bill | None = None,
) -> Granted:
    """``price`` is what all of it costs, in points; ``reference`` that of the order; ``usage`` what the member had of
    it, where it counts towards the limits for each member. With a ``bill`` the order waits for it: what the member
    becomes by it, they become when it is paid (:mod:`points.domain.movements.paying`).

    Codes of coupons are taken from the front of those at hand; what is a code has been handed over with it, so its
    order begins as fulfilled. Raises NeedsCodes, NeedsEntitlement, CouponExpired and, beyond what one movement can
    issue, InvalidRequest."""
    coupons = _coupons(account, reward, quantity, reference, context)
    state = OrderState.AWAITING_PAYMENT if bill is not None else first_state(reward)
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
        cash=0 if bill is None else bill.cash,
        pay_until=None if bill is None else bill.until,
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
    if reward.coupon is not None:
        details |= coupon_details(reward.coupon, [coupon.code for coupon in coupons], context.today)
        effects += map(IssueCoupon, coupons)
    if bill is not None:
        details |= bill.plain(reward, quantity)
    entitled = entitle(account, reward, quantity, reference, context, reserved=bill is not None)
    if entitled.given is not None:
        details["entitled"] = entitled.given.plain()
    return Granted(account, details, [*effects, *entitled.effects])


def _coupons(account: Account, reward: Reward, quantity: int, reference: str, context: Context) -> Sequence[Coupon]:
    """Those that are issued; none where the reward is no code."""
    rules = reward.coupon
    if rules is None:
        return ()
    if quantity > MAX_COUPONS:
        raise InvalidRequest.at("/quantity", f"must be from 1 to {MAX_COUPONS} for what is a code")
    if rules.is_over(context.today):
        message = f"{reward.name} was good until {rules.valid_until}"
        raise CouponExpired(message, reward=reward.name, expired_on=str(rules.valid_until))
    codes = context.codes.get(reward.name, ())
    if len(codes) < quantity:
        raise NeedsCodes(reward, quantity - len(codes))
    return [
        Coupon(
            program=account.program,
            code=code,
            reward=reward.name,
            member=account.member,
            order=reference,
            issued_at=context.now,
            expires_on=rules.expires_on(context.today),
            pool=rules.pool,
        )
        for code in codes[:quantity]
    ]


def first_state(reward: Reward) -> OrderState:
    """Of an order that is paid for: nothing is left to be done where what was ordered is issued with it."""
    issued = reward.coupon is not None or reward.kind in ENTITLING
    return OrderState.FULFILLED if issued else OrderState.PLACED


def taken_back(
    account: Account,
    granted: Entry,
    context: Context,
    *,
    usage: Usage | None = None,
    paid: Entry | None = None,
    coupons: Sequence[Coupon] = (),
) -> Granted:
    """The opposite of what that entry granted, and of what came with its order's having been ``paid``. The state of the
    order is the caller's business. ``usage`` is what the member had of it by now, ``coupons`` are those it granted as
    they are by now: all of them become void. Codes of a pool are not given out again, because the member has seen them.
    Raises NeedsEntitlement and CouponUsed."""
    order = placed_order(granted)
    effects: list[Effect] = []
    if granted.details.get("limited"):
        effects.append(ReturnStock(order.reward, order.quantity))
    if (day := granted.details.get("of_day")) is not None:
        effects.append(ReturnDailyStock(order.reward, order.quantity, date.fromisoformat(str(day))))
    if usage is not None and granted.details.get("counted"):
        effects.append(SetUsage(usage.counted(-order.quantity, local_day(granted.at, context.program.zone))))
    effects += _voided(granted, coupons, context)
    entitling = paid if paid is not None and "entitled" in paid.details else granted
    return Granted(account, effects=[*effects, *disentitle(entitling, order.reward, context)])


def _voided(granted: Entry, coupons: Sequence[Coupon], context: Context) -> Sequence[EndCoupon]:
    if sorted(coupon.code for coupon in coupons) != sorted(codes_in(granted)):
        raise ValueError(f"the coupons of {granted.name} are not all at hand")
    for coupon in coupons:
        if coupon.state is CouponState.WRITTEN_OFF:
            used_at = "" if coupon.ended_at is None else utc_text(coupon.ended_at)
            raise CouponUsed("a coupon of this order has been used", coupon=coupon.code, used_at=used_at)
    return [EndCoupon(coupon, coupon.ended(CouponState.VOID, context.now)) for coupon in coupons]
