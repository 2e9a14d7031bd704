"""Documents as earlier releases took them: what was published once can be loaded for ever.

Nothing of it can be published any more. It is read into what says the same today.
"""

from collections.abc import Mapping
from typing import Any, Final

from points.domain.canonical import Plain

_KINDS: Final[Mapping[str, Mapping[str, Plain]]] = {
    "order": {"kind": "goods"},
    "red_packet": {"kind": "coupon", "to": "1970-01-01"},
    "membership_card": {"kind": "goods", "to": "1970-01-01"},
    "partner_coupon": {"kind": "voucher", "to": "1970-01-01"},
    "draw": {"kind": "goods", "to": "1970-01-01"},
    "auction": {"kind": "goods", "to": "1970-01-01"},
}
"""Kinds of reward there were. All but the first could be written down and not be had: they still cannot."""


def as_today(document: Mapping[str, Plain]) -> Mapping[str, Plain]:
    rewards: Any = document.get("rewards")
    if not isinstance(rewards, Mapping) or not any(_is_former(reward) for reward in rewards.values()):
        return document
    return {**document, "rewards": {name: _today(reward) for name, reward in rewards.items()}}


def _is_former(reward: Any) -> bool:
    return isinstance(reward, Mapping) and reward.get("kind") in _KINDS


def _today(reward: Any) -> Any:
    return {**reward, **_KINDS[reward["kind"]]} if _is_former(reward) else reward
