"""Counters that many members share: limited stock, prizes and the budgets of campaigns, moved in the transaction of the
movement that takes from them (design §6).

A limit is shared out over its shards, and no shard ever counts beyond its share, so all of them together never count
beyond the limit. Which shard a movement tries first follows from who asks and under which reference: the same on
every retry, and spread evenly over a flash sale. A shard that cannot serve is not the end: the counters are read and
the amount is taken wherever there is room, from several shards if it must be.

What comes back goes to the first shard, wherever it came from: that one exists for every reward and campaign, also for
one that has left the program since. It may then count below zero, which only means that it has more than its share to
give, by as much as others have less. Only the sum over the shards says anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import number
from points.adapters.dynamodb.models import SharedCounterItem
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import BudgetExhausted
from points.domain.errors import OutOfStock, SoldOutToday
from points.domain.ledger.booking import (
    Decision,
    Effect,
    ReturnBudget,
    ReturnDailyStock,
    ReturnPrize,
    ReturnStock,
    TakeBudget,
    TakeDailyStock,
    TakePrize,
    TakeStock,
)
from points.domain.ledger.entries import Entry
from points.domain.program.campaigns import Campaign
from points.domain.program.draws import Draw, Prize, shelf_of
from points.domain.program.rewards import Reward
from points.domain.program.succession import Kept, Limit, daily

FIRST_SHARD = 0


class NotEnoughHere(Exception):
    """A shard had not enough left. Others may have."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a stock, prize or budget of a program is counted."""

    program: str
    kind: Kept
    name: str
    limit: Limit

    @property
    def shards(self) -> int:
        return self.limit.shards


@dataclass(frozen=True, slots=True)
class Pick:
    """``amount`` from one shard."""

    shard: int
    amount: int


@dataclass(frozen=True, slots=True)
class Take:
    """``amount`` is to be taken, by the movement that ``entry`` records."""

    shelf: Shelf
    amount: int
    entry: Entry

    @property
    def order(self) -> list[int]:
        """The shards in the order in which this movement asks them.

        By member and reference: in a flash sale every member's reference may well be the name of the sale. The shards
        after the first begin anywhere, so that those whom an empty shard sends away do not all go to the next one.
        """
        shards = self.shelf.shards
        turn, home = divmod(keys.stable_hash(f"{self.entry.member}#{self.entry.reference}"), shards)
        others = [(home + step) % shards for step in range(1, shards)]
        start = turn % len(others) if others else 0
        return [home, *others[start:], *others[:start]]

    def first_picks(self) -> list[Pick]:
        """Everything from the one shard that this movement asks first."""
        return [Pick(self.order[0], self.amount)]

    def picks_by_room(self, taken: Sequence[int]) -> list[Pick]:
        """Where to take the amount, given what each shard has counted so far. Raises OutOfStock and BudgetExhausted.

        One shard that can serve it all is best, the own one first; else whatever there is, from shard to shard.
        """
        room = [self.shelf.limit.share(shard) - taken[shard] for shard in range(self.shelf.shards)]
        order = self.order
        for shard in order:
            if room[shard] >= self.amount:
                return [Pick(shard, self.amount)]
        if sum(left for left in room if left > 0) < self.amount:
            raise self.exhausted()
        picks, missing = list[Pick](), self.amount
        for shard in order:
            picked = min(missing, max(0, room[shard]))
            if picked:
                picks.append(Pick(shard, picked))
                missing -= picked
        return picks

    def exhausted(self) -> Exception:
        """What it means when all shards together cannot give it."""
        name = self.shelf.name
        if self.shelf.kind is Kept.BUDGET:
            return BudgetExhausted(name, self.amount)
        if self.shelf.kind is Kept.DAILY:
            reward, _, day = name.partition("/")
            return SoldOutToday(f"nothing is left of {reward} on {day}", reward=reward)
        return OutOfStock(f"{name} is out of stock", reward=name)


def stock_shelf(program: str, reward: Reward) -> Shelf:
    return Shelf(program, Kept.STOCK, reward.name, Limit(reward.stock_shards, reward.stock or 0))


