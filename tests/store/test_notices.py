"""Notices beside the account: read as they were written, and known to the auditor."""

from datetime import date

import pytest

from points.adapters.dynamodb.models import NoticeItem
from points.adapters.dynamodb.notices import DynamoDBNotices
from points.adapters.dynamodb.table import Table
from points.adapters.dynamodb.walk import DynamoDBWalk
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.reminding.notices import Notice
from tests.store.support import MEMBER, NOW

LAST_DAY = date(2026, 12, 31)
NOTICES = (
    Notice("demo", MEMBER, Expiring(LAST_DAY, 7), NOW, 12_345, "coupon", ("email", "sms")),
    Notice("demo", MEMBER, Expiring(LAST_DAY, 1), NOW, 1, None, ()),
    Notice("demo", MEMBER, Expiring(LAST_DAY, 30), NOW, 5, None, ("sms",), superseded=True),
    Notice("demo", MEMBER, Dormant(date(2026, 6, 1), 2), NOW, 10**12, "mug", ("email",)),
)


@pytest.mark.parametrize("notice", NOTICES)
def test_a_notice_is_read_as_it_was_written(table: Table, notice: Notice) -> None:
    notices = DynamoDBNotices(table)
    assert notices.notice("demo", MEMBER, notice.about) is None
    table.put(NoticeItem.of(notice).item())
    assert notices.notice("demo", MEMBER, notice.about) == notice
    assert notices.notice("demo", "another", notice.about) is None


def test_the_auditor_knows_notices(table: Table) -> None:
    for notice in NOTICES:
        table.put(NoticeItem.of(notice).item())
    assert not DynamoDBWalk(table).account("demo", MEMBER).unreadable


@pytest.mark.parametrize(
    ("name", "value"),
    [("p", {"S": "12"}), ("t", {"N": "1.5"}), ("s", {"BOOL": False}), ("more", {"S": "x"})],
)
def test_a_notice_nothing_here_wrote_shows(table: Table, name: str, value: dict[str, object]) -> None:
    table.put({**NoticeItem.of(NOTICES[0]).item(), name: value})
    assert DynamoDBWalk(table).account("demo", MEMBER).unreadable


@pytest.mark.parametrize("sk", ["NOTICE#expiring#2026-12-31#7", "NOTICE#", "NOTICE#other#2026-12-31#007"])
def test_a_notice_under_a_wrong_name_shows(table: Table, sk: str) -> None:
    table.put({**NoticeItem.of(NOTICES[0]).item(), "sk": {"S": sk}})
    assert [place for place, _ in DynamoDBWalk(table).account("demo", MEMBER).unreadable] == [sk]
