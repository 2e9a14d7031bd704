"""What came back of an order that points paid in part is what the returned part of it stands for."""

from collections.abc import Sequence
from typing import Final

from points.domain.auditing.findings import CANNOT_FOLLOW
from points.domain.ledger.entries import Entry
from points.domain.movements.part_payments import offset_of
from points.domain.movements.refunding import Shares, shares

_AMOUNT, _POINTS, _MONEY = _OF_REFUND = ("amount_minor", "nominal", "money_minor")
_NOTHING: Final = Shares(0, 0)


def refund_problem(captured: Entry, refunds: Sequence[Entry]) -> str:
    """What is wrong with all refunds of a capture together, "" for nothing and for what is no order's. What cannot be
    followed is told of as an entry that cannot be retold."""
    try:
        offset = offset_of(captured)
        if offset is None:
            return ""
        amount, points, money = (sum(_number(entry, name) for entry in refunds) for name in _OF_REFUND)
    except CANNOT_FOLLOW:
        return ""
    expected = shares(offset, amount) if 0 <= amount <= offset.order and offset.order else _NOTHING
    if amount <= offset.order and Shares(points, money) == expected:
        return ""
    return f"for {amount} of {offset.order} came back {points} points and {money}, not {expected}"


def _number(entry: Entry, name: str) -> int:
    value = entry.details[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
