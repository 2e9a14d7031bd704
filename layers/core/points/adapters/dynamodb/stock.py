"""Limited stock: one counter per shard of a reward, moved in the transaction of the redemption (design §6).

A reward's stock is shared out over its shards, and no shard ever counts beyond its share, so all of them together
never count beyond the stock. Which shard a redemption tries first follows from who asks and under which reference:
the same on every retry, and spread evenly over a flash sale. A shard that cannot serve is not the end: the counters
are read and the quantity is taken wherever there is room, from several shards if it must be.

Returned units go to the first shard, wherever they came from: it exists for every reward, also for one that has left
the program since. It may then count below zero, which only means that it has more than its share to give, by as much
as others have less. Only the sum over the shards says anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import number
from points.adapters.dynamodb.models import StockItem
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.domain.booking import ReturnStock, TakeStock
from points.domain.entries import Entry
from points.domain.errors import OutOfStock
from points.domain.program import Reward

FIRST_SHARD = 0


class ShelfEmpty(Exception):
    """A shard had not enough left. Others may have."""


@dataclass(frozen=True, slots=True)
class Pick:
    """``quantity`` units from one shard."""

    shard: int
    quantity: int


def first_pick(take: TakeStock, entry: Entry) -> list[Pick]:
    """Everything from the one shard that this movement asks first."""
    return [Pick(_home_shard(take.reward, entry), take.quantity)]


def picks_by_room(take: TakeStock, entry: Entry, taken: Sequence[int]) -> list[Pick]:
    """Where to take the quantity, given what each shard has counted so far. Raises OutOfStock.

    One shard that can serve it all is best, the own one first; else whatever there is, from shard to shard.
    """
    shards = take.reward.stock_shards
    home = _home_shard(take.reward, entry)
    room = {shard: share(take.reward, shard) - taken[shard] for shard in range(shards)}
    order = [(home + step) % shards for step in range(shards)]
    for shard in order:
        if room[shard] >= take.quantity:
            return [Pick(shard, take.quantity)]
    if sum(left for left in room.values() if left > 0) < take.quantity:
        raise out_of_stock(take)
    picks, missing = list[Pick](), take.quantity
    for shard in order:
        picked = min(missing, max(0, room[shard]))
        if picked:
            picks.append(Pick(shard, picked))
            missing -= picked
    return picks


def append_take(transaction: Transaction, program: str, take: TakeStock, picks: Sequence[Pick]) -> None:
    for pick in picks:
        room = share(take.reward, pick.shard) - pick.quantity
        # A counter that nobody has moved yet stands at nothing, which is only little enough if there is any room.
        condition = "taken <= :room OR attribute_not_exists(taken)" if room >= 0 else "taken <= :room"
        transaction.update(
            keys.key(keys.stock_pk(program, take.reward.name, pick.shard), keys.STOCK),
            expression="ADD taken :quantity",
            condition=condition,
            values={":quantity": {"N": number(pick.quantity)}, ":room": {"N": number(room)}},
            failed=lambda _: ShelfEmpty(),
        )


def append_return(transaction: Transaction, program: str, back: ReturnStock) -> None:
    transaction.update(
        keys.key(keys.stock_pk(program, back.reward, FIRST_SHARD), keys.STOCK),
        expression="ADD taken :quantity",
        values={":quantity": {"N": number(-back.quantity)}},
        failed=lambda _: AssertionError("returning stock has no condition"),
    )


def read_taken(table: Table, program: str, rewards: Sequence[Reward]) -> Mapping[str, list[int]]:
    """What each shard of each reward has counted, in the order of the shards."""
    wanted = [
        keys.key(keys.stock_pk(program, reward.name, shard), keys.STOCK)
        for reward in rewards
        for shard in range(reward.stock_shards)
    ]
    taken: dict[str, list[int]] = {reward.name: [0] * reward.stock_shards for reward in rewards}
    for item in table.get_all(wanted):
        counter = StockItem.read(item)
        _, reward, shard = keys.stock_of(counter.pk)
        taken[reward][shard] = counter.taken
    return taken


def share(reward: Reward, shard: int) -> int:
    """This shard's part of the stock: all alike, and the first ones take what does not divide."""
    each, rest = divmod(reward.stock or 0, reward.stock_shards)
    return each + (shard < rest)


def out_of_stock(take: TakeStock) -> OutOfStock:
    return OutOfStock(f"{take.reward.name} is out of stock", reward=take.reward.name)


def _home_shard(reward: Reward, entry: Entry) -> int:
    """By member and reference: in a flash sale every member's reference may well be the name of the sale."""
    return keys.stable_hash(f"{entry.member}#{entry.reference}") % reward.stock_shards
