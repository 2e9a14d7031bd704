"""Rewards: what points can buy (R-RED-1)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from points.domain.program.conditions import ALWAYS, Condition
from points.domain.program.coupons import CouponRules
from points.domain.program.dates import EVERY_DAY, Dates
from points.domain.program.limiting import MemberLimit


class RewardKind(StrEnum):
    GOODS = "goods"
    COUPON = "coupon"
    VIRTUAL = "virtual"
    MEMBERSHIP = "membership"
    SERVICE = "service"
    TICKET = "ticket"
    BADGE = "badge"
    VOUCHER = "voucher"


ENTITLING: Final = frozenset({RewardKind.BADGE, RewardKind.MEMBERSHIP})
"""Kinds that make the member something, which is kept by the reward's name. It is issued with the order."""


class Loop(StrEnum):
    """Whether what it is worth is spent on the platform again (闭环) or elsewhere (开环)."""

    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Reward:
    """``price`` in points; ``prices`` are those of tiers that pay another, by level. ``cash`` is money beside the
    points, in minor units.

    ``stock`` None is unlimited; otherwise it is shared out over ``stock_shards`` counters, and so is ``stock_per_day``,
    what there is on each program-local day. ``limits`` say how often each member may have it: what is drawn or won does
    not count. ``when`` says who may have it (V3 and above, real-name members, …), ``dates`` on which days.

    ``months`` is how long a membership lasts. With ``coupon`` each of it is a code. ``title`` and ``description`` are
    by language, ``pictures`` are URLs.
    """

    name: str
    price: int
    stock: int | None = None
    stock_shards: int = 1
    limits: tuple[MemberLimit, ...] = ()
    when: Condition = ALWAYS
    title: Mapping[str, str] = field(default_factory=dict)
    kind: RewardKind = RewardKind.GOODS
    loop: Loop = Loop.CLOSED
    prices: Mapping[str, int] = field(default_factory=dict)
    cash: int | None = None
    stock_per_day: int | None = None
    dates: Dates = EVERY_DAY
    months: int | None = None
    coupon: CouponRules | None = None
    description: Mapping[str, str] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FirstRedemption:
    """What a member's first redemption costs less: so many percent of its price, rounded down, and ``maximum`` points
    at most (R-RED-7)."""

    percent: int
    maximum: int | None = None

    def off(self, price: int) -> int:
        """Less than the price: whatever is redeemed costs at least a point."""
        discount = price * self.percent // 100
        return discount if self.maximum is None else min(discount, self.maximum)
