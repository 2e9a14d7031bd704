"""The programs that are simulated: the demo program with each expiry policy, with reminders and without."""

import json
from functools import cache
from typing import Any, Final

from points.adapters.program_document import PydanticProgramDocuments
from points.domain.program.program import Program
from stack.paths import PROGRAMS

POLICIES: Final[dict[str, dict[str, Any]]] = {
    "end_of_year": {"type": "end_of_year", "years": 1},
    "end_of_month": {"type": "end_of_month", "months": 12},
    "after_months": {"type": "after_months", "months": 12},
    "by_activity": {"type": "by_activity", "months": 12},
}

IN_WORDS: Final = {
    "end_of_year": "at the end of the year after the one in which they are earned",
    "end_of_month": "at the end of the month, 12 months after the one in which they are earned",
    "after_months": "12 months after the day on which they are earned",
    "by_activity": "all together, 12 months after the last purchase",
}

_REMINDERS: Final = {
    "lead_days": [30, 7, 1],
    "at": "10:00",
    "channels": ["email"],
    "dormant": {"after_days": 90, "again_after_days": 180},
}

_REWARDS: Final = {f"coupon-{price}": {"price": price} for price in (500, 1_000, 2_500, 5_000)}
"""Within reach of whoever buys now and then."""

_LEFT_OUT: Final = {
    "risk",  # no purchase here is suspicious
    "campaigns",
}


@cache
def program_of(policy: str, *, reminders: bool) -> Program:
    document = json.loads((PROGRAMS / "demo.json").read_text("utf-8"))
    document = {name: value for name, value in document.items() if name not in _LEFT_OUT}
    document |= {"expiry": POLICIES[policy], "rewards": _REWARDS}
    if reminders:
        document["reminders"] = _REMINDERS
    documents = PydanticProgramDocuments()
    assert not documents.faults(document), documents.faults(document)
    return documents.load(document, name="demo", version=1)
