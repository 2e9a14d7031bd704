"""The timer indexes: sparse, keys only, read as they happen to be. The account behind each row is read for certain."""

import json
from datetime import datetime
from typing import Any

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import moment as read_moment
from points.adapters.dynamodb.attributes import number, stored_moment
from points.adapters.dynamodb.models import changed_timer
from points.adapters.dynamodb.table import ConditionFailed, Table
from points.application.ports import RaceLost, Timer, Waiting
from points.domain.ledger.account import Account


class DynamoDBTimers:
    """Implements :class:`points.application.ports.Timers`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def waiting(
        self, timer: Timer, program: str, shard: int, *, until: datetime, after: str | None = None, limit: int
    ) -> list[Waiting]:
        shard_name, moment = f"{timer}_shard", f"{timer}_at"
        start: Any = None if after is None else json.loads(after)
        rows = self._table.query(
            f"{shard_name} = :shard AND {moment} <= :until",
            {":shard": {"S": keys.timer_shard(program, shard)}, ":until": {"N": stored_moment(until)}},
            index=timer,
            consistent=False,
            after=start,
            limit=limit,
        )
        return [
            Waiting(
                keys.member_of(row["pk"]["S"])[1],
                _moment(row[moment]["N"], until),
                json.dumps({name: row[name] for name in ("pk", "sk", shard_name, moment)}, separators=(",", ":")),
            )
            for row in rows
        ]

    def set(self, timer: Timer, account: Account, at: datetime | None) -> None:
        expression, values = changed_timer(timer, account, at)
        try:
            self._table.update(
                keys.key(keys.member_pk(account.program, account.member), keys.ACCOUNT),
                expression=expression,
                condition="n = :before",
                values={":before": {"N": number(account.seq)}, **values},
            )
        except ConditionFailed as moved:
            raise RaceLost from moved


def _moment(stored: str, until: datetime) -> datetime:
    """Damage to one account must not keep those behind it from being found: reading the account itself will tell."""
    try:
        return read_moment(stored)
    except (ValueError, OverflowError):
        return until
