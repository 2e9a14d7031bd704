"""What is wrong with coupons and with the monthly packs of tiers."""

from collections.abc import Mapping
from typing import Final

from points.adapters.program_document import schema
from points.adapters.program_document.checks import Faults, of_each, repeated
from points.adapters.program_document.parts import FieldAtFault, Part, Parts, most_of, read, read_list
from points.domain.errors import Fault
from points.domain.ledger.coupons import MAX_COUPONS
from points.domain.program.coupons import CodeSource
from points.domain.program.rewards import ENTITLING, RewardKind

WITH_CODES: Final = frozenset({RewardKind.COUPON, RewardKind.VOUCHER})

_MOST_ITEMS: Final = most_of(schema.LevelDocument, "monthly_pack")


def coupon_faults(parts: Parts) -> Faults:
    yield from of_each(list(parts.rewards.values()), _kind, _paid_for_first, _source)
    for level in parts.levels:
        path = f"{level.path}/monthly_pack"
        items = read_list(level.raw.get("monthly_pack"), path, schema.PackItemDocument, most=_MOST_ITEMS)
        yield from _pack(parts, path, items)


def _kind(reward: Part[schema.RewardDocument]) -> Faults:
    if reward.raw.get("coupon") is not None and reward.document.kind not in WITH_CODES:
        message = 'goes with the kinds "coupon" and "voucher", and only with them'
        yield Fault(f"{reward.path}/coupon", "wrong_kind", message)


def _paid_for_first(reward: Part[schema.RewardDocument]) -> Faults:
    """A code is handed over at once: nobody waits with it for money."""
    if reward.raw.get("coupon") is not None and reward.document.cash is not None:
        yield Fault(f"{reward.path}/cash", "cash_for_codes", "a code is given at once, before money could be paid")


def _source(reward: Part[schema.RewardDocument]) -> Faults:
    coupon = read(reward.raw.get("coupon"), f"{reward.path}/coupon", schema.CouponDocument)
    if coupon is None:
        return
    if (coupon.document.source is CodeSource.POOL) != (coupon.document.pool is not None):
        yield Fault(f"{coupon.path}/pool", "wrong_pool", 'goes with the source "pool", and only with it')


def _pack(parts: Parts, path: str, items: list[Part[schema.PackItemDocument]]) -> Faults:
    written = parts.raw.get("rewards")
    known = written.keys() if isinstance(written, Mapping) else set[str]() if written is None else None
    codes = 0
    for item in items:
        try:
            name, quantity = item.document.reward, item.document.quantity
        except FieldAtFault:
            continue
        if known is not None and name not in known:
            yield Fault(f"{item.path}/reward", "unknown_reward", f"the program has no reward {name}")
        reward = parts.rewards.get(name)
        if reward is not None and reward.raw.get("cash") is not None:
            yield Fault(f"{item.path}/reward", "cash_in_a_pack", "costs money: nobody asks for a pack, or pays for it")
        if reward is not None and reward.raw.get("kind") in ENTITLING:
            yield Fault(
                f"{item.path}/reward", "once_only", "is had once or lasts: it is nothing to be given each month"
            )
        codes += quantity if reward is not None and reward.raw.get("coupon") is not None else 0
    yield from _repeated(items)
    if codes > MAX_COUPONS:
        yield Fault(path, "too_many_codes", f"gives {codes} codes at once, {MAX_COUPONS} may be")


def _repeated(items: list[Part[schema.PackItemDocument]]) -> Faults:
    names = [item.raw.get("reward") for item in items]
    for fault in repeated("", names):
        place = int(fault.path.removeprefix("/"))
        yield Fault(f"{items[place].path}/reward", fault.code, fault.message)
