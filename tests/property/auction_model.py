"""Auctions as a person would keep them: purses with what lies in them by its last day, and a slate for each auction."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from points.domain.program.auctions import Auction

type Points = dict[date, int]
"""By their last day."""


class Over(StrEnum):
    WON = "won"
    CALLED_OFF = "called off"


class No(Exception):
    """What the ledger has to answer; ``required`` where it has to say what would be enough."""

    def __init__(self, code: str, required: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.required = required


@dataclass
class Purse:
    lots: Points = field(default_factory=dict)
    held: dict[str, Points] = field(default_factory=dict)
    frozen: bool = False
    erased: bool = False
    bids: dict[str, int] = field(default_factory=dict)

    def available(self, today: date) -> int:
        return sum(points for last, points in self.lots.items() if last >= today)

    def put(self, points: Points) -> None:
        for last, count in points.items():
            self.lots[last] = self.lots.get(last, 0) + count

    def take(self, points: int, today: date) -> Points:
        taken: Points = {}
        for last in sorted(day for day in self.lots if day >= today):
            taken[last] = min(points - sum(taken.values()), self.lots[last])
            self.lots[last] -= taken[last]
        assert sum(taken.values()) == points
        return {last: count for last, count in taken.items() if count}


@dataclass
class Slate:
    """``reward`` and ``closes_at`` are those of the first bid, whatever the program says since."""

    reward: str
    closes_at: datetime
    leader: str | None = None
    amount: int = 0
    bids: int = 0
    extended: int = 0
    over: Over | None = None
    why: str | None = None


@dataclass
class House:
    zone: ZoneInfo
    stock: int
    offered: dict[str, Auction] = field(default_factory=dict)
    rewards: set[str] = field(default_factory=set)
    purses: dict[str, Purse] = field(default_factory=dict)
    slates: dict[str, Slate] = field(default_factory=dict)
    orders: dict[str, tuple[str, Points]] = field(default_factory=dict)
    """By auction: who has it, and what they paid."""

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def required(self, name: str) -> int:
        auction, slate = self.offered.get(name), self.slates.get(name)
        if auction is None:
            return 1
        return auction.minimum_bid if slate is None or slate.leader is None else slate.amount + auction.step

    def bids(self, member: str, name: str, points: int, now: datetime) -> None:
        purse, auction, slate = self.purses[member], self.offered.get(name), self.slates.get(name)
        if auction is None:
            raise No("not_found" if slate is None else "auction_closed")
        slate = slate or Slate(auction.reward, auction.closes_at)
        if slate.over is not None:
            raise No("auction_closed")
        if now < auction.opens_at:
            raise No("auction_not_begun")
        if now >= slate.closes_at:
            raise No("auction_closed")
        if purse.frozen:
            raise No("member_frozen")
        if points < self.required(name):
            raise No("bid_too_low", self.required(name))
        for limit in auction.limits:
            if purse.bids.get(name, 0) >= limit.maximum:
                raise No("limit_reached")
        own = sum(purse.held.get(name, {}).values())
        if points > own + purse.available(self.today(now)):
            raise No("insufficient_points", points)
        if slate.leader not in (None, member):
            self._gives_back(name, slate)
        drawn = purse.take(points - own, self.today(now))
        mine = purse.held.setdefault(name, {})
        for last, count in drawn.items():
            mine[last] = mine.get(last, 0) + count
        extension = auction.extension
        if (
            extension is not None
            and slate.extended < extension.at_most
            and slate.closes_at - now <= timedelta(seconds=extension.within_seconds)
        ):
            slate.closes_at += timedelta(seconds=extension.by_seconds)
            slate.extended += 1
        slate.leader, slate.amount, slate.bids = member, points, slate.bids + 1
        purse.bids[name] = purse.bids.get(name, 0) + 1
        self.slates[name] = slate

    def _gives_back(self, name: str, slate: Slate) -> None:
        assert slate.leader is not None
        purse = self.purses[slate.leader]
        purse.put(purse.held.pop(name))

    def is_swept(self, member: str, now: datetime) -> list[str]:
        """What became of the auctions that the member led, the first to close first."""
        closed = sorted(
            (slate.closes_at, name)
            for name, slate in self.slates.items()
            if slate.over is None and slate.leader == member and slate.closes_at <= now
        )
        for _, name in closed:
            self._ends(name, self.slates[name])
        return [name for _, name in closed]

    def _ends(self, name: str, slate: Slate) -> None:
        assert slate.leader is not None
        purse = self.purses[slate.leader]
        why = None
        if purse.erased:
            why = "member_erased"
        elif slate.reward not in self.rewards:
            why = "unknown_reward"
        elif not self.stock:
            why = "out_of_stock"
        if why is None:
            slate.over = Over.WON
            self.stock -= 1
            self.orders[name] = (slate.leader, purse.held.pop(name))
        else:
            slate.over, slate.why = Over.CALLED_OFF, why
            self._gives_back(name, slate)

    def is_called_off(self, name: str) -> bool:
        """Whether anything came of it."""
        slate = self.slates.get(name)
        if slate is None:
            if name not in self.offered:
                raise No("not_found")
            slate = self.slates[name] = Slate(self.offered[name].reward, self.offered[name].closes_at)
        if slate.over is Over.WON:
            raise No("auction_closed")
        if slate.over is Over.CALLED_OFF:
            return False
        slate.over, slate.why = Over.CALLED_OFF, "operator"
        if slate.leader is not None:
            self._gives_back(name, slate)
        return True

    def order_is_cancelled(self, name: str) -> None:
        member, paid = self.orders.pop(name)
        self.purses[member].put(paid)
        self.stock += 1
