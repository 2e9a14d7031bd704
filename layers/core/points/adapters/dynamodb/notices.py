"""Notices in DynamoDB: put once, beside the account whose reminder they move on."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.attributes import number
from points.adapters.dynamodb.models import Item, NoticeItem, changed_timer
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.transaction import Transaction
from points.application.ports import RaceLost, Timer
from points.domain.ledger.account import Account
from points.domain.ledger.timers import About
from points.domain.reminding.notices import Notice


class _Noticed(Exception):
    """There is a notice of this already."""

    def __init__(self, about: About) -> None:
        super().__init__(str(about))
        self.about = about


def _noticed(about: About, _: Item | None) -> Exception:
    return _Noticed(about)


class DynamoDBNotices:
    """Implements :class:`points.application.ports.Notices`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, account: Account, notices: Sequence[Notice], *, remind_at: datetime | None) -> None:
        new = list(notices)
        while True:
            try:
                self._transaction(account, new, remind_at).commit()
            except _Noticed as earlier:
                new = [notice for notice in new if notice.about != earlier.about]
            else:
                return

    def _transaction(self, account: Account, notices: Sequence[Notice], remind_at: datetime | None) -> Transaction:
        transaction = Transaction(self._table)
        expression, values = changed_timer(Timer.REMIND, account, remind_at)
        transaction.update(
            keys.key(keys.member_pk(account.program, account.member), keys.ACCOUNT),
            expression=expression,
            condition="n = :before",
            values={":before": {"N": number(account.seq)}, **values},
            failed=lambda _: RaceLost(),
        )
        for notice in notices:
            transaction.put(
                NoticeItem.of(notice).item(),
                condition="attribute_not_exists(pk)",
                failed=partial(_noticed, notice.about),
            )
        return transaction

    def notice(self, program: str, member: str, about: About) -> Notice | None:
        item = self._table.get(keys.member_pk(program, member), keys.notice_sk(about))
        return None if item is None else NoticeItem.read(item).notice()
