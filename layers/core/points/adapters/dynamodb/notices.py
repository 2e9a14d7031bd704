"""Notices in DynamoDB: beside the account of the member they are for."""

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.models import NoticeItem
from points.adapters.dynamodb.table import Table
from points.domain.reminding.notices import About, Notice


class DynamoDBNotices:
    """Implements :class:`points.application.delivery.ports.Notices`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def notice(self, program: str, member: str, about: About) -> Notice | None:
        item = self._table.get(keys.member_pk(program, member), keys.notice_sk(about))
        return None if item is None else NoticeItem.read(item).notice()
