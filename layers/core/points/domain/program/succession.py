"""What a new version of a program may not change about the one before it, because the ledger already rests on it."""

from collections.abc import Iterator

from points.domain.errors import Fault
from points.domain.program.program import Program


def broken_promises(before: Program, after: Program) -> Iterator[Fault]:
    """The faults of publishing ``after`` over ``before``."""
    if before.zone.key != after.zone.key:
        # Lots, windows and expiries are days of this zone: in another, an expired lot could be alive again.
        yield Fault("/time_zone", "time_zone_fixed", f"must stay {before.zone.key}")
    if before.currency != after.currency:
        yield Fault("/currency", "currency_fixed", "must stay as it is: amounts are stored in its minor units")
    for name, reward in after.rewards.items():
        if (old := before.rewards.get(name)) is not None:
            yield from _shared(
                f"/rewards/{name}", "stock", (old.stock, old.stock_shards), (reward.stock, reward.stock_shards)
            )
    earlier = {campaign.name: campaign for campaign in before.campaigns}
    for index, campaign in enumerate(after.campaigns):
        if (running := earlier.get(campaign.name)) is not None:
            shared = (running.budget, running.budget_shards), (campaign.budget, campaign.budget_shards)
            yield from _shared(f"/campaigns/{index}", "budget", *shared)


def _shared(path: str, what: str, before: tuple[int | None, int], after: tuple[int | None, int]) -> Iterator[Fault]:
    """What is taken of a stock or budget is counted per shard, each against its share."""
    (old_limit, old_shards), (limit, shards) = before, after
    if old_limit is not None and old_shards != shards:
        yield Fault(
            f"{path}/{what}_shards", f"{what}_shards_fixed", f"must stay {old_shards}: it has been counted by them"
        )
    elif old_limit is not None and limit is not None and limit < old_limit and shards > 1:
        message = f"cannot become less than {old_limit} while {shards} counters share it"
        yield Fault(f"{path}/{what}", f"{what}_reduced", message)
