"""A transfer, from the entry that booked it or took it back."""

from points.domain.ledger.entries import Entry
from points.http.edge.answering import Json


def transfer_body(given: Entry, reversal: Entry | None = None) -> Json:
    """``given`` is the giver's entry, ``reversal`` its way back."""
    fee_returned = 0 if reversal is None else _number(reversal, "fee")
    returned = 0 if reversal is None else reversal.points - fee_returned
    return {
        "reference": given.reference,
        "member": given.member,
        "to": given.details["to"],
        "points": given.details["points"],
        "fee": _number(given, "fee"),
        "state": "transferred" if reversal is None else "reversed",
        "returned": returned,
        "fee_returned": fee_returned,
    }


def _number(entry: Entry, name: str) -> int:
    value = entry.details.get(name, 0)
    if not isinstance(value, int):
        raise TypeError(f"{name} of {entry.name} is not a number: {value!r}")
    return value
