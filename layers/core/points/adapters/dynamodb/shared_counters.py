"""Counters that many members share: limited stock and the budgets of campaigns, moved in the transaction of the
movement that takes from them (design §6).

A limit is shared out over its shards, and no shard ever counts beyond its share, so all of them together never count
beyond the limit. Which shard a movement tries first follows from who asks and under which reference: the same on
every retry, and spread evenly over a flash sale. A shard that cannot serve is not the end: the counters are read and
the amount is taken wherever there is room, from several shards if it must be.

What comes back (stock only; a campaign's payments never do) goes to the first shard, wherever it came from: that one
exists for every reward, also for one that has left the program since. It may then count below zero, which only means
that it has more than its share to give, by as much as others have less. Only the sum over the shards says anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import number
from points.adapters.dynamodb.keys import Shared
from points.adapters.dynamodb.models import SharedCounterItem
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import BudgetExhausted
from points.domain.errors import OutOfStock
from points.domain.ledger.booking import Decision, Effect, ReturnStock, TakeBudget, TakeStock
from points.domain.ledger.entries import Entry
from points.domain.program.campaigns import Campaign
from points.domain.program.rewards import Reward

FIRST_SHARD = 0


class NotEnoughHere(Exception):
    """A shard had not enough left. Others may have."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of something there is for all members together, on how many counters."""

    program: str
    kind: Shared
    name: str
    amount: int
    shards: int

    def share(self, shard: int) -> int:
        """This shard's part: all alike, and the first ones take what does not divide."""
        each, rest = divmod(self.amount, self.shards)
        return each + (shard < rest)


@dataclass(frozen=True, slots=True)
class Pick:
    """``amount`` from one shard."""

    shard: int
    amount: int


@dataclass(frozen=True, slots=True)
class Take:
    """``amount`` is to be taken, by the movement that ``entry`` records."""

    limit: Limit
    amount: int
    entry: Entry

    @property
    def order(self) -> list[int]:
        """The shards in the order in which this movement asks them.

        By member and reference: in a flash sale every member's reference may well be the name of the sale. The shards
        after the first begin anywhere, so that those whom an empty shard sends away do not all go to the next one.
        """
        shards = self.limit.shards
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
        room = [self.limit.share(shard) - taken[shard] for shard in range(self.limit.shards)]
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
        name = self.limit.name
        if self.limit.kind is Shared.BUDGET:
            return BudgetExhausted(name)
        return OutOfStock(f"{name} is out of stock", reward=name)


def stock_limit(program: str, reward: Reward) -> Limit:
    return Limit(program, Shared.STOCK, reward.name, reward.stock or 0, reward.stock_shards)


def budget_limit(program: str, campaign: Campaign) -> Limit:
    return Limit(program, Shared.BUDGET, campaign.name, campaign.budget or 0, campaign.budget_shards)


def takes_of(decision: Decision) -> list[Take]:
    """Everything a decision takes from shared counters."""
    takes = (_take(decision.entry, effect) for effect in decision.effects)
    return [take for take in takes if take is not None]


def _take(entry: Entry, effect: Effect) -> Take | None:
    match effect:
        case TakeStock(reward, quantity):
            return Take(stock_limit(entry.program, reward), quantity, entry)
        case TakeBudget(campaign, points):
            return Take(budget_limit(entry.program, campaign), points, entry)
        case _:
            return None


def append_take(transaction: Transaction, take: Take, picks: Sequence[Pick]) -> None:
    for pick in picks:
        room = take.limit.share(pick.shard) - pick.amount
        # A counter that nobody has moved yet stands at nothing, which is only little enough if there is any room.
        condition = "taken <= :room OR attribute_not_exists(taken)" if room >= 0 else "taken <= :room"
        transaction.update(
            _key(take.limit, pick.shard),
            expression="ADD taken :amount",
            condition=condition,
            values={":amount": {"N": number(pick.amount)}, ":room": {"N": number(room)}},
            failed=lambda _: NotEnoughHere(),
        )


def append_return(transaction: Transaction, program: str, back: ReturnStock) -> None:
    transaction.update(
        keys.shared_key(program, Shared.STOCK, back.reward, FIRST_SHARD),
        expression="ADD taken :amount",
        values={":amount": {"N": number(-back.quantity)}},
    )


def read_taken(table: Table, limits: Sequence[Limit]) -> Mapping[Limit, list[int]]:
    """What each shard of each limit has counted, in the order of the shards."""
    places = {
        keys.shared_pk(limit.program, limit.kind, limit.name, shard): (limit, shard)
        for limit in limits
        for shard in range(limit.shards)
    }
    taken = {limit: [0] * limit.shards for limit in limits}
    for item in table.get_all([_key(limit, shard) for limit, shard in places.values()]):
        counter = SharedCounterItem.read(item)
        limit, shard = places[counter.pk]
        taken[limit][shard] = counter.taken
    return taken


def _key(limit: Limit, shard: int) -> keys.Key:
    return keys.shared_key(limit.program, limit.kind, limit.name, shard)
