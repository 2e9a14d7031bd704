"""An auction for tests: it is open at the moment at which tests of the edge take place."""

from collections.abc import Mapping
from typing import Any, Final

NAME: Final = "e-reader-night"

E_READER_NIGHT: Final[Mapping[str, Any]] = {
    "reward": "e-reader",
    "from": "2026-11-21T08:00",
    "to": "2026-11-21T20:00",
    "minimum_bid": 1_000,
    "step": 100,
    "extension": {"within_seconds": 60, "by_seconds": 120, "at_most": 2},
    "title": {"en": "An e-reader for a night", "zh-CN": "阅读器之夜"},
}


def with_auction(document: Mapping[str, Any], **others: Mapping[str, Any]) -> dict[str, Any]:
    """``others`` are more of them, by name, as far as they are different."""
    more = {name: {**E_READER_NIGHT, **changes} for name, changes in others.items()}
    return {**document, "auctions": {NAME: E_READER_NIGHT, **more}}
