"""The timer indexes: sparse, keys only, read as they happen to be. The account behind each row is read for certain."""

import json
from datetime import datetime
from typing import Any

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import moment as read_moment
from points.adapters.dynamodb.attributes import number, stored_moment
from points.adapters.dynamodb.models import timers_of
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
                read_moment(row[moment]["N"]),
                json.dumps({name: row[name] for name in ("pk", "sk", shard_name, moment)}, separators=(",", ":")),
            )
            for row in rows
        ]

    def set(self, account: Account, *, due_at: datetime | None, remind_at: datetime | None) -> None:
        expression, values = timers_of(account, due_at=due_at, remind_at=remind_at)
        try:
            self._table.update(
                keys.key(keys.member_pk(account.program, account.member), keys.ACCOUNT),
                expression=expression,
                condition="n = :before",
                values={":before": {"N": number(account.seq)}, **values},
            )
        except ConditionFailed as moved:
            raise RaceLost from moved
