"""Images of the stream: what was stored comes back exactly, and what is not what its key says is named, not quoted."""

from datetime import date
from typing import Any

import pytest

from points.adapters.dynamodb import keys
from points.adapters.dynamodb.images import StreamImages
from points.adapters.dynamodb.models import AccountItem, NoticeItem
from points.application.outbox.ports import Unreadable
from points.domain.ledger.timers import Dormant, Expiring
from points.domain.reminding.notices import Notice
from tests.builders import NOW, Walk, account
from tests.support.telling import stored, stream_record

EXPIRING = Notice("demo", "m-1", Expiring(date(2026, 12, 31), 7), NOW, 300, "coupon", ("email", "sms"))
DORMANT = Notice("demo", "m-1", Dormant(date(2026, 11, 25), 12), NOW, 0, None, (), superseded=True)


def image(item: Any) -> Any:
    return stream_record(item, 1)["dynamodb"]["NewImage"]


def test_an_entry_comes_back_as_it_was_booked() -> None:
    walk = Walk()
    walk.give(500)
    for entry in (walk.hold(300), walk.redeem()):
        told = StreamImages().fact(image(stored(entry)))
        assert told == entry
        assert told.digest == told.computed_digest()
        # Some that stand in for the stream leave bytes as they are.
        assert StreamImages().fact(stored(entry)) == entry


def test_a_reason_is_not_in_the_image() -> None:
    entry = Walk().give(500)
    assert entry.reason is not None
    told = StreamImages().fact(image(stored(entry)))
    assert not isinstance(told, Notice)
    assert told is not None
    assert told.reason is None


@pytest.mark.parametrize(
    ("notice", "sk"),
    [(EXPIRING, "NOTICE#expiring#2026-12-31#007"), (DORMANT, "NOTICE#dormant#2026-11-25#012")],
)
def test_a_notice_comes_back_as_it_was_written(notice: Notice, sk: str) -> None:
    item = NoticeItem.of(notice).item()
    assert item["sk"]["S"] == sk
    assert StreamImages().fact(image(item)) == notice


def test_other_items_are_nobodys_news() -> None:
    assert StreamImages().fact(image(AccountItem.of(account()).item())) is None
    for sk in (
        keys.PROFILE,
        keys.order_sk("0" * keys.MOMENT_DIGITS, "m-1", "r-1"),
        "NOTE#earn#1",
        "TIER#0000000001",
        "REFUSED#1",
    ):
        assert StreamImages().fact({"pk": {"S": "P#demo#M#m-1"}, "sk": {"S": sk}}) is None


@pytest.mark.parametrize(
    "damage",
    [
        {"sk": {"S": "ENTRY#gift#1"}},
        {"sk": {"S": "ENTRY#"}},
        {"pk": {"S": "P#demo"}},
        {"d": {"B": "not base64!"}},
        {"d": {"B": "AAAA"}},
        {"seq": {"N": "1.5"}},
        {"seq": {"S": "secret"}},
        {"b": {"L": [{"N": "1"}]}},
        {"l": {"S": "lots of secret"}},
        {"v": None},
    ],
)
def test_an_image_that_cannot_be_read_is_named_and_not_quoted(damage: dict[str, Any]) -> None:
    with pytest.raises(Unreadable) as raised:
        StreamImages().fact({**image(stored(Walk().give(500))), **damage})
    assert raised.value.reason.startswith("unreadable ")
    assert "secret" not in raised.value.reason


@pytest.mark.parametrize(
    "sk", ["NOTICE#", "NOTICE#expiring#2026-12-31", "NOTICE#gift#2026-12-31#001", "NOTICE#expiring#x#1"]
)
def test_a_notice_of_no_kind_cannot_be_read(sk: str) -> None:
    with pytest.raises(Unreadable):
        StreamImages().fact({**image(NoticeItem.of(EXPIRING).item()), "sk": {"S": sk}})
