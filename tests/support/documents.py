"""Program documents for tests: the shipped ones, one with every part a program can have, and ways to change them."""

import json
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from points.adapters.program_document.faults import faults_of
from points.adapters.program_document.warning_faults import warnings_of

ROOT: Final = Path(__file__).parents[2]
SHIPPED: Final = sorted(path.stem for path in (ROOT / "programs").glob("*.json"))


class _Removed:
    """Says the same in every process: workers of one test run tell tests apart by what they are given."""

    def __repr__(self) -> str:
        return "removed"


REMOVED: Final = _Removed()
"""As the new value: the member goes."""

type Document = dict[str, Any]
type Change = tuple[str, Any]
"""(JSON pointer, new value)"""


def shipped(name: str) -> Document:
    document: Document = json.loads((ROOT / "programs" / f"{name}.json").read_text(encoding="utf-8"))
    return document


def full() -> Document:
    """A valid document with every part there is."""
    return deepcopy(_FULL)


def changed(document: Document, *changes: Change) -> Any:
    document = deepcopy(document)
    for pointer, value in changes:
        if not pointer:
            return value
        *way, last = pointer.removeprefix("/").split("/")
        place: Any = document
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place[part]
        last = last.replace("~1", "/").replace("~0", "~")
        key: Any = int(last) if isinstance(place, list) else last
        if value is REMOVED:
            del place[key]
        elif isinstance(place, list) and key == len(place):
            place.append(value)
        else:
            place[key] = value
    return document


def faults(document: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in faults_of(document)]


def warnings(document: Any, **moment: Any) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in warnings_of(document, **moment)]


def asks(field: str, op: str, *value: Any) -> Document:
    return {"field": field, "op": op, **({"value": value[0]} if value else {})}


def all_of(*conditions: Document) -> Document:
    return {"all": list(conditions)}


def any_of(*conditions: Document) -> Document:
    return {"any": list(conditions)}


def nested(levels: int, innermost: Any) -> Any:
    """``innermost`` under that many levels of ``all``."""
    for _ in range(levels):
        innermost = {"all": [innermost]}
    return innermost


def named(items: Iterable[str]) -> Document:
    return {name: {} for name in items}


_FULL: Final[Document] = {
    "title": {"en": "Everything", "zh-CN": "全部"},
    "time_zone": "Asia/Shanghai",
    "languages": ["en", "zh-CN"],
    "week_starts_on": "monday",
    "currency": {"code": "CNY", "decimals": 2},
    "ratio": 100,
    "expiry": {"type": "end_of_year", "years": 1},
    "behaviours": {"purchase": {"core": True}, "review": {}, "photo": {}, "check_in": {}},
    "member_attributes": ["club"],
    "event_attributes": {"length": {"type": "number"}},
    "rules": [
        {
            "id": "purchase",
            "behaviour": "purchase",
            "value": {"type": "per_amount", "points": 1, "per": "1.00", "rounding": "down", "minimum": "5.00"},
            "pending_days": 7,
        },
        {
            "id": "review",
            "behaviour": "review",
            "value": {"type": "fixed", "points": 20},
            "when": {"all": [asks("attribute.length", "at_least", 15), any_of(asks("tier", "in", ["V1", "V2"]))]},
            "caps": [{"per": "day", "occurrences": 5}, {"per": "month", "points": 1000}],
            "from": "2026-01-01",
            "to": "2027-12-31",
        },
        {"id": "photo", "behaviour": "photo", "value": {"type": "per_occurrences", "points": 50, "every": 3}},
        {
            "id": "check_in",
            "behaviour": "check_in",
            "value": {"type": "streak", "steps": [1, 2, 3], "after_last": "stay"},
            "multiplied": False,
        },
    ],
    "tasks": [
        {
            "id": "spender",
            "behaviours": ["purchase"],
            "counts": "amount",
            "target": "500.00",
            "per": "month",
            "points": 100,
        },
        {"id": "reviewer", "behaviours": ["review", "photo"], "target": 5, "per": "week", "points": 30},
    ],
    "campaigns": [
        {
            "id": "double",
            "behaviours": ["purchase"],
            "from": "2027-11-01",
            "to": "2027-11-11",
            "multiplier": "2",
            "budget": 100_000,
            "budget_shards": 4,
        },
        {
            "id": "bonus",
            "behaviours": ["review"],
            "from": "2027-11-01",
            "to": "2027-11-11",
            "bonus": 50,
            "budget": 1_000,
        },
    ],
    "multipliers": {"combination": "add", "rounding": "half_up", "birthday": "2"},
    "tiers": {
        "by": "points",
        "window": "calendar_year",
        "levels": [{"id": "V1", "from": 0}, {"id": "V2", "from": 1000, "multiplier": "1.2"}],
        "review": {"grace_days": 31, "step_down": "one_level"},
    },
    "segments": {"months": 12, "levels": [{"id": "low", "from": "0"}, {"id": "high", "from": "1000.00"}]},
    "risk": [
        {
            "id": "hasty",
            "counts": "events",
            "per": "hour",
            "more_than": 30,
            "action": "refuse",
            "behaviours": ["review"],
        },
        {"id": "rich", "counts": "points", "per": "day", "more_than": 10_000, "action": "pend", "pending_days": 7},
    ],
    "referral": {
        "newcomer_points": 100,
        "referrer_points": 300,
        "qualifying_behaviour": "purchase",
        "maximum_per_referrer": 10,
    },
    "rewards": {
        "coupon": {"price": 100, "stock": 10, "stock_shards": 2},
        "pass": {"price": 10, "when": asks("tier", "at_least", "V2")},
    },
    "exchange_at_expiry": ["coupon"],
    "reminders": {
        "lead_days": [30, 7, 1],
        "at": "09:30",
        "quiet_hours": {"from": "22:00", "to": "08:00"},
        "channels": ["email", "sms"],
        "dormant": {"after_days": 90, "again_after_days": 180},
        "texts": {
            "expiring": {
                "en": {"subject": "{points} points", "body": "They expire on {date}."},
                "zh-CN": {"subject": "{points} 积分", "body": "将于 {date} 到期。"},
            }
        },
    },
    "offset": {
        "minimum_order": "50.00",
        "maximum_share_percent": 50,
        "step": 100,
        "minimum_points": 100,
        "points_per_day": 5_000,
    },
    "pools": {"maximum_members": 4},
    "transfers": {
        "minimum": 10,
        "maximum": 1_000,
        "fee": {"percent": "2.5", "points": 1},
        "limits": [{"per": "day", "maximum": 20}],
        "points_limits": [{"per": "month", "maximum": 5_000}],
        "minimum_account_days": 30,
        "when": asks("real_name_verified", "equals", True),
    },
    "shortfall": "owe",
    "expired_return_days": 30,
    "backdating_days": 7,
    "hold_seconds": 900,
    "clients": ["shop"],
}