def daily_shelf(program: str, reward: Reward, day: date) -> Shelf:
    limit = Limit(reward.stock_shards, reward.stock_per_day or 0)
    return Shelf(program, Kept.DAILY, daily(reward.name, day.isoformat()), limit)


def budget_shelf(program: str, campaign: Campaign) -> Shelf:
    return Shelf(program, Kept.BUDGET, campaign.name, Limit(campaign.budget_shards, campaign.budget or 0))


def prize_shelf(program: str, draw: Draw, prize: Prize) -> Shelf:
    return Shelf(program, Kept.PRIZE, shelf_of(draw.name, prize.name), Limit(prize.stock_shards, prize.stock or 0))


def takes_of(decision: Decision) -> list[Take]:
    """Everything a decision takes from shared counters."""
    takes = (_take(decision.entry, effect) for effect in decision.effects)
    return [take for take in takes if take is not None]


def _take(entry: Entry, effect: Effect) -> Take | None:
    match effect:
        case TakeStock(reward, quantity):
            return Take(stock_shelf(entry.program, reward), quantity, entry)
        case TakeDailyStock(reward, quantity, day):
            return Take(daily_shelf(entry.program, reward, day), quantity, entry)
        case TakeBudget(campaign, points):
            return Take(budget_shelf(entry.program, campaign), points, entry)
        case TakePrize(draw, prize):
            return Take(prize_shelf(entry.program, draw, prize), 1, entry)
        case _:
            return None


def append_take(transaction: Transaction, take: Take, picks: Sequence[Pick]) -> None:
    for pick in picks:
        room = take.shelf.limit.share(pick.shard) - pick.amount
        # A counter that nobody has moved yet stands at nothing, which is only little enough if there is any room.
        condition = "taken <= :room OR attribute_not_exists(taken)" if room >= 0 else "taken <= :room"
        transaction.update(
            _key(take.shelf, pick.shard),
            expression="ADD taken :amount",
            condition=condition,
            values={":amount": {"N": number(pick.amount)}, ":room": {"N": number(room)}},
            failed=lambda _: NotEnoughHere(),
        )


def append_return(
    transaction: Transaction, program: str, back: ReturnStock | ReturnDailyStock | ReturnBudget | ReturnPrize
) -> None:
    kind, name, amount = _returned(back)
    counter = keys.shared_key(program, kind, name, FIRST_SHARD)
    transaction.update(counter, expression="ADD taken :amount", values={":amount": {"N": number(-amount)}})


def _returned(back: ReturnStock | ReturnDailyStock | ReturnBudget | ReturnPrize) -> tuple[Kept, str, int]:
    match back:
        case ReturnStock(reward, quantity):
            return Kept.STOCK, reward, quantity
        case ReturnDailyStock(reward, quantity, day):
            return Kept.DAILY, daily(reward, day.isoformat()), quantity
        case ReturnBudget(campaign, points):
            return Kept.BUDGET, campaign, points
        case ReturnPrize(shelf):
            return Kept.PRIZE, shelf, 1


def read_taken(table: Table, shelves: Sequence[Shelf]) -> Mapping[Shelf, list[int]]:
    """What each shard of each shelf has counted, in the order of the shards, each as it is at some moment: to be
    shown."""
    places = {
        keys.shared_pk(shelf.program, shelf.kind, shelf.name, shard): (shelf, shard)
        for shelf in shelves
        for shard in range(shelf.shards)
    }
    taken = {shelf: [0] * shelf.shards for shelf in shelves}
    for item in table.get_all([_key(shelf, shard) for shelf, shard in places.values()]):
        counter = SharedCounterItem.read(item)
        shelf, shard = places[counter.pk]
        taken[shelf][shard] = counter.taken
    return taken


def taken_together(table: Table, shelf: Shelf) -> list[int]:
    """What each shard of a shelf has counted, all of them at one moment: to say that nothing is left is to say that
    there was a moment at which nothing was. Raises RaceLost while somebody takes from it."""
    items = table.get_together([_key(shelf, shard) for shard in range(shelf.shards)])
    return [0 if item is None else SharedCounterItem.read(item).taken for item in items]


def _key(shelf: Shelf, shard: int) -> keys.Key:
    return keys.shared_key(shelf.program, shelf.kind, shelf.name, shard)
