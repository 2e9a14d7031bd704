"""Codes for coupons while a movement is decided: fetched when the decision asks for them, and for as long as the commit
refuses those it got.

What the commit refuses is not tried again by the same movement. Whatever is wrong with it, the movement ends: with
another code, or out of stock when there is no other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final
from zlib import crc32

from points.application.ports import CodeGone
from points.application.services import Services
from points.domain.errors import OutOfStock
from points.domain.ledger.booking import Context, Decision, NeedsCodes
from points.domain.program.rewards import Reward

MAX_FETCHES: Final = 24
"""Times one decision may ask: once for each reward it grants, which are far fewer."""


class CodesAtHand:
    """The codes of one movement, over all its attempts. ``name`` is what tells it from others that begin in the same
    moment: where they look for codes depends on it."""

    def __init__(self, services: Services, program: str, name: str) -> None:
        self._services = services
        self._program = program
        self._name = name
        self._refused: set[str] = set()
        self._attempts = 0

    def decided(self, context: Context, decide: Callable[[Context], Decision]) -> Decision:
        """What ``decide`` decides when it has all codes it asks for. Raises what it raises, and OutOfStock."""
        self._attempts += 1
        codes: dict[str, Sequence[str]] = dict(context.codes)
        for _ in range(MAX_FETCHES):
            try:
                return decide(replace(context, codes=codes))
            except NeedsCodes as needed:
                codes[needed.reward.name] = self._more(needed.reward, needed.quantity, codes)
        raise AssertionError("a decision that always asks for more codes")

    def refuse(self, gone: CodeGone) -> None:
        """Not this one any more."""
        self._refused.add(gone.code)

    def _more(self, reward: Reward, quantity: int, codes: Mapping[str, Sequence[str]]) -> Sequence[str]:
        rules = reward.coupon
        if rules is None:
            raise AssertionError(f"{reward.name} is no coupon")
        own = list(codes.get(reward.name, ()))
        if rules.pool is None:
            return [*own, *self._services.code_maker.make(quantity)]
        # Two rewards may share a pool.
        avoiding = self._refused.union(*codes.values())
        # Elsewhere on each attempt: whoever took what this one wanted is still about.
        start = crc32(f"{self._name}#{self._attempts}".encode())
        found = self._services.coupons.free(self._program, rules.pool, quantity, start=start, avoiding=avoiding)
        if len(found) < quantity:
            raise OutOfStock(f"no code is left of {reward.name}", reward=reward.name)
        return [*own, *found]
