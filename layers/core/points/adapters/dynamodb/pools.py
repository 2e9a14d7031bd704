"""Pools of coupon codes in DynamoDB: what they were given, what is left, and the imports that fill them.

A step of an import is one transaction: each code as an item of its own and as a row in its bucket, the pool's number,
and the import. So a code costs four write units, and the step itself four to eight more for 49 of them.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import number
from points.adapters.dynamodb.models import CouponItem, FreeCodeItem, ImportItem, Item, PoolItem
from points.adapters.dynamodb.table import ConditionFailed, Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.coupons.ports import PoolCount
from points.application.ports import POOL_BUCKETS, RaceLost
from points.domain.ledger.pools import PoolImport, Why

_ABSENT: Final = "attribute_not_exists(pk)"


class _Refused(Exception):
    """There is such a code already."""

    def __init__(self, code: str, why: Why) -> None:
        super().__init__(code)
        self.code = code
        self.why = why


class DynamoDBPools:
    """Implements :class:`points.application.coupons.ports.Pools`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def count(self, program: str, pool: str) -> PoolCount:
        free, is_exact = 0, True
        for bucket in range(POOL_BUCKETS):
            counted, all_of_it = self._counted(keys.bucket_pk(program, pool, bucket))
            free, is_exact = free + counted, is_exact and all_of_it
        # Last: what was imported meanwhile is rather taken for issued than free codes for more than there ever were.
        item = self._table.get(keys.pool_pk(program, pool), keys.POOL)
        return PoolCount(0 if item is None else PoolItem.read(item).imported, free, is_exact)

    def _counted(self, pk: str) -> tuple[int, bool]:
        """One page, which is a megabyte or some ten thousand codes, and whether that is all."""
        request: Any = {
            "TableName": self._table.name,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "Select": "COUNT",
        }
        answer = self._table.call(self._table.client.query, **request)
        return answer["Count"], not answer.get("LastEvaluatedKey")

    def one(self, program: str, pool: str, reference: str) -> PoolImport | None:
        item = self._table.get(keys.pool_pk(program, pool), keys.import_sk(reference))
        return None if item is None else ImportItem.read(item).pool_import()

    def begin(self, wanted: PoolImport) -> PoolImport:
        try:
            self._table.put(ImportItem.of(wanted).item(), condition=_ABSENT)
        except ConditionFailed as failure:
            if failure.item is None:
                raise AssertionError("an import exists and cannot be read: none is ever deleted") from failure
            return ImportItem.read(failure.item).pool_import()
        return wanted

    def advance(self, after: PoolImport, codes: Sequence[str]) -> Mapping[str, Why]:
        transaction = Transaction(self._table)
        transaction.put(
            ImportItem.of(after).item(),
            condition="n = :before",
            values={":before": {"N": number(after.revision - 1)}},
            failed=lambda _: RaceLost(),
        )
        if codes:
            transaction.update(
                keys.key(keys.pool_pk(after.program, after.pool), keys.POOL),
                expression="ADD n :count",
                values={":count": {"N": number(len(codes))}},
            )
        for code in codes:
            transaction.put(
                CouponItem.free(after.program, code, after.pool, after.reference).item(),
                condition=_ABSENT,
                failed=partial(_refused, after, code),
                decisive=True,
            )
            transaction.put(FreeCodeItem.of(after.program, after.pool, code).item())
        refused: dict[str, Why] = {}
        for failure in transaction.commit_or_say():
            if not isinstance(failure, _Refused):
                raise failure
            refused[failure.code] = failure.why
        return refused


def _refused(wanted: PoolImport, code: str, found: Item | None) -> Exception:
    item = None if found is None else CouponItem.read(found)
    if item is None or not item.is_free:
        return _Refused(code, Why.ISSUED)
    own = (item.pool, item.imported_by) == (wanted.pool, wanted.reference)
    return _Refused(code, Why.REPEATED if own else Why.IN_POOL)
