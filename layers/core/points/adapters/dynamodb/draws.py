"""Seeds of draws in DynamoDB: each an item of its own, put once, and closed once."""

from dataclasses import replace
from datetime import datetime

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import Item, SeedItem
from points.adapters.dynamodb.table import ConditionFailed, Table
from points.domain.ledger.draws import DrawSeed


class DynamoDBDraws:
    """Implements :class:`points.application.ports.Draws`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def seed(self, program: str, draw: str) -> DrawSeed | None:
        item = self._table.get(keys.draw_pk(program, draw), keys.SEED)
        return None if item is None else SeedItem.read(item).seed_of()

    def keep(self, seed: DrawSeed) -> DrawSeed:
        return self._put(seed, "attribute_not_exists(pk)")

    def close(self, seed: DrawSeed, *, at: datetime, version: int) -> DrawSeed:
        closed = replace(seed, closed_at=at, closed_version=version)
        # The item is put as a whole, for its seal: nothing but the seed that is there may go back in.
        values = {":seed": {"S": seed.seed.hex()}}
        standing = self._put(closed, "s = :seed AND attribute_not_exists(c)", values)
        if standing.closed_at is None:
            raise AssertionError(f"{seed.draw} has another seed: seeds never change")
        return standing

    def _put(self, seed: DrawSeed, condition: str, values: Item | None = None) -> DrawSeed:
        """Or what stands there, where somebody was first."""
        item = SeedItem.of(seed).item()
        try:
            self._table.put(item, condition=condition, values=values)
        except ConditionFailed as failure:
            return self._standing(seed, failure.item)
        return seed

    def _standing(self, seed: DrawSeed, found: Item | None) -> DrawSeed:
        standing = self.seed(seed.program, seed.draw) if found is None else SeedItem.read(found).seed_of()
        if standing is None:
            raise AssertionError(f"the seed of {seed.draw} is gone: seeds are never deleted")
        return standing
