"""A sample of each ledger event: ``python -m tests.support.told docs/events``.

One short story, played through the API over services in memory, stored as the table stores it and read as the stream
shows it. Everything in it is given, so it is the same each time.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from points.adapters.memory import MemoryCodeMaker
from points.application.expiry.bring_up_to_date import bring_up_to_date
from points.application.ports import PublishedVersion
from points.domain.ledger.entries import Entry
from points.domain.ledger.timers import About, Dormant, Expiring
from points.domain.reminding.notices import Notice
from points.domain.telling.events import LedgerEvent
from points.stream.outbox import tell
from tests.support.api import CONTEXT, NOW, Api, demo_document
from tests.support.telling import World, stream_event

MEMBER, FRIEND = "member-1001", "member-2002"
FIRST_CODE = MemoryCodeMaker().make(1)[0]
REASON = "said on the telephone"
"""Of everything somebody gave a reason for. It is told to nobody."""


CUT = {"price": 50, "kind": "coupon", "coupon": {"source": "generated", "valid_days": 30}}
CINEMA = {"price": 50, "kind": "voucher", "coupon": {"source": "pool", "pool": "cinema"}}
PACK = [{"reward": "cut-10", "quantity": 2}, {"reward": "cinema"}]


def document() -> dict[str, Any]:
    """The demo program, with points that wait, an attribute that is kept, coupons and a pack."""
    demo = demo_document()
    levels = [{**level, "monthly_pack": PACK} for level in demo["tiers"]["levels"]]
    waiting = {
        "id": "pre_order",
        "behaviour": "pre_order",
        "value": {"type": "fixed", "points": 80},
        "pending_days": 14,
    }
    return {
        **demo,
        "behaviours": {**demo["behaviours"], "pre_order": {}},
        "rules": [*demo["rules"], waiting],
        "event_attributes": {"store": {"type": "code"}},
        "rewards": {**demo["rewards"], "cut-10": CUT, "cinema": CINEMA},
        "tiers": {**demo["tiers"], "levels": levels},
    }


def facts() -> Sequence[Entry | Notice]:
    """Everything the story leaves in the table that is told of."""
    return [*_entries(_played()), *_notices()]


def _played() -> Api:
    api = Api()
    api.services.versions.publish("demo", PublishedVersion(2, document(), 1, NOW, "setup").sealed())
    api.enrol(MEMBER)
    api.enrol(FRIEND)
    member, friend = f"/members/{MEMBER}", f"/members/{FRIEND}"
    bought = {"behaviour": "purchase", "attributes": {"store": "S-12"}}
    purchase = {"kind": "earn", "reference": "order-3"}
    steps: list[tuple[str, Mapping[str, Any]]] = [
        ("/events", {"reference": "order-1", "member": MEMBER, "amount": "22000.00", **bought}),
        (f"{member}/redemptions", {"reference": "redemption-1", "reward": "coupon-200-50"}),
        (f"{member}/orders/redemption-1/cancel", {"reason": REASON}),
        (f"{member}/redemptions", {"reference": "redemption-2", "reward": "phone-credit-30"}),
        (f"{member}/orders/redemption-2/fulfil", {"reason": REASON}),
        (f"{member}/orders/redemption-2/ship", {"tracking": "SF 1234567890123"}),
        (f"{member}/orders/redemption-2/deliver", {}),
        (f"{member}/redemptions", {"reference": "redemption-3", "reward": "smart-watch"}),
        (f"{member}/orders/redemption-3/pay", {"payment": "4200001234202611204567890123"}),
        (f"{member}/redemptions", {"reference": "redemption-4", "reward": "cut-10"}),
        (f"/coupons/{FIRST_CODE}/write-off", {"reference": "till-1", "amount": "128.00", "note": REASON}),
        (f"{member}/holds", {"reference": "checkout-1", "points": 500}),
        (f"{member}/holds/checkout-1/capture", {"points": 300}),
        (f"{member}/holds", {"reference": "checkout-2", "points": 200}),
        (f"{member}/holds/checkout-2/release", {}),
        ("/events", {"reference": "order-2", "member": MEMBER, "behaviour": "pre_order"}),
        (f"{member}/confirmations", {"earning": "order-2"}),
        ("/events", {"reference": "order-4", "member": MEMBER, "behaviour": "pre_order"}),
        (f"{friend}/referral", {"reference": "invitation-1", "referrer": MEMBER}),
        ("/events", {"reference": "order-3", "member": FRIEND, "amount": "128.00", **bought}),
        (f"{friend}/reversals", {"reference": "refund-1", "of": purchase, "amount": "28.00", "reason": REASON}),
        (f"{member}/adjustments", {"reference": "goodwill-1", "points": 100, "reason": REASON}),
        (f"{member}/freeze", {"reference": "check-1", "reason": REASON}),
        (f"{member}/unfreeze", {"reference": "check-2", "reason": REASON}),
    ]
    for path, body in steps:
        answer = api.post(path, body)
        assert answer.status in {200, 201}, (path, answer.text)
        api.clock.pass_by(seconds=90)
    # Points mature, a year's end comes, points expire: what is there to be done is done by a sweep each time.
    for days in (20, 70, 700):
        api.clock.pass_by(days=days)
        bring_up_to_date(api.services, api.services.programs.live("demo"), MEMBER, api.clock.now())
    return api


def _entries(api: Api) -> Iterator[Entry]:
    for member in (FRIEND, MEMBER):
        newest_first = api.services.ledger.entries("demo", member, limit=100).items
        yield from reversed(newest_first)


def _notices() -> Sequence[Notice]:
    def notice(about: About, points: int, *channels: str) -> Notice:
        return Notice("demo", MEMBER, about, NOW, points, "coupon-200-50", channels)

    return [
        notice(Expiring(date(2026, 11, 28), 7), 2600, "email", "sms"),
        notice(Dormant(date(2026, 5, 25), 1), 2600, "email"),
    ]


def events() -> Sequence[LedgerEvent]:
    """The story as the bus hears it."""
    world = World()
    assert tell(world.outbox, stream_event(*facts()), CONTEXT) == {"batchItemFailures": []}
    assert not world.set_aside.failures
    return world.bus.events


def samples() -> Mapping[str, str]:
    """By type: the first event of each, as it is sent, two spaces, a newline at the end."""
    texts: dict[str, str] = {}
    for event in events():
        texts.setdefault(event.type.value, json.dumps(event.plain(), indent=2, ensure_ascii=False) + "\n")
    return texts


def write(folder: Path) -> None:
    for kind, text in samples().items():
        (folder / f"{kind}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
