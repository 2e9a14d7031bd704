"""How large DynamoDB counts an item, and what a transaction of items costs.

After "DynamoDB item sizes and formats" of the developer guide. The capacity an emulator reports is of no use here:
DynamoDB Local adds up a transaction's sizes before it rounds, AWS rounds up each item.
"""

from collections.abc import Iterable, Mapping
from typing import Any

KILOBYTE = 1024

UNITS_PER_KILOBYTE = 2
"""A transaction writes every item twice: once to prepare, once to commit."""


def item_size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Bytes of an item in the client's form, ``{"pk": {"S": "…"}, …}``: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def transaction_write_units(items: Iterable[Mapping[str, Mapping[str, Any]]]) -> int:
    """Write units of the items put by one transaction, without what indexes add."""
    return sum(UNITS_PER_KILOBYTE * -(-item_size(item) // KILOBYTE) for item in items)


def history_write_units(items: Iterable[Mapping[str, Mapping[str, Any]]]) -> int:
    """Write units the ``history`` index adds: one for each new item that has a ``seq``, as it only holds keys."""
    return sum("seq" in item for item in items)


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return _number_size(content)
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_size(element) for element in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _value_size(element) for name, element in content.items())
        case _:
            raise ValueError(f"a kind of value nothing here writes: {kind}")


def _number_size(text: str) -> int:
    """One byte, one more for each two significant digits, and one for a minus sign; outer zeros are free."""
    digits = text.lstrip("-").strip("0")
    return 1 + -(-len(digits) // 2) + text.startswith("-")
